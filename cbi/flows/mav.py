"""M.Av.: orders, recalls and outcomes as flows, and as typed values.

Source: the cardinality rules of the flow. The references to the debt are one record 50 before the 51, or up to
twenty records 59 after it; outcomes with the 59s before the 51 are read too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from cbi.flows import disposizione
from cbi.flows.disposizione import Promemoria, joined, maybe, need, promemoria, shared, text_of
from cbi.flows.model import FROM_BANK, TO_BANK, Context, Flow, Ordine, Supporto, Unit, tipo_of
from cbi.records import mav as r

RICHIAMO = "07100"

_BREVE = (("14", ""), ("16", "?"), ("20", ""), ("30", ""), ("40", ""), ("50", ""), ("51", ""), ("70", ""))
_LUNGA = (("14", ""), ("16", "?"), ("20", ""), ("30", ""), ("40", ""), ("51", ""), ("59", "{1,20}"), ("70", ""))
# States that only tell what may follow: the 51 before the 59s, the 59s before the 51.
_PRIMA_DEI_59, _PRIMA_DEL_51 = "51/poi_59", "59/poi_51"


def _classify(keys: list[str], raws: list[bytes], context: Context) -> list[str]:
    return [tipo_of(key) if key in (_PRIMA_DEI_59, _PRIMA_DEL_51) else key for key in keys]


def _senza_40(unit: tuple[tuple[str, str], ...]) -> Unit:
    """The same, record 40 optional."""
    return Unit(tuple((key, "?" if key == "40" else quantifier) for key, quantifier in unit))


ORDINI = Flow(
    name="MAV",
    direction=TO_BANK,
    title="M.Av., disposizioni e richiami",
    records={
        "IM": r.IM,
        "14": r.Record14,
        "16": r.Record16,
        "20": r.Record20,
        "30": r.Record30,
        "40": r.Record40,
        "50": r.Record50,
        "51": r.Record51,
        "59": r.Record59,
        "70": r.Record70,
        "EF": r.EF,
    },
    transitions={
        "IM": {"14": "14", "EF": "EF"},
        "14": {"20": "20", "16": "16"},
        "16": {"20": "20"},
        "20": {"30": "30"},
        "30": {"40": "40"},
        "40": {"50": "50", "51": _PRIMA_DEI_59},
        "50": {"51": "51"},
        "51": {"70": "70"},
        _PRIMA_DEI_59: {"59": "59"},
        "59": {"70": "70", "59": "59"},
        "70": {"14": "14", "EF": "EF"},
    },
    units=(Unit(_BREVE), Unit(_LUNGA)),
    starts=frozenset({"14"}),
    classify=_classify,
)

ESITI = Flow(
    name="MAV",
    direction=FROM_BANK,
    title="M.Av., esiti e promemoria",
    records={
        "IM": r.IMEsiti,
        "14": r.Record14Esito,
        "16": r.Record16Esito,
        "20": r.Record20,
        "30": r.Record30,
        "40": r.Record40,
        "50": r.Record50,
        "51": r.Record51Esito,
        "59": r.Record59,
        "70": r.Record70,
        "10/promemoria": r.Record10Promemoria,
        "EF": r.EFEsiti,
    },
    transitions={
        "IM": {"14": "14", "10": "10/promemoria", "EF": "EF"},
        "14": {"20": "20", "16": "16"},
        "16": {"20": "20"},
        "20": {"30": "30"},
        "30": {"50": "50", "40": "40", "51": _PRIMA_DEI_59, "59": _PRIMA_DEL_51},
        "40": {"50": "50", "51": _PRIMA_DEI_59, "59": _PRIMA_DEL_51},
        "50": {"51": "51"},
        "51": {"70": "70"},
        _PRIMA_DEI_59: {"59": "59"},
        _PRIMA_DEL_51: {"51": "51", "59": _PRIMA_DEL_51},
        "59": {"70": "70", "59": "59"},
        "70": {"14": "14", "10": "10/promemoria", "EF": "EF"},
        "10/promemoria": {"70": "70"},
    },
    units=(_senza_40(_BREVE), _senza_40(_LUNGA), Unit((("10/promemoria", ""), ("70", "")))),
    starts=frozenset({"14", "10"}),
    classify=_classify,
)


@dataclass(frozen=True, slots=True)
class Disposizione(disposizione.Disposizione):
    """A M.Av. `numero_disposizione` is the creditor's, with its ten digits; `bollettino` the number on the slip."""

    numero_disposizione: str
    bollettino: str | None

    @property
    def richiamo(self) -> bool:
        return self.causale == RICHIAMO


@dataclass(frozen=True, slots=True)
class Esito(Disposizione):
    """The outcome of a M.Av. `effetto`: paid, paid_late, unpaid, rejected, recalled. `spese` in cents."""

    effetto: str
    spese: int | None
    data_valuta: date | None
    data_pagamento: date | None
    riferimento_promemoria: str | None

    @property
    def significato(self) -> str:
        """What the causale says, in the words of its table; "" for one that is not there."""
        return r.CAUSALI_ESITO.get(self.causale, "")


EFFETTI = {
    "07000": "paid",
    "07006": "rejected",
    "07008": "recalled",
    "07010": "unpaid",
    "07011": "paid_late",
}


def disposizioni(supporto: Supporto) -> Iterator[Disposizione]:
    """The orders of a flow towards the bank. Raises `ValoreErrato` where a field does not decode."""
    for ordine in supporto.ordini:
        quattordici = need(ordine, "14")
        yield Disposizione(**_common(ordine, quattordici))


def esiti(supporto: Supporto) -> Iterator[Esito | Promemoria]:
    """The outcomes and memos of a flow from the bank. Raises `ValoreErrato` where a field does not decode."""
    for ordine in supporto.ordini:
        yield promemoria(ordine) if ordine.get("10") else _esito(ordine)


def _esito(ordine: Ordine) -> Esito:
    quattordici, cinquantuno = need(ordine, "14"), need(ordine, "51")
    return Esito(
        **_common(ordine, quattordici),
        abi=quattordici["abi_banca_esattrice"],
        cab=quattordici["cab_banca_esattrice"],
        effetto=EFFETTI.get(quattordici["causale"], "unknown"),
        spese=cinquantuno["importo_spese_commissioni"],
        data_valuta=cinquantuno["valuta_di_addebito"],
        data_pagamento=cinquantuno["data_effettiva_di_pagamento"],
        riferimento_promemoria=cinquantuno["riferimento_riepilogativo"],
    )


def _common(ordine: Ordine, quattordici: dict[str, Any]) -> dict[str, Any]:
    trenta, cinquantuno, sedici = need(ordine, "30"), need(ordine, "51"), maybe(ordine, "16")
    slip = cinquantuno["codice_identificativo_univoco"]
    return {
        **shared(ordine, quattordici),
        "scadenza": quattordici["data_pagamento"],
        "controparte": joined(trenta, "descrizione_debitore_1", "descrizione_debitore_2"),
        "codice_fiscale": trenta["codice_fiscale_cliente"],
        "codice_cliente": quattordici["codice_cliente_debitore"],
        "riferimento": text_of(ordine, ("50", "59"), "riferimenti_al_debito_1", "riferimenti_al_debito_2"),
        "nostro_abi": quattordici["abi_banca_assuntrice"],
        "nostro_cab": quattordici["cab_banca_assuntrice"],
        "nostro_conto": quattordici["conto_ordinante"] or sedici.get("numero_conto"),
        "numero_disposizione": f"{cinquantuno['numero_disposizione'] or 0:010d}",
        "bollettino": None if slip is None else f"{slip:012d}",
    }
