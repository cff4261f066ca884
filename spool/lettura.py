"""Reading what others dropped: a regular file, within a limit, through no link."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MAX_FILE = 64 * 1024 * 1024
"""The largest file accepted from a bank, in bytes; a day of statements of a large company is under a tenth
of it."""


class Hostile(Exception):
    """A file that is not to be read: `it` and `en` say why."""

    def __init__(self, it: str, en: str) -> None:
        super().__init__(it)
        self.it, self.en = it, en


def read_foreign(path: Path, limit: int = MAX_FILE) -> bytes:
    """The bytes of a file made by others. Raises `Hostile` for links, devices, folders, pipes and files over
    `limit` bytes; `OSError` when it cannot be read."""
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
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise Hostile(f"supera {limit} byte", f"larger than {limit} bytes")
    return data
