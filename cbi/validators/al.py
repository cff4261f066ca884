"""The rules of mandates (allineamento elettronico archivi) beyond single fields.

Source: the public implementations of the flow, and the rules common to every flow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cbi.records.al import Record70
from cbi.validators.comuni import as_head, fields, fiscal_code, iban, reads, sender
from cbi.validators.rules import (
    NONE,
    Conti,
    Declared,
    Finding,
    Ruleset,
    Valori,
    echo,
    not_empty,
    order_count,
    record_count,
)

MIGRAZIONE = b"91211"  # asks about mandates without saying on which account they are
_CORPO = ("30", "40", "45", "50")
_CI_SONO = {f"r{tipo}": "tipo_record" for tipo in _CORPO}
_IBAN = ("codice_paese", "check_digit", "cin", "abi_addebito", "cab_addebito", "conto_addebito")
_RATE = ("numero_rate", "importo_massimo_rata", "scadenza_prima_rata", "scadenza_ultima_rata")
_IBAN_VAR = ("codice_paese_var", "check_digit_var", "cin_var", "abi_var", "cab_var", "conto_var")
_VARIAZIONE = (*_IBAN_VAR, "codice_individuale_var", "codice_azienda_var", "tipo_codice_individuale_var")

# Between 12 and 70, the records that an order has by its causale, all of them and no other.
ESATTI: Mapping[bytes, frozenset[str]] = {
    b"90211": frozenset(("30", "40")),
    b"90218": frozenset(),
    b"91211": frozenset(),
}
VARIAZIONI = frozenset((b"90430", b"90440", b"90830"))  # these have a 45
RISPOSTE = frozenset(  # these have a 50, with the references of the order that they answer
    b"90212 90309 90310 90311 90312 90313 90314 90315 90316 90318 90319 90520 90530 90540 90550 90560 90600"
    b" 90840 91311".split()
)
_day = Record70.scadenza_prima_rata.decode


def _has(v: Valori, tipo: str) -> bool:
    return v.get(f"r{tipo}_tipo_record") is not None


@reads(fields(r12="causale", **_CI_SONO))
def mancanti(v: Valori, c: Conti) -> Sequence[Finding]:
    """The records that the causale wants."""
    causale = v.get("r12_causale")
    if causale is None:
        return NONE
    wanted = ESATTI.get(causale, frozenset())
    wanted |= ({"45"} if causale in VARIAZIONI else set()) | ({"50"} if causale in RISPOSTE else set())
    missing = [tipo for tipo in sorted(wanted) if not _has(v, tipo)]
    return (Finding("AL-12-021", "12", "causale", ", ".join(missing)),) if missing else NONE


@reads(fields(r12="causale", **_CI_SONO))
def estranei(v: Valori, c: Conti) -> Sequence[Finding]:
    """The records that the causale does not have."""
    exact = ESATTI.get(v.get("r12_causale") or b"")
    if exact is None:
        return NONE
    return [Finding("AL-12-022", tipo, "tipo_record", "") for tipo in _CORPO if tipo not in exact and _has(v, tipo)]


@reads(valued=fields(r12="data_creazione_disposizione"))
def data(v: Valori, c: Conti) -> Sequence[Finding]:
    """An order about a mandate has its date."""
    raw = v.get("r12_data_creazione_disposizione")
    if raw is None or raw.strip(b" 0"):
        return NONE
    return (Finding("AL-12-031", "12", "data_creazione_disposizione", "GGMMAA"),)


@reads(fields(r45="tipo_record"), valued=fields(r45=" ".join(_VARIAZIONE)))
def variazione(v: Valori, c: Conti) -> Sequence[Finding]:
    """A change changes something."""
    if not _has(v, "45") or any((v.get(f"r45_{name}") or b"x").strip() for name in _VARIAZIONE):
        return NONE
    return (Finding("AL-45-031", "45", "cab_var", "11-59"),)


def _se_varia(rule: Declared) -> Declared:
    """A rule about the new values of a change, where there are some."""
    return replace(
        rule,
        judge=lambda v, c: rule.judge(v, c) if _has(v, "45") else NONE,
        reads=rule.reads | fields(r45="tipo_record"),
    )


@reads(fields(r70="carattere_speciale"), valued=fields(r70=" ".join(_RATE)))
def rate(v: Valori, c: Conti) -> Sequence[Finding]:
    """The data of the instalments come after their mark."""
    mark = v.get("r70_carattere_speciale")
    if mark is None or mark.strip() or not any((v.get(f"r70_{name}") or b"").strip(b" 0") for name in _RATE):
        return NONE
    return (Finding("AL-70-031", "70", "carattere_speciale", "%"),)


@reads(fields(r70="scadenza_prima_rata scadenza_ultima_rata"))
def scadenze(v: Valori, c: Conti) -> Sequence[Finding]:
    """The last instalment does not come before the first."""
    first, last = v.get("r70_scadenza_prima_rata"), v.get("r70_scadenza_ultima_rata")
    if first is None or last is None:
        return NONE
    begin, end = _day(first), _day(last)
    if begin is None or end is None or begin <= end:
        return NONE
    return (Finding("AL-70-034", "70", "scadenza_ultima_rata", f">= {begin:%d%m%y}"),)


def _forgive(key: str, field: str, kind: str, valori: Valori) -> bool:
    """CAB and account may be missing in a request of information about mandates."""
    return (
        valori.get("r12_causale") == MIGRAZIONE
        and key == "12"
        and kind in ("031", "042")
        and field in ("cab_addebito", "conto_addebito")
    )


_EF = (echo, not_empty, order_count("numero_disposizioni"), record_count)
_EF_NEEDS = fields(rEF="mittente ricevente data_creazione nome_supporto numero_disposizioni numero_record")
_COORDINATE = (
    iban("AL-12-034", "AL-12-035", "12", _IBAN),
    fiscal_code("AL-30-034", "30", "codifica_fiscale_sottoscrittore"),
)
_INTESTATARIO = fiscal_code("AL-30-134", "30", "codifica_fiscale_intestatario")
_NUOVO_IBAN = _se_varia(iban("AL-45-034", "AL-45-035", "45", _IBAN_VAR))
_DALL_AZIENDA = (
    as_head("AL-12-037", "12", "abi_banca_allineamento", "ricevente"),
    sender("AL-12-038", "12", "codice_azienda"),
)
_MANDATO = (mancanti, estranei, data, variazione, rate, scadenze, *_COORDINATE, _INTESTATARIO, _NUOVO_IBAN)
_NEEDS_IBAN = _EF_NEEDS | fields(
    r12=" ".join(("causale", "abi_banca_allineamento", "codice_azienda", *_IBAN)),
    r30="codifica_fiscale_sottoscrittore",
)
_NEEDS = _NEEDS_IBAN | fields(
    r12="data_creazione_disposizione",
    r30="tipo_record codifica_fiscale_intestatario",
    r40="tipo_record",
    r45=" ".join(("tipo_record", *_VARIAZIONE)),
    r50="tipo_record",
    r70=" ".join(("carattere_speciale", *_RATE)),
)

_VARY = fields(r12="check_digit cin cab_addebito conto_addebito", r30="codifica_fiscale_sottoscrittore")

RICHIESTE = Ruleset(
    conti=Conti,
    needs=_NEEDS,
    rules={"12": (*_DALL_AZIENDA, *_MANDATO), "EF": _EF},
    forgive=_forgive,
    vary=_VARY,
)
RISPOSTE_BANCA = Ruleset(conti=Conti, needs=_NEEDS, rules={"12": _MANDATO, "EF": _EF}, forgive=_forgive, vary=_VARY)
IBAN = Ruleset(conti=Conti, needs=_NEEDS_IBAN, rules={"12": (*_DALL_AZIENDA, *_COORDINATE), "EF": _EF}, vary=_VARY)
