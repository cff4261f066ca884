"""What every transport does, by the same suite on each; then what can only go wrong over a network."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import Refused
from spool.affido import Nota, entrust
from spool.lettura import MAX_FILE, Hostile
from spool.trasporti import cartella
from spool.trasporti.protocollo import Changed, Chiusa, Trasporto, down
from tests.ledger.sala import FailingDisk
from tests.spool import casa
from tests.spool.sportello import SFTP_SERVER, SSHD, VIA_SSH, Host, Sportello, by_folder, cut_road, host, make_key

NAME = "RIBA-20261102-RIBA-A-0123456789abcdef.cbi"
SIZES = (0, 1, 120, 32_768, 1_000_003)
ONLY_OPENSSH = pytest.mark.skipif(not (SSHD and SFTP_SERVER), reason="a fault that OpenSSH's server is made to have")


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with host(tmp_path_factory.mktemp("bank") / "ssh") as found:
        yield found


@pytest.fixture(params=["cartella", VIA_SSH])
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Sportello:
    if request.param == "cartella":
        return by_folder(tmp_path / "banca")
    found: Host = request.getfixturevalue("bank")
    return found.sportello(tmp_path / "banca")


@pytest.fixture
def far(there: Sportello) -> Iterator[Trasporto]:
    opened = there.open()
    yield opened
    opened.close()


def content(size: int) -> bytes:
    return (b"0123456789abcdef" * (size // 16 + 1))[:size]


def give(far: Trasporto, data: bytes) -> None:
    """The file is left at the bank, by a run that finds no note of another."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / NAME).write_bytes(data)
        entrust(far, Nota(casa.ports(), Path(folder) / "nota", Path(folder) / NAME, 1), NAME, data)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- the suite of every transport ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_what_is_delivered_is_there_whole_and_alone(there: Sportello, far: Trasporto, size: int) -> None:
    give(far, content(size))
    assert names(there.consegna) == [NAME]
    assert (there.consegna / NAME).read_bytes() == content(size)


def test_delivered_again_it_is_left_as_it_is(there: Sportello, far: Trasporto) -> None:
    give(far, content(500))
    before = (there.consegna / NAME).stat()
    give(far, content(500))
    after = (there.consegna / NAME).stat()
    assert names(there.consegna) == [NAME]
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize("other", [b"", b"x" * 500, content(501)])
def test_other_bytes_under_its_name_are_never_replaced(there: Sportello, far: Trasporto, other: bytes) -> None:
    (there.consegna / NAME).write_bytes(other)
    with pytest.raises(Refused) as refused:
        give(far, content(500))
    assert refused.value.code == "LINEA-009"
    assert names(there.consegna) == [NAME]
    assert (there.consegna / NAME).read_bytes() == other


class TakenAtOnce:
    """The real disk, from which a bank carries off each file as soon as its size was looked at."""

    def __getattr__(self, name: str) -> Any:
        return getattr(casa.ports().disk, name)

    def size(self, path: Path) -> int:
        found = path.stat().st_size
        path.unlink()
        return found


def test_what_is_carried_off_from_a_folder_while_it_is_looked_at_is_not_there(tmp_path: Path) -> None:
    sportello = by_folder(tmp_path / "banca")
    sportello.ports = casa.ports(TakenAtOnce())
    (sportello.consegna / NAME).write_bytes(content(500))
    assert sportello.open().same(NAME, content(500)) is None


def test_only_regular_files_wait_by_name(there: Sportello, far: Trasporto) -> None:
    for name in ("b.cbi", "a.cbi"):
        (there.ritiro / name).write_bytes(b"x" * 7)
    (there.ritiro / "cartella").mkdir()
    (there.ritiro / "link").symlink_to("/etc/passwd")
    os.mkfifo(there.ritiro / "pipe")
    assert [(voce.nome, voce.dimensione) for voce in far.waiting()] == [("a.cbi", 7), ("b.cbi", 7)]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_fetched_is_whole_and_stays_until_taken_away(there: Sportello, far: Trasporto, size: int) -> None:
    (there.ritiro / "rh.cbi").write_bytes(content(size))
    (voce,) = far.waiting()
    assert far.fetch(voce) == content(size)
    assert names(there.ritiro) == ["rh.cbi"]
    far.take_away(voce)
    assert (names(there.ritiro), names(there.archivio)) == ([], ["rh.cbi"])


def test_the_archive_of_the_bank_keeps_both_of_two_files_of_one_name(there: Sportello, far: Trasporto) -> None:
    for text in (b"first", b"second", b"third"):
        (there.ritiro / "rh.cbi").write_bytes(text)
        far.take_away(*far.waiting())
    kept = {path.name: path.read_bytes() for path in there.archivio.iterdir()}
    assert kept == {"rh.cbi": b"first", "rh.cbi.1": b"second", "rh.cbi.2": b"third"}


def test_without_an_archive_what_was_fetched_is_removed(there: Sportello) -> None:
    (there.ritiro / "rh.cbi").write_bytes(b"x")
    far = there.open(archivio=None)
    far.take_away(*far.waiting())
    far.close()
    assert (names(there.ritiro), names(there.archivio)) == ([], [])


@pytest.mark.parametrize("raw", [b"a\nb", b"\x1b[2J", b"\xff\xfe.cbi", b"-rf", b"a\\b", "è.cbi".encode(), b"x" * 200])
def test_a_hostile_name_is_told_as_it_is_and_reaches_only_its_file(
    there: Sportello, far: Trasporto, raw: bytes
) -> None:
    Path(os.fsdecode(os.fsencode(there.ritiro) + b"/" + raw)).write_bytes(b"whatever")
    (voce,) = far.waiting()
    assert os.fsencode(voce.nome) == raw
    assert far.fetch(voce) == b"whatever"
    far.take_away(voce)
    assert [os.fsencode(path.name) for path in there.archivio.iterdir()] == [raw]


@pytest.mark.parametrize("then", [b"whatever, and more", b"what", None])
def test_a_file_that_changed_since_it_was_listed_is_neither_fetched_nor_taken_away(
    there: Sportello, far: Trasporto, then: bytes | None
) -> None:
    path = there.ritiro / "rh.cbi"
    path.write_bytes(b"whatever")
    (voce,) = far.waiting()
    if then is None:
        os.utime(path, (1, 1))
    else:
        path.write_bytes(then)
    for verb in (far.fetch, far.take_away):
        with pytest.raises(Changed) as changed:
            verb(voce)
        assert not down(changed.value)
    assert names(there.ritiro) == ["rh.cbi"]


def test_a_file_that_grows_while_it_is_read_is_not_fetched(
    there: Sportello, far: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = there.ritiro / "rh.cbi"
    path.write_bytes(b"what")
    (voce,) = far.waiting()
    where, name = (far, "_read") if hasattr(far, "_read") else (cartella, "read_foreign")
    real = getattr(where, name)

    def grown(data: bytes) -> bytes:
        path.write_bytes(b"whatever")
        return data

    async def read_far(*args: Any) -> bytes:
        return grown(await real(*args))

    monkeypatch.setattr(where, name, read_far if where is far else lambda *args: grown(real(*args)))
    with pytest.raises(Changed):
        far.fetch(voce)


def test_a_file_that_is_gone_is_no_fault_of_the_line(there: Sportello, far: Trasporto) -> None:
    (there.ritiro / "rh.cbi").write_bytes(b"x")
    (voce,) = far.waiting()
    (there.ritiro / "rh.cbi").unlink()
    for verb in (far.fetch, far.take_away):
        with pytest.raises(OSError) as gone:
            verb(voce)
        assert not down(gone.value)


def test_a_file_too_large_is_not_fetched(there: Sportello, far: Trasporto) -> None:
    with (there.ritiro / "huge.cbi").open("wb") as stream:
        stream.truncate(MAX_FILE + 1)
    with pytest.raises(Hostile):
        far.fetch(*far.waiting())
    assert names(there.ritiro) == ["huge.cbi"]


def test_letting_go_twice_is_as_good_as_once(there: Sportello) -> None:
    far = there.open()
    far.close()
    far.close()


# --- folders ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["consegna", "ritiro", "archivio"])
def test_a_share_that_is_not_mounted_is_a_line_that_is_down(tmp_path: Path, missing: str) -> None:
    there = by_folder(tmp_path)
    (tmp_path / missing).rmdir()
    with pytest.raises(ConnectionError) as error:
        there.open()
    assert down(error.value)


@pytest.mark.parametrize("fail_at", range(1, 6))
def test_a_disk_that_fails_leaves_the_name_to_nobody_or_to_all_the_bytes(tmp_path: Path, fail_at: int) -> None:
    there = by_folder(tmp_path)
    there.ports = casa.ports(FailingDisk(fail_at))
    with pytest.raises(OSError):
        give(there.open(), content(500))
    final = there.consegna / NAME
    assert not final.exists() or final.read_bytes() == content(500)


# --- SFTP: who is who ---------------------------------------------------------------------------------------


def refusal(there: Sportello, **come: Any) -> str:
    with pytest.raises(Chiusa) as refused:
        there.open(**come)
    assert refused.value.it and refused.value.en
    return refused.value.code


@pytest.fixture
def mine(bank: Host, tmp_path: Path) -> Sportello:
    return bank.sportello(tmp_path / "banca")


@pytest.mark.parametrize("text", [None, "", "# nobody\n", "altra.example ssh-ed25519 AAAA\n"])
def test_a_host_that_is_not_known_is_not_spoken_to(mine: Sportello, tmp_path: Path, text: str | None) -> None:
    known = tmp_path / "known"
    if text is not None:
        known.write_text(text)
    assert refusal(mine, known_hosts=str(known)) == "LINEA-005"


def test_a_host_with_another_key_is_not_spoken_to(mine: Sportello, bank: Host, tmp_path: Path) -> None:
    known = tmp_path / "known"
    other = make_key(tmp_path / "other").export_public_key().decode()
    known.write_text(f"[127.0.0.1]:{bank.port} {other}")
    assert refusal(mine, known_hosts=str(known)) == "LINEA-006"


def test_a_key_that_the_bank_does_not_have_is_not_let_in(mine: Sportello, tmp_path: Path) -> None:
    make_key(tmp_path / "other")
    assert refusal(mine, chiave=str(tmp_path / "other")) == "LINEA-007"


def test_a_key_that_others_may_read_is_not_used(mine: Sportello, bank: Host, tmp_path: Path) -> None:
    shutil.copy(bank.key, tmp_path / "mine")
    (tmp_path / "mine").chmod(0o640)
    assert refusal(mine, chiave=str(tmp_path / "mine")) == "LINEA-008"


@pytest.mark.parametrize("kind", ["locked", "spoilt", "missing"])
def test_a_key_that_cannot_be_used_is_told(mine: Sportello, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "mine"
    if kind == "locked":
        make_key(path, "una frase")
    elif kind == "spoilt":
        path.write_text("not a key")
        path.chmod(0o600)
    assert refusal(mine, chiave=str(path)) == "LINEA-008"


def test_without_a_key_and_an_agent_nobody_tries(mine: Sportello, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    assert refusal(mine, chiave=None) == "LINEA-008"


@pytest.mark.skipif(shutil.which("ssh-agent") is None, reason="no ssh-agent")
def test_the_key_of_an_agent_opens_the_line(
    mine: Sportello, bank: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    with subprocess.Popen(["ssh-agent", "-D", "-a", tmp_path / "agent"], stdout=subprocess.DEVNULL) as agent:
        try:
            while not (tmp_path / "agent").exists():
                pass
            assert refusal(mine, chiave=None) == "LINEA-008"  # it has none yet
            subprocess.run(["ssh-add", "-q", bank.key], check=True)
            far = mine.open(chiave=None)
            give(far, b"x")
            far.close()
        finally:
            agent.terminate()
    assert names(mine.consegna) == [NAME]


def test_a_door_that_nobody_opens_is_a_line_that_is_down(mine: Sportello) -> None:
    for come in ({"porta": 1}, {"host": "nessuno.invalid"}, {"host": "a..b"}):
        with pytest.raises(ConnectionError) as error:
            mine.open(**come)
        assert down(error.value)


# --- SFTP: what happens on the way ----------------------------------------------------------------------------


@pytest.mark.parametrize("after", [200_000, 700_000])
def test_a_line_cut_half_way_leaves_no_file_under_its_name(bank: Host, tmp_path: Path, after: int) -> None:
    with cut_road(bank.port, after, times=1) as port:
        known = tmp_path / "known"
        known.write_text(bank.known_hosts.read_text().replace(f"]:{bank.port}", f"]:{port}"))
        there = bank.sportello(tmp_path / "banca", porta=port, known_hosts=str(known))
        far = there.open()
        with pytest.raises(OSError) as error:
            give(far, os.urandom(1_000_000))
        far.close()
        assert down(error.value)
        (scratch,) = names(there.consegna)
        assert scratch.startswith(f".{NAME}.") and scratch.endswith(".tmp")
        far = there.open()
        give(far, content(1_000_000))
        far.close()
    assert names(there.consegna) == [scratch, NAME]
    assert (there.consegna / NAME).read_bytes() == content(1_000_000)


@ONLY_OPENSSH
@pytest.mark.parametrize(
    ("server", "kind"),
    [
        ("/bin/sh -c \"trap '' XFSZ; ulimit -f 64; exec {}\"", OSError),  # no room for more than 32 or 64 KiB
        ("{} -P rename", PermissionError),
        ("{} -P open", PermissionError),
    ],
    ids=["full", "rename-refused", "open-refused"],
)
def test_a_bank_that_will_not_have_it_is_told_and_nothing_is_left(
    tmp_path: Path, server: str, kind: type[OSError]
) -> None:
    with host(tmp_path / "ssh", server.format(SFTP_SERVER)) as bank:
        there = bank.sportello(tmp_path / "banca")
        far = there.open()
        with pytest.raises(kind) as error:
            give(far, content(1_000_000))
        far.close()
    assert not down(error.value)
    assert names(there.consegna) == []


@ONLY_OPENSSH
def test_where_nothing_can_be_read_back_the_size_speaks(tmp_path: Path) -> None:
    with host(tmp_path / "ssh", f"{SFTP_SERVER} -P read") as bank:
        there = bank.sportello(tmp_path / "banca")
        far = there.open()
        for _ in range(2):
            give(far, content(500))
        with pytest.raises(Refused):
            give(far, content(501))
        far.close()
    assert (there.consegna / NAME).read_bytes() == content(500)


def test_a_file_that_the_bank_takes_at_once_has_been_delivered(mine: Sportello) -> None:
    far: Any = mine.open()
    rename, seen = far._sftp.rename, []

    async def taken(source: bytes, target: bytes) -> None:
        await rename(source, target)
        seen.append(Path(os.fsdecode(target)).read_bytes())
        Path(os.fsdecode(target)).unlink()

    far._sftp.rename = taken
    give(far, content(500))
    far.close()
    assert (seen, names(mine.consegna)) == ([content(500)], [])


def test_a_bank_that_is_alive_and_does_nothing_is_a_line_that_is_down(
    mine: Sportello, monkeypatch: pytest.MonkeyPatch
) -> None:
    far: Any = mine.open()
    far._sftp.stat = lambda path: asyncio.Event().wait()
    monkeypatch.setattr("spool.trasporti.sftp.LONGEST", 0.05)
    with pytest.raises(TimeoutError) as error:
        give(far, b"x")
    far.close()
    assert down(error.value)
