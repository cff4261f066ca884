"""AL: mandates (allineamento elettronico archivi) both ways, and requests of IBAN, as flows and as typed values.

Source: the cardinality rules of the flow. The records of an order depend on its causale: the automaton admits them
in their order, the rules of the flow say which belong to which causale.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from cbi.flows.disposizione import joined, maybe, need
from cbi.flows.model import FROM_BANK, TO_BANK, Flow, Ordine, Supporto, Unit
from cbi.records import al as r

_CORPO = {"30": r.Record30, "40": r.Record40, "45": r.Record45, "50": r.Record50, "70": r.Record70}
_TRANSITIONS = {
    "AL": {"12": "12", "EF": "EF"},
    "12": {"70": "70", "30": "30", "40": "40", "45": "45", "50": "50"},
    "30": {"70": "70", "40": "40", "45": "45", "50": "50"},
    "40": {"70": "70", "45": "45", "50": "50"},
    "45": {"70": "70", "50": "50"},
    "50": {"70": "70"},
    "70": {"12": "12", "EF": "EF"},
}
_UNITS = (Unit((("12", ""), ("30", "?"), ("40", "?"), ("45", "?"), ("50", "?"), ("70", ""))),)

RICHIESTE = Flow(
    name="AL",
    direction=TO_BANK,
    title="Allineamento archivi, dall'azienda",
    records={"AL": r.AL, "12": r.Record12, **_CORPO, "EF": r.EF},
    transitions=_TRANSITIONS,
    units=_UNITS,
    starts=frozenset({"12"}),
    classify=lambda keys, raws, context: keys,
)

RISPOSTE = Flow(
    name="AL",
    direction=FROM_BANK,
    title="Allineamento archivi, dalla banca",
    records={"AL": r.ALRisposte, "12": r.Record12Risposta, **_CORPO, "EF": r.EFRisposte},
    transitions=_TRANSITIONS,
    units=_UNITS,
    starts=frozenset({"12"}),
    classify=lambda keys, raws, context: keys,
)

IBAN = Flow(
    name="AL_IBAN",
    direction=TO_BANK,
    title="Richieste di IBAN",
    records={"AL": r.ALIban, "12": r.Record12Iban, "30": r.Record30Iban, "70": r.Record70Iban, "EF": r.EFIban},
    transitions={
        "AL": {"12": "12", "EF": "EF"},
        "12": {"30": "30"},
        "30": {"70": "70"},
        "70": {"12": "12", "EF": "EF"},
    },
    units=(Unit((("12", ""), ("30", ""), ("70", ""))),),
    starts=frozenset({"12"}),
    classify=lambda keys, raws, context: keys,
)

# What each causale does to the mandate.
EFFETTI = {
    "90210": "new_mandate",
    "90211": "request",
    "90212": "accepted",
    "90218": "revoke",
    "90219": "revoke",
    "90309": "reject_90210",
    "90310": "reject_90210",
    "90311": "refused",
    "90312": "refused",
    "90313": "refused",
    "90314": "refused",
    "90315": "refused",
    "90316": "refused_duplicate",
    "90318": "refused",
    "90319": "refused",
    "90420": "revoked",
    "90421": "revoked",
    "90430": "changed",
    "90440": "change",
    "90450": "revoke",
    "90520": "reject_revocation",
    "90530": "reject_change",
    "90540": "refused",
    "90550": "refused",
    "90560": "refused",
    "90600": "refused",
    "90717": "request",
    "90830": "changed",
    "90840": "refused",
    "91210": "info",
    "91211": "request",
    "91311": "refused",
    "99999": "refused",
}


@dataclass(frozen=True, slots=True)
class Variazione:
    """The new values of a change; what does not change is None."""

    abi: str | None
    cab: str | None
    conto: str | None
    azienda: str | None
    tipo_codice: str | None
    codice: str | None


@dataclass(frozen=True, slots=True)
class Mandato:
    """An order about a mandate, or the answer to one. `azienda`, `tipo_codice` and `codice` are its key."""

    numero: int
    line: int
    causale: str
    effetto: str
    data: date | None
    azienda: str
    tipo_codice: str
    codice: str
    abi: str
    cab: str | None
    conto: str | None
    sottoscrittore: str
    codice_fiscale: str | None
    intestatario: str | None
    variazione: Variazione | None
    riferimenti_originari: str | None
    riferimento: str | None
    facolta_storno: str | None
    raw: bytes


def mandati(supporto: Supporto) -> Iterator[Mandato]:
    """The orders of a flow of mandates, either way. Raises `ValoreErrato` where a field does not decode."""
    for ordine in supporto.ordini:
        yield _mandato(ordine)


def _mandato(ordine: Ordine) -> Mandato:
    dodici, settanta = need(ordine, "12"), need(ordine, "70")
    trenta, quaranta = maybe(ordine, "30"), maybe(ordine, "40")
    names = ("descrizione_sottoscrittore_1", "descrizione_sottoscrittore_2", "descrizione_sottoscrittore_3")
    return Mandato(
        numero=dodici["numero_progressivo"],
        line=ordine.line,
        causale=dodici["causale"],
        effetto=EFFETTI.get(dodici["causale"], "unknown"),
        data=dodici.get("data_creazione_disposizione"),
        azienda=dodici["codice_azienda"],
        tipo_codice=dodici["tipo_codice_individuale"],
        codice=dodici["codice_individuale"],
        abi=dodici["abi_addebito"],
        cab=dodici["cab_addebito"],
        conto=dodici["conto_addebito"],
        sottoscrittore=joined(trenta, *names),
        codice_fiscale=trenta.get("codifica_fiscale_sottoscrittore"),
        intestatario=quaranta.get("intestatario_conto"),
        variazione=_variazione(ordine),
        riferimenti_originari=maybe(ordine, "50").get("riferimenti_originari"),
        riferimento=settanta["codice_riferimento"],
        facolta_storno=settanta.get("facolta_di_storno"),
        raw=ordine.raw,
    )


def _variazione(ordine: Ordine) -> Variazione | None:
    new = maybe(ordine, "45")
    if not new:
        return None
    return Variazione(
        abi=new["abi_var"],
        cab=new["cab_var"],
        conto=new["conto_var"],
        azienda=new["codice_azienda_var"],
        tipo_codice=new["tipo_codice_individuale_var"],
        codice=new["codice_individuale_var"],
    )
