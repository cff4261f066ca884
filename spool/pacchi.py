"""What is older than fifteen months, compressed: a pack for each branch and month, `archive/YYYY/MM.tar.xz`, in place
of the folders of that month.

A pack begins with SHA256SUMS, as sha256sum writes and checks it, and holds the files under DD/in/NAME and DD/out/NAME.
From the same files come the same bytes. It is read back to its end, each file against its digest, before the files
themselves are removed; what a crash leaves is finished by the next run. The contents by digest, which signatures and
replay speak of, are others and stay as they are.
"""

from __future__ import annotations

import lzma
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from itertools import count, takewhile
from pathlib import Path

from ledger.archivio import digest
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import Disk, today
from spool.albero import PACK, branches

ON_LINE = 15
"""Months for which what was exchanged stays as it is, after the one in which it was written."""

SUMS = "SHA256SUMS"


class Broken(Exception):
    """A pack that cannot be read to its end, or does not hold what it says."""


def pack(home: Home, months: int = ON_LINE) -> int:
    """Packs every month that was over more than `months` months ago; how many files went into packs.

    Raises Refused (SPOOL-002) when a pack that was read back is not what was written, OSError; the files are then still
    where they were.
    """
    disk, day = home.ports.disk, today(home.ports)
    last = 12 * day.year + day.month - months - 1
    return sum(
        _pack(disk, month)
        for branch in branches(disk, home.spool_dir)
        for month in branch.months(disk)
        if 12 * int(month.parent.name) + int(month.name) <= last
    )


def read(disk: Disk, path: Path) -> Iterator[tuple[str, bytes]]:
    """Each file of a pack (DD/SIDE/NAME, its bytes), one at a time. Raises Broken at the first that is not what it
    should be, OSError."""
    with _opened(disk, path) as tar:
        sums = _sums(tar)
        while member := tar.next():
            data = _bytes(tar, member)
            if sums.pop(member.name, None) != digest(data):
                raise Broken(path)
            yield member.name, data
    if sums:
        raise Broken(path)


def names(disk: Disk, path: Path) -> list[str]:
    """The files that a pack says it holds (DD/SIDE/NAME): only its beginning is read. Raises Broken, OSError."""
    with _opened(disk, path) as tar:
        return [*_sums(tar)]


# --- a month ----------------------------------------------------------------------------------------------------------


def _pack(disk: Disk, month: Path) -> int:
    """Packs a month; how many files there were in its folders."""
    folders = [f"{day}/{side}" for day in disk.listdir(month) for side in disk.listdir(month / day)]
    files = [f"{folder}/{name}" for folder in folders for name in disk.listdir(month / folder)]
    sums = {name: digest(disk.read(month / name)) for name in files}
    packs = [*takewhile(disk.exists, _names_for(month))]
    kept = {each for path in packs for each in _sound(disk, path)}  # of a run that was cut short
    if fresh := {name: sha256 for name, sha256 in sums.items() if (name, sha256) not in kept}:
        _write(disk, month, fresh)
    # Also when there was nothing to write: a crash may have come between the rename of a pack and this.
    disk.fsync_dir(month.parent)
    for name in files:
        disk.remove(month / name)
    for folder in [*folders, *disk.listdir(month), "."]:
        disk.remove_dir(month / folder)
    disk.fsync_dir(month.parent)
    return len(files)


def _names_for(month: Path) -> Iterator[Path]:
    """Where the pack of a month is, and one more each time that something of it was over only later."""
    return (month.with_name(f"{month.name}{'' if n == 1 else f'-{n}'}{PACK}") for n in count(1))


def _sound(disk: Disk, path: Path) -> list[tuple[str, str]]:
    """The files of a pack, with their digests; none of one that is broken."""
    try:
        return [(name, digest(data)) for name, data in read(disk, path)]
    except Broken:
        return []


def _write(disk: Disk, month: Path, sums: Mapping[str, str]) -> None:
    """Makes a pack of the files with these digests; its name lasts once its folder does."""
    target = next(path for path in _names_for(month) if not disk.exists(path))
    scratch = target.with_name(f"{target.name}.tmp")
    if disk.exists(scratch):
        disk.remove(scratch)
    disk.write_parts(scratch, _parts(disk, month, sums))
    if dict(_sound(disk, scratch)) != sums:
        raise _not_as_written(scratch)
    disk.rename(scratch, target)


def _parts(disk: Disk, month: Path, sums: Mapping[str, str]) -> Iterator[bytes]:
    """The bytes of a pack, a part after each file."""
    written = BytesIO()
    with tarfile.open(fileobj=written, mode="w|xz", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, SUMS, "".join(f"{sha256}  {name}\n" for name, sha256 in sums.items()).encode(), 0)
        for name in sums:
            _add(tar, name, disk.read(month / name), int((month / name).lstat().st_mtime))
            yield _taken(written)
    yield _taken(written)


def _add(tar: tarfile.TarFile, name: str, data: bytes, modified: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(data), modified
    tar.addfile(member, BytesIO(data))


def _taken(written: BytesIO) -> bytes:
    part = written.getvalue()
    written.seek(0)
    written.truncate()
    return part


# --- a pack -----------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(disk: Disk, path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with disk.open_read(path) as stream, tarfile.open(fileobj=stream, mode="r|xz") as tar:
            yield tar
    except (tarfile.TarError, lzma.LZMAError, EOFError, ValueError) as error:
        raise Broken(path) from error


def _sums(tar: tarfile.TarFile) -> dict[str, str]:
    """The digests with which a pack begins, by name."""
    first = tar.next()
    if first is None or first.name != SUMS:
        raise tarfile.ReadError(SUMS)
    lines = _bytes(tar, first).decode().splitlines()
    return {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}


def _bytes(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(member)
    if stream is None:
        raise tarfile.ReadError(member.name)
    return stream.read()


def _not_as_written(path: Path) -> Refused:
    return Refused(
        "SPOOL-002",
        f"{path}, riletto, non è ciò che è stato scritto: i file restano dove sono.",
        f"{path}, read back, is not what was written: the files stay where they are.",
        hint_it="Controllare il disco; il prossimo lavoro archive prova di nuovo.",
        hint_en="Check the disk; the next archive job tries again.",
    )
