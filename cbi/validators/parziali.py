"""The rules of flows that are known in part, or that only their user knows: those common to every flow.

Columns that are known with low confidence are read and shown, not judged. Source: the rules common to every flow.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from cbi.flows.coda import IDENTITY
from cbi.flows.model import Flow
from cbi.validators.comuni import fields
from cbi.validators.rules import Conti, Ruleset, Valori, echo, not_empty, order_count, record_count

_NEEDS = fields(rEF="mittente ricevente data_creazione nome_supporto numero_disposizioni numero_record")


@cache
def known_in_part(flow: Flow) -> Ruleset:
    """The rules of a flow that has none of its own: its trailer says what there is, as far as it is known."""
    counts = () if flow.is_frame else (not_empty, order_count("numero_disposizioni"), record_count)
    return Ruleset(conti=Conti, needs=_NEEDS, rules={"EF": (echo, *counts)}, forgive=uncertain(flow))


def uncertain(flow: Flow) -> Callable[[str, str, str, Valori], bool]:
    """What forgives the faults of columns that may hold something else; those of a flow's identity are sure."""
    low = {
        (key, spec.name)
        for key, cls in flow.records.items()
        for spec in cls.FIELDS
        if cls.confidence_of(spec) == "low" and spec.name not in IDENTITY
    }
    return lambda key, field, kind, valori: kind != "CAR" and (key, field) in low
