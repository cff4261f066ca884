"""The rules of Ri.Ba. beyond single fields.

Source: CBI-RIB-001 6.02, and the rules common to every flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from cbi.validators.comuni import (
    EF_NEEDS,
    QUALIFICATORE,
    ContiDisposizioni,
    all_or_none,
    as_head,
    closed_day,
    fields,
    fiscal_code,
    not_past,
    not_zero,
    one_per_flow,
    past_on_sending,
    reads,
    sender,
    sign,
    totals,
    unless,
)
from cbi.validators.rules import NONE, Finding, Ruleset, Valori, echo, not_empty, order_count, record_count

# Banks whose debtors' fiscal codes are not checked (CBI-RIB-001, record 30 pos. 71-86).
ABI_ESENTI = frozenset(b"03034 03145 03171 03178 03195 03225 03530 06067 08540 03262 03237 03287 03277".split())
RICHIAMO = b"30100"
PAGATE = frozenset((b"30010",))
MAX_PROMEMORIA = 2


@dataclass
class ContiRiba(ContiDisposizioni):
    """The sums of Ri.Ba.; the number of a receipt is not to be used twice."""

    ORDINE: ClassVar[str] = "14"

    def key(self, valori: Valori) -> bytes | None:
        number: bytes | None = valori.get("r51_numero_ricevuta")
        return number if number and number.strip(b"0") else None


_scadenza = not_past("RIBA-14-034", "14", "data_pagamento")
_fiscale = fiscal_code("RIBA-30-034", "30", "codice_fiscale_cliente")
_BOLLO = ("bollo_provincia", "bollo_numero_autorizzazione", "bollo_data_autorizzazione")
_KEYS_BOLLO = [f"r51_{name}" for name in _BOLLO]


@reads(fields(r14="causale data_pagamento"))
def scadenza(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """A new receipt that fell due before the flow was made; a recall may well be of one."""
    found = _scadenza(v, c)
    return found if not found or v.get("r14_causale") != RICHIAMO else NONE


@reads(fields(r14="abi_banca_domiciliataria", r30="codice_fiscale_cliente"))
def fiscale_debitore(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """The check character, unless the debtor's bank is one of those exempted."""
    found = _fiscale(v, c)
    return found if not found or v.get("r14_abi_banca_domiciliataria") not in ABI_ESENTI else NONE


@reads(valued=_KEYS_BOLLO)
def bollo(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """Province, number and date of the authorisation go together."""
    parts = [*map(v.get, _KEYS_BOLLO)]
    there = [part is None or bool(part.strip(b" 0")) for part in parts]
    if None in parts or all(there) or not any(there):
        return NONE
    return (Finding("RIBA-51-037", "51", _BOLLO[there.index(False)], "41-55, 56-65 e 66-71"),)


def promemoria(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """At most two memos close an outcome flow."""
    if c.memos < MAX_PROMEMORIA:
        return NONE
    return (Finding("RIBA-10-023", "10", "tipo_record", f"<= {MAX_PROMEMORIA}"),)


def _forgive(key: str, field: str, kind: str, valori: Valori) -> bool:
    """The creditor's fiscal code is optional when record 70 says the receipt is a non-resident's (pos. 82 = 1)."""
    foreign = valori.get("r70_flag_riba_estera") == b"1"
    return foreign and (key, field, kind) == ("50/non_residente", "codifica_fiscale_creditore", "031")


_TESTA = (all_or_none("RIBA-IB-037", "IB", QUALIFICATORE, "105, 106 e 107-111"),)
_EF = (echo, not_empty, order_count("numero_disposizioni"), record_count, *totals("RIBA-EF-050", "RIBA-EF-051"))
_NEEDS = EF_NEEDS | fields(rIB=" ".join(QUALIFICATORE), r14="causale importo segno abi_banca_assuntrice")

ORDINI = Ruleset(
    conti=ContiRiba,
    needs=_NEEDS
    | fields(
        r14="data_pagamento abi_banca_domiciliataria codice_azienda_creditrice",
        r30="codice_fiscale_cliente",
        r50="codifica_fiscale_creditore",
        r51=" ".join(("numero_ricevuta", *_BOLLO)),
        r70="flag_riba_estera",
    ),
    rules={
        "IB": _TESTA,
        "14": (
            as_head("RIBA-14-037", "14", "abi_banca_assuntrice", "ricevente"),
            sender("RIBA-14-038", "14", "codice_azienda_creditrice"),
            not_zero("RIBA-14-141", "14", "importo"),
            one_per_flow("RIBA-14-032", "14", "causale"),
            scadenza,
            fiscale_debitore,
            fiscal_code("RIBA-50-034", "50", "codifica_fiscale_creditore"),
            not_zero("RIBA-51-031", "51", "numero_ricevuta"),
            bollo,
        ),
        "EF": _EF,
    },
    sending={
        "14": unless(
            "14",
            RICHIAMO,
            past_on_sending("RIBA-14-221", "14", "data_pagamento"),
            closed_day("RIBA-14-220", "14", "data_pagamento"),
        )
    },
    days=("r14_data_pagamento",),
    double=("RIBA-51-999", "51", "numero_ricevuta"),
    group="14",
    specific={
        ("50/non_residente", "filler_51", "036"): "RIBA-50-032",
        ("14", "abi_banca_domiciliataria", "042"): "RIBA-14-042",
        ("14/richiamo", "abi_banca_domiciliataria", "042"): "RIBA-14-042",
    },
    vary=fields(r30="codice_fiscale_cliente"),
    forgive=_forgive,
)

ESITI = Ruleset(
    conti=ContiRiba,
    needs=_NEEDS | fields(r10="importo segno"),
    rules={
        "IB": _TESTA,
        "14": (
            as_head("RIBA-14-037", "14", "abi_banca_assuntrice", "mittente"),
            not_zero("RIBA-14-141", "14", "importo"),
            sign("RIBA-14-047", "14", PAGATE),
            one_per_flow("RIBA-14-036", "14", "causale"),
        ),
        "10": (promemoria,),
        "EF": _EF,
    },
)
