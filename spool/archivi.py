"""What banks send with files in it, opened in memory and within limits: zip, gzip and CMS signed data, told by their
first bytes.

Nothing is ever written by a name that is in an archive, and no size that it declares is believed: an archive is
inflated once to the end, counted and thrown away, and only then is what it holds read. It is opened whole or not at
all.
"""

from __future__ import annotations

import gzip
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol

from spool.busta import SUFFIX
from spool.lettura import MAX_FILE, Hostile
from spool.nomi import why_hostile

MAX_MEMBERS = 1000
"""How many files an archive may hold: some months of a bank's outcomes."""

MAX_EXPANDED = 4 * MAX_FILE
"""How many bytes all that an archive holds may take."""

MAX_RATIO = 200
"""How many times larger than the archive its content may be; flows are mostly blanks, and shrink to a fiftieth."""

SMALL = 1024 * 1024
"""Up to so many bytes nobody minds the ratio."""

ZIP, EMPTY_ZIP, GZIP, ENTRY = b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08", b"PK\x01\x02"
SEQUENCE, SIGNED_DATA = b"\x30", b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"  # how CMS signed data begin
HEAD = 24  # bytes, enough to tell what something is
ENCRYPTED = 0x2041  # flags of an entry: encrypted, strongly so, with its header hidden
CHUNK = 64 * 1024
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, gzip.BadGzipFile),
    *(NotImplementedError, RuntimeError, ValueError, OverflowError, IndexError),
)
"""What the standard library raises for an archive that is not sound."""


class Stream(Protocol):
    """What can be read a part at a time."""

    def read(self, size: int = -1, /) -> bytes: ...


def contents(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Each file in what arrived as `name`: (NAME/MEMBER, bytes) of an archive, or itself. Raises `Hostile`, before
    anything is given, for an archive that is broken, encrypted, too large, or holds what a flat list of plain files
    does not: links, other archives, names that lead elsewhere or come twice."""
    opened = _opener(data[:HEAD])
    if opened is None:
        return iter([(name, data)])
    try:
        limit = _Limit(len(data))
        for member, stream in opened(name, data):
            _require_plain(member)
            _measure(stream, limit)
        return ((f"{name}/{member}", stream.read()) for member, stream in opened(name, data))
    except BROKEN:
        raise Hostile("archivio rotto o non leggibile", "a broken or unreadable archive") from None


def signed(data: bytes) -> bool:
    """Whether something is CMS signed data, by how it begins."""
    return data.startswith(SEQUENCE) and SIGNED_DATA in data[:HEAD]


def _opener(head: bytes) -> Callable[[str, bytes], Iterator[tuple[str, Stream]]] | None:
    """What opens something that begins so; None when it is itself."""
    if signed(head):
        return _signed
    return next((opener for magic, opener in _OPENERS.items() if head.startswith(magic)), None)


@dataclass
class _Limit:
    """How much an archive of `packed` bytes has given so far, in all."""

    packed: int
    given: int = 0

    def take(self, size: int) -> None:
        self.given += size
        if self.given > MAX_EXPANDED or self.given > max(SMALL, MAX_RATIO * self.packed):
            raise Hostile("archivio che si gonfia troppo", "an archive that swells too much")


def _measure(stream: Stream, limit: _Limit) -> None:
    """Reads a member to its end and forgets it."""
    size, first = 0, b""
    while chunk := stream.read(CHUNK):
        first = first or chunk[:HEAD]
        size += len(chunk)
        limit.take(len(chunk))
        if size > MAX_FILE:
            raise Hostile(f"contiene un file che supera {MAX_FILE} byte", f"holds a file larger than {MAX_FILE} bytes")
    if _opener(first):
        raise Hostile("archivio dentro un archivio", "an archive within an archive")


def _require_plain(member: str) -> None:
    """Raises `Hostile` for a name that is not one of plain folders and a plain file."""
    whole = member.replace("/", "_")
    if why := next(filter(None, map(why_hostile, [whole, *member.split("/")])), None):
        raise Hostile(f"nell'archivio: {why[0]}", f"in the archive: {why[1]}")


def _zip(_name: str, data: bytes) -> Iterator[tuple[str, Stream]]:
    if data.count(ENTRY) > MAX_MEMBERS:
        raise _too_many()
    with zipfile.ZipFile(BytesIO(data)) as archive:
        entries = [each for each in archive.infolist() if not (each.is_dir() and not each.file_size)]
        names = [each.orig_filename for each in entries]
        if not entries:
            raise Hostile("archivio vuoto", "an empty archive")
        if len(entries) > MAX_MEMBERS:
            raise _too_many()
        if len(set(names)) < len(names):
            raise Hostile("archivio con due file dello stesso nome", "an archive with two files of the same name")
        for name, entry in zip(names, entries, strict=True):
            _require_ordinary(entry)
            with archive.open(entry) as stream:
                yield name, stream


def _require_ordinary(entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise Hostile("archivio con un collegamento o un dispositivo", "an archive with a link or a device")
    if entry.flag_bits & ENCRYPTED:
        raise Hostile("archivio cifrato", "an encrypted archive")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Hostile("archivio compresso in un modo che non si apre", "an archive compressed in a way not opened")


def _gzip(name: str, data: bytes) -> Iterator[tuple[str, Stream]]:
    if data.count(GZIP) > MAX_MEMBERS:
        raise _too_many()
    with gzip.GzipFile(fileobj=BytesIO(data)) as stream:
        yield name.removesuffix(".gz"), stream


def _signed(name: str, data: bytes) -> Iterator[tuple[str, Stream]]:
    from spool.firmato import content

    yield name.removesuffix(SUFFIX), BytesIO(content(data))


def _too_many() -> Hostile:
    return Hostile(f"archivio di più di {MAX_MEMBERS} file", f"an archive of more than {MAX_MEMBERS} files")


_OPENERS = {ZIP: _zip, EMPTY_ZIP: _zip, GZIP: _gzip}
