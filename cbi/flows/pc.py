"""PC: transfers, salaries and cheques as a flow, and as typed values.

Source: the cardinality rules of the flow. The reason of the payment is one record 50, or from two to five records
60. Record 17 is the beneficiary's IBAN, which a cheque does not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from cbi.flows import disposizione
from cbi.flows.disposizione import joined, maybe, need, shared, text_of
from cbi.flows.model import TO_BANK, Flow, Ordine, Supporto, Unit
from cbi.records import pc as r

_TESTA = (("10", ""), ("16", ""), ("17", "?"), ("20", ""), ("30", ""), ("40", "?"))
ASSEGNI = frozenset("234")  # ways of payment that are cheques

PC = Flow(
    name="PC",
    direction=TO_BANK,
    title="Bonifici, stipendi e assegni",
    records={
        "PC": r.PC,
        "10": r.Record10,
        "16": r.Record16,
        "17": r.Record17,
        "20": r.Record20,
        "30": r.Record30,
        "40": r.Record40,
        "50": r.Record50,
        "60": r.Record60,
        "70": r.Record70,
        "EF": r.EF,
    },
    transitions={
        "PC": {"10": "10", "EF": "EF"},
        "10": {"16": "16"},
        "16": {"17": "17", "20": "20"},
        "17": {"20": "20"},
        "20": {"30": "30"},
        "30": {"50": "50", "40": "40", "60": "60"},
        "40": {"50": "50", "60": "60"},
        "50": {"70": "70"},
        "60": {"70": "70", "60": "60"},
        "70": {"10": "10", "EF": "EF"},
    },
    units=(Unit((*_TESTA, ("50", ""), ("70", ""))), Unit((*_TESTA, ("60", "{2,5}"), ("70", "")))),
    starts=frozenset({"10"}),
    classify=lambda keys, raws, context: keys,
)


@dataclass(frozen=True, slots=True)
class Disposizione(disposizione.Disposizione):
    """A payment. `scadenza` is the day on which it is to be executed, `data_valuta` the beneficiary's value date."""

    data_valuta: date | None
    ordinante: str
    modalita: str
    urgente: bool
    codice_univoco: str | None
    richiesta_esito: str | None

    @property
    def assegno(self) -> bool:
        return self.modalita in ASSEGNI


def disposizioni(supporto: Supporto) -> Iterator[Disposizione]:
    """The payments of a flow. Raises `ValoreErrato` where a field does not decode."""
    for ordine in supporto.ordini:
        yield _disposizione(ordine)


def _disposizione(ordine: Ordine) -> Disposizione:
    dieci, venti, trenta, settanta = (need(ordine, tipo) for tipo in ("10", "20", "30", "70"))
    iban = maybe(ordine, "17")
    return Disposizione(
        **shared(ordine, dieci),
        scadenza=dieci["data_esecuzione_disposizione"],
        controparte=joined(trenta, "segmento_1", "segmento_2", "segmento_3"),
        codice_fiscale=trenta["codice_fiscale_cliente"],
        codice_cliente=dieci["codice_cliente_beneficiario"],
        riferimento=text_of(ordine, ("50", "60"), "segmento_1", "segmento_2", "segmento_3"),
        abi=dieci["codice_abi_banca_destinataria"],
        cab=dieci["codice_cab_banca_destinataria"],
        conto=dieci["conto_destinatario"] or iban.get("numero_conto"),
        nostro_abi=dieci["codice_abi_banca_ordinante"],
        nostro_cab=dieci["codice_cab_banca_ordinante"],
        nostro_conto=dieci["conto_ordinante"],
        data_valuta=dieci["data_valuta_banca_beneficiario"],
        ordinante=venti["denominazione_azienda"] or "",
        modalita=dieci["modalita_di_pagamento"] or "1",
        urgente=dieci["flag_priorita_trattamento_bonifico"] == "U",
        codice_univoco=settanta["codice_univoco"],
        richiesta_esito=settanta["flag_richiesta"],
    )
