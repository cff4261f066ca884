"""EP: outcomes of transfers as a flow. Of an outcome only record 10 is known; others are kept as they come.

No typed values: the amount, the causale and the account stand in columns that are guessed. Source: public
implementations.
"""

from __future__ import annotations

from cbi.flows.model import FROM_BANK, Flow, Unit
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
