"""PE: transfers abroad as a flow, and as typed values.

Source: public implementations. An order may hold records beyond these (its documents, the banks in between): their
columns are not public and they are kept as they come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from cbi.flows.disposizione import need
from cbi.flows.model import TO_BANK, Flow, Ordine, Supporto, Unit
from cbi.layout import RAW
from cbi.records import pe as r
from cbi.records.cornice import Corpo

PE = Flow(
    name="PE",
    direction=TO_BANK,
    title="Bonifici esteri",
    records={
        "PE": r.PE,
        "H1": r.RecordH1,
        "P0": r.RecordP0,
        "P1": r.RecordP1,
        "PH": r.RecordPH,
        "P4": r.RecordP4,
        "P5": r.RecordP5,
        RAW: Corpo,
        "EF": r.EF,
    },
    transitions={
        "PE": {"H1": "H1", "EF": "EF"},
        "H1": {"P0": "P0"},
        "P0": {"P1": "P1"},
        "P1": {"PH": "PH"},
        "PH": {"P4": "P4", "P5": "P5"},
        "P4": {"P5": "P5"},
        "P5": {"H1": "H1", "EF": "EF"},
    },
    units=(Unit((("H1", ""), ("P0", ""), ("P1", ""), ("PH", ""), ("P4", "?"), ("P5", ""))),),
    starts=frozenset({"H1"}),
    classify=lambda keys, raws, context: keys,
    amount="moa_5004",
)


@dataclass(frozen=True, slots=True)
class BonificoEstero:
    """A transfer abroad. `importo` is the number as it stands: how many of its digits are decimals is not sure.

    `data_addebito` and `data_accredito` are what their qualifiers say: of execution or value, of value or disposal.
    """

    numero: int
    line: int
    riferimento: str
    importo: int
    divisa: str
    data_addebito: date
    data_accredito: date
    conto: str
    bic: str | None
    beneficiario: str
    conto_beneficiario: str | None
    bic_beneficiario: str | None
    spese: str
    raw: bytes


def bonifici(supporto: Supporto) -> Iterator[BonificoEstero]:
    """The transfers of a flow. Raises `ValoreErrato` where a field does not decode."""
    for ordine in supporto.ordini:
        yield _bonifico(ordine)


def _bonifico(ordine: Ordine) -> BonificoEstero:
    testa, forma, importo, conti, beneficiario = (need(ordine, tipo) for tipo in ("H1", "P0", "P1", "PH", "P5"))
    return BonificoEstero(
        numero=testa["numero_progressivo"],
        line=ordine.line,
        riferimento=testa["bgm_1004"],
        importo=importo["moa_5004"],
        divisa=importo["moa_6345"],
        data_addebito=testa["debit_date"],
        data_accredito=testa["credit_date"],
        conto=conti["iban_ordinante"],
        bic=conti["bic_ordinante"],
        beneficiario=beneficiario["nad_3124_1"],
        conto_beneficiario=conti["iban_beneficiario"],
        bic_beneficiario=conti["bic_beneficiario"],
        spese=forma["fca_4471"],
        raw=ordine.raw,
    )
