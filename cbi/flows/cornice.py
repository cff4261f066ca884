"""Flows read as frames: header, raw body, trailer. CN and ER are told apart by their type.

Source: the rules common to every flow.
"""

from __future__ import annotations

from collections.abc import Mapping

from cbi.flows.model import FROM_BANK, TO_BANK, Flow
from cbi.layout import Record
from cbi.records import cornice as r

_FROM_BANK = {"EP", "AV", "CN", "ER"}


def frame(tipo: str) -> Flow:
    """The flow of a header type of which nothing is declared. Raises `KeyError` for an unknown type."""
    direction = FROM_BANK if tipo in _FROM_BANK else TO_BANK
    return frame_of(tipo, direction, r.TIPI[tipo], {tipo: r.Testa, "*": r.Corpo, "EF": r.EF})


def frame_of(tipo: str, direction: str, title: str, records: Mapping[str, type[Record]]) -> Flow:
    """A flow whose body is kept as it came: `records` are those of its header, body and trailer."""
    return Flow(
        name=tipo,
        direction=direction,
        title=title,
        records=records,
        transitions={tipo: {"*": "*", "EF": "EF"}, "*": {"*": "*", "EF": "EF"}},
        units=(),
        starts=frozenset(),
        classify=lambda keys, raws, context: keys,
    )


FRAMES = {tipo: frame(tipo) for tipo in r.TIPI}
