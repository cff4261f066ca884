"""What breaks no rule and is worth a second look: what a portal would change in silence, banks that nobody knows.

Lower case and texts that may have been cut are of what a company sends; an unknown ABI of whatever the file. They are
told only under a profile that asks for them, where every record is then read: a sound flow is never slowed by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from cbi.fields import Digits, Field, FreeText
from cbi.flows.fix import describes
from cbi.flows.physical import LineFault
from cbi.layout import Record
from cbi.validators import banche

MINUSCOLE, TRONCATO, BANCA = CODES = ("CBI-CAR-100", "CBI-CAR-101", "CBI-BANCA-100")
_LOWER = re.compile(rb"[a-z](?:.*[a-z])?", re.DOTALL)
_PART = re.compile(r"(.+)_(\d+)")


class Sospetto(NamedTuple):
    """What was found, in which field and with what content: the same content is told once in a file."""

    fault: LineFault
    field: Field[Any]
    content: bytes


def testi(cls: Any, raw: bytes, *, goes_on: bool) -> Iterator[Sospetto]:
    """The texts of a record that a portal would write in capitals, and those that seem to have been cut.

    `goes_on` when the next record is another of the same type: the text continues there.
    """
    for field, after in _testi(cls):
        content = field.cut(raw)
        if lower := _LOWER.search(content):
            first, last = field.start + lower.start(), field.start + lower.end() - 1
            yield Sospetto(LineFault(MINUSCOLE, first, last), field, content)
        ended = goes_on if after is None else bool(after.cut(raw).strip(b" "))
        if content[-1:].isalnum() and not ended:
            yield Sospetto(LineFault(TRONCATO, field.start, field.end), field, content)


@cache
def _testi(cls: type[Record]) -> tuple[tuple[Field[Any], Field[Any] | None], ...]:
    """The texts of a record, each with the one where it goes on: `descrizione_debitore_1` with the second.

    Not the town, whose last two columns are those of the province.
    """
    fields = [f for f in cls.FIELDS if describes(f) and not isinstance(f, FreeText) and not f.name.startswith("comune")]
    return tuple((field, cls.BY_NAME.get(_next(field.name))) for field in fields)


def _next(name: str) -> str:
    part = _PART.fullmatch(name)
    return f"{part[1]}_{int(part[2]) + 1}" if part else ""


def banca(cls: Any, raw: bytes) -> Iterator[Sospetto]:
    """The ABIs of a record that the registry of banks does not know; zeros are a matter of other rules."""
    for field in _abi(cls):
        code = field.cut(raw)
        if code.isdigit() and code.strip(b"0") and banche.nome(code.decode()) is None:
            yield Sospetto(LineFault(BANCA, field.start, field.end), field, code)


@cache
def _abi(cls: type[Record]) -> tuple[Field[Any], ...]:
    return tuple(filter(is_abi, cls.FIELDS))


def is_abi(field: Field[Any]) -> bool:
    """Whether a field holds, as its description says, the ABI of a bank: of today, not of one merged into another."""
    names = field.name.split("_")
    return isinstance(field, Digits) and field.size == 5 and "originario" not in names and "ABI" in field.description
