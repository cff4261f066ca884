"""AV: notices of bills to be paid as a flow, and as typed values.

Source: a public importer. The order of records is that of one sample; other records, if any, are kept as they come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from cbi.flows.disposizione import maybe, need
from cbi.flows.model import FROM_BANK, Flow, Ordine, Supporto, Unit
from cbi.layout import RAW
from cbi.records import av as r
from cbi.records.cornice import Corpo

AV = Flow(
    name="AV",
    direction=FROM_BANK,
    title="Avvisi di effetti",
    records={
        "AV": r.AV,
        "10": r.Record10,
        "30": r.Record30,
        "50": r.Record50,
        "70": r.Record70,
        RAW: Corpo,
        "EF": r.EF,
    },
    transitions={
        "AV": {"10": "10", "EF": "EF"},
        "10": {"30": "30"},
        "30": {"50": "50"},
        "50": {"70": "70"},
        "70": {"10": "10", "EF": "EF"},
    },
    units=(Unit((("10", ""), ("30", ""), ("50", ""), ("70", ""))),),
    starts=frozenset({"10"}),
    classify=lambda keys, raws, context: keys,
)


@dataclass(frozen=True, slots=True)
class Avviso:
    """A notice, in what is known of it with some confidence. `importo` in cents; the bank is that of the debtor."""

    numero: int
    line: int
    causale: str
    importo: int
    data_avviso: date
    scadenza: date
    abi: str
    cab: str
    codice_fiscale_creditore: str | None
    raw: bytes


def avvisi(supporto: Supporto) -> Iterator[Avviso]:
    """The notices of a flow. Raises `ValoreErrato` where a field does not decode."""
    for ordine in supporto.ordini:
        yield _avviso(ordine)


def _avviso(ordine: Ordine) -> Avviso:
    dieci = need(ordine, "10")
    return Avviso(
        numero=dieci["numero_progressivo"],
        line=ordine.line,
        causale=dieci["causale"],
        importo=dieci["importo"],
        data_avviso=dieci["data_creazione_avviso"],
        scadenza=dieci["data_scadenza"],
        abi=dieci["codice_abi_mittente"],
        cab=dieci["codice_cab_mittente"],
        codice_fiscale_creditore=maybe(ordine, "50").get("codifica_fiscale_creditore"),
        raw=ordine.raw,
    )
