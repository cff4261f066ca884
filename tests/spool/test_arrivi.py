"""When a file counts: never half written, never by a name or a size that somebody else chose."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banksim.risposte import conferma, ricevuta
from cbi import read_supporti
from ledger import archivio, outcomes
from ledger.home import Home
from ledger.ports import FsyncFailed
from spool import archivi, lettura
from spool.albero import plant, ramo
from spool.archivi import contents
from spool.lettura import Hostile, Unsettled, read_foreign
from spool.quarantena import NOTE, shelve
from spool.receive import ATTESA, FALLITO, FATTO, GIA_RICEVUTO, QUARANTENA, FileRicevuto, all_waiting, arrivals, receive
from tests.faults.disco import dark
from tests.spool import casa

DAY = date(2027, 1, 4)
GARBAGE = b"\x00\xff" * 50


@pytest.fixture
def receipt(home: Home) -> bytes:
    """A receipt for the flow sent to the first bank."""
    (path,) = [p for p in casa.left(home) if "03069" in p.parts]
    return conferma(next(read_supporti(io.BytesIO(path.read_bytes()))), DAY)


def names(home: Home, folder: str) -> list[str]:
    return sorted(p.name for p in casa.branch(home).into(folder).iterdir())


def verdicts(results: list[FileRicevuto]) -> list[tuple[str, str]]:
    return [(each.nome, each.verdetto) for each in results]


def touch(home: Home, path: Path) -> None:
    """As if it had been written to now, on the clock of the home."""
    at = home.ports.clock.now().timestamp()
    os.utime(path, (at, at))


# --- a slow writer ----------------------------------------------------------------------------------------


def test_one_who_writes_in_place_byte_by_byte_is_never_read_half(home: Home, receipt: bytes) -> None:
    path = casa.drop(home, "CN.cbi", b"")
    for offset in range(len(receipt)):
        with path.open("ab") as stream:
            stream.write(receipt[offset : offset + 1])
        touch(home, path)
        assert verdicts(receive(home, quiet=60)) == [("CN.cbi", ATTESA)], offset
    home.ports.clock.at += timedelta(seconds=60)  # type: ignore[attr-defined]
    (result,) = receive(home, quiet=60)
    assert (result.verdetto, result.sha256) == (FATTO, archivio.digest(receipt))
    with home.read() as conn:
        assert len(outcomes.files(conn)) == 1


@pytest.mark.parametrize("suffix", [".tmp", ".part", ".filepart", ".PARTIAL"])
def test_one_who_writes_under_another_name_is_never_read_half(home: Home, receipt: bytes, suffix: str) -> None:
    path = casa.drop(home, f"CN.cbi{suffix}", b"")
    for size in range(0, len(receipt) + 1, 7):
        path.write_bytes(receipt[:size])
        assert receive(home) == all_waiting(home) == []
    path.write_bytes(receipt)
    path.rename(path.with_name("CN.cbi"))
    assert verdicts(receive(home)) == [("CN.cbi", FATTO)]


def test_one_who_says_when_it_is_ready_is_not_made_to_wait(home: Home, receipt: bytes) -> None:
    path = casa.drop(home, "CN.cbi", b"")
    for size in range(0, len(receipt) + 1, 7):
        path.write_bytes(receipt[:size])
        touch(home, path)
        assert verdicts(receive(home, quiet=60)) == [("CN.cbi", ATTESA)]
    path.write_bytes(receipt)
    touch(home, path)
    casa.drop(home, "CN.cbi.ok", b"")
    assert verdicts(receive(home, quiet=60)) == [("CN.cbi", FATTO)]
    assert (names(home, "new"), names(home, "done")) == ([], ["CN.cbi", "CN.cbi.ok"])


def test_the_sidecar_goes_to_quarantine_with_what_is_refused(home: Home) -> None:
    for _ in range(2):
        casa.drop(home, "strano.bin", GARBAGE)
        casa.drop(home, "strano.bin.ok", b"")
        assert verdicts(receive(home, quiet=60)) == [("strano.bin", QUARANTENA)]
        assert names(home, "new") == []
    assert {"strano.bin", "strano.bin.ok", "strano.bin.1", "strano.bin.1.ok"} < set(names(home, "quarantine"))


def test_killed_and_then_without_power_no_sidecar_is_left_behind_by_its_file(tmp_path: Path) -> None:
    """It would say of the next file of that name that it is complete."""
    homes = count()

    def make() -> Path:
        root = tmp_path / str(next(homes))
        branch = plant(casa.ports().disk, ramo(root, "A1B2C", "03069"))
        for name in ("CN.cbi", "CN.cbi.ok"):
            (branch.into("new") / name).write_bytes(name.encode())
        return root

    def work(root: Path, disk: Any) -> None:
        branch = ramo(root, "A1B2C", "03069")
        if disk.exists(branch.into("new") / "CN.cbi"):
            shelve(disk, branch, "CN.cbi")

    found = [{path.rpartition("/in/")[2] for path in albero if ".cbi" in path} for albero in dark(make, work)]
    assert {"new/CN.cbi", "new/CN.cbi.ok"} in found and {"done/CN.cbi", "done/CN.cbi.ok"} in found
    assert {"done/CN.cbi", "new/CN.cbi.ok"} not in found


def test_a_sidecar_alone_waits_for_its_file(home: Home) -> None:
    casa.drop(home, "CN.cbi.ok", b"")
    assert receive(home) == []
    assert names(home, "new") == ["CN.cbi.ok"]


def test_a_file_that_grows_while_it_is_read_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, read = tmp_path / "f", lettura._read

    def growing(stream: io.BufferedReader, size: int) -> bytes:
        data = read(stream, size)
        with path.open("ab") as writer:
            writer.write(b"x")
        return data

    def replaced(stream: io.BufferedReader, size: int) -> bytes:
        path.with_name("g").write_bytes(b"12345")
        path.with_name("g").rename(path)
        return read(stream, size)

    for meanwhile in (growing, replaced):
        path.write_bytes(b"12345")
        monkeypatch.setattr("spool.lettura._read", meanwhile)
        with pytest.raises(Unsettled):
            read_foreign(path)
    monkeypatch.setattr("spool.lettura._read", read)
    assert read_foreign(path) == b"12345"


def test_the_quiet_time_is_counted_from_the_last_write(tmp_path: Path) -> None:
    path, at = tmp_path / "f", datetime(2026, 11, 2, 8, tzinfo=UTC)
    path.write_bytes(b"1")
    os.utime(path, (at.timestamp(), at.timestamp()))
    assert read_foreign(path, still_since=at) == b"1"
    with pytest.raises(Unsettled):
        read_foreign(path, still_since=at - timedelta(seconds=1))


def test_results_come_one_at_a_time(home: Home) -> None:
    for n in range(5):
        casa.drop(home, f"{n}.bin", GARBAGE)
    found = arrivals(home)
    assert next(found).nome == "0.bin"
    assert names(home, "new") == ["1.bin", "2.bin", "3.bin", "4.bin"]
    found.close()  # type: ignore[attr-defined]
    assert len(receive(home)) == 4


# --- archives ---------------------------------------------------------------------------------------------


def zipped(*members: tuple[str, bytes], **options: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            for option, value in options.items():
                setattr(entry, option, value)
            archive.writestr(entry, data)
    return packed.getvalue()


def test_each_file_of_an_archive_is_received_by_itself(home: Home, receipt: bytes) -> None:
    casa.drop(home, "giorno.zip", zipped(("CN.cbi", receipt), ("banca/altro.cbi", receipt + b"\r\n")))
    results = receive(home)
    assert verdicts(results) == [("giorno.zip/CN.cbi", FATTO), ("giorno.zip/banca/altro.cbi", FATTO)]
    assert [each.conto.ricevuti for each in results] == [1, 1]
    assert {each.path for each in results} == {casa.branch(home).into("done") / "giorno.zip"}
    assert casa.distinta_states(home)["RIBA-A"] == "Ricevuta Banca"
    with home.read() as conn:
        assert outcomes.received_file(conn, 1, archivio.digest(receipt)) is not None
    casa.drop(home, "giorno.cbi.gz", gzip.compress(receipt))
    (again,) = receive(home)
    assert (again.nome, again.supporti[0].verdetto) == ("giorno.cbi.gz/giorno.cbi", GIA_RICEVUTO)


def test_an_archive_with_something_refused_goes_to_quarantine_and_the_rest_counts(home: Home, receipt: bytes) -> None:
    casa.drop(home, "giorno.zip", zipped(("a.bin", GARBAGE), ("b.cbi", receipt)))
    assert [each.verdetto for each in receive(home)] == [QUARANTENA, FATTO]
    assert casa.distinta_states(home)["RIBA-A"] == "Ricevuta Banca"
    note = json.loads((casa.branch(home).into("quarantine") / f"giorno.zip{NOTE}").read_text())
    assert {each["file"] for each in note["diagnostica"]} == {"giorno.zip/a.bin"}


def test_a_crash_in_the_middle_of_an_archive_loses_and_doubles_nothing(home: Home, receipt: bytes) -> None:
    members = [(f"{n}.cbi", receipt + b"\r\n" * n) for n in range(3)]
    casa.drop(home, "giorno.zip", zipped(*members))
    calm = casa.copy(home.path, home.path.with_name("calm"), disk := casa.Disk())
    disk.calls.clear()
    receive(calm)
    expected, calls = casa.portrait(calm), list(disk.calls)
    calm.close()
    for n in casa.crash_points(calls, "before")[::4]:
        broken = casa.copy(home.path, home.path.with_name(str(n)), disk := casa.Disk())
        disk.calls.clear()
        disk.fail_at = n
        with pytest.raises(casa.Crash):
            receive(broken)
        broken.close()
        after = Home.open(broken.path, casa.ports())
        receive(after)
        assert casa.portrait(after) == expected
        after.close()


@pytest.fixture(scope="module")
def dropped(sent: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a receipt, a broken file and an archive waiting, one of them said to be ready."""
    home = casa.copy(sent, tmp_path_factory.mktemp("dropped") / "home")
    (path,) = [p for p in casa.left(home) if "03069" in p.parts]
    receipt = conferma(next(read_supporti(io.BytesIO(path.read_bytes()))), DAY)
    for name, data in {
        "CN.cbi": receipt,
        "CN.cbi.ok": b"",
        "a.zip": zipped(("x.cbi.ack", ricevuta("x.cbi", b"x"))),
    }.items():
        casa.drop(home, name, data)
    casa.drop(home, "rotto.bin", GARBAGE)
    home.close()
    return home.path


FAULTS = {
    "full": ("before", lambda: OSError(errno.ENOSPC, "No space left on device")),
    "broken": ("before", lambda: OSError(errno.EIO, "Input/output error")),
    "short": ("torn", lambda: OSError(errno.ENOSPC, "No space left on device")),
    "fsync": ("after", lambda: FsyncFailed(errno.EIO, "Input/output error")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_call_of_a_reception_loses_and_doubles_nothing(
    dropped: Path, tmp_path: Path, fault: str
) -> None:
    calm = casa.copy(dropped, tmp_path / "calm", disk := casa.Disk())
    disk.calls.clear()
    receive(calm)
    expected, calls = casa.portrait(calm), list(disk.calls)
    calm.close()
    mode, error = FAULTS[fault]
    tidied = max(n for n, name in enumerate(calls, 1) if name == "rename")  # where it lies then decides nothing
    durable = [n for n, name in enumerate(calls, 1) if name in ("write_new", "fsync_dir")]
    for n in casa.some(durable if fault == "fsync" else casa.crash_points(calls, mode)):
        home = casa.copy(dropped, tmp_path / str(n), disk := casa.Disk(mode=mode, error=error))
        disk.calls.clear()
        disk.fail_at = n
        told = [each.verdetto for each in receive(home)]
        assert FALLITO in told or n >= tidied, n
        disk.fail_at = 0
        receive(home)
        assert casa.portrait(home) == expected, n
        assert receive(home) == []
        home.close()
        shutil.rmtree(home.path)


HOSTILE_NAMES = [
    *("../fuori.cbi", "../../fuori.cbi", "a/../../fuori.cbi", "a/../b.cbi", "./a.cbi", "..", ".", "a/..", "a/."),
    *("/fuori.cbi", "//fuori.cbi", "/etc/passwd", "a//b.cbi", "/", "a/", "~/a.cbi", "~root", "-rf", "a/-rf"),
    *("..\\fuori.cbi", "C:\\fuori.cbi", "C:fuori.cbi", "\\\\server\\a", "a\\b.cbi", "file:///etc/passwd"),
    *("a\x00b.cbi", "a\nb.cbi", "a\rb.cbi", "a\tb.cbi", "\x1b[31ma.cbi", "a\x07.cbi", "a\x7fb.cbi", "\x85.cbi"),
    *("‮gpj.exe", "zero​width.cbi", "a⁦b.cbi", "﻿a.cbi", "nomè.cbi", "ａ.cbi", "файл.cbi", "💣.cbi"),
    *("$(touch x)", "`touch x`", "a;b", "a|b", "a&b", "a>b", "a<b", "*", "?.cbi", "[a].cbi", "{a,b}", "!a", "#a"),
    *(".nascosto", "a/.nascosto", ".ssh/authorized_keys", "...", ".../a", "%2e%2e%2fa", "a:b", 'a"b', "a'b", ""),
    *("x" * 121, "a/" * 61 + "b", "x" * 4000, "con:", "a^b", " a.cbi"),
]


def bomb(size: int) -> bytes:
    return zipped(("bomba.cbi", b" " * size))


def lying(size: int) -> bytes:
    """A zip that says its member is of another size."""
    data = bytearray(zipped(("a.cbi", GARBAGE * 20)))
    for magic, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        where = data.index(magic) + at
        data[where : where + 4] = struct.pack("<I", size)
    return bytes(data)


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new)


PLAIN = zipped(("a.cbi", GARBAGE), ("b.cbi", GARBAGE))
KINDS = (stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK)


def hostile_archives() -> Iterator[tuple[str, bytes]]:
    """Each with what it is; the good member comes first, and must not be received either."""
    for n, name in enumerate(HOSTILE_NAMES):
        if "\x00" not in name and name:
            yield f"zip of {name!r} {n}", zipped(("buono.cbi", GARBAGE), (name, GARBAGE))
    yield "a NUL in a name", patched(PLAIN, b"b.cbi", b"b\x00cbi")
    yield "no name", patched(zipped(("a.cbi", GARBAGE), ("X", GARBAGE)), b"X", b"\x00")
    for kind in KINDS:
        yield f"kind {kind:o}", zipped(("a.cbi", GARBAGE), external_attr=(kind | 0o777) << 16)
    yield "a link", zipped(("a.cbi", b"/etc/passwd"), external_attr=(stat.S_IFLNK | 0o777) << 16)
    for nested in (PLAIN, gzip.compress(GARBAGE), b"PK\x05\x06" + bytes(18)):
        yield "nested in a zip", zipped(("dentro", nested))
        yield "nested in a gzip", gzip.compress(nested)
    yield "two of a name", patched(PLAIN, b"b.cbi", b"a.cbi")
    yield "empty", zipped()
    yield "too many", zipped(*[(f"{n}.cbi", b"") for n in range(archivi.MAX_MEMBERS + 1)])
    yield "too many gzips", gzip.compress(b"") * (archivi.MAX_MEMBERS + 1)
    for size in (archivi.SMALL + 1, 8 * archivi.SMALL):
        yield f"a bomb of {size}", bomb(size)
        yield f"a gzip bomb of {size}", gzip.compress(b" " * size)
    for flag in (0x1, 0x40, 0x2000):
        data = bytearray(PLAIN)
        data[data.index(b"PK\x01\x02") + 8 : data.index(b"PK\x01\x02") + 10] = struct.pack("<H", flag)
        yield f"flag {flag}", bytes(data)
    for method in (1, 6, 9, 12, 14, 93, 95, 98, 99):
        data = bytearray(PLAIN)
        data[data.index(b"PK\x01\x02") + 10 : data.index(b"PK\x01\x02") + 12] = struct.pack("<H", method)
        yield f"method {method}", bytes(data)
    for size in (1, 3, 1999):
        yield f"says {size}", lying(size)
    for cut in range(1, len(PLAIN) - 4, 5):
        yield f"cut at {cut}", PLAIN[:-cut]
    packed = gzip.compress(b"".join(bytes([n % 251]) for n in range(2000)))
    for cut in range(1, len(packed) - 4, 23):
        yield f"gzip cut at {cut}", packed[:-cut]
    yield "gzip with a tail", packed + b"coda"
    yield "gzip with a wrong check", packed[:-8] + zlib.crc32(b"x").to_bytes(4, "little") + packed[-4:]
    yield "zip with a wrong check", patched(PLAIN, zlib.crc32(GARBAGE).to_bytes(4, "little"), b"\1\2\3\4")


ARCHIVES = list(hostile_archives())
ON_DISK = [name for name in HOSTILE_NAMES if name not in ("", ".", "..") and "/" not in name and "\x00" not in name]


def test_two_hundred_hostile_names_and_archives_touch_nothing_outside(home: Home, tmp_path: Path) -> None:
    victim = tmp_path / "fuori.cbi"
    victim.write_text("intact")
    new = casa.branch(home).into("new")
    for name in ON_DISK:
        if len(os.fsencode(name)) < 256:
            (new / name).write_bytes(GARBAGE)
    hostile = len(list(new.iterdir()))
    for n, (_, data) in enumerate(ARCHIVES):
        (new / f"{n:03}.zip").write_bytes(data)
    assert hostile + len(ARCHIVES) >= 200
    around = {p for p in tmp_path.rglob("*") if home.spool_dir not in p.parents and "archive" not in p.parts}
    told = {each.nome: each for each in receive(home)}
    assert len(told) == hostile + len(ARCHIVES)
    taken = [what for n, (what, _) in enumerate(ARCHIVES) if f"{n:03}.zip" not in told]
    assert taken == []
    assert {(each.verdetto, each.motivi[0]["code"]) for each in told.values()} == {(QUARANTENA, "RIC-001")}
    assert {p for p in tmp_path.rglob("*") if home.spool_dir not in p.parents and "archive" not in p.parts} == around
    assert victim.read_text() == "intact"
    assert names(home, "new") == []
    assert all(n.isascii() and n.isprintable() for n in names(home, "quarantine"))
    assert len(names(home, "quarantine")) == 2 * len(told)
    with home.read() as conn:
        assert outcomes.files(conn) == []


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([PLAIN, gzip.compress(GARBAGE * 9), zipped(("a.cbi", b" " * 5000), ("c/d.cbi", b"x"))]),
    st.lists(st.tuples(st.integers(4, 400), st.integers(0, 255)), max_size=8),
)
def test_an_archive_with_any_bytes_changed_is_opened_or_refused(data: bytes, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(data)
    for at, value in changes:
        damaged[at % len(damaged)] = value
    try:
        found = list(contents("x.zip", bytes(damaged)))
    except Hostile:
        return
    assert sum(len(each) for _, each in found) <= archivi.MAX_EXPANDED


def test_what_is_no_archive_is_itself() -> None:
    for data in (b"", b"PK", b" RH...", GARBAGE):
        assert list(contents("a.zip", data)) == [("a.zip", data)]


def test_caps_are_of_what_comes_out_and_not_of_what_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [data for _, data in contents("a.zip", lying(2**32 - 2))] == [GARBAGE * 20]
    monkeypatch.setattr(archivi, "MAX_FILE", 100)
    make: Callable[[bytes], bytes]
    for make in (lambda data: zipped(("a.cbi", data)), gzip.compress):
        assert [data for _, data in contents("a.gz", make(b"x" * 100))] == [b"x" * 100]
        with pytest.raises(Hostile):
            contents("a.gz", make(b"x" * 101))
    monkeypatch.setattr(archivi, "MAX_EXPANDED", 150)
    with pytest.raises(Hostile):
        contents("a.zip", zipped(("a.cbi", b"x" * 80), ("b.cbi", b"x" * 80)))


def test_ordinary_flows_are_not_taken_for_bombs(home: Home) -> None:
    flow = casa.flow("RIBA-A", range(1, 2000))
    assert len(flow) > archivi.SMALL
    for packed in (zipped(("a.cbi", flow)), gzip.compress(flow)):
        assert [data for _, data in contents("a.zip", packed)] == [flow]
    shutil.rmtree(home.path)
