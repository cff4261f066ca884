"""A file made anew, order by order in constant memory: the same lines, saying neither who nor how much."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO

from cbi.anonymize.campi import Maschera, kept, mask_of
from cbi.anonymize.keyed import Chiave, covered
from cbi.anonymize.legami import LEGAMI, Coppia, coda
from cbi.fields import Field, ValoreErrato
from cbi.flows.coda import Conteggio
from cbi.flows.model import Flow
from cbi.flows.physical import Riga, Source, raw_type
from cbi.flows.reader import Letto, records_of
from cbi.flows.rework import TRUNCATED, NonRiscrivibile, refuse_line_ends
from cbi.layout import LENGTH

END_OF_FILE = b"\x1a"


@dataclass(frozen=True, slots=True)
class Coperto:
    """A content that was not understood and is covered, letters and digits: `field` is "" for a line as such."""

    line: int
    record: str
    field: str


@dataclass(frozen=True, slots=True)
class Parte:
    """Lines of the new file, those of one order at most, and what was covered in them."""

    supporto: bool
    data: bytes
    covered: tuple[Coperto, ...]


def anonymize(stream: BinaryIO, chiave: Chiave) -> Iterator[Parte]:
    """The file made anew. Raises `NonRiscrivibile` at a line that cannot be kept."""
    source = _Watched(stream)
    counts: tuple[Conteggio, Conteggio] | None = None  # of the orders of a supporto as they were and as they are
    direction = ""  # of the last supporto: a header that stands again within it is outside of it
    for flow, letti in _orders(records_of(source)):
        told: list[Coperto] = []
        direction = direction if flow is None else flow.direction
        pairs = [Coppia(letto.record, _masked(chiave, letto, direction, told)) for letto in letti]
        if flow is not None:
            for legame in LEGAMI:
                legame(chiave, pairs)
            counts = _counted(chiave, flow, pairs, counts)
        lines = [_line(letto.riga, pair.raw, told) for letto, pair in zip(letti, pairs, strict=True)]
        data = b"".join(source.before(letto.riga.number) + line for letto, line in zip(letti, lines, strict=True))
        yield Parte(flow is not None, data, tuple(told))
    yield Parte(supporto=False, data=source.before(source.line + 1), covered=())


def _orders(letti: Iterable[Letto]) -> Iterator[tuple[Flow | None, list[Letto]]]:
    """A header, an order, a trailer, a line outside any order: one at a time."""
    group: list[Letto] = []
    for letto in letti:
        if group and not _same_order(group[0], letto):
            yield group[0].flow, group
            group = []
        group.append(letto)
    if group:
        yield group[0].flow, group


def _same_order(first: Letto, letto: Letto) -> bool:
    flow = letto.flow
    if flow is None or flow is not first.flow or first.riga.tipo not in flow.starts:
        return False
    return letto.riga.tipo not in (flow.tipo, "EF", *flow.starts)


def _counted(
    chiave: Chiave, flow: Flow, pairs: list[Coppia], counts: tuple[Conteggio, Conteggio] | None
) -> tuple[Conteggio, Conteggio] | None:
    """The counts so far, an order included; what they say goes into a trailer."""
    tipo = raw_type(pairs[0].record.raw)
    if tipo == flow.tipo:
        return Conteggio(flow), Conteggio(flow)
    if counts is not None and tipo in flow.starts:
        counts[0].add([pair.record for pair in pairs])
        counts[1].add([pair.made for pair in pairs])
    elif counts is not None and tipo == "EF" and not flow.is_frame:
        coda(chiave, pairs[0], *counts)
    return counts


# --- a record ----------------------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 10)
def _plan(cls: Any, direction: str) -> tuple[tuple[Field[Any], Maschera], ...]:
    return tuple((field, mask_of(field, direction)) for field in cls.FIELDS)


def _masked(chiave: Chiave, letto: Letto, direction: str, told: list[Coperto]) -> bytes:
    """A record with every field hidden by itself, in the 120 bytes it has."""
    record, raw = letto.record, letto.record.raw
    cls: Any = type(record)
    sound = cls.check(raw)
    made = bytearray(raw)
    for field, mask in _plan(cls, direction):
        content = field.cut(raw)
        if not content.strip(b" 0") or (sound and mask is kept):
            continue
        try:
            made[field.start - 1 : field.end] = mask(chiave, field, content)
        except ValoreErrato:
            made[field.start - 1 : field.end] = covered(content)
            told.append(Coperto(record.line, letto.riga.tipo, field.name_it))
    return bytes(made)


# --- lines -------------------------------------------------------------------------------------------------


class _Watched(Source):
    """A source that keeps what records do not show, for it to be written again: a byte-order mark, blank lines."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self._blank = [(0, codecs.BOM_UTF8)] if self.bom else []

    def next(self) -> Riga | None:
        riga = super().next()
        if riga is not None and riga.blank:
            self._blank.append((riga.number, riga.raw + _closing(riga) + riga.end))
        return riga

    def before(self, number: int) -> bytes:
        """What stands before a line and has not been given yet; a blank line of a text is given as its record."""
        given = b"".join(raw for line, raw in self._blank if line < number)
        self._blank = [(line, raw) for line, raw in self._blank if line > number]
        return given


def _closing(riga: Riga) -> bytes:
    return END_OF_FILE if any(fault.kind == "FILE-101" for fault in riga.faults) else b""


def _line(riga: Riga, made: bytes, told: list[Coperto]) -> bytes:
    """The line of a new record in the physical form of the old one: lengths, letters of two bytes, line ends."""
    refuse_line_ends(riga)
    line = made
    for fault in riga.faults:
        match fault.kind:
            case "RIGA-100":
                line = made.rstrip(b" ").ljust(len(riga.raw))
            case "RIGA-101":
                line = made[1:]
            case "RIGA-102":
                line = made.decode("latin-1").encode()
            case "RIGA-103":
                line = made + riga.raw[LENGTH:]
            case _ if fault.kind == TRUNCATED:
                if len(riga.raw) != int(fault.found):
                    it, en = "la riga è troppo lunga per essere tenuta", "the line is too long to be kept"
                    raise NonRiscrivibile(riga.number, it, en)
                line = made + covered(riga.raw[LENGTH:])
                told.append(Coperto(riga.number, riga.tipo, ""))
    return line + _closing(riga) + riga.end
