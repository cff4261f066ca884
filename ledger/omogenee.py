"""What may be together in a distinta: one kind, one bank and one account of the company, in one currency.

The standard sets no other limit to how many orders, or euros, a distinta may hold; within an order, those of F24 are
among the rules of its flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cbi.flows.proprieta import CAUSALI_DI_RICHIAMO
from ledger.composizione import Composta
from ledger.distinte import Disposizione
from ledger.errors import Refused

# What must be the same, and how people call it. Every kind knows one currency, or none.
_SAME = (
    (("flusso",), "il flusso", "the flow"),
    (("banca",), "la banca", "the bank"),
    (("nostro_abi", "nostro_cab", "nostro_conto"), "il conto", "the account"),
    (("causale_di_richiamo",), "la causale (richiami e disposizioni non stanno insieme)", "the causale"),
    (("da_solo",), "il testo (un messaggio sta da solo)", "the text (a message is by itself)"),
)
DA_SOLI = ("SL",)  # flows of one order: two texts would be read as one


def require_alike(ordini: Sequence[Disposizione]) -> None:
    """Refused (OMOGENEITA-001), saying what differs, unless orders may be in one distinta."""
    values = [
        {
            **vars(ordine),
            "causale_di_richiamo": ordine.causale in CAUSALI_DI_RICHIAMO,
            "da_solo": ordine.id if ordine.flusso in DA_SOLI else None,
        }
        for ordine in ordini
    ]
    for columns, it, en in _SAME:
        if len({tuple(each[name] for name in columns) for each in values}) > 1:
            raise _mixed(it, en)


def require_no_worse(before: Iterable[Disposizione], composta: Composta) -> None:
    """Refused (OMOGENEITA-001) when orders that were of one account would be of several."""
    if len({_account(vars(ordine)) for ordine in before}) == 1 < len({_account(each) for each in composta.ordini}):
        raise _mixed("il conto", "the account")


def _account(ordine: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(ordine[name] for name in ("nostro_abi", "nostro_cab", "nostro_conto"))


def _mixed(it: str, en: str) -> Refused:
    return Refused(
        "OMOGENEITA-001",
        f"Le disposizioni di una distinta hanno lo stesso flusso, la stessa banca, lo stesso conto: cambia {it}.",
        f"The orders of a distinta are all of one flow, one bank and one account: what differs is {en}.",
        hint_it="Farne più distinte.",
        hint_en="Make several distinte of them.",
    )
