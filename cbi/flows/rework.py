"""What `split` and `merge` share: a file read without losing anything, and orders made into a supporto again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from cbi.flows.coda import ECHO, count, sums_memos, value_of, wrong
from cbi.flows.model import Flow, Ordine, Supporto
from cbi.flows.physical import Riga
from cbi.flows.reader import Letto, read_records, supporti_of
from cbi.flows.registry import BUILT_IN, Registry
from cbi.flows.writer import coda_key
from cbi.layout import Record

TRUNCATED = "RIGA-043"


class NonRiscrivibile(ValueError):
    """What cannot be written again without losing or hiding something: the line, and why; of which supporto."""

    def __init__(self, line: int, it: str, en: str, supporto: Supporto | None = None) -> None:
        super().__init__(f"line {line}: {en}")
        self.line, self.it, self.en, self.supporto = line, it, en, supporto


def flow_of(supporto: Supporto) -> Flow:
    """The declaration that a supporto was read by."""
    return supporto.declaration


def read_whole(stream: BinaryIO, flows: Registry = BUILT_IN) -> Iterator[Supporto]:
    """Every supporto of a file. Raises `NonRiscrivibile` at the first line that no supporto would hold."""
    return supporti_of(_nothing_lost(read_records(stream, flows)))


def _nothing_lost(letti: Iterator[Letto]) -> Iterator[Letto]:
    for letto in letti:
        line = letto.riga.number
        refuse_line_ends(letto.riga)
        if letto.flow is None:
            raise NonRiscrivibile(line, "la riga è fuori da ogni supporto", "the line is outside any supporto")
        if any(fault.kind == TRUNCATED for fault in letto.riga.faults):
            it = "la riga ha più dati di quanti un record ne tenga"
            raise NonRiscrivibile(line, it, "the line has more data than a record holds")
        yield letto


def refuse_line_ends(riga: Riga) -> None:
    """Raises `NonRiscrivibile` for a record cut across lines: one line end is missing, and all that follows shifted."""
    if b"\n" in riga.raw:
        it, en = "il record va a cavallo di due righe", "the record lies across two lines"
        raise NonRiscrivibile(riga.number, it, en)


def whole(flow: Flow, records: Sequence[Record]) -> bool:
    """Whether records, header and EF included, are all there and in order."""
    if flow.is_frame or records[-1].tipo != "EF":
        return False
    state = flow.tipo
    for record in records[1:]:
        step = flow.step(state, record.tipo, same_order=True)
        if step.problem or step.missing:
            return False
        state = step.state
    return True


def sound(flow: Flow, supporto: Supporto) -> bool:
    """Whether a supporto can be taken apart: made again from its orders, it hides no defect."""
    coda = supporto.coda
    if coda is None or not (coda.documented() and supporto.header.documented()):
        return False
    return whole(flow, records_of(supporto)) and not wrong(flow, supporto)


def records_of(supporto: Supporto) -> list[Record]:
    """Every record of a supporto, in order."""
    tail = () if supporto.coda is None else (supporto.coda,)
    return [supporto.header, *(record for ordine in supporto.ordini for record in ordine.records), *tail]


def remade(flow: Flow, like: Supporto, name: str, ordini: Sequence[Ordine]) -> Supporto:
    """A supporto like another, with a name and orders of its own: numbered from 1, counted and summed anew."""
    coda = like.coda
    if coda is None:
        raise NonRiscrivibile(like.line, "manca la coda (EF)", "the trailer (EF) is missing")
    memos = sums_memos(coda, count(flow, like.ordini))
    numbered = tuple(_numbered(ordine, number) for number, ordine in enumerate(ordini, 1))
    values = count(flow, numbered).values(type(coda), memos=memos)
    made = replace(
        like,
        header=like.header.replace(nome_supporto=name),
        ordini=numbered,
        coda=coda.replace(nome_supporto=name, **values),
    )
    return replace(made, raw=made.canonical)


def composed(flow: Flow, testa: Record, ordini: Sequence[Ordine], coda: Record | None = None) -> Supporto:
    """A supporto of a header and of orders that are there already: numbered from 1, otherwise as they stand.

    The trailer is like `coda` but for what it must say of these, or is made new. Raises `ValoreErrato`.
    """
    numbered = tuple(_numbered(ordine, number) for number, ordine in enumerate(ordini, 1))
    cls = type(coda) if coda is not None else flow.records[coda_key(flow, numbered[0].records[0].variante)]
    values = count(flow, numbered).values(cls)
    values |= {name: value_of(testa, name) for name in (*ECHO, "codice_divisa") if name in cls.BY_NAME}
    made = Supporto(
        flow=flow.name,
        direction=flow.direction,
        numero=1,
        line=1,
        end_line=2 + sum(len(ordine.records) for ordine in numbered),
        header=testa,
        ordini=numbered,
        coda=cls.build(**values) if coda is None else coda.replace(**values),
        raw=b"",
        declaration=flow,
    )
    return replace(made, raw=made.canonical)


def _numbered(ordine: Ordine, number: int) -> Ordine:
    if ordine.numero == number:
        return ordine
    records = tuple(
        record.replace(numero_progressivo=number) if "numero_progressivo" in record.BY_NAME else record
        for record in ordine.records
    )
    return Ordine(number, ordine.line, records)
