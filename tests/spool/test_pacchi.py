"""What is older than fifteen months is compressed, month by month, and nothing of it is lost on the way."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import ROME, Disk, today
from spool import pacchi
from spool.albero import branches, plant
from spool.dispatch import tidy
from spool.filing import file_away
from spool.receive import receive
from spool.stato import ARCHIVIO, folders, status
from tests.faults.disco import dark, lay
from tests.ledger.sala import blank
from tests.spool import casa

OGGI = date(2026, 11, 2)  # of the clock of the tests


def written(path: Path, day: date) -> None:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=ROME).timestamp()
    os.utime(path, (at, at))


@pytest.fixture(scope="module")
def filed(sent: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose banks answered at the end of July 2025, by what the folders say; all of it by day."""
    home = casa.copy(sent, tmp_path_factory.mktemp("filed") / "home")
    casa.answers(home)
    for name in ("uno", "due"):  # of two months
        casa.drop(home, f"{name}.cbi", next(casa.branch(home).into("new").glob("RH*")).read_bytes() + b"\n" * len(name))
    receive(home)
    tidy(home)
    for n, path in enumerate(sorted(p for p in home.spool_dir.rglob("*") if p.is_file())):
        written(path, date(2025, 7, 29 + n % 3) if path.name != "due.cbi" else date(2025, 8, 1))
    assert file_away(home, 30)
    home.close()
    return home.path


@pytest.fixture
def home(filed: Path, tmp_path: Path) -> Iterator[Home]:
    home = casa.copy(filed, tmp_path / "home")
    yield home
    home.close()


def in_packs(home: Home) -> dict[str, bytes]:
    """The files in the packs of a home, by the path that they had."""
    disk = home.ports.disk
    return {
        str((path.parent / path.name[:2] / name).relative_to(home.spool_dir)): data
        for branch in branches(disk, home.spool_dir)
        for path in branch.packs(disk)
        for name, data in pacchi.read(disk, path)
    }


def loose(home: Home) -> dict[str, bytes]:
    """Every file of the spool that is no pack, nor one half written."""
    return {path: data for path, data in casa.folders(home).items() if ".tar.xz" not in path}


def test_a_month_that_ended_fifteen_months_ago_is_packed_and_still_counted(home: Home, tmp_path: Path) -> None:
    before, counted = loose(home), folders(home.ports.disk, casa.branch(home))[ARCHIVIO]
    july = {path: data for path, data in before.items() if "/2025/07/" in path}
    assert len(july) > 4 and pacchi.pack(home) == len(july)
    assert in_packs(home) == july and loose(home) == {p: d for p, d in before.items() if p not in july}
    assert not list(home.spool_dir.glob("*/*/archive/2025/07"))
    assert folders(home.ports.disk, casa.branch(home))[ARCHIVIO] == counted
    assert status(home, OGGI).torna
    assert pacchi.pack(home) == 0
    assert pacchi.pack(home, 14) == len(before) - len(july)  # August too
    (pack,) = home.spool_dir.glob("*/03069/archive/2025/07.tar.xz")
    subprocess.run(["tar", "-xf", pack], cwd=tmp_path, check=True)
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=tmp_path, check=True)


def test_the_same_files_make_the_same_pack(home: Home, filed: Path, tmp_path: Path) -> None:
    again = casa.copy(filed, tmp_path / "again")
    for each in (home, again):
        pacchi.pack(each, 1)
    assert casa.folders(home) == casa.folders(again)
    again.close()


def test_what_is_over_when_its_month_is_packed_goes_into_one_more(home: Home) -> None:
    pacchi.pack(home)
    late = plant(home.ports.disk, casa.branch(home)).into("done") / "tardi.cbi"
    late.write_bytes(b"y")
    written(late, date(2025, 7, 29))
    file_away(home, 30)
    before = in_packs(home)
    assert pacchi.pack(home) == 1
    (more,) = home.spool_dir.glob("*/*/archive/2025/07-2.tar.xz")
    assert in_packs(home) == before | {str(more.relative_to(home.spool_dir))[:-11] + "07/29/in/tardi.cbi": b"y"}


def test_a_crash_or_a_fault_at_any_call_loses_nothing(filed: Path, tmp_path: Path) -> None:
    calm = casa.copy(filed, tmp_path / "calm", disk := casa.Disk())
    before = loose(calm)
    disk.calls.clear()
    pacchi.pack(calm)
    end, calls = casa.folders(calm), list(disk.calls)
    calm.close()
    points = [n for n, name in enumerate(calls, 1) if name in (*casa.CHANGES, "write_parts", "remove_dir")]
    assert len(points) > 30
    for n in points[:: 1 if "CBI_SOAK" in os.environ else 5]:
        for error in (casa.Crash, lambda: OSError(28, "full")):
            home = casa.copy(filed, tmp_path / "broken", disk := casa.Disk(error=error))
            disk.calls.clear()
            disk.fail_at = n
            with suppress(casa.Crash, OSError):
                pacchi.pack(home)
            disk.fail_at = 0
            assert in_packs(home) | loose(home) == before
            assert status(home, OGGI).torna
            pacchi.pack(home)
            assert casa.folders(home) == end
            home.close()
            shutil.rmtree(home.path)


def two_files(root: Path) -> Path:
    """A home with one file that came in and one that left, of one month."""
    home = blank(root, casa.ports())
    branch = plant(home.ports.disk, casa.branch(home))
    for day, side in ((29, "in"), (30, "out")):
        folder = branch.dated(date(2025, 7, day), side)
        folder.mkdir(parents=True)
        (folder / f"{side}.cbi").write_text(side)
    home.close()
    return root


def pack_through(root: Path, disk: Any) -> None:
    home = Home.open(root, casa.ports(disk))
    try:
        pacchi.pack(home)
    finally:
        home.close()


def test_killed_at_any_change_and_then_without_power_at_any_other_it_has_lost_nothing(tmp_path: Path) -> None:
    """A pack that can be seen, but that who was killed had not made durable, is not relied on."""
    homes = (tmp_path / str(n) for n in count())
    seen = 0
    for albero in dark(lambda: two_files(next(homes)), pack_through):
        lay(found := tmp_path / "found", albero)
        home = Home(found, casa.ports(), None)
        kept = {Path(path).name: data for path, data in (in_packs(home) | loose(home)).items()}
        assert {"in.cbi": b"in", "out.cbi": b"out"}.items() <= kept.items()
        shutil.rmtree(found)
        seen += 1
    assert seen > 20


class Torn:
    """A disk that says it has written all of a large file, and has not."""

    def __init__(self, disk: Disk) -> None:
        self.real = disk

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    def write_parts(self, path: Path, parts: Iterator[bytes]) -> None:
        whole = b"".join(parts)
        self.real.write_new(path, whole[:-64])


def test_files_stay_until_the_pack_was_read_back_and_was_right(filed: Path, tmp_path: Path) -> None:
    home = casa.copy(filed, tmp_path / "home", Torn(casa.ports().disk))
    before = loose(home)
    with pytest.raises(Refused, match="SPOOL-002"):
        pacchi.pack(home)
    assert loose(home) == before
    home.close()
    home = Home.open(home.path, casa.ports())
    assert pacchi.pack(home) == len(in_packs(home)) > 0  # in place of what was left half written
    home.close()


def test_a_pack_that_is_damaged_is_told_by_the_status_and_trusted_by_nobody(home: Home) -> None:
    pacchi.pack(home)
    (pack,) = home.spool_dir.glob("*/03069/archive/2025/07.tar.xz")
    whole = pack.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", whole[:200] + bytes([whole[200] ^ 1]) + whole[201:]):
        pack.write_bytes(damaged)
        assert not status(home, today(home.ports)).torna
        with pytest.raises(pacchi.Broken):
            [*pacchi.read(home.ports.disk, pack)]
