"""Flows read as frames: header, raw body, trailer. AP, CN and ER, and the free text that is SL.

Source: the rules common to every flow.
"""

from __future__ import annotations

from collections.abc import Mapping

from cbi.flows.model import FROM_BANK, TO_BANK, Flow
from cbi.layout import RAW, Record
from cbi.records import cornice as r


def frame_of(tipo: str, direction: str, title: str, records: Mapping[str, type[Record]]) -> Flow:
    """A flow whose body is kept as it came: `records` are those of its header, body and trailer."""
    return Flow(
        name=tipo,
        direction=direction,
        title=title,
        records=records,
        transitions={tipo: {"EF": "EF"}},
        units=(),
        starts=frozenset(),
        classify=lambda keys, raws, context: keys,
    )


AP = frame_of("AP", TO_BANK, "Pagamento e rifiuto di effetti", {"AP": r.AP, RAW: r.Corpo, "EF": r.EF})
SL = frame_of("SL", TO_BANK, "Testo libero alla banca", {"SL": r.SL, RAW: r.Testo, "EF": r.EF})
SL_BANCA = frame_of("SL", FROM_BANK, "Testo libero dalla banca", {"SL": r.SLBanca, RAW: r.Testo, "EF": r.EF})
CN = frame_of("CN", FROM_BANK, "Conferma di ricezione", {"CN": r.CN, RAW: r.Corpo, "EF": r.EF})
ER = frame_of("ER", FROM_BANK, "Flusso scartato", {"ER": r.ER, RAW: r.Corpo, "EF": r.EF})
