"""What a trailer must say: how many orders and records, their totals by sign, and the identity of the header."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cbi.fields import ValoreErrato
from cbi.flows.model import Flow, Ordine, Supporto
from cbi.layout import Record

# What EF repeats of the header: in every flow what identifies the supporto, in some a flag of their own.
IDENTITY = ("mittente", "ricevente", "data_creazione", "nome_supporto")
ECHO = (*IDENTITY, "tipo_incasso_rid", "flag_priorita_trattamento_bonifico")
COUNTS = ("numero_disposizioni", "numero_rendicontazioni")
TOTALS = {"-": "tot_importi_negativi", "+": "tot_importi_positivi"}
TOTAL = "totale_importi"  # of the flow whose amounts have no sign
PROMEMORIA = "promemoria"  # the variant of the orders that totals may leave out


class Conteggio:
    """Counts and sums orders as they go by. `sure` is false once an amount or its sign could not be read."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.orders = 0
        self.records = 2
        self.sure = True
        self.totals = dict.fromkeys(TOTALS, 0)
        self.memos = dict.fromkeys(TOTALS, 0)

    def add(self, records: Sequence[Record]) -> None:
        """Takes account of the records of one order."""
        self.orders += 1
        self.records += len(records)
        sums = self.memos if records[0].variante == PROMEMORIA else self.totals
        try:
            for sign, amount in amounts(self.flow, records):
                sums[sign] += amount
        except (KeyError, ValoreErrato):
            self.sure = False

    def values(self, coda: type[Record], *, memos: bool = True) -> dict[str, int]:
        """The fields of a trailer that count and sum; without `memos` the promemoria are not summed."""
        found = {"numero_record": self.records, **dict.fromkeys(COUNTS, self.orders)}
        if self.sure:
            totals = {sign: self.totals[sign] + memos * self.memos[sign] for sign in TOTALS}
            found |= {TOTALS[sign]: total for sign, total in totals.items()} | {TOTAL: sum(totals.values())}
        return {name: value for name, value in found.items() if name in coda.BY_NAME}


def amounts(flow: Flow, records: Sequence[Record]) -> Iterator[tuple[str, int]]:
    """The amounts that the trailer sums, each with its sign. Raises `ValoreErrato`."""
    for record in records:
        amount = value_of(record, flow.amount)
        if amount is not None:
            yield (value_of(record, "segno") or "" if "segno" in record.BY_NAME else "+"), amount


def amount_of(flow: Flow, ordine: Ordine) -> int:
    """What an order is worth in cents, whatever its signs; nothing when it cannot be read or is not in cents."""
    if not flow.in_cents:
        return 0
    try:
        return sum(amount for _, amount in amounts(flow, ordine.records))
    except ValoreErrato:
        return 0


def value_of(record: Record, name: str) -> Any:
    """The value of a field, None when the record has none of that name. Raises `ValoreErrato`."""
    spec = record.BY_NAME.get(name)
    return None if spec is None else spec.decode(spec.cut(record.raw))


def count(flow: Flow, ordini: Sequence[Ordine]) -> Conteggio:
    """The orders of a supporto, counted."""
    counted = Conteggio(flow)
    for ordine in ordini:
        counted.add(ordine.records)
    return counted


def sums_memos(coda: Record, counted: Conteggio) -> bool:
    """Whether the totals of a trailer include the promemoria: the standard does not say."""
    without, included = (counted.values(type(coda), memos=memos) for memos in (False, True))
    return not all(_says(coda, name, value) for name, value in without.items()) or without == included


def wrong(flow: Flow, supporto: Supporto) -> dict[str, Any]:
    """What the trailer should say and does not, by name of field; empty where all is well or nothing is declared."""
    coda = supporto.coda
    if coda is None or flow.is_frame:
        return {}
    counted = count(flow, supporto.ordini)
    right = counted.values(type(coda), memos=sums_memos(coda, counted))
    found: dict[str, Any] = {name: value for name, value in right.items() if not _says(coda, name, value)}
    head = supporto.header
    faulty = {fault.start for fault in head.faults(head.raw)}
    for name in ECHO:
        if name not in head.BY_NAME or name not in coda.BY_NAME:
            continue
        spec = head.BY_NAME[name]
        if spec.start not in faulty and spec.cut(head.raw) != coda.BY_NAME[name].cut(coda.raw):
            found[name] = spec.decode(spec.cut(head.raw))
    return found


def _says(coda: Record, name: str, value: int) -> bool:
    try:
        return bool(value_of(coda, name) == value)
    except ValoreErrato:
        return False
