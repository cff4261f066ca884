"""The rules of statements (RH, EC) beyond single fields.

Source: CBI-RND-001 v6.05, sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cbi.fields import decimal_text
from cbi.validators.comuni import fields, reads
from cbi.validators.coordinates import cin_expected, cin_ok, iban_ok
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
from cbi.validators.tables import CAUSALI_ABI

ASSEGNO = b"13"
RIFERIMENTI = frozenset((b"NROSUPCBI", b"PAYORDREF", b"NRPRATICA", b"NDISTINTA", b"RIFESICBI"))
CAUSALI_FLUSSO = {
    "RH": (b"93001", b"93011"),
    "RA": (b"93002", b"93012"),
    "EC": (b"93003", b"93013"),
    "RP": (b"93004", b"93014"),
}


@dataclass
class ContiRendicontazione(Conti):
    """The account being read: its balance so far, its movements, its date and currency."""

    balance: int | None = None
    movement: int = 0
    divisa: bytes | None = None
    day: bytes | None = None

    def accept(self, start: str, valori: Valori) -> None:
        if start == "62":
            amount = _signed(valori, "r62_segno_movimento", "r62_importo_movimento")
            self.balance = None if amount is None or self.balance is None else self.balance + amount
            self.movement = int(valori.get("progressivo_movimento", self.movement + 1))
        elif start == "61":
            self.balance = _signed(valori, "r61_segno", "r61_saldo_iniziale")
            self.movement = 0
            self.divisa = valori.get("r61_codice_divisa")
            self.day = valori.get("r61_data_contabile")


def _signed(v: Valori, sign: str, amount: str) -> int | None:
    """Cents with their sign, or None when either field is faulty."""
    if sign not in v or amount not in v:
        return None
    cents = int(v[amount].replace(b",", b""))
    return -cents if v[sign] == b"D" else cents


@reads(fields(r61="codice_abi_banca"))
def abi(v: Valori, c: ContiRendicontazione) -> Sequence[Finding]:
    """The bank of every account is the sender of the flow."""
    sender = c.head.get("mittente")
    if sender is None or v.get("r61_codice_abi_banca", sender) == sender:
        return NONE
    return (Finding("CC-61-037", "61", "codice_abi_banca", sender.decode("latin-1"), "testa"),)


_PARTS = (
    "r61_codice_paese",
    "r61_check_digit",
    "r61_cin",
    "r61_codice_abi_banca",
    "r61_cab_banca",
    "r61_conto_corrente",
)


@reads(_PARTS)
def iban(v: Valori, c: ContiRendicontazione) -> Sequence[Finding]:
    """The check digits of the IBAN made of 100-103, 52 and 53-74."""
    parts = [v[name] for name in _PARTS if name in v]
    if len(parts) < len(_PARTS) or iban_ok(*parts):
        return NONE
    return (Finding("CC-61-034", "61", "check_digit", "mod 97"),)


@reads(_PARTS[2:])
def cin(v: Valori, c: ContiRendicontazione) -> Sequence[Finding]:
    """The CIN of the BBAN: a wrong one can pass the check of the IBAN."""
    parts = [v[name] for name in _PARTS[2:] if name in v]
    if len(parts) < len(_PARTS) - 2 or cin_ok(*parts):
        return NONE
    return (Finding("CC-61-035", "61", "cin", cin_expected(*parts[1:])),)


def causale_flusso(flow: str) -> Rule:
    """The causale of the flow, seen as zeros: worth a note only."""

    @reads(fields(r61="causale"))
    def rule(v: Valori, c: ContiRendicontazione) -> Sequence[Finding]:
        causale = v.get("r61_causale")
        if causale is None or causale in CAUSALI_FLUSSO[flow]:
            return NONE
        return (Finding("CC-61-032", "61", "causale", " / ".join(code.decode() for code in CAUSALI_FLUSSO[flow])),)

    return rule


def movimento(v: Valori, c: ContiRendicontazione) -> Sequence[Finding]:
    """Movements are numbered from 001; after 999 they start again."""
    number = v.get("progressivo_movimento")
    if number is None or int(number) == c.movement % 999 + 1:
        return NONE
    return (Finding("CC-62-024", "62", "progressivo_movimento", f"{c.movement % 999 + 1:03d}"),)


@reads(fields(r62="causale_cbi"), valued=fields(r62="numero_assegno"))
def assegno(v: Valori, c: ContiRendicontazione) -> Sequence[Finding]:
    """The number of the cheque is there with causale 13, and only then."""
    causale, number = v.get("r62_causale_cbi"), v.get("r62_numero_assegno")
    if causale is None or number is None or (causale == ASSEGNO) == bool(number.strip()):
        return NONE
    if causale == ASSEGNO:
        return (Finding("CC-62-031", "62", "numero_assegno", "46-61"),)
    return (Finding("CC-62-032", "62", "numero_assegno", "46-61"),)


@reads(fields(r62="tipo_riferimento_cliente"), valued=fields(r62="riferimento_cliente"))
def riferimento(v: Valori, c: ContiRendicontazione) -> Sequence[Finding]:
    """A coded kind of reference wants its reference."""
    kind = v.get("r62_tipo_riferimento_cliente")
    if kind not in RIFERIMENTI or v.get("r62_riferimento_cliente", b"x").strip():
        return NONE
    return (Finding("CC-62-036", "62", "riferimento_cliente", "87-120"),)


@reads(fields(r62="causale_cbi"))
def causale(v: Valori, c: ContiRendicontazione) -> Sequence[Finding]:
    """A causale that the table of the standard does not hold."""
    code = v.get("r62_causale_cbi")
    if code is None or code in CAUSALI_ABI:
        return NONE
    return (Finding("CC-62-034", "62", "causale_cbi", "causali CBI"),)


def data_64(v: Valori, c: ContiRendicontazione) -> Sequence[Finding]:
    """RH: 61 and 64 bear one date. EC: they bound a period."""
    if c.day is None or v.get("r64_data_contabile", c.day) == c.day:
        return NONE
    return (Finding("CC-64-037", "64", "data_contabile", c.day.decode("latin-1"), "rapporto"),)


def divisa_64(v: Valori, c: ContiRendicontazione) -> Sequence[Finding]:
    """61 and 64 bear one currency."""
    raw = v.get("r64_codice_divisa")
    if c.divisa is None or raw is None or raw == c.divisa or not raw.strip():
        return NONE
    return (Finding("CC-64-140", "64", "codice_divisa", c.divisa.decode("latin-1"), "rapporto"),)


def quadratura(v: Valori, c: ContiRendicontazione) -> Sequence[Finding]:
    """Opening balance plus the movements is the closing balance."""
    closing = _signed(v, "r64_segno_saldo_contabile", "r64_saldo_contabile")
    if closing is None or c.balance is None or closing == c.balance:
        return NONE
    return (Finding("CC-64-050", "64", "saldo_contabile", decimal_text(c.balance), "rapporto"),)


_NEEDS = (
    *("rEF_mittente", "rEF_ricevente", "rEF_data_creazione", "rEF_nome_supporto"),
    *("rEF_numero_rendicontazioni", "rEF_numero_record"),
    *(*_PARTS, "r61_causale", "r61_segno", "r61_saldo_iniziale", "r61_codice_divisa", "r61_data_contabile"),
    *("r62_segno_movimento", "r62_importo_movimento", "r62_causale_cbi", "r62_numero_assegno"),
    *("r62_tipo_riferimento_cliente", "r62_riferimento_cliente"),
    *("r64_codice_divisa", "r64_data_contabile", "r64_segno_saldo_contabile", "r64_saldo_contabile"),
)


def _ruleset(flow: str) -> Ruleset:
    return Ruleset(
        conti=ContiRendicontazione,
        needs=frozenset(_NEEDS),
        rules={
            "61": (abi, iban, cin, causale_flusso(flow)),
            "62": (movimento, assegno, riferimento, causale),
            "64": (data_64, divisa_64, quadratura),
            "EF": (echo, not_empty, order_count("numero_rendicontazioni"), record_count),
        },
        too_many={"63": "CC-63-023"},
        vary=frozenset(_PARTS),
    )


RH, EC = _ruleset("RH"), _ruleset("EC")
_EF = (echo, not_empty, order_count("numero_rendicontazioni"), record_count)
RA = Ruleset(
    conti=ContiRendicontazione,
    needs=frozenset(_NEEDS),
    rules={"61": (abi, causale_flusso("RA")), "EF": _EF},
    too_many={"64": "CC-64-023"},
)
RP = Ruleset(
    conti=ContiRendicontazione,
    needs=frozenset(_NEEDS),
    rules={
        "61": (abi, causale_flusso("RP")),
        "62": (movimento, causale),
        "64": (data_64, divisa_64, quadratura),
        "EF": _EF,
    },
    too_many={"63": "CC-63-023"},
)
DT = Ruleset(conti=Conti, needs=frozenset(_NEEDS), rules={"EF": (echo, not_empty, record_count)})
