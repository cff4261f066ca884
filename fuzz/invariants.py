"""What must hold of any bytes at all that are read as a CBI file.

Nothing here knows the fuzzer: `examine` is a function of the input, and a test can call it as well.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any
from zlib import crc32

import cbi
from cbi.fields import Date, FullDate, Undocumented
from cbi.flows import al, av, f24, mav, pc, pe, riba, rid
from cbi.flows.describe import describe
from cbi.flows.estratti import LETTURE
from cbi.flows.model import Supporto
from cbi.flows.reader import supporti_of
from cbi.validators.catalogue import severities
from cbi.validators.diagnostics import ERROR, Diagnostic
from cbi.validators.lint import LIMIT, lint

Letti = Sequence[cbi.Letto]

INVIO = date(2026, 11, 25)

# The typed values of each flow that has some.
VISTE: Mapping[tuple[str, str], Callable[[Supporto], Iterator[Any]]] = {
    ("RIBA", "to_bank"): riba.disposizioni,
    ("RIBA", "from_bank"): riba.esiti,
    ("MAV", "to_bank"): mav.disposizioni,
    ("MAV", "from_bank"): mav.esiti,
    ("RID", "to_bank"): rid.disposizioni,
    ("RID", "from_bank"): rid.esiti,
    ("PC", "to_bank"): pc.disposizioni,
    ("PE", "to_bank"): pe.bonifici,
    ("AV", "from_bank"): av.avvisi,
    ("AL", "to_bank"): al.mandati,
    ("AL", "from_bank"): al.mandati,
    ("AL_IBAN", "to_bank"): al.mandati,
    ("F4", "to_bank"): f24.deleghe,
    ("I4", "to_bank"): f24.deleghe,
    ("Q4", "from_bank"): f24.quietanze,
    **{(flow, "from_bank"): lettura.leggi for flow, lettura in LETTURE.items()},
}


class Broken(Exception):
    """An invariant that an input breaks: which one, and what was found."""


def examine(data: bytes, *, all_of_them: bool = False) -> None:
    """Reads `data` and checks it as far as its first error; one input in four is held to one of the costlier invariants
    as well, or all to all.

    Raises `Broken`. Anything else that it raises was raised by a reader, and is a fault as well.
    """
    letti = list(cbi.read_records(io.BytesIO(data)))
    for turn in IN_TURN if all_of_them else _turn(data):
        turn(data, letti)
    warnings = _warnings(data) if letti else None
    if warnings is not None:
        accepted_has_typed_values(letti)
        if not any(_forgiven(diagnostic) for diagnostic in warnings):
            accepted_is_written_again(letti)


def both_paths_agree(data: bytes, letti: Letti) -> None:
    """What is proved and what is explained are the same, and no more is listed than the limit."""
    fast, slow = list(_lint(data)), list(_lint(data, fast=False))
    _hold(slow == fast, "both paths tell the same", set(slow) ^ set(fast))
    _hold(len(fast) <= LIMIT + 1, "no more defects are listed than the limit", len(fast))


def defects_are_told(data: bytes, letti: Letti) -> None:
    """A defect has words in both languages, a place and a JSON form: tried on a few of them."""
    found = list(_lint(data))
    for diagnostic in found[:: max(1, len(found) // 4)]:
        _hold(diagnostic.line >= 1 and diagnostic.start >= 1, "a defect has a place", diagnostic)
        _hold(bool(diagnostic.render("it") and diagnostic.render("en")), "a defect has words", diagnostic)
        json.dumps(diagnostic.to_dict())


def supporti_lose_nothing(data: bytes, letti: Letti) -> None:
    """The supporti hold all the records that are in one, as they came; and they can be described."""
    supporti = list(cbi.read_supporti(io.BytesIO(data)))
    inside = [letto for letto in letti if letto.flow]
    raw = b"".join(letto.riga.raw + letto.riga.end for letto in inside)
    _hold(b"".join(supporto.raw for supporto in supporti) == raw, "supporti keep the bytes", supporti)
    canonical = b"".join(letto.record.raw + b"\r\n" for letto in inside)
    _hold(b"".join(supporto.canonical for supporto in supporti) == canonical, "supporti keep the records", supporti)
    for supporto in supporti:
        describe(supporto)


def exchange_is_stable(data: bytes, letti: Letti) -> None:
    """A record that can be written from its JSON form is written the same once it has been read again."""
    for letto in letti:
        fields, cls = letto.record.fields(), type(letto.record)
        _hold(json.loads(json.dumps(fields)) == fields, "fields are JSON", fields)
        try:
            again = cls.from_fields(fields)
        except cbi.ValoreErrato:
            continue
        _hold(cls.from_fields(again.fields()).raw == again.raw, "what is written stays as it is", (letto.record, again))


IN_TURN = (both_paths_agree, defects_are_told, supporti_lose_nothing, exchange_is_stable)


def _lint(data: bytes, *, fast: bool = True) -> Iterator[Diagnostic]:
    """One input in two as if it were to be sent on a certain day."""
    return lint(io.BytesIO(data), "f", on=INVIO if crc32(data) & 64 else None, fast=fast)


def _warnings(data: bytes) -> list[Diagnostic] | None:
    """What is said of a file without errors; none for one that has some: nothing is looked at after the first."""
    found = []
    for diagnostic in _lint(data):
        if diagnostic.severity == ERROR:
            return None
        found.append(diagnostic)
    return found


def _turn(data: bytes) -> Sequence[Callable[[bytes, Letti], None]]:
    turn = crc32(data) % (4 * len(IN_TURN))
    return IN_TURN[turn : turn + 1]


def accepted_has_typed_values(letti: Letti) -> None:
    """A supporto without errors can be seen as typed orders, outcomes or accounts."""
    for supporto in supporti_of(letti):
        view = VISTE.get((supporto.flow, supporto.direction))
        if view is not None:
            _hold(len(list(view(supporto))) == len(supporto.ordini), "each order is seen", supporto)


def accepted_is_written_again(letti: Letti) -> None:
    """From the JSON form of each record come the same 120 bytes, as long as its layout is documented and sure."""
    for letto in letti:
        record, flow = letto.record, letto.flow
        if flow is None or not _sure(type(record)):
            continue
        item = {"flow": flow.name, "direction": flow.direction, "record": record.tipo, "variant": record.variante}
        again = cbi.record_from_json({**item, "fields": record.fields()})
        _hold(again.raw == _without_zero_dates(record), "what is accepted is written again", (record, again))


@cache
def _sure(cls: type[cbi.Record]) -> bool:
    """Whether every column is documented and judged: those of low confidence are not."""
    return not any(isinstance(field, Undocumented) or cls.confidence_of(field) == "low" for field in cls.FIELDS)


@cache
def _optional_dates(cls: type[cbi.Record]) -> tuple[Date | FullDate, ...]:
    return tuple(field for field in cls.FIELDS if isinstance(field, Date | FullDate) and not field.mandatory)


def _without_zero_dates(record: cbi.Record) -> bytes:
    """The bytes of a record; zeros are one of the ways to leave out an optional date, and blanks are written."""
    raw = record.raw
    for field in _optional_dates(type(record)):
        if not field.cut(raw).strip(b"0"):
            raw = field.paste(raw, b" " * field.size)
    return raw


def _forgiven(diagnostic: Diagnostic) -> bool:
    """Whether a defect is of those that `write` does not repeat: data in fillers, and errors when they are ours."""
    return diagnostic.code == "CBI-CAMPO-036" or severities("standard")[diagnostic.code] == ERROR


def _hold(holds: bool, what: str, found: object) -> None:
    if not holds:
        raise Broken(f"{what}: {found!r}"[:2_000])
