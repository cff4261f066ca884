"""The rules of R.I.D. beyond single fields.

Source: the public implementations of the flow, and the rules common to every flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cbi.flows.rid import CAUSALI_RID
from cbi.validators.comuni import (
    EF_NEEDS,
    IBAN_NEEDS,
    QUALIFICATORE,
    ContiDisposizioni,
    all_or_none,
    as_head,
    closed_day,
    coordinates,
    fields,
    iban,
    not_past,
    not_zero,
    one_per_flow,
    past_on_sending,
    reads,
    sign,
    totals,
)
from cbi.validators.coordinates import creditore_ok
from cbi.validators.rules import NONE, Finding, Ruleset, Valori, echo, not_empty, order_count, record_count

PAGATE = frozenset((b"50010",))
CON_MOTIVO = b"50007"


@dataclass
class ContiRid(ContiDisposizioni):
    """The sums of R.I.D.: orders and memos begin with the same record, the causale tells them apart."""

    def is_memo(self, start: str, valori: Valori) -> bool:
        return not (valori.get("r10_causale") or CAUSALI_RID).startswith(CAUSALI_RID)


@reads(fields(r10="causale", r20="tipo_record", r30="tipo_record", r50="tipo_record"))
def completo(v: Valori, c: ContiRid) -> Sequence[Finding]:
    """An outcome has its records 20, 30 and 50: only a memo is made of 10 and 70 alone."""
    causale = v.get("r10_causale")
    if causale is None or not causale.startswith(CAUSALI_RID):
        return NONE
    if any(v.get(f"r{tipo}_tipo_record") for tipo in ("20", "30", "50")):
        return NONE
    return (Finding("RID-10-021", "10", "causale", "20, 30, 50"),)


_segno = sign("RID-10-047", "10", PAGATE)


def segno(v: Valori, c: ContiRid) -> Sequence[Finding]:
    """`+` only for what was paid; a memo may bear either sign."""
    return NONE if c.is_memo("10", v) else _segno(v, c)


@reads(fields(r10="causale", r70="causale_storno"))
def motivo(v: Valori, c: ContiRid) -> Sequence[Finding]:
    """A reversal for technical reasons says which."""
    if v.get("r10_causale") != CON_MOTIVO or (v.get("r70_causale_storno") or b"x").strip():
        return NONE
    return (Finding("RID-70-031", "70", "causale_storno", "64-65"),)


def creditore(v: Valori, c: ContiRid) -> Sequence[Finding]:
    """The check digits of the creditor's SEPA identifier, where there is one."""
    return _creditore(v.get("r16_creditor_identifier"))


@lru_cache(maxsize=1 << 6)
def _creditore(raw: bytes | None) -> tuple[Finding, ...]:
    if raw is None or not raw.strip() or creditore_ok(raw):
        return NONE
    return (Finding("RID-16-134", "16", "creditor_identifier", "mod 97"),)


_EF = (
    echo,
    not_empty,
    as_head("RID-EF-037", "EF", "tipo_incasso_rid"),
    order_count("numero_disposizioni"),
    record_count,
    *totals("RID-EF-050", "RID-EF-051"),
)
_TESTA = (all_or_none("RID-IR-037", "IR", QUALIFICATORE, "105, 106 e 107-111"),)
_ENTRAMBI = (
    not_zero("RID-10-141", "10", "importo"),
    as_head("RID-10-039", "10", "tipo_incasso_rid"),
)
_NEEDS = EF_NEEDS | fields(
    rIR=" ".join(QUALIFICATORE),
    r10="causale importo segno abi_banca_assuntrice tipo_incasso_rid",
    rEF="tipo_incasso_rid",
)
_VARY = fields(r10="importo cab_banca_domiciliataria", r17="check_digit cin codice_cab numero_conto")

ORDINI = Ruleset(
    conti=ContiRid,
    needs=_NEEDS
    | fields(
        r10="data_scadenza cab_banca_assuntrice conto_ordinante codice_azienda_creditrice"
        " abi_banca_domiciliataria cab_banca_domiciliataria",
        r16=f"{IBAN_NEEDS} creditor_identifier",
        r17=IBAN_NEEDS,
    ),
    rules={
        "IR": _TESTA,
        "10": (
            as_head("RID-10-037", "10", "abi_banca_assuntrice", "ricevente"),
            one_per_flow("RID-10-036", "10", "codice_azienda_creditrice"),
            not_past("RID-10-034", "10", "data_scadenza"),
            *_ENTRAMBI,
            iban("RID-16-034", "RID-16-035", "16"),
            coordinates(
                "RID-16-037",
                "16",
                {
                    "codice_abi": "r10_abi_banca_assuntrice",
                    "codice_cab": "r10_cab_banca_assuntrice",
                    "numero_conto": "r10_conto_ordinante",
                },
            ),
            iban("RID-17-034", "RID-17-035", "17"),
            creditore,
            coordinates(
                "RID-17-037",
                "17",
                {"codice_abi": "r10_abi_banca_domiciliataria", "codice_cab": "r10_cab_banca_domiciliataria"},
            ),
        ),
        "EF": _EF,
    },
    sending={
        "10": (
            past_on_sending("RID-10-221", "10", "data_scadenza"),
            closed_day("RID-10-220", "10", "data_scadenza"),
        )
    },
    days=("r10_data_scadenza",),
    too_few={"60": "RID-60-021"},
    too_many={"60": "RID-60-023"},
    specific={("10", "abi_banca_domiciliataria", "042"): "RID-10-042"},
    vary=_VARY,
)

ESITI = Ruleset(
    conti=ContiRid,
    needs=_NEEDS | fields(r20="tipo_record", r30="tipo_record", r50="tipo_record", r70="causale_storno"),
    rules={
        "IR": _TESTA,
        "10": (
            as_head("RID-10-037", "10", "abi_banca_assuntrice", "mittente"),
            completo,
            segno,
            motivo,
            *_ENTRAMBI,
        ),
        "EF": _EF,
    },
    vary=_VARY,
)
