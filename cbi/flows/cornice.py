"""Flows read as frames: header, raw body, trailer. CN and ER are told apart by their type.

Source: the rules common to every flow.
"""

from __future__ import annotations

from cbi.flows.model import FROM_BANK, TO_BANK, Flow
from cbi.records import cornice as r

_FROM_BANK = {"Q4", "A4", "RA", "RP", "DT", "EP", "AV", "CN", "ER"}


def frame(tipo: str) -> Flow:
    """The flow of a header type whose body is not declared. Raises `KeyError` for an unknown type."""
    return Flow(
        name=tipo,
        direction=FROM_BANK if tipo in _FROM_BANK else TO_BANK,
        title=r.TIPI[tipo],
        records={tipo: r.Testa, "*": r.Corpo, "EF": r.EF},
        transitions={tipo: {"*": "*", "EF": "EF"}, "*": {"*": "*", "EF": "EF"}},
        units=(),
        starts=frozenset(),
        classify=lambda keys, raws, context: keys,
    )


FRAMES = {tipo: frame(tipo) for tipo in r.TIPI}
