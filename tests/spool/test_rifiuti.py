"""What a process that was killed was writing is swept by the next, and nothing else is."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.esporta import archive
from ledger.home import Home
from ledger.ports import Ports, beside, scratch
from spool import misure
from spool.receive import receive
from tests.spool import casa

DAY = timedelta(days=1)


class Killed(BaseException):
    """As if the process were no more: nobody tidies up."""


def left_by_who_was_killed(ports: Ports, folder: Path, *, ago: timedelta = 2 * DAY) -> Path:
    """A file half-written in a folder, last touched some time before now."""
    with pytest.raises(Killed), scratch(ports, folder) as path:
        path.write_bytes(b"half")
        raise Killed
    return aged(ports, path, ago)


def aged(ports: Ports, path: Path, ago: timedelta) -> Path:
    at = (ports.clock.now() - ago).timestamp()
    os.utime(path, (at, at))
    return path


def folders(home: Home) -> list[Path]:
    home.audit_dir.mkdir(exist_ok=True)
    return [home.path, home.archive_dir, home.audit_dir, casa.branch(home).out("tmp")]


def test_what_was_left_in_the_home_is_gone_when_files_are_next_received(home: Home) -> None:
    receive(home)
    where, before = folders(home), sorted(home.path.rglob("*"))
    left = [left_by_who_was_killed(home.ports, folder) for folder in where]
    receive(home)
    assert [path for path in left if path.exists()] == []
    assert sorted(home.path.rglob("*")) == before


def test_what_somebody_may_still_be_writing_and_what_is_not_ours_is_let_be(home: Home) -> None:
    new = [left_by_who_was_killed(home.ports, folder, ago=DAY / 2) for folder in folders(home)]
    token = home.ports.random.token()
    strangers = [home.archive_dir / name for name in (f"{token}.part", f"{token[:-1]}.tmp", f"x{token}.tmp", "a.tmp")]
    for path in strangers:
        path.write_bytes(b"whole")
        aged(home.ports, path, 9 * DAY)
    receive(home)
    assert [path for path in (*new, *strangers) if not path.exists()] == []


def test_the_figures_leave_no_rubbish_beside_those_of_others(home: Home, tmp_path: Path) -> None:
    shared = tmp_path / "collector"
    shared.mkdir()
    left = left_by_who_was_killed(home.ports, shared)
    misure.write(home, shared / "cbi.prom")
    assert not left.exists()
    assert [path.name for path in shared.iterdir()] == ["cbi.prom"]


def test_a_folder_half_made_is_gone_when_the_same_is_next_made(home: Home, tmp_path: Path) -> None:
    mine, another = (beside(home.ports, tmp_path / name) for name in ("archivio", "altro"))
    for path in (mine, another):
        path.mkdir()
        (path / "half").write_bytes(b"")
        aged(home.ports, path, 2 * DAY)
    archive(home, tmp_path / "archivio")
    assert not mine.exists() and another.exists()


def test_a_folder_that_cannot_be_swept_hinders_nobody(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    left = left_by_who_was_killed(home.ports, home.archive_dir)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "no", str(path))

    monkeypatch.setattr(home.ports.disk, "remove", refuse)
    assert receive(home) == []
    assert left.exists()
