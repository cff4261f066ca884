"""What an order is found by: the number with which its outcome comes back, or what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from cbi.fields import Date, ValoreErrato
from cbi.flows.coda import amount_of, value_of
from cbi.flows.model import Flow, Ordine

# Names of the fields that bear a key of their own, the surest first; several names make one key.
KEYS = (
    ("numero_ricevuta",),
    ("numero_disposizione",),
    ("codice_univoco",),
    ("codice_di_riferimento",),
    ("codice_individuale", "causale"),
    ("codice_abi_banca", "cab_banca", "conto_corrente"),
)
SCADENZE = ("data_pagamento", "data_scadenza", "data_scadenza_effettiva", "data_esecuzione_disposizione", "debit_date")
DEBITORI = ("descrizione_debitore_1", "codice_fiscale_cliente", "beneficiario", "codice_cliente_debitore")

Key = tuple[Any, ...]


def key_of(ordine: Ordine) -> Key | None:
    """The outcome key of an order, None when it bears none."""
    for names in KEYS:
        found = tuple(field_of(ordine, name) for name in names)
        if all(found):
            return (names, *found)
    return None


def likeness_of(flow: Flow, ordine: Ordine) -> Key:
    """Amount, due date and debtor: what is left to know an order by when its key is missing or altered."""
    return amount_of(flow, ordine), due_of(ordine), *(field_of(ordine, name) for name in DEBITORI)


def due_of(ordine: Ordine) -> date | None:
    """When an order falls due or is to be carried out; failing that, the first date of its first record."""
    first = next((spec.name for spec in ordine.records[0].FIELDS if isinstance(spec, Date)), "")
    found: Iterator[Any] = (field_of(ordine, name) for name in (*SCADENZE, first))
    return next((value for value in found if isinstance(value, date)), None)


def field_of(ordine: Ordine, name: str) -> Any:
    """The first value that a field of that name has in an order, None where it has none or cannot be read."""
    for record in ordine.records:
        try:
            value = value_of(record, name)
        except ValoreErrato:
            continue
        if value is not None:
            return value
    return None
