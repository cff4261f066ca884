"""The cures that change no meaning, each told: lengths, line ends, letters, zeros, progressives, the trailer.

An amount, a date, a code of a readable record decodes after a cure as it did before. What cannot be cured within that
stays as it is, and so does everything that depends on it: a supporto that lacks a record is neither renumbered nor
counted again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, BinaryIO, TypeGuard

from cbi.fields import Amount, Choice, Field, Filler, FreeText, Number, Text, ValoreErrato
from cbi.flows.coda import wrong
from cbi.flows.model import Flow
from cbi.flows.physical import LineFault, Riga, Source
from cbi.flows.reader import Letto, records_of, supporti_of
from cbi.flows.registry import BUILT_IN, Registry
from cbi.flows.rework import TRUNCATED, NonRiscrivibile, refuse_line_ends, whole
from cbi.flows.transliterate import plain, plain_bytes
from cbi.layout import LENGTH, Record

EOL = b"\r\n"

# First words of the names of the fields that describe: a letter more or less in them sends no money elsewhere.
_DESCRIBING = re.compile(
    "(descrizione|denominazione|indirizzo|completamento|comune|localita|riferimenti|motivazione|beneficiario|cliente"
    "|ordinante|titolare|banca|intestatario|cognome|segmento|informazioni)(_|$)"
)


@dataclass(frozen=True, slots=True)
class Cura:
    """One change: `kind` is what was cured, `field` is "" for a line as such; columns are those of the record."""

    kind: str
    line: int
    start: int
    end: int
    record: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Curato:
    """Lines of the new file (those of a supporto, or some outside any) and what was cured to get them."""

    supporto: bool
    data: bytes
    cures: tuple[Cura, ...]


def fix(stream: BinaryIO, flows: Registry = BUILT_IN) -> Iterator[Curato]:
    """The file made anew, a supporto at a time. Raises `NonRiscrivibile` at a line that cannot be kept."""
    source = _Watched(stream)
    for _, letti in groupby(_headed_once(source, flows), key=lambda letto: (letto.supporto, letto.flow is None)):
        yield _cured(list(letti), source)
    rest = source.cures()
    if rest:
        yield Curato(supporto=False, data=b"", cures=tuple(rest))


def _headed_once(source: _Watched, flows: Registry) -> Iterator[Letto]:
    """The records, without the headers that stand again word for word within their supporto."""
    header = b""
    for letto in records_of(source, flows):
        record = letto.riga.record
        if letto.flow is None and record == header:
            source.tell("repeated header", letto.riga, record.decode("latin-1").rstrip(), "")
            continue
        if letto.flow is not None and record[1:3].decode("latin-1") == letto.flow.tipo:
            header = record
        yield letto


class _Watched(Source):
    """A source that keeps what records do not show: blank lines, the byte-order mark, line ends."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self._told = [Cura("bom", 1, 1, 1, "", "", "EF BB BF", "")] if self.bom else []
        self._ends = {EOL}

    def next(self) -> Riga | None:
        riga = super().next()
        if riga is None:
            return None
        if riga.blank:
            self.tell("blank line", riga, riga.raw.decode("latin-1").strip(), "")
        elif riga.end not in self._ends:
            self._ends.add(riga.end)
            self.tell("line end", riga, riga.end.hex(" ").upper(), EOL.hex(" ").upper())
        if any(fault.kind == "FILE-101" for fault in riga.faults):
            self.tell("end of file", riga, "1A", "")
        return riga

    def tell(self, kind: str, riga: Riga, before: str, after: str) -> None:
        self._told.append(Cura(kind, riga.number, LENGTH, LENGTH, riga.tipo.strip(), "", before, after))

    def cures(self) -> list[Cura]:
        """What was cured since this was last asked."""
        told, self._told = self._told, []
        return told


def _cured(letti: list[Letto], source: _Watched) -> Curato:
    cures: list[Cura] = []
    flow = letti[0].flow
    lines = list(_lines(letti, cures))
    whole_lines = [line for line in lines if line is not None]
    if flow is not None and len(whole_lines) == len(lines):
        made = [_holding(letto, line) for letto, line in zip(letti, whole_lines, strict=True)]
        if whole(flow, [letto.record for letto in made]):
            made = _totalled(flow, _renumbered(flow, made, cures), cures)
        lines = [letto.record.raw for letto in made]
    data = b"".join((line or letto.riga.raw) + EOL for line, letto in zip(lines, letti, strict=True))
    kept = {letto.riga.number for letto in letti}  # a blank line of a text is not cured
    seen = (cura for cura in source.cures() if cura.kind != "blank line" or cura.line not in kept)
    told = sorted([*seen, *cures], key=lambda cura: (cura.line, cura.start))
    return Curato(supporto=flow is not None, data=data, cures=tuple(told))


def _holding(letto: Letto, line: bytes) -> Letto:
    return letto._replace(record=type(letto.record)(line, letto.riga.number))


# --- line by line ----------------------------------------------------------------------------------------


def _lines(letti: Iterable[Letto], cures: list[Cura]) -> Iterator[bytes | None]:
    """The 120 bytes of each line, cured; None for a line that must stay as it came."""
    for letto in letti:
        line = _physical(letto, cures)
        if line is not None and letto.flow is not None and not letto.flow.is_frame:
            line = _fields(type(letto.record)(line, letto.riga.number), cures)
        yield line


def _physical(letto: Letto, cures: list[Cura]) -> bytes | None:
    riga = letto.riga
    line: bytes | None = riga.record
    refuse_line_ends(riga)
    faults = riga.faults or (_shortened(riga) if riga.blank else ())
    for fault in faults:
        if fault.kind == TRUNCATED:
            if len(riga.raw) != int(fault.found):
                it, en = "la riga è troppo lunga per essere tenuta", "the line is too long to be kept"
                raise NonRiscrivibile(riga.number, it, en)
            return None
        if fault.kind == "RIGA-102":
            line = _from_utf8(letto)
        if line is not None and fault.kind in _LENGTHS:
            before, after = f"{len(riga.raw)} byte", f"{LENGTH} byte"
            at = fault.start, max(fault.start, fault.end)
            cures.append(Cura(_LENGTHS[fault.kind], riga.number, *at, riga.tipo, "", before, after))
    return line


def _shortened(riga: Riga) -> tuple[LineFault, ...]:
    """A blank line of a text is no fault, but it is made as long as the others."""
    length = len(riga.raw)
    return (LineFault("RIGA-100", length + 1, LENGTH, str(length), str(LENGTH)),) if length < LENGTH else ()


_LENGTHS = {"RIGA-100": "short line", "RIGA-101": "lost blank", "RIGA-102": "utf-8", "RIGA-103": "long line"}


def _from_utf8(letto: Letto) -> bytes | None:
    """The line in single bytes; None when a code holds a letter that no single byte is, or a field nothing else."""
    text = letto.riga.raw.decode("utf-8")
    for field in letto.record.FIELDS:
        content = text[field.start - 1 : field.end]
        single = _latin1(content)
        if bool(content.strip()) != bool(single.strip()):
            return None
        if not describes(field) and not isinstance(field, Filler) and content != single:
            return None
    return _latin1(text).encode("latin-1")


def _latin1(text: str) -> str:
    """The same, with plain letters for those that are not Latin-1."""
    return "".join(char if ord(char) < 0x100 else plain(char) for char in text)


def describes(field: Field[Any]) -> TypeGuard[Text]:
    """Whether a field holds words for people, and not something that machines go by."""
    return isinstance(field, Text) and not isinstance(field, Choice) and _DESCRIBING.match(field.name) is not None


def _fields(record: Record, cures: list[Cura]) -> bytes:
    cls, raw = type(record), record.raw
    starts = {fault.start: fault for fault in cls.faults(raw)}
    for field in cls.FIELDS if starts else ():
        kinds = {fault.kind for fault in starts.values() if field.start <= fault.start <= field.end}
        content = field.cut(raw)
        if cls.confidence_of(field) == "low":  # what stands there may be another thing
            continue
        if kinds & {"CAR", "BAR"} and describes(field):
            kind, cured = "character", _in_plain_letters(field, content)
        elif "039" in kinds and isinstance(field, Number | Amount):
            kind, cured = "number", field.encode(field.decode(content))
        else:
            continue
        if cured.strip():
            cures.append(_cura(kind, record, field, content, cured))
            raw = field.paste(raw, cured)
    return raw


def _in_plain_letters(field: Text, content: bytes) -> bytes:
    """Left-aligned, when it was, also if it began with what is now a blank."""
    cured = field.refused.sub(b" ", plain_bytes(content))
    aligned = not content.startswith(b" ") and not isinstance(field, FreeText)
    return cured.lstrip().ljust(field.size) if aligned else cured


def _cura(kind: str, record: Record, field: Field[Any], before: bytes, after: bytes) -> Cura:
    texts = (content.decode("latin-1").rstrip() for content in (before, after))
    return Cura(kind, record.line, field.start, field.end, record.tipo, field.name, *texts)


# --- over a whole supporto -------------------------------------------------------------------------------


def _renumbered(flow: Flow, letti: list[Letto], cures: list[Cura]) -> list[Letto]:
    """Orders from 1; movements that follow the start of their account from 1 to 999 and again."""
    movements = {tipo for start in flow.starts for tipo in flow.transitions.get(start, {})} & flow.groups
    numero = movimento = 0
    found = []
    for letto in letti:
        tipo, known = letto.record.tipo, letto.record.BY_NAME
        if tipo in flow.starts:
            numero, movimento = numero + 1, 0
        elif tipo in movements and "progressivo_movimento" in known:
            movimento += 1
        right = {"numero_progressivo": numero, "progressivo_movimento": (movimento - 1) % 999 + 1 if movimento else 0}
        right = {name: value for name, value in right.items() if name in known and value}
        found.append(letto._replace(record=_with(letto.record, right, "progressive", cures)))
    return found


def _totalled(flow: Flow, letti: list[Letto], cures: list[Cura]) -> list[Letto]:
    """The trailer, saying what there is."""
    right = wrong(flow, next(supporti_of(letti)))
    last = letti[-1]
    return [*letti[:-1], last._replace(record=_with(last.record, right, "trailer", cures))]


def _with(record: Record, right: dict[str, Any], kind: str, cures: list[Cura]) -> Record:
    """A record that says what is right; where that does not fit, the field stays as it is."""
    for name, value in right.items():
        field = record.BY_NAME[name]
        before = field.cut(record.raw)
        try:
            after = field.encode(value)
        except ValoreErrato:
            continue
        if after != before:
            cures.append(_cura(kind, record, field, before, after))
            record = type(record)(field.paste(record.raw, after), record.line)
    return record
