"""What is over goes into dated folders: moved, never copied, never deleted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from ledger.home import Home
from ledger.ports import ROME, Disk, today
from spool.albero import Ramo, branches, free, make


def file_away(home: Home, days: int) -> list[Path]:
    """Moves what has lain in `in/done`, `out/confirmed` and `out/rejected` since more than `days` days to
    `archive/YYYY/MM/DD/in` and `out`, by the day of Rome on which it was written; where each file is now.

    What cannot be moved stays where it is: the next run tries again. Raises OSError when the disk does not confirm what
    was moved.
    """
    disk, last = home.ports.disk, today(home.ports) - timedelta(days=days)
    return [path for branch in branches(disk, home.spool_dir) for path in _file_branch(disk, branch, last)]


def _file_branch(disk: Disk, branch: Ramo, last: date) -> list[Path]:
    over = (("in", branch.into("done")), ("out", branch.out("confirmed")), ("out", branch.out("rejected")))
    moved, touched = [], set()
    for side, folder in over:
        for name in disk.listdir(folder) if disk.exists(folder) else ():
            source = folder / name
            day = datetime.fromtimestamp(source.lstat().st_mtime, ROME).date()
            if day < last and (target := _move(disk, branch, source, branch.dated(day, side))):
                moved.append(target)
                touched |= {target.parent, folder}
    for folder in sorted(touched):
        disk.fsync_dir(folder)
    return moved


def _move(disk: Disk, branch: Ramo, source: Path, folder: Path) -> Path | None:
    try:
        make(disk, folder, branch.root)
        target = free(disk, folder, source.name)
        disk.rename(source, target)
    except OSError:
        return None
    return target
