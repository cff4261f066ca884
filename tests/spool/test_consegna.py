"""The lines at work: what leaves is delivered once, what arrives is kept, whatever stops in between."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import pkcs7_decrypt_der
from sqlalchemy import select

from banksim.dati import SIA
from ledger import journal, linee, outcomes, ricostruzione
from ledger.errors import Refused
from ledger.home import Home
from ledger.linee import PAUSA_MASSIMA, PRIMA_PAUSA, SOGLIA
from ledger.ports import FsyncFailed
from ledger.schema import JOURNAL
from spool.consegna import CADUTA, CONSEGNATO, FALLITO, PRESO, PRONTO, RECENTE, SOSPESA, deliver, fetch, look, wait
from spool.dispatch import dispatch_ready
from spool.lettura import MAX_FILE
from spool.linee import line
from spool.receive import receive
from spool.resolve import resolve
from spool.trasporti import Rete, open_line
from spool.trasporti.protocollo import Changed, Voce
from tests.spool import casa
from tests.spool.sportello import cut_road, folders, host

BANKS = ("02008", "03069")


def connect(home: Home, root: Path, **more: Any) -> Path:
    """Lines to both banks by folders under `root`; their settings, with some more."""
    lines = [settings(abi, {"tipo": "cartella", **folders(root / abi), **more}) for abi in BANKS]
    (home.path / "linee.toml").write_text("".join(lines))
    return root


def settings(abi: str, values: dict[str, Any]) -> str:
    rows = (f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}" for name, value in values.items())
    return "\n".join([f"[{SIA}.{abi}]", *rows, ""])


@dataclass
class Still:
    """Doors to the network through which nobody sleeps: how long they would have is kept."""

    open: Callable[..., Any] = open_line
    slept: list[float] = field(default_factory=list)

    @property
    def rete(self) -> Rete:
        return Rete(self.open, self.slept.append)


def verdicts(passaggi: list[Any]) -> list[tuple[str, str]]:
    return [(each.abi, each.verdetto) for each in passaggi]


def at_the_bank(root: Path, folder: str = "consegna") -> dict[str, bytes]:
    return {f"{path.parts[-3]}/{path.name}": path.read_bytes() for path in root.glob(f"*/{folder}/*")}


def out(home: Home, folder: str) -> dict[str, bytes]:
    found = home.spool_dir.glob(f"*/*/out/{folder}/*")
    return {f"{path.parts[-4]}/{path.name}": path.read_bytes() for path in found}


def answered(home: Home, root: Path) -> dict[str, bytes]:
    """The banks answer on their own end: what lay in `in/new` is moved there."""
    casa.answers(home)
    for path in sorted(home.spool_dir.glob("*/*/in/new/*")):
        shutil.move(path, root / path.parts[-4] / "ritiro" / path.name)
    return at_the_bank(root, "ritiro")


# --- what leaves ----------------------------------------------------------------------------------------


def test_what_has_left_is_delivered_and_then_moved_to_sent(home: Home, tmp_path: Path) -> None:
    root, left = connect(home, tmp_path / "banche"), out(home, "new")
    assert verdicts(deliver(home, dry_run=True)) == [("02008", PRONTO), ("03069", PRONTO)]
    assert out(home, "new") == left and not at_the_bank(root)
    assert verdicts(deliver(home)) == [("02008", CONSEGNATO), ("03069", CONSEGNATO)]
    assert at_the_bank(root) == out(home, "sent") == left
    assert out(home, "new") == {}
    assert deliver(home) == []


def test_without_lines_all_is_left_to_others(home: Home) -> None:
    left = out(home, "new")
    assert deliver(home) == fetch(home) == []
    assert out(home, "new") == left


def test_what_the_books_do_not_know_is_not_delivered(home: Home, tmp_path: Path) -> None:
    root = connect(home, tmp_path / "banche")
    (casa.branch(home).out("new") / "intruso.cbi").write_bytes(b"x")
    deliver(home)
    assert "03069/intruso.cbi" not in at_the_bank(root)
    assert list(out(home, "new")) == ["03069/intruso.cbi"]


def test_what_is_not_what_was_signed_is_not_delivered(home: Home, tmp_path: Path) -> None:
    root = connect(home, tmp_path / "banche")
    (path,) = casa.branch(home).out("new").iterdir()
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    _, changed = deliver(home)
    assert isinstance(changed.error, Refused) and changed.error.code == "LINEA-011"
    assert [name[:5] for name in at_the_bank(root)] == ["02008"]
    assert path.exists()


def test_a_name_taken_by_other_bytes_stops_one_file_and_not_the_line(home: Home, tmp_path: Path) -> None:
    root = connect(home, tmp_path / "banche")
    (path,) = casa.branch(home).out("new").iterdir()
    (root / "03069" / "consegna" / path.name).write_bytes(b"x")
    assert verdicts(deliver(home)) == [("02008", CONSEGNATO), ("03069", FALLITO)]
    assert path.exists()
    with home.read() as conn:
        assert linee.states(conn)[SIA, "03069"].errori == 0


Step = Callable[..., Any]


def crashes(template: Path, folder: Path, work: Step, prepare: Step) -> Iterator[Home]:
    """A home for each call of `work` that changes the disk, once the machine has stopped there: after it, or half way
    through what it writes."""
    whole = casa.copy(template, folder / "whole" / "home", disk := casa.Disk())
    prepare(whole)
    disk.calls.clear()
    work(whole)
    whole.close()
    for mode in ("after", "torn"):
        for at in casa.crash_points(disk.calls, mode):
            home = casa.copy(template, folder / f"{mode}-{at}" / "home", fails := casa.Disk())
            prepare(home)
            fails.calls.clear()
            fails.fail_at, fails.mode = at, mode
            with pytest.raises(casa.Crash):
                work(home)
            yield home
            home.close()


def test_a_crash_at_any_point_delivers_each_file_once(sent: Path, tmp_path: Path) -> None:
    tried = 0
    for home in crashes(sent, tmp_path, deliver, lambda home: connect(home, home.path.parent / "banche")):
        deliver(home)
        root = home.path.parent / "banche"
        there = {name: data for name, data in at_the_bank(root).items() if "/." not in name}
        assert there == out(home, "sent") and len(there) == 2
        assert out(home, "new") == {}
        tried += 1
    assert tried > 10


def collected(root: Path) -> list[str]:
    """The bank carries away what has been delivered; what is hidden it does not see."""
    found = [path for path in root.glob("*/consegna/*") if not path.name.startswith(".")]
    for path in found:
        path.unlink()
    return [path.name for path in found]


def test_a_crash_at_any_point_delivers_once_to_a_bank_that_carries_away_at_once(sent: Path, tmp_path: Path) -> None:
    uncertain = 0
    for home in crashes(sent, tmp_path, deliver, lambda home: connect(home, home.path.parent / "banche")):
        root = home.path.parent / "banche"
        taken, left = collected(root), {path.name for path in casa.left(home)}
        again = deliver(home)
        taken += collected(root)
        assert sorted(taken) == sorted(left) and len(left) == 2
        doubtful = [each.nome for each in again if each.verdetto == FALLITO]
        assert {name.rpartition("/")[2] for name in out(home, "new")} == {*doubtful}
        assert all(isinstance(e.error, Refused) and e.error.code == "LINEA-015" for e in again if e.nome in doubtful)
        assert [each.nome for each in deliver(home)] == doubtful  # and so it stays, until a person decides
        assert collected(root) == []
        uncertain += len(doubtful)
    assert 0 < uncertain < 10


@pytest.mark.parametrize("left", [True, False])
def test_a_person_decides_whether_an_uncertain_file_was_delivered(sent: Path, tmp_path: Path, left: bool) -> None:
    home = casa.copy(sent, tmp_path / "home")
    root, branch = connect(home, tmp_path / "banche"), casa.branch(home)
    (name,) = (path.name for path in branch.out("new").iterdir())
    (branch.out("tmp") / f"{name}.consegna").write_text(f".{name}.000000000000.tmp\n")
    uncertain = [each for each in deliver(home) if each.verdetto == FALLITO]
    (command,) = (each.error.hint_it for each in uncertain if isinstance(each.error, Refused))
    assert "cbi spool resolve 1 --left" in command
    collected(root)
    before = casa.portrait(home)
    for dry_run in (True, False):
        assert before == casa.portrait(home)
        deciso = resolve(home, 1, "bianchi", casa.PASSWORD, left=left, dry_run=dry_run)
    assert (deciso.consegna, deciso.partita, deciso.stato) == (True, left, "Inoltrata")
    assert deciso.path is not None and deciso.path.parent.name == ("sent" if left else "new")
    assert verdicts(deliver(home)) == ([] if left else [("03069", CONSEGNATO)])
    assert (collected(root), out(home, "tmp"), out(home, "new")) == ([] if left else [name], {}, {})
    with pytest.raises(Refused, match="INOLTRO-003"):
        resolve(home, 1, "bianchi", casa.PASSWORD, left=left)
    with home.read() as conn:
        (told,) = conn.scalars(select(JOURNAL.c.dati).where(JOURNAL.c.tipo == "consegna_decisa")).all()
        assert journal.verify(conn, 1) is None and ricostruzione.check(conn, 1) == []
    dati = json.loads(told)
    assert (dati["file"], dati["chi"], dati["esito"]) == (name, "bianchi", "consegnata" if left else "non consegnata")


def test_a_decision_that_the_disk_cuts_short_leaves_the_question_open(sent: Path, tmp_path: Path) -> None:
    home = casa.copy(sent, tmp_path / "home", disk := Unsure("sent"))
    connect(home, tmp_path / "banche")
    (file,) = casa.branch(home).out("new").iterdir()
    (casa.branch(home).out("tmp") / f"{file.name}.consegna").write_text("x\n")
    with pytest.raises(FsyncFailed):
        resolve(home, 1, "bianchi", casa.PASSWORD, left=True)
    assert disk.asked == 1 and f"03069/{file.name}" in out(home, "new")
    deciso = resolve(home, 1, "bianchi", casa.PASSWORD, left=True)
    assert deciso.path == casa.branch(home).out("sent") / file.name and out(home, "tmp") == {}
    with home.read() as conn:
        assert len(conn.scalars(select(JOURNAL.c.numero).where(JOURNAL.c.tipo == "consegna_decisa")).all()) == 2


@dataclass
class Unsure:
    """A disk that does not confirm a folder of that name, the n-th time that it is asked to."""

    folder: str
    at: int = 1
    asked: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(casa.ports().disk, name)

    def fsync_dir(self, path: Path) -> None:
        self.asked += path.name == self.folder
        if path.name == self.folder and self.asked == self.at:
            raise FsyncFailed(5, "not confirmed")
        casa.ports().disk.fsync_dir(path)


def test_a_note_that_the_disk_does_not_confirm_is_not_trusted(sent: Path, tmp_path: Path) -> None:
    home, still = casa.copy(sent, tmp_path / "home", disk := Unsure("tmp")), Still()
    root, left = connect(home, tmp_path / "banche"), out(home, "new")
    assert verdicts(deliver(home, rete=still.rete)) == [("02008", CONSEGNATO), ("03069", CONSEGNATO)]
    assert (disk.asked, len(still.slept)) == (3, 1)  # the note of the first was written anew
    assert at_the_bank(root) == left and out(home, "tmp") == {}


@pytest.mark.parametrize(
    ("folder", "at", "verdetto"),
    [("consegna", 1, CADUTA), ("consegna", 2, CADUTA), ("sent", 1, FALLITO), ("new", 1, FALLITO)],
)
def test_what_the_disk_does_not_confirm_is_done_anew(
    sent: Path, tmp_path: Path, folder: str, at: int, verdetto: str
) -> None:
    home = casa.copy(sent, tmp_path / "home", Unsure(folder, at))
    root, left = connect(home, tmp_path / "banche", tentativi=1), out(home, "new")
    assert [each.verdetto for each in deliver(home) if each.abi == "02008"] == [verdetto]
    assert {name for name in out(home, "new") if name.startswith("02008")} == {n for n in left if n.startswith("02008")}
    assert [each.verdetto for each in deliver(home) if each.abi == "02008"] == [CONSEGNATO]
    assert at_the_bank(root) == out(home, "sent") == left
    assert out(home, "new") == out(home, "tmp") == {}


def test_what_the_bank_carried_off_while_the_disk_did_not_confirm_is_for_a_person(sent: Path, tmp_path: Path) -> None:
    """It was delivered, but that it was moved to `out/sent` might be lost, and it would be delivered again."""
    home = casa.copy(sent, tmp_path / "home", Unsure("sent"))
    root = connect(home, tmp_path / "banche")
    assert verdicts(deliver(home)) == [("02008", FALLITO), ("03069", CONSEGNATO)]
    assert len(collected(root)) == 2
    (passaggio,) = deliver(home)
    assert isinstance(passaggio.error, Refused) and passaggio.error.code == "LINEA-015"
    assert collected(root) == []


# --- a line that is down ----------------------------------------------------------------------------------


def test_a_bank_that_is_down_stops_no_other_and_is_tried_again_with_longer_waits(home: Home, tmp_path: Path) -> None:
    root, still = connect(home, tmp_path / "banche"), Still()
    shutil.rmtree(root / "02008" / "consegna")
    assert verdicts(deliver(home, rete=still.rete)) == [("02008", CADUTA), ("03069", CONSEGNATO)]
    assert [longest / 2 <= slept <= longest for slept, longest in zip(still.slept, (2, 4, 8), strict=True)] == [
        True
    ] * 3
    (root / "02008" / "consegna").mkdir()
    assert verdicts(deliver(home)) == [("02008", CONSEGNATO)]


def test_waits_double_up_to_a_minute_and_are_not_all_alike(home: Home) -> None:
    for attempt, longest in enumerate((2, 4, 8, 16, 32, 60, 60, 60), 1):
        waits = {wait(home.ports, attempt) for _ in range(20)}
        assert all(longest / 2 <= each <= longest for each in waits) and len(waits) > 1


def test_a_line_that_came_back_goes_on_from_the_file_that_it_fell_on(home: Home, tmp_path: Path) -> None:
    root, still, falls = connect(home, tmp_path / "banche"), Still(), [1, 1, 0, 0]

    def open_(linea: Any, ports: Any) -> Any:
        far = open_line(linea, ports)
        whole = far.put

        def put(name: str, data: bytes) -> None:
            if falls.pop(0):
                raise ConnectionResetError("cut")
            whole(name, data)

        far.put = put  # type: ignore[method-assign]
        return far

    still.open = open_
    assert verdicts(deliver(home, rete=still.rete)) == [("02008", CONSEGNATO), ("03069", CONSEGNATO)]
    assert (len(still.slept), len(at_the_bank(root))) == (2, 2)


def test_a_refusal_is_not_tried_twice(home: Home, tmp_path: Path) -> None:
    come = {"tipo": "sftp", "host": "127.0.0.1", "porta": 1, "utente": "u", "chiave": "non-c-e", "known_hosts": "k"}
    (home.path / "linee.toml").write_text(settings("03069", {**come, **folders(tmp_path / "banca")}))
    still = Still()
    (fallen,) = deliver(home, rete=still.rete)
    assert fallen.verdetto == CADUTA and isinstance(fallen.error, Refused) and fallen.error.code == "LINEA-008"
    assert still.slept == []


def test_after_failing_too_often_a_line_is_left_alone_longer_each_time(home: Home, tmp_path: Path) -> None:
    root, still, opened = connect(home, tmp_path / "banche", tentativi=1), Still(), list[str]()
    shutil.rmtree(root / "02008")
    still.open = lambda linea, ports: opened.append(linea.abi) or open_line(linea, ports)
    clock: Any = home.ports.clock
    pauses = []
    for _ in range(SOGLIA + 8):
        opened.clear()
        assert (deliver(home, rete=still.rete)[0].verdetto, "02008" in opened) == (CADUTA, True)
        with home.read() as conn:
            stato = linee.states(conn)[SIA, "02008"]
        if stato.riprova_dal is None:
            continue
        pauses.append(stato.riprova_dal - stato.at)
        opened.clear()
        clock.at = stato.riprova_dal - timedelta(seconds=30)
        assert verdicts(deliver(home, rete=still.rete))[0] == ("02008", SOSPESA)
        assert verdicts(fetch(home, rete=still.rete))[0] == ("02008", SOSPESA)
        assert "02008" not in opened
        clock.at = stato.riprova_dal
    assert pauses[:3] == [PRIMA_PAUSA, 2 * PRIMA_PAUSA, 4 * PRIMA_PAUSA]
    assert pauses[-2:] == [PAUSA_MASSIMA] * 2
    folders(root / "02008")
    assert verdicts(deliver(home))[0] == ("02008", CONSEGNATO)
    with home.read() as conn:
        stato = linee.states(conn)[SIA, "02008"]
    assert (stato.errori, stato.riprova_dal, dict(stato.errore)) == (0, None, {})


def test_a_line_left_alone_is_in_use_again_once_somebody_finds_that_it_works(home: Home, tmp_path: Path) -> None:
    root, still = connect(home, tmp_path / "banche", tentativi=1), Still()
    shutil.rmtree(root / "02008")
    for _ in range(SOGLIA):
        deliver(home, rete=still.rete)
    assert verdicts(deliver(home, rete=still.rete)) == [("02008", SOSPESA)]
    assert verdicts(look(home, line(home, SIA, "02008"), rete=still.rete)) == [("02008", CADUTA)]
    folders(root / "02008")
    (root / "02008" / "ritiro" / "rh.cbi").write_bytes(b"x")
    assert verdicts(look(home, line(home, SIA, "02008"))) == [("02008", PRONTO)]
    assert (root / "02008" / "ritiro" / "rh.cbi").exists()
    assert verdicts(deliver(home)) == [("02008", CONSEGNATO)]


def test_a_dry_run_leaves_a_line_as_it_fared(home: Home, tmp_path: Path) -> None:
    root = connect(home, tmp_path / "banche", tentativi=1)
    shutil.rmtree(root / "02008")
    assert verdicts(fetch(home, dry_run=True)) == [("02008", CADUTA)]
    with home.read() as conn:
        assert linee.states(conn) == {}


class Cut:
    """What speaks SFTP for a line, until the machine stops at the `last` thing that it asks: after it, but for what is
    opened."""

    def __init__(self, sftp: Any, last: int) -> None:
        self.sftp, self.left = sftp, last

    def __getattr__(self, name: str) -> Any:
        self.left -= 1
        if self.left:
            return getattr(self.sftp, name)
        if name in ("open", "scandir"):
            raise casa.Crash
        return lambda *args: self.stop(getattr(self.sftp, name)(*args))

    async def stop(self, asked: Any) -> None:
        with suppress(asyncssh.SFTPError):
            await asked
        raise casa.Crash


@pytest.mark.parametrize("work", [deliver, fetch])
def test_a_crash_after_anything_asked_of_the_bank_delivers_and_keeps_each_file_once(
    sent: Path, tmp_path: Path, work: Step
) -> None:
    def open_(linea: Any, ports: Any) -> Any:
        far: Any = open_line(linea, ports)
        far._sftp = Cut(far._sftp, last)
        return far

    with host(tmp_path / "ssh") as bank:
        for last in range(1, 100):
            home = casa.copy(sent, tmp_path / str(last) / "home")
            root = tmp_path / str(last) / "banca"
            (home.path / "linee.toml").write_text(settings("03069", bank.settings(root)))
            (root / "ritiro" / "rh.cbi").write_bytes(b"whatever")
            left = {name: data for name, data in out(home, "new").items() if name.startswith("03069")}
            try:
                work(home, rete=Rete(open_))
            except casa.Crash:
                work(home)
            else:
                break
            finally:
                there = {f"03069/{path.name}": path.read_bytes() for path in (root / "consegna").glob("RIBA*")}
                kept = {path.read_bytes() for path in casa.branch(home).into("new").iterdir()}
                home.close()
            if work is deliver:
                assert there == out(home, "sent") == left
            else:
                assert kept == {b"whatever"} and not list((root / "ritiro").iterdir())
                assert [path.name for path in (root / "archivio").iterdir()] == ["rh.cbi"]
    assert last > 6


@pytest.fixture(scope="module")
def many(sent: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with five distinte sent to one bank. Copy it."""
    path = tmp_path_factory.mktemp("many") / "home"
    shutil.copytree(sent, path)
    home = casa.extend(path, *(casa.flow(f"RIBA-{n}", range(100 + n, 101 + n)) for n in range(4)))
    dispatch_ready(home)
    home.close()
    return path


@pytest.mark.parametrize("kind", ["cartella", "sftp"])
def test_two_runs_at_once_deliver_each_file_once_and_neither_complains(many: Path, tmp_path: Path, kind: str) -> None:
    home = casa.copy(many, tmp_path / "home")
    left = {name: data for name, data in out(home, "new").items() if name.startswith("03069")}
    with host(tmp_path / "ssh") as bank, ThreadPoolExecutor(2) as runs:
        come = {"tipo": "cartella", **folders(tmp_path / "banca")}
        come = come if kind == "cartella" else bank.settings(tmp_path / "banca")
        (home.path / "linee.toml").write_text(settings("03069", come))
        both = [Home.open(home.path, casa.ports()) for _ in range(2)]
        done = [passaggio for passaggi in runs.map(deliver, both) for passaggio in passaggi]
    assert {passaggio.verdetto for passaggio in done} == {CONSEGNATO}
    there = {f"03069/{path.name}": path.read_bytes() for path in (tmp_path / "banca" / "consegna").iterdir()}
    assert there == out(home, "sent") == left and len(left) == 5


def test_a_road_cut_half_way_is_taken_again_to_the_end(home: Home, tmp_path: Path) -> None:
    with host(tmp_path / "ssh") as bank, cut_road(bank.port, 4_000, times=2) as port:
        known = tmp_path / "known"
        known.write_text(bank.known_hosts.read_text().replace(f"]:{bank.port}", f"]:{port}"))
        come = bank.settings(tmp_path / "banca") | {"porta": port, "known_hosts": str(known)}
        (home.path / "linee.toml").write_text(settings("03069", come))
        still, left = Still(), next(iter(casa.branch(home).out("new").iterdir())).read_bytes()
        assert verdicts(deliver(home, rete=still.rete)) == [("03069", CONSEGNATO)]
    assert len(still.slept) == 2
    (there,) = (path for path in (tmp_path / "banca" / "consegna").iterdir() if path.suffix == ".cbi")
    assert there.read_bytes() == left


# --- what arrives ---------------------------------------------------------------------------------------


def test_what_the_banks_leave_is_fetched_put_away_there_and_read_here(home: Home, tmp_path: Path) -> None:
    root = connect(home, tmp_path / "banche")
    left = answered(home, root)
    assert {verdetto for _, verdetto in verdicts(fetch(home, dry_run=True))} == {PRONTO}
    assert at_the_bank(root, "ritiro") == left
    assert {verdetto for _, verdetto in verdicts(fetch(home))} == {PRESO}
    assert (at_the_bank(root, "ritiro"), at_the_bank(root, "archivio")) == ({}, left)
    assert {file.verdetto for file in receive(home)} == {"fatto"}
    assert fetch(home) == []


def test_a_crash_at_any_point_loses_nothing_and_applies_each_file_once(sent: Path, tmp_path: Path) -> None:
    def prepare(home: Home) -> None:
        root = connect(home, home.path.parent / "banche")
        for name, data in left.items():
            (root / name.replace("/", "/ritiro/")).write_bytes(data)

    first = casa.copy(sent, tmp_path / "first")
    left = dict(list(answered(first, connect(first, tmp_path / "altre")).items())[:2])
    prepare(first_home := casa.copy(sent, tmp_path / "second" / "home"))
    fetch(first_home)
    receive(first_home)
    wanted = casa.order_states(first_home)
    tried = 0
    for home in crashes(sent, tmp_path, fetch, prepare):
        fetch(home)
        assert {path.read_bytes() for path in home.spool_dir.glob("*/*/in/new/*")} == set(left.values())
        receive(home)
        with home.read() as conn:
            assert len(outcomes.files(conn)) == len(left)
        assert casa.order_states(home) == wanted
        assert at_the_bank(home.path.parent / "banche", "ritiro") == {}
        tried += 1
    assert tried > 8


def test_a_name_that_is_there_already_gets_a_number(home: Home, tmp_path: Path) -> None:
    root = connect(home, tmp_path / "banche")
    for text in ("first", "second"):
        (root / "03069" / "ritiro" / "rh.cbi").write_text(text)
        assert verdicts(fetch(home)) == [("03069", PRESO)]
    assert {path.name: path.read_text() for path in casa.branch(home).into("new").iterdir()} == {
        "rh.cbi": "first",
        "rh.cbi.1": "second",
    }


@pytest.mark.parametrize("name", [".rh.cbi", "rh.cbi.part", "rh.cbi.tmp", "rh.cbi.filepart"])
def test_what_the_bank_is_still_writing_is_left_to_it(home: Home, tmp_path: Path, name: str) -> None:
    root = connect(home, tmp_path / "banche")
    (root / "03069" / "ritiro" / name).write_bytes(b"x")
    assert fetch(home) == []


@pytest.mark.parametrize(("age", "verdetto"), [(-5, RECENTE), (0, RECENTE), (5, RECENTE), (15, PRESO), (-3600, PRESO)])
def test_what_was_changed_a_moment_ago_waits(home: Home, tmp_path: Path, age: int, verdetto: str) -> None:
    root, clock = connect(home, tmp_path / "banche"), home.ports.clock
    path = root / "03069" / "ritiro" / "rh.cbi"
    path.write_bytes(b"x")
    clock.at = datetime.fromtimestamp(int(path.stat().st_mtime) + age, UTC)  # type: ignore[attr-defined]
    assert verdicts(fetch(home)) == [("03069", verdetto)]
    assert path.exists() == (verdetto == RECENTE)


class Hostile:
    """A bank that tells what it likes, and keeps what is asked of it."""

    def __init__(self, *voci: Voce, changes: bool = False) -> None:
        self.voci, self.changes, self.asked = list(voci), changes, list[str]()

    def waiting(self) -> list[Voce]:
        return self.voci

    def fetch(self, voce: Voce) -> bytes:
        self.asked.append(voce.nome)
        if self.changes:
            raise Changed(voce.nome)
        return b"whatever"

    def take_away(self, voce: Voce) -> None:
        pass

    def close(self) -> None:
        pass


PATHS = ("../x.cbi", "/etc/passwd", "a/b", "..//..", "x\0y")
ODD = ("a\nb.cbi", "\x1b[2J", "-rf ", "\udcff.cbi", "è" * 200, "con spazio.cbi", "a\\..\\b", "x" * 4_000)


@pytest.mark.parametrize("name", PATHS)
def test_a_name_that_is_a_path_is_not_even_asked_for(home: Home, tmp_path: Path, name: str) -> None:
    connect(home, tmp_path / "banche")
    bank, before = Hostile(Voce(name, 8, 0), Voce("rh.cbi", 8, 0)), casa.folders(home)
    passaggi = fetch(home, rete=Rete(lambda linea, ports: bank))
    shown = [FALLITO, PRESO] if not name.startswith(".") else [PRESO]
    assert [verdetto for abi, verdetto in verdicts(passaggi) if abi == "03069"] == shown
    assert set(bank.asked) == {"rh.cbi"}
    assert {path.rpartition("/")[2] for path in casa.folders(home).keys() - before.keys()} == {"rh.cbi"}


@pytest.mark.parametrize("name", ODD)
def test_a_hostile_name_becomes_a_harmless_one(home: Home, tmp_path: Path, name: str) -> None:
    connect(home, tmp_path / "banche")
    everything = set(tmp_path.rglob("*"))
    fetch(home, rete=Rete(lambda linea, ports: Hostile(Voce(name, 8, 0))))
    new = {path for path in set(tmp_path.rglob("*")) - everything if path.is_file() and "home/spool" in str(path)}
    assert len(new) == 2 and {path.parent.name for path in new} == {"new"}
    assert all(path.name.isascii() and path.name.isprintable() and len(path.name) <= 120 for path in new)


def test_a_file_that_changes_while_it_is_fetched_is_left_for_the_next_run(home: Home, tmp_path: Path) -> None:
    connect(home, tmp_path / "banche")
    bank = Hostile(Voce("rh.cbi", 8, 0), changes=True)
    assert verdicts(fetch(home, rete=Rete(lambda linea, ports: bank))) == [("02008", FALLITO), ("03069", FALLITO)]
    assert not list(home.spool_dir.glob("*/*/in/new/*"))
    with home.read() as conn:
        assert {stato.errori for stato in linee.states(conn).values()} == {0}


def test_one_file_too_large_stops_no_other(home: Home, tmp_path: Path) -> None:
    root = connect(home, tmp_path / "banche")
    with (root / "03069" / "ritiro" / "a.cbi").open("wb") as stream:
        stream.truncate(MAX_FILE + 1)
    (root / "03069" / "ritiro" / "b.cbi").write_bytes(b"x")
    assert verdicts(fetch(home)) == [("03069", FALLITO), ("03069", PRESO)]


# --- sealed envelopes -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def certificate(key: rsa.RSAPrivateKey, days: int = 900) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Banca Inventata")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = builder.serial_number(7).not_valid_before(start).not_valid_after(start + timedelta(days))
    return dated.sign(key, SHA256())


def sealed(home: Home, root: Path, found: x509.Certificate) -> Path:
    (home.path / "banca.pem").write_bytes(found.public_bytes(Encoding.PEM))
    return connect(home, root, certificato="banca.pem")


def test_what_is_delivered_sealed_only_the_bank_can_open(home: Home, tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    left, root = out(home, "new"), sealed(home, tmp_path / "banche", mine := certificate(key))
    assert verdicts(deliver(home)) == [("02008", CONSEGNATO), ("03069", CONSEGNATO)]
    there = at_the_bank(root)
    assert there.keys() == {f"{name}.p7m" for name in left}
    assert {f"{name}.p7m": data for name, data in left.items()} == {
        name: pkcs7_decrypt_der(data, mine, key, []) for name, data in there.items()
    }
    assert not any(data[60:120] in there[f"{name}.p7m"] for name, data in left.items())
    assert (out(home, "sent"), out(home, "tmp")) == (left, {})


def test_after_a_crash_the_bank_has_one_envelope_of_each_file(
    sent: Path, tmp_path: Path, key: rsa.RSAPrivateKey
) -> None:
    mine, tried = certificate(key), 0
    for home in crashes(sent, tmp_path, deliver, lambda home: sealed(home, home.path.parent / "banche", mine)):
        assert {verdetto for _, verdetto in verdicts(deliver(home))} <= {CONSEGNATO}
        there = {name: data for name, data in at_the_bank(home.path.parent / "banche").items() if "/." not in name}
        opened = {name: pkcs7_decrypt_der(data, mine, key, []) for name, data in there.items()}
        assert opened == {f"{name}.p7m": data for name, data in out(home, "sent").items()} and len(opened) == 2
        tried += 1
    assert tried > 15


def test_what_cannot_be_sealed_does_not_leave_in_clear(home: Home, tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    root = sealed(home, tmp_path / "banche", certificate(key, days=30))
    for passaggio in deliver(home):
        assert isinstance(passaggio.error, Refused) and passaggio.error.code == "LINEA-010"
    (home.path / "banca.pem").write_text("spoilt")
    assert {verdetto for _, verdetto in verdicts(deliver(home))} == {FALLITO}
    (home.path / "banca.pem").unlink()
    assert {verdetto for _, verdetto in verdicts(deliver(home))} == {FALLITO}
    assert at_the_bank(root) == {}
