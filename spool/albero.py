"""The tree of folders: one branch per company and bank, `<sia>/<abi>/out/...` and `<sia>/<abi>/in/...`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path

from ledger.errors import Refused
from ledger.ports import Disk
from spool.nomi import numbered

OUT = ("tmp", "new", "sent", "confirmed", "rejected")
IN = ("new", "done", "quarantine")

LEFT = ("new", "sent", "confirmed", "rejected")
"""The folders of `out` where a flow may be found once it has left; `new` is where the bank collects."""

PACK = ".tar.xz"
"""Suffix of what a month of the archive becomes (see `pacchi`)."""

_SIA = re.compile(r"[A-Z0-9]{5}\Z")
_ABI = re.compile(r"[0-9]{5}\Z")


@dataclass(frozen=True)
class Ramo:
    """The branch of one company (`sia`) and one bank (`abi`) under the root of the spool."""

    root: Path
    sia: str
    abi: str

    @cached_property
    def path(self) -> Path:
        return self.root / self.sia / self.abi

    @cached_property
    def archive(self) -> Path:
        """The folder of what is over."""
        return self.path / "archive"

    @cached_property
    def _out(self) -> Mapping[str, Path]:
        return {folder: self.path / "out" / folder for folder in OUT}

    @cached_property
    def _into(self) -> Mapping[str, Path]:
        return {folder: self.path / "in" / folder for folder in IN}

    def out(self, folder: str) -> Path:
        """A folder of what leaves: one of `OUT`."""
        return self._out[folder]

    def into(self, folder: str) -> Path:
        """A folder of what arrives: one of `IN`."""
        return self._into[folder]

    def dated(self, day: date, side: str) -> Path:
        """The folder of the archive for what was received (`side` "in") or sent ("out") on a day."""
        return self.archive / f"{day:%Y}" / f"{day:%m}" / f"{day:%d}" / side

    def archived(self, disk: Disk, side: str) -> Iterator[Path]:
        """The folders of the archive that there are for a side, latest day first."""
        days = [month / day for month in self.months(disk) for day in reversed(_numbers(disk, month))]
        return (folder for day in days if disk.exists(folder := day / side))

    def months(self, disk: Disk) -> list[Path]:
        """The folders of the months of the archive, latest first."""
        return [year / month for year in self._years(disk) for month in reversed(_numbers(disk, year))]

    def packs(self, disk: Disk) -> list[Path]:
        """The months of the archive that were packed."""
        return [year / name for year in self._years(disk) for name in disk.listdir(year) if name.endswith(PACK)]

    def _years(self, disk: Disk) -> list[Path]:
        years = reversed(_numbers(disk, self.archive)) if disk.exists(self.archive) else ()
        return [self.archive / year for year in years]

    def where_left(self, disk: Disk, name: str) -> Path | None:
        """The path of an outgoing file that has left, wherever it is by now; None if it is nowhere. Packs are not
        looked into: what is in them was confirmed or refused long ago."""
        folders = chain((self.out(folder) for folder in LEFT), self.archived(disk, "out"))
        return next((path for folder in folders if disk.exists(path := folder / name)), None)


def _numbers(disk: Disk, folder: Path) -> list[str]:
    return [name for name in disk.listdir(folder) if name.isdecimal()]


@lru_cache(maxsize=1024)  # a branch knows its folders, once made
def ramo(root: Path, sia: str, abi: str) -> Ramo:
    """The branch of a company and a bank. Raises `Refused` (SPOOL-001) when a code could not be a folder."""
    if not _SIA.match(sia) or not _ABI.match(abi):
        raise Refused(
            "SPOOL-001",
            f"Codice SIA {sia!r} o ABI {abi!r} non valido: non può essere una cartella dello spool.",
            f"SIA code {sia!r} or ABI {abi!r} not valid: it cannot be a folder of the spool.",
        )
    return Ramo(root, sia, abi)


def plant(disk: Disk, branch: Ramo) -> Ramo:
    """The branch with all its folders made, durably. Doing it again does nothing."""
    for folder in [*map(branch.out, OUT), *map(branch.into, IN)]:
        make(disk, folder, branch.root)
    return branch


def make(disk: Disk, folder: Path, root: Path) -> None:
    """Makes a folder under the root, and those above it that are missing, durably."""
    if disk.exists(folder):
        return
    if folder != root:
        make(disk, folder.parent, root)
    disk.mkdir(folder)
    disk.fsync_dir(folder.parent)


def free(disk: Disk, folder: Path, name: str) -> Path:
    """A path in `folder` that nothing has: `name`, or `name.1`, `name.2`, ..."""
    return next(path for each in numbered(name) if not disk.exists(path := folder / each))


def branches(disk: Disk, root: Path) -> Iterator[Ramo]:
    """Every branch there is, in the order of the codes; what does not look like a code is not ours."""
    if not disk.exists(root):
        return
    for sia in filter(_SIA.match, sorted(disk.listdir(root))):
        for abi in filter(_ABI.match, sorted(disk.listdir(root / sia))):
            yield ramo(root, sia, abi)
