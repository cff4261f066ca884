"""Two readers of a file: record by record in constant memory, and a whole supporto at a time.

Both are lenient: they tell what is there, `cbi.lint` tells what is wrong with it. A record no flow knows is kept as
it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from cbi.fields import ValoreErrato
from cbi.flows.model import Context, Flow, Ordine, Supporto, tipo_of
from cbi.flows.physical import Riga, Source, raw_type
from cbi.flows.registry import BUILT_IN, Registry
from cbi.layout import RAW, Record
from cbi.records.cornice import Corpo, Testa

AGAIN = "testa/ripetuta"  # the key of a header that stands again within its supporto, and outside of what it holds


class Letto(NamedTuple):
    """A record as it was understood; `flow` is None outside any supporto."""

    supporto: int
    flow: Flow | None
    record: Record
    riga: Riga


@dataclass
class Group:
    """Records that are classified together, one order at most."""

    keys: list[str] = field(default_factory=list)
    righe: list[Riga] = field(default_factory=list)

    def add(self, key: str, riga: Riga) -> None:
        self.keys.append(key)
        self.righe.append(riga)

    def classes(self, flow: Flow, context: Context) -> list[tuple[str, type[Record]]]:
        """The key and the class of each record of the group."""
        keys = flow.classify(self.keys, [riga.record for riga in self.righe], context)
        return [(key, flow.records.get(key, Corpo)) for key in keys]


def read_records(stream: BinaryIO, flows: Registry = BUILT_IN) -> Iterator[Letto]:
    """Every record of the file, in order, in constant memory."""
    return records_of(Source(stream), flows)


def records_of(source: Source, flows: Registry = BUILT_IN) -> Iterator[Letto]:
    """Every record of a file that is already open."""
    reader = _Reader(flows)
    while (riga := source.next()) is not None:
        if not riga.blank or reader.in_text:
            yield from reader.feed(riga, source)
    yield from reader.flush()


class _Reader:
    """The state between one record and the next."""

    def __init__(self, flows: Registry) -> None:
        self.flows = flows
        self.number = 0
        self.flow: Flow | None = None
        self.state = ""
        self.context = Context()
        self.group = Group()

    @property
    def in_text(self) -> bool:
        """Whether the body being read is free text."""
        return self.flow is not None and self.flow.free and self.state != "EF"

    def feed(self, riga: Riga, source: Source) -> Sequence[Letto]:
        """Take one more record in; those that are known for what they are, now that it has come."""
        flow, record = self.flow, riga.record
        if flow is None or self.state == "EF":
            return self._open(riga, source) if self.flows.is_header(riga.tipo) else self._outside(riga)
        if flow.free and flow.is_text(record):
            known = self.flush()
            self.group.add(RAW, riga)
            return known
        tipo = flow.tipo_di(record)
        if self.flows.is_header(tipo):
            if not self.context.again(record):
                return self._open(riga, source)
            self.group.add(AGAIN, riga)
            return ()
        key = self._next(flow, tipo)
        known = self.flush() if tipo in flow.groups or tipo == "EF" or not flow.groups else ()
        self.state = key or self.state
        self.group.add(key or RAW, riga)
        return known

    def _open(self, riga: Riga, source: Source) -> Sequence[Letto]:
        known = self.flush()
        self.number += 1
        self.flow = self.flows.recognise(riga.record, source.peek())
        self.state = self.flow.tipo
        self.context = context_of(self.flow, riga.record)
        self.group.add(self.state, riga)
        return known

    def _outside(self, riga: Riga) -> Sequence[Letto]:
        known = self.flush()
        self.flow = None
        return [*known, Letto(self.number, None, Corpo(riga.record, riga.number), riga)]

    def _next(self, flow: Flow, tipo: str) -> str | None:
        """The key that the record has here, or None when the flow does not know it."""
        key = flow.transitions.get(self.state, _NOWHERE).get(tipo)
        if key is not None:  # nearly always: what `step` would say
            return key
        step = flow.step(self.state, tipo, same_order=False)
        if step.problem:
            return next((key for key in flow.records if tipo_of(key) == tipo), None)
        return step.state

    def flush(self) -> Sequence[Letto]:
        """The records that waited for their group to be whole."""
        flow, group, known = self.flow, self.group, list[Letto]()
        if flow is None or not group.righe:
            return ()
        self.group = Group()
        for (key, cls), riga in zip(group.classes(flow, self.context), group.righe, strict=True):
            if key == AGAIN:
                known.append(Letto(self.number, None, flow.records[flow.tipo](riga.record, riga.number), riga))
                continue
            if not self.context.first_order and tipo_of(key) in flow.starts:
                self.context.first_order = key
            known.append(Letto(self.number, flow, cls(riga.record, riga.number), riga))
        return known


_NOWHERE: Mapping[str, str] = {}


def context_of(flow: Flow, header: bytes) -> Context:
    """What the header says that the variants of the records depend on."""
    spec = flow.records[flow.tipo].BY_NAME["data_creazione"]
    context = Context(flow.name, header=header[: Testa.nome_supporto.end])
    with suppress(ValoreErrato):
        context.created = spec.decode(spec.cut(header))
    return context


def read_supporti(stream: BinaryIO, flows: Registry = BUILT_IN) -> Iterator[Supporto]:
    """Every supporto of the file, whole. Lines outside a supporto are left out (`cbi.lint` reports them)."""
    return supporti_of(read_records(stream, flows))


def supporti_of(letti: Iterable[Letto]) -> Iterator[Supporto]:
    """The supporti that records make, one after the other."""
    current: list[Letto] = []
    for letto in letti:
        if letto.flow is None:
            continue
        if current and letto.supporto != current[0].supporto:
            yield _supporto(current)
            current = []
        current.append(letto)
    if current:
        yield _supporto(current)


def _supporto(letti: list[Letto]) -> Supporto:
    head, last = letti[0], letti[-1]
    flow = head.flow
    if flow is None:
        raise TypeError("a supporto begins with its header")
    coda = last.record if last is not head and last.riga.tipo == "EF" else None
    body = letti[1 : -1 if coda is not None else None]
    return Supporto(
        flow=flow.name,
        direction=flow.direction,
        numero=head.supporto,
        line=head.riga.number,
        end_line=last.riga.number,
        header=head.record,
        ordini=tuple(_ordini(flow, body)),
        coda=coda,
        raw=b"".join(letto.riga.raw + letto.riga.end for letto in letti),
        declaration=flow,
    )


def _ordini(flow: Flow, body: list[Letto]) -> Iterator[Ordine]:
    """Each from the record that begins it to the next such; what the flow does not declare before it goes with it."""
    group: list[Record] = []
    begun = False
    for letto in body:
        if begun and raw_type(letto.riga.record) in flow.starts:
            yield _ordine(group)
            group = []
        group.append(letto.record)
        begun = begun or not flow.lets_by(flow.tipo_di(letto.riga.record))
    if group:
        yield _ordine(group)


def _ordine(records: list[Record]) -> Ordine:
    numbers = (record.text("numero_progressivo") for record in records)
    number = next((number for number in numbers if number), None)
    return Ordine(int(number) if number and number.isdecimal() else None, records[0].line, tuple(records))
