"""Reading what others dropped: a regular file, within a limit, through no link, that nobody is writing."""

from __future__ import annotations

import errno
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

MAX_FILE = 64 * 1024 * 1024
"""The largest file accepted from a bank, in bytes; a day of statements of a large company is under a tenth
of it."""


class Hostile(Exception):
    """A file that is not to be read: `it` and `en` say why."""

    def __init__(self, it: str, en: str) -> None:
        super().__init__(it)
        self.it, self.en = it, en

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hostile) and (self.it, self.en) == (other.it, other.en)

    def __hash__(self) -> int:
        return hash((self.it, self.en))


class Unsettled(Exception):
    """A file that somebody may still be writing: it is to be looked at again later."""


def read_foreign(path: Path, limit: int = MAX_FILE, *, still_since: datetime | None = None) -> bytes:
    """The bytes of a file made by others. Raises `Hostile` for links, devices, folders, pipes and files over
    `limit` bytes; `Unsettled` for one that changed while it was read, or was written to after `still_since`;
    `OSError` when it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise Hostile("è un collegamento o un dispositivo, non un file", "a link or a device, not a file") from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Hostile("non è un file normale", "not a regular file")
    with os.fdopen(descriptor, "rb") as stream:
        before = os.fstat(descriptor)
        data = _read(stream, limit + 1)
        after = os.fstat(descriptor)
    if len(data) > limit:
        raise Hostile(f"supera {limit} byte", f"larger than {limit} bytes")
    there = os.lstat(path)
    looks = {(each.st_dev, each.st_ino, each.st_size, each.st_mtime_ns) for each in (before, after, there)}
    if len(looks) > 1 or len(data) != after.st_size:
        raise Unsettled
    if still_since is not None and datetime.fromtimestamp(after.st_mtime, UTC) > still_since:
        raise Unsettled
    return data


def _read(stream: IO[bytes], size: int) -> bytes:
    return stream.read(size)
