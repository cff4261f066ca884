"""What the records of an order say, field by field, in the words of their own declarations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from cbi.anonymize.campi import account, bban, iban, mask_of
from cbi.fields import Amount, Choice, Const, Field, Filler, Quantity, ValoreErrato
from cbi.flows.model import SHARED, TO_BANK
from cbi.layout import SUBTYPE, Record
from stampe.lingua import Lingua, day

CONTI = (account, iban, bban)  # what hides such a field says that it holds an account
SIGLE = [
    "abi",
    "bban",
    "bic",
    "cab",
    "cap",
    "cbi",
    "cin",
    "cuc",
    "iban",
    "id",
    "inail",
    "inps",
    "isin",
    "mav",
    "rid",
    "sia",
]  # of names of fields, said in capitals
NON_DETTI = ("tipo_record", SUBTYPE, *SHARED)  # what says how records stand, and nothing of the order


def told(records: Iterable[Record], lingua: Lingua) -> Iterator[tuple[str, str]]:
    """The name and the content of every field that says something, record by record."""
    for record in records:
        for field in fields(type(record)):
            text = content(record, field, lingua)
            if text:
                yield label(field), text


def fields(cls: type[Record]) -> list[Field[Any]]:
    """The fields of a record that say something of the order."""
    return [each for each in cls.FIELDS if not isinstance(each, Filler | Const) and each.name not in NON_DETTI]


def label(field: Field[Any]) -> str:
    """The name of a field for people: `codice_sede_inps` is "Codice sede INPS"."""
    words = field.name_it.replace("_d_", "_d'").split("_")
    first, *others = (word.upper() if word in SIGLE else word for word in words)
    return " ".join((first[0].upper() + first[1:], *others))


def content(record: Record, field: Field[Any], lingua: Lingua) -> str:
    """What a field holds, for people; as it stands where it does not decode. Accounts are told in part."""
    raw = field.cut(record.raw)
    try:
        value = field.decode(raw)
    except ValoreErrato:
        return raw.decode("latin-1").strip()
    if value is None:
        return ""
    if mask_of(field, TO_BANK) in CONTI:
        return lingua.account(str(value))
    if isinstance(field, Choice):
        return field.values.get(str(value), str(value))
    if isinstance(field, Amount) and not isinstance(field, Quantity):
        return lingua.euro(value)
    return day(value) if isinstance(value, date) else str(value)
