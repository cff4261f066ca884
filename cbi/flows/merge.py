"""Supporti of several files as one file: those of one kind, sender, receiver and date become one supporto."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cbi.flows.chiave import Key, key_of
from cbi.flows.coda import COUNTS, PROMEMORIA, TOTALS, value_of
from cbi.flows.model import Flow, Supporto
from cbi.flows.rework import NonRiscrivibile, flow_of, remade, sound
from cbi.layout import Record

_OWN = frozenset(("nome_supporto", "numero_record", *COUNTS, *TOTALS.values()))  # what each supporto has of its own


@dataclass
class _Group:
    """Supporti to be joined, and the outcome keys of their orders."""

    supporti: list[Supporto]
    keys: set[Key] = field(default_factory=set)


@dataclass(frozen=True)
class Unione:
    """A supporto of the new file and those it comes from."""

    supporto: Supporto
    origins: tuple[Supporto, ...]


def merge(supporti: Iterable[Supporto]) -> list[Unione]:
    """The supporti of the new file, in the order of the first of each.

    Joined are those whose header and trailer agree in all but name, counts and totals, and whose orders are of the
    same causali (so recalls never meet new orders); what has a defect, promemoria, a raw body or a receipt twice
    stays as it is. Raises `NonRiscrivibile` for a supporto that is there twice.
    """
    seen: set[tuple[object, ...]] = set()
    groups: list[_Group] = []
    open_groups: dict[tuple[Any, ...], _Group] = {}
    for supporto in supporti:
        if supporto.identita in seen:
            name = supporto.identita[3]
            it, en = f"il supporto {name} c'è due volte", f"supporto {name} is there twice"
            raise NonRiscrivibile(supporto.line, it, en, supporto)
        seen.add(supporto.identita)
        flow = flow_of(supporto)
        nature = _nature(flow, supporto)
        keys = [key for ordine in supporto.ordini if (key := key_of(ordine)) is not None]
        group = None if nature is None else open_groups.get(nature)
        if group is None or not group.keys.isdisjoint(keys):
            group = _Group([])
            groups.append(group)
            if nature is not None:
                open_groups[nature] = group
        group.supporti.append(supporto)
        group.keys.update(keys)
    return [_joined(group.supporti) for group in groups]


def _joined(supporti: Sequence[Supporto]) -> Unione:
    first = supporti[0]
    if len(supporti) == 1:
        return Unione(first, (first,))
    ordini = [ordine for supporto in supporti for ordine in supporto.ordini]
    return Unione(remade(flow_of(first), first, first.identita[3], ordini), tuple(supporti))


def _nature(flow: Flow, supporto: Supporto) -> tuple[Any, ...] | None:
    """What two supporti must share to be joined, None for one that is not joined to any."""
    coda = supporto.coda
    if coda is None or not sound(flow, supporto):
        return None
    firsts = [ordine.records[0] for ordine in supporto.ordini]
    if any(first.variante == PROMEMORIA for first in firsts):
        return None
    causali = frozenset((first.variante, value_of(first, "causale")) for first in firsts)
    return flow.name, flow.direction, _common(supporto.header), _common(coda), causali


def _common(record: Record) -> tuple[bytes, ...]:
    return tuple(spec.cut(record.raw) for spec in record.FIELDS if spec.name not in _OWN)
