"""Ri.Ba.: orders, recalls and outcomes as flows, and as typed values.

Source: CBI-RIB-001 6.02 and the cardinality rules of the flow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from cbi.flows import disposizione
from cbi.flows.disposizione import Promemoria, Values, joined, need, promemoria, shared
from cbi.flows.model import FROM_BANK, TO_BANK, Context, Flow, Ordine, Supporto, Unit
from cbi.records import riba as r

RICHIAMO = "30100"

ORDINI = Flow(
    name="RIBA",
    direction=TO_BANK,
    title="Ri.Ba., disposizioni e richiami",
    records={
        "IB": r.IB,
        "14": r.Record14,
        "14/richiamo": r.Record14Richiamo,
        "20": r.Record20,
        "30": r.Record30,
        "40": r.Record40,
        "50": r.Record50,
        "50/non_residente": r.Record50NonResidente,
        "51": r.Record51,
        "70": r.Record70,
        "70/non_residente": r.Record70NonResidente,
        "EF": r.EF,
        "EF/richiamo": r.EFRichiamo,
    },
    transitions={
        "IB": {"14": "14", "EF": "EF"},
        "14": {"20": "20"},
        "20": {"30": "30"},
        "30": {"40": "40"},
        "40": {"50": "50"},
        "50": {"51": "51"},
        "51": {"70": "70"},
        "70": {"14": "14", "EF": "EF"},
    },
    units=(
        Unit((("14", ""), ("20", ""), ("30", ""), ("40", ""), ("50", ""), ("51", ""), ("70", ""))),
        Unit((("14/richiamo", ""), ("20", ""), ("30", ""), ("40", ""), ("50", ""), ("51", ""), ("70", ""))),
    ),
    starts=frozenset({"14"}),
    classify=lambda keys, raws, context: _classify(keys, raws, context),
)

ESITI = Flow(
    name="RIBA",
    direction=FROM_BANK,
    title="Ri.Ba., esiti e promemoria",
    records={
        "IB": r.IBEsiti,
        "14": r.Record14Esito,
        "20": r.Record20,
        "30": r.Record30Esito,
        "40": r.Record40,
        "50": r.Record50Esito,
        "51": r.Record51Esito,
        "70": r.Record70,
        "10/promemoria": r.Record10Promemoria,
        "70/promemoria": r.Record70Promemoria,
        "EF": r.EFEsiti,
    },
    transitions={
        "IB": {"14": "14", "10": "10/promemoria", "EF": "EF"},
        "14": {"20": "20"},
        "20": {"30": "30"},
        "30": {"40": "40"},
        "40": {"50": "50"},
        "50": {"51": "51"},
        "51": {"70": "70"},
        "70": {"14": "14", "10": "10/promemoria", "EF": "EF"},
        "10/promemoria": {"70": "70/promemoria"},
        "70/promemoria": {"10": "10/promemoria", "14": "14", "EF": "EF"},
    },
    units=(
        Unit((("14", ""), ("20", ""), ("30", ""), ("40", ""), ("50", ""), ("51", ""), ("70", ""))),
        Unit((("10/promemoria", ""), ("70/promemoria", ""))),
    ),
    starts=frozenset({"14", "10"}),
    classify=lambda keys, raws, context: keys,
)


def _classify(keys: list[str], raws: list[bytes], context: Context) -> list[str]:
    """Recalls by their causale, non-residents by record 70: the 50 of the same order follows it."""
    foreign = any(key == "70" and _non_resident(raw) for key, raw in zip(keys, raws, strict=True))
    return [_variant(key, raw, foreign, context) for key, raw in zip(keys, raws, strict=True)]


def _variant(key: str, raw: bytes, foreign: bool, context: Context) -> str:
    if key == "14" and r.Record14.causale.cut(raw) == _RICHIAMO:
        return "14/richiamo"
    if key == "EF" and context.first_order == "14/richiamo":
        return "EF/richiamo"
    if key in ("50", "70") and foreign:
        return f"{key}/non_residente"
    return key


_RICHIAMO = RICHIAMO.encode()
_ESTERO = slice(r.Record70NonResidente.stato_di_residenza.start - 1, r.Record70NonResidente.filler_83.start - 1)


def _non_resident(raw: bytes) -> bool:
    return bool(raw[_ESTERO].strip())


@dataclass(frozen=True, slots=True)
class Disposizione(disposizione.Disposizione):
    """A Ri.Ba. as the company knows it. `numero_ricevuta` with its ten digits."""

    scadenza: date
    abi: str
    nostro_cab: str
    numero_ricevuta: str

    @property
    def debitore(self) -> str:
        return self.controparte

    @property
    def abi_assuntrice(self) -> str:
        return self.nostro_abi

    @property
    def cab_assuntrice(self) -> str:
        return self.nostro_cab

    @property
    def conto_assuntrice(self) -> str | None:
        return self.nostro_conto

    @property
    def richiamo(self) -> bool:
        return self.causale == RICHIAMO


@dataclass(frozen=True, slots=True)
class Esito(Disposizione):
    """The outcome of a Ri.Ba. `effetto`: paid, unpaid, rejected, recalled. `spese` in cents."""

    effetto: str
    spese: int | None
    data_valuta: date | None
    riferimento_promemoria: str | None

    @property
    def significato(self) -> str:
        """What the causale says, in the words of its table; "" for one that is not there."""
        return r.CAUSALI_ESITO.get(self.causale, "")


EFFETTI = {
    "30006": "rejected",
    "30007": "rejected",
    "30008": "recalled",
    "30009": "rejected",
    "30010": "paid",
    "42010": "unpaid",
}


def disposizioni(supporto: Supporto) -> Iterator[Disposizione]:
    """The orders of a flow towards the bank. Raises `ValoreErrato` where a field does not decode."""
    for ordine in supporto.ordini:
        yield Disposizione(**_common(ordine, need(ordine, "51")))


def esiti(supporto: Supporto) -> Iterator[Esito | Promemoria]:
    """The outcomes and memos of a flow from the bank. Raises `ValoreErrato` where a field does not decode."""
    for ordine in supporto.ordini:
        yield promemoria(ordine) if ordine.get("10") else _esito(ordine)


def _common(ordine: Ordine, ricevuta: Values) -> dict[str, Any]:
    quattordici = need(ordine, "14")
    trenta, cinquanta = need(ordine, "30"), need(ordine, "50")
    return {
        **shared(ordine, quattordici),
        "scadenza": quattordici["data_pagamento"],
        "numero_ricevuta": f"{ricevuta['numero_ricevuta'] or 0:010d}",
        "controparte": joined(trenta, "descrizione_debitore_1", "descrizione_debitore_2"),
        "codice_fiscale": trenta["codice_fiscale_cliente"],
        "codice_cliente": quattordici["codice_cliente_debitore"],
        "riferimento": joined(cinquanta, "riferimenti_al_debito_1", "riferimenti_al_debito_2") or None,
        "abi": quattordici["abi_banca_domiciliataria"],
        "cab": quattordici["cab_banca_domiciliataria"],
        "nostro_abi": quattordici["abi_banca_assuntrice"],
        "nostro_cab": quattordici["cab_banca_assuntrice"],
        "nostro_conto": quattordici["conto_banca_assuntrice"],
    }


def _esito(ordine: Ordine) -> Esito:
    ricevuta = need(ordine, "51")
    common = _common(ordine, ricevuta)
    return Esito(
        **common,
        effetto=EFFETTI.get(common["causale"], "unknown"),
        spese=ricevuta["importo_spese"],
        data_valuta=ricevuta["data_valuta"],
        riferimento_promemoria=ricevuta["riferimento_promemoria"],
    )
