"""The doors to the machine: clock, disk, randomness.

Nothing else in the engine asks the machine what time it is, writes a file or draws a random number: that is
what lets a test stop the clock, or fail the n-th write.
"""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol
from zoneinfo import ZoneInfo

ABANDONED = timedelta(days=1)
_TOKEN = re.compile(r"[0-9a-f]{32}\.tmp")
PUBLIC, PRIVATE = 0o666, 0o600  # permissions of a new file: as the machine's mask says, or of its owner only


class FsyncFailed(OSError):
    """What was to be durable may not be. A second try may succeed and mean nothing: the machine forgets what it could
    not write, so the same file is never to be trusted again."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, timezone-aware, in UTC."""
        ...


class Random(Protocol):
    def token(self) -> str:
        """32 hexadecimal digits that nobody can guess."""
        ...


class Disk(Protocol):
    """Files and folders. Every method raises OSError when the machine refuses; `write_new` and `fsync_dir` raise
    FsyncFailed when all was done but it may not last."""

    def read(self, path: Path) -> bytes: ...

    def open_read(self, path: Path) -> BinaryIO: ...

    def write_new(self, path: Path, data: bytes, mode: int = PUBLIC) -> None:
        """Create `path` (which must not exist) with these permissions, write all of `data` and make it durable."""
        ...

    def write_parts(self, path: Path, parts: Iterable[bytes]) -> None:
        """As `write_new`, of what is too much to be in memory at once."""
        ...

    def write_soon(self, path: Path, data: bytes) -> None:
        """As `write_new`, but durable only from the next `sync` on: for many files that count all together."""
        ...

    def sync(self) -> None:
        """Make durable whatever was written."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Move within one file system, at once: a reader sees the old name or the new one."""
        ...

    def fsync_dir(self, path: Path) -> None:
        """Make the names inside a folder durable."""
        ...

    def listdir(self, path: Path) -> list[str]:
        """Names inside a folder, sorted."""
        ...

    def exists(self, path: Path) -> bool: ...

    def mkdir(self, path: Path) -> None:
        """Create a folder, and the ones above it, unless they are there."""
        ...

    def remove(self, path: Path) -> None: ...

    def remove_dir(self, path: Path) -> None:
        """Remove a folder with nothing in it."""
        ...

    def remove_tree(self, path: Path) -> None:
        """Remove a folder and all that is in it."""
        ...

    def size(self, path: Path) -> int: ...

    def hold(self, path: Path, data: bytes) -> BinaryIO | None:
        """Take a file for oneself and write `data` in it, until it is closed or the process dies; None when it is
        another's."""
        ...


@dataclass(frozen=True)
class Ports:
    clock: Clock
    disk: Disk
    random: Random


def put(ports: Ports, path: Path, data: bytes, mode: int = PUBLIC) -> None:
    """Write a file in a folder that is there, durably and in one step: a reader finds what was before or all of `data`.

    Raises OSError.
    """
    with scratch(ports, path.parent) as written:
        ports.disk.write_new(written, data, mode)
        ports.disk.rename(written, path)
    ports.disk.fsync_dir(path.parent)


@contextmanager
def scratch(ports: Ports, folder: Path) -> Iterator[Path]:
    """A name in a folder to write under, until the file has its own. When that fails what was written is taken away, as
    far as the machine allows: a disk that is full would be filled with what is tried again."""
    path = folder / f"{ports.random.token()}.tmp"
    try:
        yield path
    except OSError:
        with suppress(OSError):
            ports.disk.remove(path)
        raise


def beside(ports: Ports, path: Path) -> Path:
    """A hidden name beside a file or folder, to make it under until it is whole. What was left under such a name of it
    by whoever was killed is swept."""
    before = f".{path.name}."
    sweep(ports, path.parent, before)
    return path.with_name(f"{before}{ports.random.token()}.tmp")


def sweep(ports: Ports, folder: Path, before: str = "") -> None:
    """Takes away, as far as the machine allows, what a process that was killed has left in a folder under the names
    that `scratch` gives, or `beside` with what stands `before` them: nobody else's have a token. Only what is a day
    old, because nobody writes for so long."""
    with suppress(OSError):
        for path in (folder / name for name in ports.disk.listdir(folder) if _is_scratch(name, before)):
            if datetime.fromtimestamp(path.lstat().st_mtime, UTC) < ports.clock.now() - ABANDONED:
                (ports.disk.remove_tree if path.is_dir() else ports.disk.remove)(path)


def _is_scratch(name: str, before: str) -> bool:
    return name.startswith(before) and _TOKEN.fullmatch(name, len(before)) is not None


ROME = ZoneInfo("Europe/Rome")


def today(ports: Ports) -> date:
    """The day on the calendars of Rome, which are those of the banks."""
    return ports.clock.now().astimezone(ROME).date()


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class _Random:
    def token(self) -> str:
        return secrets.token_hex(16)


class _Disk:
    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def open_read(self, path: Path) -> BinaryIO:
        return path.open("rb")

    def write_new(self, path: Path, data: bytes, mode: int = PUBLIC) -> None:
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
            stream.write(data)
            stream.flush()
            _fsync(stream.fileno(), path)

    def write_parts(self, path: Path, parts: Iterable[bytes]) -> None:
        with path.open("xb") as stream:
            stream.writelines(parts)
            stream.flush()
            os.fsync(stream.fileno())

    def write_soon(self, path: Path, data: bytes) -> None:
        with path.open("xb") as stream:
            stream.write(data)

    def sync(self) -> None:
        os.sync()

    def rename(self, source: Path, target: Path) -> None:
        source.rename(target)

    def fsync_dir(self, path: Path) -> None:
        handle = os.open(path, os.O_RDONLY)
        try:
            _fsync(handle, path)
        finally:
            os.close(handle)

    def listdir(self, path: Path) -> list[str]:
        return sorted(entry.name for entry in path.iterdir())

    def exists(self, path: Path) -> bool:
        return path.exists()

    def mkdir(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)

    def remove(self, path: Path) -> None:
        path.unlink()

    def remove_dir(self, path: Path) -> None:
        path.rmdir()

    def remove_tree(self, path: Path) -> None:
        shutil.rmtree(path)

    def size(self, path: Path) -> int:
        return path.stat().st_size

    def hold(self, path: Path, data: bytes) -> BinaryIO | None:
        stream = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PUBLIC), "r+b")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.close()
            return None
        stream.truncate()
        stream.write(data)
        stream.flush()
        return stream


def _fsync(descriptor: int, path: Path) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise FsyncFailed(error.errno, error.strerror, str(path)) from error


def real_ports() -> Ports:
    """The machine as it is."""
    return Ports(_Clock(), _Disk(), _Random())
