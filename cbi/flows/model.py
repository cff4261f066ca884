"""What a flow is: its records, the automaton of their order, and the units that repeat inside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from cbi.fields import Amount, Field, ValoreErrato
from cbi.flows.physical import raw_type
from cbi.layout import RAW, SUBTYPE, Record

TO_BANK, FROM_BANK = "to_bank", "from_bank"
_FRAMED = re.compile(rb" [A-Z0-9]{2}.{10}\d{6}", re.DOTALL)  # a type where it should be, and a date
_BOUNDS = re.compile(r"\{(\d+),(\d+)\}")


class Passo(NamedTuple):
    """One step of the automaton: the state it leads to, what is missing before it, what is wrong with it."""

    state: str
    missing: tuple[str, ...] = ()
    problem: str = ""  # "", "022" not of this flow, "023" repeated, "025" out of order


@dataclass(frozen=True)
class Unit:
    """Records that always go together, read and checked as one: `(key, quantifier)` of a regular expression.

    `unless` maps a key to what a record may not match if it is to be of that key.
    """

    records: tuple[tuple[str, str], ...]
    unless: Mapping[str, bytes] = field(default_factory=dict, hash=False)

    @property
    def start(self) -> str:
        return tipo_of(self.records[0][0])


@dataclass(frozen=True, eq=False)
class Flow:
    """A kind of flow in one direction.

    `records` maps keys to classes: the key is the type, or `type/variant` where one type has several layouts, or
    `RAW` for the types that the flow does not declare and lets by wherever they come.
    `transitions` is the automaton: from each state (the key of the last record) the types admitted and the state
    that each leads to; it starts in the header's type and ends in "EF". `units` are the repeating groups,
    `starts` the types that begin an order, `classify` tells the variants of a group of records, `amount`
    is the field that EF sums: under its sign, or as positive where there is none; "" where none is known.
    """

    name: str
    direction: str
    title: str
    records: Mapping[str, type[Record]]
    transitions: Mapping[str, Mapping[str, str]]
    units: Sequence[Unit]
    starts: frozenset[str]
    classify: Callable[[list[str], list[bytes], Context], list[str]]
    amount: str = "importo"

    @property
    def is_frame(self) -> bool:
        """Whether only header and trailer are declared."""
        return RAW in self.records and not self.groups

    @cached_property
    def free(self) -> bool:
        """Whether the body is free text: lines without a type, which may look like anything."""
        return RAW in self.records and self.records[RAW].TIPO == RAW

    def is_text(self, record: bytes) -> bool:
        """Whether a line of a flow of free text is part of the text: neither its trailer nor another header."""
        return self.free and _FRAMED.match(record) is None

    @property
    def in_cents(self) -> bool:
        """Whether what EF sums is money: a number whose decimals are not known is not."""
        return any(isinstance(cls.BY_NAME.get(self.amount), Amount) for cls in self.records.values())

    @property
    def tipo(self) -> str:
        """The type of the header."""
        return next(iter(self.transitions))

    @cached_property
    def tipi(self) -> frozenset[str]:
        return frozenset(tipo for arrows in self.transitions.values() for tipo in arrows) | {self.tipo}

    @cached_property
    def groups(self) -> frozenset[str]:
        """The types that begin a group of records."""
        return frozenset(unit.start for unit in self.units) | self.starts

    @cached_property
    def limits(self) -> Mapping[str, tuple[int, int]]:
        """How few and how many records of a type a group may hold, where a unit says so: `{2,5}`."""
        found = {}
        for unit in self.units:
            sure = {tipo_of(key) for key, quantifier in unit.records if not quantifier}
            for keys, quantifier in unit.records:
                bounds = _BOUNDS.fullmatch(quantifier)
                if bounds is None:
                    continue
                for tipo in {tipo_of(key) for key in keys.split("|")}:
                    more = int(tipo in sure)  # the same type also stands alone in the unit
                    found[tipo] = (int(bounds[1]) + more, int(bounds[2]) + more)
        return found

    @cached_property
    def first_keys(self) -> Mapping[str, str]:
        """The first declared key of each type."""
        return {tipo_of(key): key for key in reversed(list(self.records))}

    @cached_property
    def subtypes(self) -> Mapping[str, Field[object]]:
        """Where the subtype stands, of each type that has several."""
        return {cls.TIPO[:2]: cls.BY_NAME[SUBTYPE] for cls in self.records.values() if "-" in cls.TIPO}

    def tipo_di(self, record: bytes) -> str:
        """The type of a record, with its subtype where there is one: `61`, `40-01`."""
        tipo = raw_type(record)
        spec = self.subtypes.get(tipo)
        return tipo if spec is None else f"{tipo}-{spec.cut(record).decode('latin-1')}"

    def lets_by(self, tipo: str) -> bool:
        """Whether records of that type are kept as they come: they are not declared, and the flow may hold some."""
        return RAW in self.records and tipo not in self.tipi

    def numero(self, record: bytes) -> int | None:
        """The progressive that a record bears, if its type has one and it can be read."""
        key = self.first_keys.get(self.tipo_di(record))
        spec = None if key is None else self.records[key].BY_NAME.get("numero_progressivo")
        raw = b"" if spec is None else spec.cut(record)
        return int(raw) if raw.isdigit() else None

    def complete(self, state: str) -> bool:
        """Whether a group of records may end in that state."""
        return any(arrow == "EF" or arrow in self.groups for arrow in self.transitions.get(state, {}))

    def step(self, state: str, tipo: str, same_order: bool) -> Passo:
        """Where record `tipo` leads from `state`; `same_order`: it bears the progressive of the current order."""
        arrows = self.transitions.get(state, {})
        if tipo in arrows:
            return Passo(arrows[tipo])
        if tipo not in self.tipi:
            return Passo(state, problem="022")
        if tipo == tipo_of(state) and tipo not in self.starts:
            return Passo(state, problem="023")
        path = self._path(state, tipo, cross=tipo in self.starts or not same_order)
        if path is None:
            return Passo(state, problem="025")
        return Passo(path[-1], tuple(path[:-1]))

    def _path(self, state: str, tipo: str, *, cross: bool) -> list[str] | None:
        """The shortest way to a record `tipo`; only with `cross` through the start of another order."""
        ways: list[list[str]] = [[key] for key in self._next(state, tipo, cross)]
        visited = set()
        while ways:
            way = ways.pop(0)
            if tipo_of(way[-1]) == tipo:
                return way
            if way[-1] not in visited:
                visited.add(way[-1])
                ways += [[*way, key] for key in self._next(way[-1], tipo, cross)]
        return None

    def _next(self, state: str, tipo: str, cross: bool) -> list[str]:
        arrows = self.transitions.get(state, {})
        return [
            key
            for arrow, key in arrows.items()
            if arrow == tipo or (arrow != "EF" and (cross or arrow not in self.starts))
        ]


@dataclass
class Context:
    """What is known of a supporto while its records go by."""

    name: str = ""
    created: date | None = None
    first_order: str = ""  # key of the first record of the first order
    header: bytes = b""  # what begins it, to the end of its name: what makes it the supporto it is

    def again(self, record: bytes) -> bool:
        """Whether a record is the header of the same supporto once more: some programs repeat it."""
        return bool(self.header) and record.startswith(self.header)


def tipo_of(key: str) -> str:
    return key.partition("/")[0]


def variante_of(key: str) -> str:
    return key.partition("/")[2]


@dataclass(frozen=True)
class Ordine:
    """The records of one order (or of one account of a statement), in the order they came."""

    numero: int | None
    line: int
    records: tuple[Record, ...]

    @property
    def raw(self) -> bytes:
        """The records as they stand in a canonical file."""
        return b"".join(record.raw + b"\r\n" for record in self.records)

    def get(self, tipo: str) -> Record | None:
        """The first record of that type."""
        return next((record for record in self.records if record.tipo == tipo), None)


@dataclass(frozen=True)
class Supporto:
    """A whole logical flow: header, orders, trailer; `raw` is what stands in the file, byte for byte.

    `declaration` is what it was read by.
    """

    flow: str
    direction: str
    numero: int
    line: int
    end_line: int
    header: Record
    ordini: tuple[Ordine, ...]
    coda: Record | None
    raw: bytes = field(repr=False)
    declaration: Flow = field(repr=False, compare=False)

    @property
    def tipo(self) -> str:
        return raw_type(self.header.raw)

    @cached_property
    def identita(self) -> tuple[str, str, date | None, str]:
        """Sender, receiver, creation date, nome supporto: what makes two flows the same flow."""
        head = self.header.fields()
        return head["mittente"] or "", head["ricevente"] or "", self.created, head["nome_supporto"] or ""

    @cached_property
    def created(self) -> date | None:
        try:
            value = self.header.data_creazione  # type: ignore[attr-defined]
        except ValoreErrato:
            return None
        return value if isinstance(value, date) else None

    @property
    def canonical(self) -> bytes:
        """The flow as it leaves: the same records, 120 bytes each, CR+LF."""
        tail = b"" if self.coda is None else self.coda.raw + b"\r\n"
        return b"".join((self.header.raw, b"\r\n", *(ordine.raw for ordine in self.ordini), tail))


@lru_cache(maxsize=256)  # small files are many, and their kinds few
def unit_pattern(
    flow: Flow, unit: Unit, needs: frozenset[str], ending: bytes, marked: frozenset[str] = frozenset()
) -> re.Pattern[bytes]:
    """A regular expression that exactly the flawless units match, all on the progressive of their first record.

    `needs` names the fields to capture, as `r14_importo`; for those also `marked` the group before is the same, but
    only when there are but blanks and zeros. `ending` is the line end of the file.
    """
    parts = []
    for position, (key, quantifier) in enumerate(unit.records):
        body = b"|".join(
            _not(unit.unless.get(name)) + _record_pattern(flow.records[name], needs, marked, first=position == 0)
            for name in key.split("|")
        )
        parts.append(b"(?:(?:%b)%b)%b" % (body, re.escape(ending), quantifier.encode()))
        if quantifier:  # the unit has surely ended: what follows is another record, not a faulty one of the same type
            tipo = tipo_of(key)
            others = (other[:2].encode() for other in flow.transitions[tipo] if other[:2] != tipo[:2])
            parts.append(b"(?=.(?:%b))" % b"|".join(others))
    return re.compile(b"".join(parts), re.DOTALL)


def _not(pattern: bytes | None) -> bytes:
    return b"" if pattern is None else b"(?!%b)" % pattern


def needed_name(cls: type[Record], field: Field[Any]) -> str:
    """The name under which rules know a field: `r14_importo`, `r4001_importo_a_debito`."""
    return f"r{cls.TIPO.replace('-', '')}_{field.name}"


# Columns that repeat, in every record of a unit, what its first record says.
SHARED = ("numero_progressivo", "progressivo_movimento")


def _record_pattern(cls: type[Record], needed: Collection[str], marked: Collection[str], *, first: bool) -> bytes:
    return b"".join(
        _mark(field, needed_name(cls, field) in marked) + _field_pattern(cls, field, needed, first)
        for field in cls.FIELDS
    )


def _mark(field: Field[object], marked: bool) -> bytes:
    return b"(?:(?=([ 0]{%d})))?" % field.size if marked else b""


def _field_pattern(cls: type[Record], field: Field[object], needed: Collection[str], first: bool) -> bytes:
    name = needed_name(cls, field)
    if field.name in SHARED:
        return b"(?P<%b>%b)" % (field.name.encode(), field.pattern()) if first else b"(?P=%b)" % field.name.encode()
    if name in needed:
        return b"(?P<%b>%b)" % (name.encode(), field.pattern())
    return field.pattern()
