"""Opening what a user names: files, standard input, the output that is there whole or not at all."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, cast

from commands.common import Ctx

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

SLOW = 1.0  # seconds after which a person wants to see that something moves


@contextmanager
def open_input(name: str) -> Iterator[BinaryIO]:
    """A file by name, or standard input for `-`. Raises `OSError`, also for a directory."""
    if name == "-":
        yield sys.stdin.buffer
        return
    path = Path(name)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    with path.open("rb", buffering=0) as stream:
        yield cast("BinaryIO", stream)


def why_not(ctx: Ctx, error: OSError) -> str:
    """Why a file could not be read, and what to do, for people."""
    reasons = {
        errno.ENOENT: ("il file non esiste: controllare il nome", "no such file: check its name"),
        errno.EISDIR: ("è una cartella: indicare i file che contiene", "a folder: name the files in it"),
        errno.EACCES: ("manca il permesso di leggerlo", "no permission to read it"),
    }
    it, en = reasons.get(error.errno or 0, (f"illeggibile: {error.strerror}", f"unreadable: {error.strerror}"))
    return ctx.say(it, en)


@contextmanager
def open_output(name: str) -> Iterator[BinaryIO]:
    """Standard output for `-`, or a file that appears under its name only when it is whole."""
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(name)
    handle, temporary = tempfile.mkstemp(prefix=".cbi-", dir=path.parent or Path())
    try:
        with os.fdopen(handle, "wb") as stream:
            yield cast("BinaryIO", stream)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


class Progress:
    """A stream that shows how far it has been read, on a terminal, when it takes longer than a second."""

    def __init__(self, ctx: Ctx, name: str, stream: BinaryIO) -> None:
        self.ctx, self.name, self.stream = ctx, name, stream
        self.bar: Bar | None = None

    def __enter__(self) -> BinaryIO:
        if not sys.stderr.isatty() or not self.stream.seekable():
            return self.stream
        return cast("BinaryIO", _Watched(self.stream, self))

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.stop()

    def show(self, done: int) -> None:
        """Moves the bar to `done` bytes, making it the first time."""
        if self.bar is None:
            from rich.progress import Progress as Bar

            self.bar = Bar(console=self.ctx.err, transient=True)
            self.bar.add_task(self.name, total=os.fstat(self.stream.fileno()).st_size)
            self.bar.start()
        self.bar.update(self.bar.task_ids[0], completed=done)


class _Watched(RawIOBase):
    """A readable stream that tells a `Progress` what it has given."""

    def __init__(self, stream: BinaryIO, progress: Progress) -> None:
        self._stream, self._progress, self._since = stream, progress, monotonic()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        if monotonic() - self._since > SLOW:
            self._progress.show(self._stream.tell())
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()
