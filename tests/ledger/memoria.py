"""A home that is all in memory: for tests that take very many steps."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from ledger import database
from ledger.home import Home
from ledger.ports import PUBLIC
from tests.ledger.sala import StillClock, ports

ROOT = Path("/memoria")
SPARE: list[Engine] = []  # of homes that are no more: they know how the statements are written


class Disk:
    """A disk of contents by path; folders are there when they are wanted."""

    def __init__(self) -> None:
        self.files: dict[Path, bytes] = {}

    def read(self, path: Path) -> bytes:
        return self.files[path]

    def open_read(self, path: Path) -> BinaryIO:
        return BytesIO(self.files[path])

    def write_new(self, path: Path, data: bytes, mode: int = PUBLIC) -> None:
        if path in self.files:
            raise FileExistsError(path)
        self.files[path] = data

    def rename(self, source: Path, target: Path) -> None:
        self.files[target] = self.files.pop(source)

    def fsync_dir(self, path: Path) -> None: ...

    def listdir(self, path: Path) -> list[str]:
        return sorted(each.name for each in self.files if each.parent == path)

    def exists(self, path: Path) -> bool:
        return path in self.files

    def mkdir(self, path: Path) -> None: ...

    def remove(self, path: Path) -> None:
        del self.files[path]

    def size(self, path: Path) -> int:
        return len(self.files[path])


def raw(home: Home) -> Any:
    """The driver's own connection of a home in memory: it has one."""
    return home.engine.raw_connection().driver_connection


def _engine() -> Engine:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    event.listen(engine, "connect", partial(database._on_connect, foreign_keys=True))
    return engine


def give_back(home: Home) -> None:
    """A home in memory is no more; the next one like another takes its place."""
    SPARE.append(home.engine)


def memory(clock: StillClock, like: Home | None = None) -> Home:
    """A home in memory: without tables, or with all that another holds."""
    home = Home(ROOT, ports(Disk(), clock), SPARE.pop() if like is not None and SPARE else _engine())
    if like is not None:
        raw(like).backup(raw(home))
    return home
