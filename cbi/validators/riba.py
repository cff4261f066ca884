"""The rules of Ri.Ba. beyond single fields.

Source: CBI-RIB-001 6.02, and the rules common to every flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cbi.fields import decimal_text
from cbi.records import riba as r
from cbi.validators.comuni import closed_day, fields, past_on_sending, reads, unless
from cbi.validators.coordinates import codice_fiscale_expected, codice_fiscale_ok
from cbi.validators.rules import (
    NONE,
    Conti,
    Finding,
    Rule,
    Ruleset,
    Valori,
    echo,
    not_empty,
    order_count,
    record_count,
)

# Banks whose debtors' fiscal codes are not checked (CBI-RIB-001, record 30 pos. 71-86).
ABI_ESENTI = frozenset(b"03034 03145 03171 03178 03195 03225 03530 06067 08540 03262 03237 03287 03277".split())
RICHIAMO = b"30100"
PAGATA = b"30010"
MAX_PROMEMORIA = 2


@dataclass
class ContiRiba(Conti):
    """Totals by sign, and whether the flow is of recalls."""

    causale: bytes = b""
    memos: int = 0
    memo_total: int = 0

    def accept(self, start: str, valori: Valori) -> None:
        if start == "10":
            self.memos += 1
            self.memo_total += int(valori.get("r10_importo", 0))
            return
        amount = int(valori.get("r14_importo", 0))
        if valori.get("r14_segno") == b"+":
            self.positive += amount
        else:
            self.negative += amount
        self.causale = self.causale or valori.get("r14_causale", b"")

    def key(self, valori: Valori) -> bytes | None:
        number: bytes | None = valori.get("r51_numero_ricevuta")
        return None if number == _ZERO_RECEIPT else number


_ZERO_RECEIPT = b"0" * 10


_due = r.Record14.data_pagamento.decode


# --- header ------------------------------------------------------------------------------------------------


def qualificatore(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """105, 106 and 107-111 are all there or all blank."""
    parts = [
        v.get(f"rIB_{name}", b"x").strip() for name in ("tipo_flusso", "qualificatore_flusso", "soggetto_veicolatore")
    ]
    if all(parts) or not any(parts):
        return NONE
    return (Finding("RIBA-IB-037", "IB", "qualificatore_flusso", "105, 106 e 107-111"),)


# --- orders ------------------------------------------------------------------------------------------------


@reads(fields(r14="abi_banca_assuntrice"))
def abi_assuntrice(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """The collecting bank of every order is the receiver of the flow."""
    return _same(v, "r14_abi_banca_assuntrice", c.head.get("ricevente"), "RIBA-14-037", "abi_banca_assuntrice")


@reads(fields(r14="codice_azienda_creditrice"))
def sia(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """The ordering client may be another company than the sender: seldom on purpose."""
    code = v.get("r14_codice_azienda_creditrice", b"").strip()
    sender = c.head.get("mittente", code)
    if not code or code == sender.strip() or not sender.strip():
        return NONE
    return (Finding("RIBA-14-038", "14", "codice_azienda_creditrice", sender.decode("latin-1"), "testa"),)


@reads(valued=fields(r14="importo"))
def importo(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """An order of nothing is refused."""
    if int(v.get("r14_importo", 1)):
        return NONE
    return (Finding("RIBA-14-141", "14", "importo", "> 0"),)


def mista(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """New orders and recalls never share a flow."""
    causale = v.get("r14_causale")
    if not c.causale or causale is None or (causale == RICHIAMO) == (c.causale == RICHIAMO):
        return NONE
    return (Finding("RIBA-14-032", "14", "causale", c.causale.decode("latin-1"), "testa"),)


@reads(fields(r14="causale data_pagamento"))
def scadenza(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """A new receipt that fell due before the flow was made."""
    raw = v.get("r14_data_pagamento")
    if raw is None or c.created is None or v.get("r14_causale") == RICHIAMO:
        return NONE
    due = _due(raw)
    if due is None or due >= c.created:
        return NONE
    return (Finding("RIBA-14-034", "14", "data_pagamento", f">= {c.created:%d%m%y}", "testa"),)


@reads(fields(r14="abi_banca_domiciliataria"))
def abi_zero(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """00000 is nobody's ABI."""
    if v.get("r14_abi_banca_domiciliataria") != b"00000":
        return NONE
    return (Finding("RIBA-14-042", "14", "abi_banca_domiciliataria", "ABI"),)


@reads(fields(r14="abi_banca_domiciliataria", r30="codice_fiscale_cliente"))
def fiscale_debitore(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """The check character, unless the debtor's bank is one of those exempted."""
    code = v.get("r30_codice_fiscale_cliente")
    if code is None or codice_fiscale_ok(code) or v.get("r14_abi_banca_domiciliataria") in ABI_ESENTI:
        return NONE
    return (Finding("RIBA-30-034", "30", "codice_fiscale_cliente", codice_fiscale_expected(code)),)


@reads(fields(r50="codifica_fiscale_creditore"))
def fiscale_creditore(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """The check character of the creditor's code, where there is one."""
    code = v.get("r50_codifica_fiscale_creditore")
    if code is None or codice_fiscale_ok(code):
        return NONE
    return (Finding("RIBA-50-034", "50", "codifica_fiscale_creditore", codice_fiscale_expected(code)),)


@reads(valued=fields(r51="numero_ricevuta"))
def ricevuta(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """Without a number the outcome cannot find its order."""
    if v.get("r51_numero_ricevuta") != _ZERO_RECEIPT:
        return NONE
    return (Finding("RIBA-51-031", "51", "numero_ricevuta", "> 0"),)


_BOLLO = ("r51_bollo_provincia", "r51_bollo_numero_autorizzazione", "r51_bollo_data_autorizzazione")


@reads(valued=_BOLLO)
def bollo(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """Province, number and date of the authorisation go together."""
    parts = [v[name].strip(b" 0") for name in _BOLLO if name in v]
    if not any(parts) or all(parts) or len(parts) < len(_BOLLO):
        return NONE
    missing = next(name.removeprefix("r51_") for name, part in zip(_BOLLO, parts, strict=True) if not part)
    return (Finding("RIBA-51-037", "51", missing, "41-55, 56-65 e 66-71"),)


# --- outcomes ----------------------------------------------------------------------------------------------


@reads(fields(r14="abi_banca_assuntrice"))
def abi_mittente(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """The collecting bank of every outcome is the sender of the flow."""
    return _same(v, "r14_abi_banca_assuntrice", c.head.get("mittente"), "RIBA-14-037", "abi_banca_assuntrice")


@reads(fields(r14="causale segno"))
def segno(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """`+` only for what was paid."""
    causale, sign = v.get("r14_causale"), v.get("r14_segno")
    if causale is None or sign is None or (sign == b"+") == (causale == PAGATA):
        return NONE
    return (Finding("RIBA-14-047", "14", "segno", "+" if causale == PAGATA else "-"),)


def una_causale(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """One causale per outcome flow."""
    causale = v.get("r14_causale")
    if not c.causale or causale is None or causale == c.causale:
        return NONE
    return (Finding("RIBA-14-036", "14", "causale", c.causale.decode("latin-1"), "testa"),)


def promemoria(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """At most two memos close an outcome flow."""
    if c.memos < MAX_PROMEMORIA:
        return NONE
    return (Finding("RIBA-10-023", "10", "tipo_record", f"<= {MAX_PROMEMORIA}"),)


# --- trailer -----------------------------------------------------------------------------------------------


def totale_negativo(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """The sum of the orders of sign `-`; of an outcome flow, with or without its memos."""
    return _total(v, "tot_importi_negativi", "RIBA-EF-050", c.negative, c.memo_total)


def totale_positivo(v: Valori, c: ContiRiba) -> Sequence[Finding]:
    """The sum of the orders of sign `+`."""
    return _total(v, "tot_importi_positivi", "RIBA-EF-051", c.positive, 0)


def _total(v: Valori, name: str, code: str, total: int, memos: int) -> Sequence[Finding]:
    raw = v.get(f"rEF_{name}")
    if raw is None or int(raw) in (total, total + memos):
        return NONE
    return (Finding(code, "EF", name, decimal_text(total + memos), "testa"),)


def _same(v: Valori, key: str, expected: bytes | None, code: str, name: str) -> Sequence[Finding]:
    value = v.get(key)
    if value is None or expected is None or value == expected:
        return NONE
    return (Finding(code, "14", name, expected.decode("latin-1"), "testa"),)


_EF: tuple[Rule, ...] = (
    echo,
    not_empty,
    order_count("numero_disposizioni"),
    record_count,
    totale_negativo,
    totale_positivo,
)
_EF_NEEDS = (
    *("rEF_mittente", "rEF_ricevente", "rEF_data_creazione", "rEF_nome_supporto", "rEF_numero_disposizioni"),
    *("rEF_numero_record", "rEF_tot_importi_negativi", "rEF_tot_importi_positivi"),
)
_IB_NEEDS = ("rIB_tipo_flusso", "rIB_qualificatore_flusso", "rIB_soggetto_veicolatore")


def _forgive(key: str, field: str, kind: str, valori: Valori) -> bool:
    """The creditor's fiscal code is optional when record 70 says the receipt is a non-resident's (pos. 82 = 1)."""
    foreign = valori.get("r70_flag_riba_estera") == b"1"
    return foreign and (key, field, kind) == ("50/non_residente", "codifica_fiscale_creditore", "031")


ORDINI = Ruleset(
    conti=ContiRiba,
    needs=frozenset(
        (
            *_IB_NEEDS,
            *_EF_NEEDS,
            *("r14_causale", "r14_importo", "r14_segno", "r14_data_pagamento", "r14_abi_banca_assuntrice"),
            *("r14_abi_banca_domiciliataria", "r14_codice_azienda_creditrice", "r30_codice_fiscale_cliente"),
            *("r50_codifica_fiscale_creditore", "r51_numero_ricevuta", "r51_bollo_provincia"),
            *("r51_bollo_numero_autorizzazione", "r51_bollo_data_autorizzazione", "r70_flag_riba_estera"),
        )
    ),
    rules={
        "IB": (qualificatore,),
        "14": (
            abi_assuntrice,
            sia,
            importo,
            mista,
            scadenza,
            abi_zero,
            fiscale_debitore,
            fiscale_creditore,
            ricevuta,
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
    vary=fields(r30="codice_fiscale_cliente"),
    specific={("50/non_residente", "filler_51", "036"): "RIBA-50-032"},
    forgive=_forgive,
)

ESITI = Ruleset(
    conti=ContiRiba,
    needs=frozenset(
        (
            *_IB_NEEDS,
            *_EF_NEEDS,
            *("r14_causale", "r14_importo", "r14_segno", "r14_abi_banca_assuntrice", "r51_numero_ricevuta"),
            "r10_importo",
        )
    ),
    rules={
        "IB": (qualificatore,),
        "14": (abi_mittente, importo, segno, una_causale),
        "10": (promemoria,),
        "EF": _EF,
    },
)
