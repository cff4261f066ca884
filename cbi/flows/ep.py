"""EP: outcomes of transfers as a flow. Of an outcome only record 10 is known; others are kept as they come.

The amount and the causale stand in columns that are guessed; the key, the day and the beneficiary are not known to be
anywhere, so that an outcome says little of its order. Source: public implementations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cbi.flows.disposizione import Disposizione, need, shared
from cbi.flows.model import FROM_BANK, Flow, Supporto, Unit
from cbi.layout import RAW
from cbi.records import ep as r
from cbi.records.cornice import Corpo

EP = Flow(
    name="EP",
    direction=FROM_BANK,
    title="Esiti di bonifici",
    records={"EP": r.EP, "10": r.Record10, RAW: Corpo, "EF": r.EF},
    transitions={"EP": {"10": "10", "EF": "EF"}, "10": {"10": "10", "EF": "EF"}},
    units=(Unit((("10", ""),)),),
    starts=frozenset({"10"}),
    classify=lambda keys, raws, context: keys,
    amount="",  # EF sums nothing that is known
)

EFFETTI = dict.fromkeys(("48000", "48015", "27000", "27010", "27020", "34000", "79000"), "executed") | {
    "68000": "rejected"
}


@dataclass(frozen=True, slots=True)
class Esito(Disposizione):
    """The outcome of a transfer, in what is known of it. `effetto`: executed, rejected, unknown."""

    codice_univoco: str | None
    effetto: str


def esiti(supporto: Supporto) -> Iterator[Esito]:
    """The outcomes of a flow. Raises `ValoreErrato` where a field does not decode."""
    for ordine in supporto.ordini:
        dieci = need(ordine, "10")
        yield Esito(
            **shared(ordine, dieci),
            nostro_abi=supporto.identita[0],
            codice_univoco=None,
            effetto=EFFETTI.get(dieci["causale"], "unknown"),
        )
