"""What a supporto carries, in figures: how many orders, of how much, for which banks, days and causali."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cbi.flows.chiave import due_of, field_of
from cbi.flows.coda import amount_of, count, sums_memos, wrong
from cbi.flows.model import Flow, Supporto
from cbi.flows.rework import flow_of, records_of

# Fields that name the bank of an order, on either side; a flow has those that its first records declare.
BANCHE = (
    "abi_banca_assuntrice",
    "abi_banca_domiciliataria",
    "abi_banca_esattrice",
    "codice_abi_banca_ordinante",
    "codice_abi_banca_destinataria",
    "abi_banca_allineamento",
    "abi_addebito",
    "codice_abi_banca",
)


@dataclass(slots=True)
class Somma:
    """Orders that have something in common, and what they are worth in cents."""

    orders: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Descrizione:
    """A supporto in figures. Totals in cents, None for a flow that sums nothing or an amount that cannot be read.

    `wrong` is what the trailer should say and does not, None when there is no trailer or it counts nothing known.
    """

    flow: str
    direction: str
    title: str
    mittente: str
    ricevente: str
    created: date | None
    name: str
    line: int
    records: int
    orders: int
    negative: int | None
    positive: int | None
    wrong: Mapping[str, Any] | None
    banks: Mapping[str, Mapping[str, Somma]] = field(default_factory=dict)
    due: Mapping[date | None, Somma] = field(default_factory=dict)
    causali: Mapping[str, Somma] = field(default_factory=dict)


def describe(supporto: Supporto) -> Descrizione:
    """The figures of a supporto."""
    flow = flow_of(supporto)
    sender, receiver, created, name = supporto.identita
    negative, positive = _totals(flow, supporto)
    orders = () if flow.is_frame else supporto.ordini
    trailer = () if supporto.coda is None or flow.is_frame else supporto.coda.BY_NAME
    worth = [(ordine, amount_of(flow, ordine)) for ordine in orders]
    banks = {bank: _sums((field_of(ordine, bank), amount) for ordine, amount in worth) for bank in BANCHE}
    return Descrizione(
        flow=flow.name,
        direction=flow.direction,
        title=flow.title,
        mittente=sender,
        ricevente=receiver,
        created=created,
        name=name,
        line=supporto.line,
        records=len(records_of(supporto)),
        orders=len(orders),
        negative=negative,
        positive=positive,
        wrong=wrong(flow, supporto) if "numero_record" in trailer else None,
        banks={bank: sums for bank, sums in banks.items() if set(sums) - {None}},
        due=_sums((due_of(ordine), amount) for ordine, amount in worth),
        causali=_sums((field_of(ordine, "causale") or "", amount) for ordine, amount in worth),
    )


def _totals(flow: Flow, supporto: Supporto) -> tuple[int | None, int | None]:
    """Negative and positive, promemoria included unless the trailer leaves them out."""
    counted = count(flow, supporto.ordini)
    if not counted.sure or not flow.in_cents:
        return None, None
    memos = supporto.coda is None or sums_memos(supporto.coda, counted)
    return tuple(counted.totals[sign] + memos * counted.memos[sign] for sign in "-+")  # type: ignore[return-value]


def _sums(pairs: Iterable[tuple[Any, int]]) -> dict[Any, Somma]:
    found: dict[Any, Somma] = {}
    for key, amount in pairs:
        somma = found.setdefault(key, Somma())
        somma.orders += 1
        somma.total += amount
    return found
