"""Writing: a flow composed from values, and records of the JSON exchange format back to the bytes of a file.

Output is always 120 characters and CR+LF. A record whose layout is not wholly documented is never written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cbi.fields import ValoreErrato
from cbi.flows.coda import ECHO, Conteggio
from cbi.flows.model import Flow, variante_of
from cbi.flows.registry import BUILT_IN, Registry
from cbi.layout import RAW, Record

Values = Mapping[str, object]
EOL = b"\r\n"


def compose(
    flow: str,
    direction: str,
    header: Values,
    ordini: Iterable[Sequence[tuple[str, Values]]],
    flows: Registry = BUILT_IN,
) -> bytes:
    """A whole supporto: header, numbered orders, EF with its counts and totals.

    `ordini` are lists of `(key, values)`, key being the record type or `type/variant`; values are typed (int cents,
    `date`, str) by `name_it`. Progressives, the numbers of movements, EF and constants are filled in. Raises
    `KeyError` for an unknown flow or record, `ValoreErrato` for a value that does not fit.
    """
    kind = flows.find(flow, direction)
    composer = _Composer(kind)
    testa = _build(kind, kind.tipo, header)
    body = [composer.order(number, ordine) for number, ordine in enumerate(ordini, 1)]
    coda = _build(kind, composer.coda_key(), composer.coda(header))
    return b"".join(record.raw + EOL for record in (testa, *(r for records in body for r in records), coda))


class _Composer:
    """Numbers orders and has them counted."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.counted = Conteggio(flow)
        self.first = ""
        self.movement = 0

    def order(self, number: int, ordine: Sequence[tuple[str, Values]]) -> list[Record]:
        self.first = self.first or ordine[0][0]
        self.movement = 0
        records = [self._record(number, key, values) for key, values in ordine]
        self.counted.add(records)
        return records

    def _record(self, number: int, key: str, values: Values) -> Record:
        given: dict[str, object] = dict(values)
        if "numero_progressivo" in self.flow.records[key].BY_NAME:
            given.setdefault("numero_progressivo", number)
        if "progressivo_movimento" in self.flow.records[key].BY_NAME:
            self.movement += key == "62"
            given.setdefault("progressivo_movimento", (self.movement - 1) % 999 + 1)
        return _build(self.flow, key, given)

    def coda_key(self) -> str:
        return coda_key(self.flow, variante_of(self.first))

    def coda(self, header: Values) -> dict[str, object]:
        cls = self.flow.records[self.coda_key()]
        echo = {name: header.get(name) for name in ECHO if name in cls.BY_NAME}
        return {**echo, **self.counted.values(cls)}


def coda_key(flow: Flow, variante: str) -> str:
    """The trailer of a flow whose first order is of that variant."""
    return f"EF/{variante}" if f"EF/{variante}" in flow.records else "EF"


def _build(flow: Flow, key: str, values: Values) -> Record:
    cls = documented(flow.records[key], key)
    return cls.build(**{str(name): value for name, value in values.items()})


def documented(cls: type[Record], tipo: str) -> type[Record]:
    """The class itself. Raises `ValoreErrato` for one that may not be written."""
    if not cls.documented():
        raise ValoreErrato(
            "record", tipo, "un record il cui tracciato è documentato per intero", "of a documented layout"
        )
    return cls


def record_from_json(item: Mapping[str, Any], flows: Registry = BUILT_IN) -> Record:
    """The record of one object of the exchange format. Raises `ValoreErrato`: the message names the culprit."""
    name, direction, tipo, variant = (item.get(key) for key in ("flow", "direction", "record", "variant"))
    try:
        flow = flows.find(str(name), str(direction))
    except KeyError as error:
        raise ValoreErrato(
            "flow", f"{name} {direction}", "un flusso e un verso dichiarati", "a declared flow and direction"
        ) from error
    key = f"{tipo}/{variant}" if variant else str(tipo)
    if flow.lets_by(key):
        key = RAW
    if key not in flow.records:
        known = ", ".join(flow.records)
        raise ValoreErrato(
            "record", key, f"un record di {name} {direction}: {known}", f"a record of {name} {direction}: {known}"
        )
    fields = item.get("fields")
    if not isinstance(fields, Mapping):
        raise ValoreErrato("fields", fields, "un oggetto", "an object")
    return documented(flow.records[key], key).from_fields(fields)
