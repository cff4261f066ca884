"""The exchange format at the edge: one JSON object a record, as `cbi parse` prints it and `cbi write` takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

if TYPE_CHECKING:
    from cbi import Letto, Record
    from cbi.flows.registry import Registry


class Voce(BaseModel):
    """A record: what identifies its layout, and its fields by `name_it`. Other keys (`line`, `raw`) are ignored."""

    model_config = ConfigDict(strict=True, frozen=True)

    flow: str
    direction: Literal["to_bank", "from_bank"]
    record: str
    variant: str = ""
    fields: dict[str, str | None]


class BadLine(Exception):
    """A line of the exchange format that is not a record: which part of it, what it holds, what it should."""

    def __init__(self, line: int, field: str, raw: object, it: str, en: str) -> None:
        super().__init__(line)
        self.line, self.field, self.raw, self.it, self.en = line, field, raw, it, en

    def reason(self, lang: str) -> str:
        """What to tell the user."""
        if lang == "en":
            return f"{self.field}: {self.raw!r} will not do, expected: {self.en}"
        return f"{self.field}: {self.raw!r} non va bene, atteso: {self.it}"


def record_of(number: int, line: bytes, flows: Registry) -> Record:
    """The record of one line of JSON. Raises `BadLine`."""
    from cbi import ValoreErrato, record_from_json

    try:
        return record_from_json(Voce.model_validate_json(line).model_dump(), flows)
    except ValoreErrato as error:
        raise BadLine(number, error.field, error.raw, error.it, error.en) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "JSON"
        found = str(first["input"])[:40]
        raise BadLine(number, place, found, "un record come li scrive `cbi parse`", first["msg"]) from error


def as_json(letto: Letto) -> dict[str, Any]:
    """A record in the exchange format; with its bytes, as `raw`, when they are not the canonical form of its fields."""
    record, flow = letto.record, letto.flow
    item: dict[str, Any] = {
        "line": letto.riga.number,
        "flow": flow.name if flow else None,
        "direction": flow.direction if flow else None,
        "record": record.tipo or letto.riga.tipo,
        "variant": record.variante,
        "fields": record.fields(),
    }
    if not _canonical(letto):
        item["raw"] = letto.riga.raw[:4096].decode("latin-1")
    return item


def _canonical(letto: Letto) -> bool:
    from cbi import ValoreErrato

    record, riga = letto.record, letto.riga
    try:
        return riga.raw == record.raw == type(record).from_fields(record.fields()).raw
    except ValoreErrato:
        return False
