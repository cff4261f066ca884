"""The physical file: where one record ends and the next begins, whatever the file's habits.

Accepted on input: CR+LF, LF only, no line ends at all (byte stream), right-trimmed lines, Latin-1 or UTF-8
letters, a byte-order mark, a final 0x1A, blank lines, a lost leading blank. Each cure leaves a `LineFault`, so that
nothing is forgiven in silence; what cannot be cured is told as a fault of length, and 120 bytes are given anyway.

Memory is constant: a buffer of `CHUNK` bytes, and a line longer than `LONGEST` is skipped, not kept.
"""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO, NamedTuple

from cbi.layout import LENGTH

CHUNK = 1 << 18
AHEAD = 1 << 13  # what a pattern of several records may look at in one go
LONGEST = 1 << 12
EOL = b"\r\n"

_TIPO = re.compile(rb"[A-Z0-9]{2}")


def raw_type(record: bytes) -> str:
    """The two characters of the type of a record."""
    return record[1:3].decode("latin-1")


class LineFault(NamedTuple):
    """One defect of a line as such; `kind` is the last part of the code of its rule."""

    kind: str
    start: int = 1
    end: int = LENGTH
    found: str = ""
    expected: str = ""


class Riga(NamedTuple):
    """A physical line: its number from 1, its bytes without the line end, and the 120 bytes it stands for."""

    number: int
    raw: bytes
    record: bytes
    faults: tuple[LineFault, ...]
    end: bytes

    @property
    def tipo(self) -> str:
        return raw_type(self.record)

    @property
    def blank(self) -> bool:
        return not self.raw.strip(b" \t\x00")


class Source:
    """A binary stream read line by line, or pattern by pattern over its buffer."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.buffer = b""
        self.at = 0
        self.line = 0
        self.eof = False
        self.bom = False
        self._fill(CHUNK)
        if self.buffer.startswith(codecs.BOM_UTF8):
            self.bom, self.at = True, len(codecs.BOM_UTF8)
        self.empty = not self.buffer
        self.ending = self._detect()

    def _fill(self, size: int) -> None:
        """At least `size` bytes after `at`, unless the stream ends first."""
        while len(self.buffer) - self.at < size and not self.eof:
            more = self._stream.read(CHUNK)
            self.eof = not more
            self.buffer = self.buffer[self.at :] + more
            self.at = 0

    def _detect(self) -> bytes:
        newline = self.buffer.find(b"\n", self.at, self.at + LONGEST)
        length = newline - self.at
        if newline < 0:
            return b"" if len(self.buffer) - self.at >= 2 * LENGTH else b"\r\n"
        crlf = self.buffer[newline - 1 : newline] == b"\r"
        if (length - crlf) >= 2 * LENGTH and (length - crlf) % LENGTH == 0:
            return b""
        return b"\r\n" if crlf else b"\n"

    def look_ahead(self) -> None:
        """At least `AHEAD` bytes from the current place in `buffer`, unless the stream ends first."""
        if len(self.buffer) - self.at < AHEAD:
            self._fill(CHUNK)

    def advance(self, to: int, lines: int) -> None:
        """Moves past `lines` records that end at the offset `to` of the buffer."""
        self.at = to
        self.line += lines

    def peek(self) -> bytes:
        """The bytes of the next record, not consumed."""
        self.look_ahead()
        return self.buffer[self.at : self.at + LENGTH]

    def next(self) -> Riga | None:
        """The next line, or None at the end of the file."""
        body = self.at + LENGTH
        after = body + len(EOL)
        if self.ending and self.buffer[body:after] == EOL and after < len(self.buffer):
            raw = self.buffer[self.at : body]
            if b"\n" not in raw:  # as it should be, and with others after it: what all that follows would say
                self.advance(after, 1)
                return Riga(self.line, raw, raw, (), EOL)
        self._fill(LONGEST + 2)
        if self.at >= len(self.buffer) or (self.ending == b"" and self._ended()):
            return None
        self.line += 1
        raw, end, length = self._stream_record() if self.ending == b"" else self._terminated_line()
        if self.eof and self.at >= len(self.buffer) and raw.endswith(b"\x1a"):
            text = raw.rstrip(b"\x1a")
            raw, length = text, length - len(raw) + len(text)
            cured = _cure(raw, length)
            return Riga(self.line, raw, cured[0], (LineFault("FILE-101", found="0x1A"), *cured[1]), end)
        record, faults = _cure(raw, length)
        return Riga(self.line, raw, record, faults, end)

    def _stream_record(self) -> tuple[bytes, bytes, int]:
        raw = self.buffer[self.at : self.at + LENGTH]
        self.at += len(raw)
        if self._ended():
            self.at = len(self.buffer)
        return raw, b"", len(raw)

    def _ended(self) -> bool:
        """Whether nothing follows but the end of the last line, in a file that has no other."""
        rest = self.buffer[self.at : self.at + 3]
        return self.eof and len(rest) <= 2 and not rest.strip(b"\r\n")

    def _terminated_line(self) -> tuple[bytes, bytes, int]:
        newline = self.buffer.find(b"\n", self.at, self.at + LONGEST + 2)
        if newline < 0 and len(self.buffer) - self.at > LONGEST:
            return self._skip_long_line()
        if newline < 0:
            raw, self.at = self.buffer[self.at :], len(self.buffer)
            return raw, b"", len(raw)
        end = b"\r\n" if self.buffer[newline - 1 : newline] == b"\r" and newline > self.at else b"\n"
        raw = self.buffer[self.at : newline + 1 - len(end)]
        self.at = newline + 1
        return raw, end, len(raw)

    def _skip_long_line(self) -> tuple[bytes, bytes, int]:
        head = self.buffer[self.at : self.at + LENGTH]
        length = 0
        while (newline := self.buffer.find(b"\n", self.at)) < 0 and not self.eof:
            length += len(self.buffer) - self.at - 1  # the last byte stays: it may be half of a line end
            self.at = len(self.buffer) - 1
            self._fill(2)
        stop = len(self.buffer) if newline < 0 else newline
        end = b"" if newline < 0 else b"\r\n" if self.buffer[newline - 1 : newline] == b"\r" else b"\n"
        length += stop - self.at - (end == b"\r\n")
        self.at = min(stop + 1, len(self.buffer))
        return head, end, length


def _cure(raw: bytes, length: int) -> tuple[bytes, tuple[LineFault, ...]]:
    """The 120 bytes a line stands for, and what had to be forgiven to get them."""
    if length == LENGTH:
        return raw, ()
    if length > LENGTH:
        return _cure_long(raw, length)
    if length == LENGTH - 1 and _TIPO.match(raw[:2]) and raw[:1] != b" " and _TIPO.match(raw[2:4]):
        return b" " + raw, (LineFault("RIGA-101", 1, 1, str(length), str(LENGTH)),)
    trimmed = LineFault("RIGA-100", length + 1, LENGTH, str(length), str(LENGTH))
    return raw.ljust(LENGTH), (trimmed,) if raw.strip() else ()


def _cure_long(raw: bytes, length: int) -> tuple[bytes, tuple[LineFault, ...]]:
    text = _utf8(raw)
    if len(raw) == length and text is not None and len(text) == LENGTH:
        at = next(i for i, char in enumerate(text) if not char.isascii()) + 1
        fault = LineFault("RIGA-102", at, at, text[at - 1], f"{length} byte")
        return text.encode("latin-1", "replace"), (fault,)
    head = raw[:LENGTH]
    if len(raw) == length and not raw[LENGTH:].strip(b" "):
        return head, (LineFault("RIGA-103", LENGTH + 1, length, str(length), str(LENGTH)),)
    return head, (LineFault("RIGA-043", LENGTH + 1, min(length, LONGEST), str(length), str(LENGTH)),)


def _utf8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
