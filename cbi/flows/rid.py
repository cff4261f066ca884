"""R.I.D.: orders and outcomes as flows, and as typed values.

Source: the cardinality rules of the flow. The references to the debt are one record 50, or from two to five records
60. An outcome and a memo both begin with a record 10: the causale tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from cbi.flows import disposizione
from cbi.flows.disposizione import Promemoria, joined, maybe, need, promemoria, shared, text_of
from cbi.flows.model import FROM_BANK, TO_BANK, Context, Flow, Ordine, Supporto, Unit
from cbi.records import rid as r

_CAUSALE = r.Record10Esito.causale
_FLAG_ESTERO = r.Record70NonResidente.flag_rid_estera
CAUSALI_RID = b"50"  # how the causali of R.I.D. begin; those of memos begin otherwise

_TESTA = (("10", ""), ("16", "?"), ("17", "?"), ("20", ""), ("30", ""), ("40", "?"))


def _ordine(keys: list[str], raws: list[bytes], context: Context) -> list[str]:
    return [
        "70/non_residente" if key == "70" and _FLAG_ESTERO.cut(raw) == b"1" else key
        for key, raw in zip(keys, raws, strict=True)
    ]


def _esito(keys: list[str], raws: list[bytes], context: Context) -> list[str]:
    outcome = "20" in keys
    return [
        "10/promemoria" if key == "10" and not outcome and not _CAUSALE.cut(raw).startswith(CAUSALI_RID) else key
        for key, raw in zip(keys, raws, strict=True)
    ]


ORDINI = Flow(
    name="RID",
    direction=TO_BANK,
    title="R.I.D., disposizioni",
    records={
        "IR": r.IR,
        "10": r.Record10,
        "16": r.Record16,
        "17": r.Record17,
        "20": r.Record20,
        "30": r.Record30,
        "40": r.Record40,
        "50": r.Record50,
        "60": r.Record60,
        "70": r.Record70,
        "70/non_residente": r.Record70NonResidente,
        "EF": r.EF,
    },
    transitions={
        "IR": {"10": "10", "EF": "EF"},
        "10": {"20": "20", "16": "16", "17": "17"},
        "16": {"20": "20", "17": "17"},
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
    classify=_ordine,
)

ESITI = Flow(
    name="RID",
    direction=FROM_BANK,
    title="R.I.D., esiti e promemoria",
    records={
        "IR": r.IREsiti,
        "10": r.Record10Esito,
        "20": r.Record20,
        "30": r.Record30,
        "50": r.Record50Esito,
        "70": r.Record70Esito,
        "10/promemoria": r.Record10Promemoria,
        "EF": r.EFEsiti,
    },
    transitions={
        "IR": {"10": "10", "EF": "EF"},
        "10": {"20": "20", "70": "70"},
        "20": {"30": "30"},
        "30": {"50": "50"},
        "50": {"70": "70"},
        "70": {"10": "10", "EF": "EF"},
    },
    units=(
        Unit((("10", ""), ("20", ""), ("30", ""), ("50", ""), ("70", ""))),
        Unit(
            (("10/promemoria", ""), ("70", "")),
            {"10/promemoria": b".{%d}%b" % (_CAUSALE.start - 1, CAUSALI_RID)},
        ),
    ),
    starts=frozenset({"10"}),
    classify=_esito,
)


@dataclass(frozen=True, slots=True)
class Disposizione(disposizione.Disposizione):
    """A R.I.D. `azienda`, `tipo_codice` and `codice_cliente` are the key of the mandate."""

    azienda: str
    tipo_codice: str
    tipo_rid: str | None
    riferimento_mittente: str | None
    facolta_storno: str | None


@dataclass(frozen=True, slots=True)
class Esito(Disposizione):
    """The outcome of a R.I.D. `effetto`: paid, unpaid, rejected, recalled; `motivo` where the bank tells why."""

    effetto: str
    data_effettiva: date | None
    motivo: str | None

    @property
    def significato(self) -> str:
        """What the causale says, in the words of its table; "" for one that is not there."""
        return r.CAUSALI_ESITO.get(self.causale, "")


EFFETTI = {
    "50001": "unpaid",
    "50002": "rejected",
    "50003": "unpaid",
    "50004": "unpaid",
    "50006": "rejected",
    "50007": "unpaid",
    "50008": "recalled",
    "50009": "unpaid",
    "50010": "paid",
}


def disposizioni(supporto: Supporto) -> Iterator[Disposizione]:
    """The orders of a flow towards the bank. Raises `ValoreErrato` where a field does not decode."""
    for ordine in supporto.ordini:
        dieci = need(ordine, "10")
        yield Disposizione(**_common(ordine, dieci), scadenza=dieci["data_scadenza"])


def esiti(supporto: Supporto) -> Iterator[Esito | Promemoria]:
    """The outcomes and memos of a flow from the bank. Raises `ValoreErrato` where a field does not decode."""
    for ordine in supporto.ordini:
        if ordine.records[0].variante == "promemoria":
            yield promemoria(ordine)
            continue
        dieci = need(ordine, "10")
        yield Esito(
            **_common(ordine, dieci),
            scadenza=dieci["data_scadenza_originaria"],
            effetto=EFFETTI.get(dieci["causale"], "unknown"),
            data_effettiva=dieci["data_scadenza_effettiva"],
            motivo=need(ordine, "70")["causale_storno"],
        )


def _common(ordine: Ordine, dieci: dict[str, Any]) -> dict[str, Any]:
    trenta, settanta, iban = need(ordine, "30"), need(ordine, "70"), maybe(ordine, "17")
    return {
        **shared(ordine, dieci),
        "controparte": joined(trenta, "descrizione_debitore_1", "descrizione_debitore_2", "descrizione_debitore_3"),
        "codice_cliente": dieci["codice_cliente_debitore"],
        "riferimento": text_of(ordine, ("50", "60"), "riferimenti_al_debito_1", "riferimenti_al_debito_2"),
        "abi": dieci["abi_banca_domiciliataria"],
        "cab": dieci["cab_banca_domiciliataria"],
        "conto": iban.get("numero_conto"),
        "nostro_abi": dieci["abi_banca_assuntrice"],
        "nostro_cab": dieci["cab_banca_assuntrice"],
        "nostro_conto": dieci["conto_ordinante"],
        "azienda": dieci["codice_azienda_creditrice"],
        "tipo_codice": dieci["tipo_codice_individuale"],
        "tipo_rid": dieci["tipo_incasso_rid"],
        "riferimento_mittente": settanta.get("codice_di_riferimento"),
        "facolta_storno": settanta["flag_facolta_storno_addebito"],
    }
