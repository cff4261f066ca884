"""The rules of transfers beyond single fields.

Source: the public implementations of the flow, and the rules common to every flow.
"""

from __future__ import annotations

from collections.abc import Sequence

from cbi.flows.pc import ASSEGNI
from cbi.records.pc import Record10
from cbi.validators.calendari import Calendario
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
    fiscal_code,
    iban,
    not_past,
    not_zero,
    one_per_flow,
    past_on_sending,
    reads,
    sender,
    totals,
)
from cbi.validators.rules import NONE, Finding, Ruleset, Valori, echo, not_empty, order_count, record_count

GIROCONTO, GIROFONDI, RIMBORSO = b"34000", b"79000", b"ZV000"
_ASSEGNI = frozenset(way.encode() for way in ASSEGNI)
_DESTINAZIONE = ("codice_abi_banca_destinataria", "codice_cab_banca_destinataria", "conto_destinatario")
_day = Record10.data_esecuzione_disposizione.decode


class ContiPc(ContiDisposizioni):
    """The sums of transfers; the orderer's reference is not to be used twice."""

    def key(self, valori: Valori) -> bytes | None:
        reference: bytes = valori.get("r70_codice_univoco") or b""
        return reference if reference.strip() else None


def _assegno(v: Valori) -> bool:
    return v.get("r10_modalita_di_pagamento") in _ASSEGNI


@reads(fields(r10="modalita_di_pagamento causale"), valued=fields(r10=" ".join(_DESTINAZIONE)))
def destinazione(v: Valori, c: ContiPc) -> Sequence[Finding]:
    """A transfer says where the money goes; a refund to users of R.I.D. may leave the account to the bank."""
    way = v.get("r10_modalita_di_pagamento")
    if way is None or way in _ASSEGNI:
        return NONE
    wanted = _DESTINAZIONE[:2] if v.get("r10_causale") == RIMBORSO else _DESTINAZIONE
    return [
        Finding("PC-10-031", "10", name, "", "")
        for name in wanted
        if (raw := v.get(f"r10_{name}")) is not None and not raw.strip(b" 0")
    ]


@reads(fields(r10="causale"), valued=fields(r10="conto_destinatario codice_azienda"))
def azienda_del_rimborso(v: Valori, c: ContiPc) -> Sequence[Finding]:
    """A refund without account is known by the company that orders it."""
    account, company = v.get("r10_conto_destinatario"), v.get("r10_codice_azienda")
    if v.get("r10_causale") != RIMBORSO or account is None or company is None or account.strip() or company.strip():
        return NONE
    return (Finding("PC-10-033", "10", "codice_azienda", "SIA"),)


@reads(fields(r10="tipo_codice"), valued=fields(r10="codice_cliente_beneficiario"))
def tipo_codice(v: Valori, c: ContiPc) -> Sequence[Finding]:
    """The code of the beneficiary has a type."""
    kind, code = v.get("r10_tipo_codice"), v.get("r10_codice_cliente_beneficiario")
    if kind is None or code is None or kind.strip() or not code.strip():
        return NONE
    return (Finding("PC-10-049", "10", "tipo_codice", "1-6, 9"),)


@reads(fields(r10="causale codice_abi_banca_ordinante codice_abi_banca_destinataria"))
def stessa_banca(v: Valori, c: ContiPc) -> Sequence[Finding]:
    """A giroconto stays within a bank, a girofondi goes to another."""
    ours, theirs = v.get("r10_codice_abi_banca_ordinante"), v.get("r10_codice_abi_banca_destinataria")
    causale = v.get("r10_causale")
    if ours is None or theirs is None or not theirs.strip(b" 0"):
        return NONE
    if causale == GIROCONTO and ours != theirs:
        return (Finding("PC-10-045", "10", "codice_abi_banca_destinataria", ours.decode("latin-1")),)
    if causale == GIROFONDI and ours == theirs:
        return (Finding("PC-10-046", "10", "codice_abi_banca_destinataria", "ABI"),)
    return NONE


@reads(fields(r10="data_esecuzione_disposizione data_valuta_banca_beneficiario"))
def valuta(v: Valori, c: ContiPc) -> Sequence[Finding]:
    """The beneficiary's value date does not come before the execution."""
    execution, value = v.get("r10_data_esecuzione_disposizione"), v.get("r10_data_valuta_banca_beneficiario")
    if execution is None or value is None:
        return NONE
    first, second = _day(execution), _day(value)
    if first is None or second is None or second >= first:
        return NONE
    return (Finding("PC-10-040", "10", "data_valuta_banca_beneficiario", f">= {first:%d%m%y}"),)


@reads(fields(r10="modalita_di_pagamento causale", r17="tipo_record"))
def iban_beneficiario(v: Valori, c: ContiPc) -> Sequence[Finding]:
    """A transfer has the beneficiary's IBAN."""
    way = v.get("r10_modalita_di_pagamento")
    if way is None or way in _ASSEGNI or v.get("r17_tipo_record") or v.get("r10_causale") == RIMBORSO:
        return NONE
    return (Finding("PC-17-021", "10", "modalita_di_pagamento", "17"),)


@reads(fields(r10="modalita_di_pagamento", r40="tipo_record"))
def indirizzo_assegno(v: Valori, c: ContiPc) -> Sequence[Finding]:
    """A cheque has to be sent somewhere."""
    if not _assegno(v) or v.get("r40_tipo_record"):
        return NONE
    return (Finding("PC-40-021", "10", "modalita_di_pagamento", "40"),)


@reads(fields(r17="cin", r70="cin_coordinate_bancaria"))
def cin_beneficiario(v: Valori, c: ContiPc) -> Sequence[Finding]:
    """The CIN of record 70, where it is still written, is that of the IBAN."""
    old, new = v.get("r70_cin_coordinate_bancaria"), v.get("r17_cin")
    if old is None or new is None or not old.strip() or old == new:
        return NONE
    return (Finding("PC-70-038", "70", "cin_coordinate_bancaria", new.decode("latin-1")),)


PC = Ruleset(
    conti=ContiPc,
    needs=EF_NEEDS
    | fields(
        rPC=" ".join(QUALIFICATORE),
        r10="data_esecuzione_disposizione data_valuta_banca_beneficiario causale importo segno"
        " codice_abi_banca_ordinante codice_cab_banca_ordinante conto_ordinante codice_abi_banca_destinataria"
        " codice_cab_banca_destinataria conto_destinatario codice_azienda tipo_codice codice_cliente_beneficiario"
        " modalita_di_pagamento flag_priorita_trattamento_bonifico",
        r16=IBAN_NEEDS,
        r17=f"tipo_record {IBAN_NEEDS}",
        r20="codifica_fiscale",
        r40="tipo_record",
        r70=f"{' '.join(QUALIFICATORE)} codice_univoco cin_coordinate_bancaria",
        rEF="flag_priorita_trattamento_bonifico",
    ),
    rules={
        "PC": (all_or_none("PC-PC-037", "PC", QUALIFICATORE, "105, 106 e 107-111"),),
        "10": (
            as_head("PC-10-037", "10", "codice_abi_banca_ordinante", "ricevente"),
            sender("PC-10-038", "10", "codice_azienda"),
            as_head("PC-10-039", "10", "flag_priorita_trattamento_bonifico"),
            one_per_flow("PC-10-032", "10", "causale"),
            not_zero("PC-10-141", "10", "importo"),
            not_past("PC-10-034", "10", "data_esecuzione_disposizione"),
            valuta,
            destinazione,
            azienda_del_rimborso,
            tipo_codice,
            stessa_banca,
            iban_beneficiario,
            indirizzo_assegno,
            iban("PC-16-034", "PC-16-035", "16"),
            coordinates(
                "PC-16-037",
                "16",
                {
                    "codice_abi": "r10_codice_abi_banca_ordinante",
                    "codice_cab": "r10_codice_cab_banca_ordinante",
                    "numero_conto": "r10_conto_ordinante",
                },
            ),
            iban("PC-17-034", "PC-17-035", "17"),
            coordinates(
                "PC-17-037",
                "17",
                {
                    "codice_abi": "r10_codice_abi_banca_destinataria",
                    "codice_cab": "r10_codice_cab_banca_destinataria",
                    "numero_conto": "r10_conto_destinatario",
                },
            ),
            fiscal_code("PC-20-034", "20", "codifica_fiscale"),
            all_or_none("PC-70-037", "70", QUALIFICATORE, "31, 32 e 33-37"),
            cin_beneficiario,
        ),
        "EF": (
            echo,
            not_empty,
            as_head("PC-EF-037", "EF", "flag_priorita_trattamento_bonifico"),
            order_count("numero_disposizioni"),
            record_count,
            *totals("PC-EF-050", "PC-EF-051"),
        ),
    },
    sending={
        "10": (
            past_on_sending("PC-10-221", "10", "data_esecuzione_disposizione"),
            closed_day("PC-10-220", "10", "data_esecuzione_disposizione", Calendario.TARGET),
            closed_day("PC-10-222", "10", "data_valuta_banca_beneficiario", Calendario.TARGET),
        )
    },
    days=("r10_data_esecuzione_disposizione", "r10_data_valuta_banca_beneficiario"),
    double=("PC-70-999", "70", "codice_univoco"),
    group="10",
    too_few={"60": "PC-60-021"},
    too_many={"60": "PC-60-023"},
    vary=fields(
        r10="importo codice_cab_banca_destinataria conto_destinatario codice_cliente_beneficiario",
        r17="check_digit cin codice_cab numero_conto",
    ),
)
