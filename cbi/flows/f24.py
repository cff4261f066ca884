"""F24: tax delegations and their receipts as flows, and as typed values.

F4 and I4 travel to the bank and differ in their sections; Q4 comes back with the same records and a receipt. A4 and
R4 are frames: what stands between header and trailer is not public and is kept as it came.
Source: public implementations of CBI-F24-001 6.17.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from cbi.fields import ValoreErrato
from cbi.flows.cornice import frame_of
from cbi.flows.disposizione import Disposizione, joined, need
from cbi.flows.model import FROM_BANK, TO_BANK, Flow, Ordine, Supporto, Unit
from cbi.layout import RAW, Record
from cbi.records import f24 as r
from cbi.records.cornice import Corpo

FINESTRA = timedelta(days=25)  # how long before the day of payment a delegation may be sent
ORA = "11:00"  # of Rome, on the day of payment: banks promise nothing of what is sent later


class Sezione(NamedTuple):
    """A section of the form: its lines and its totals.

    `limite` lines at most in a delegation; `numero` and `codice` are the fields of a line that number it and say what
    is paid; `tavola` is the section in the table of tax codes, "" where no table is public; `solo_debito` where
    nothing can be compensated.
    """

    nome: str
    riga: type[Record]
    totali: type[Record]
    limite: int
    numero: str
    codice: str
    tavola: str = ""
    solo_debito: bool = False


SEZIONI = (
    Sezione("Erario", r.Record4001, r.Record4002, 6, "progressivo_tributo", "codice_tributo", "ERARIO"),
    Sezione("INPS", r.Record4003, r.Record4004, 4, "progressivo_contributo", "causale_contributo", "INPS"),
    Sezione("Regioni", r.Record4005, r.Record4006, 4, "progressivo_tributo", "codice_tributo", "REGIONI"),
    Sezione(
        "IMU e tributi locali",
        r.Record4007,
        r.Record4008,
        4,
        "progressivo_tributo",
        "codice_tributo",
        "IMU_TRIBUTI_LOCALI",
    ),
    Sezione("INAIL", r.Record4009, r.Record4010, 3, "progressivo_contributo", "causale"),
    Sezione("altri enti", r.Record4011, r.Record4012, 2, "progressivo_contributo", "causale_contributo"),
    Sezione("accise", r.Record4013, r.Record4014, 7, "progressivo_tributo", "codice_tributo", "ACCISE_MONOPOLI", True),
)
ELIDE = Sezione("ELIDE", r.Record4017, r.Record4018, 28, "progressivo_tributo", "codice_tributo", "ELIDE", True)


def _transitions(head: str, sezioni: tuple[Sezione, ...], *closing: str) -> dict[str, dict[str, str]]:
    """10, 20, sections of lines and totals, 50-01, 50-02, perhaps 50-03, and what closes the order."""
    lines = {sezione.riga.TIPO: sezione.riga.TIPO for sezione in sezioni}
    again = {"10": "10", "EF": "EF"}
    after = {key: key for key in closing} or again
    found = {head: again, "10": {"20": "20"}, "20": lines}
    for sezione in sezioni:
        line, totals = sezione.riga.TIPO, sezione.totali.TIPO
        found |= {line: {line: line, totals: totals}, totals: {**lines, "50-01": "50-01"}}
    found |= {"50-01": {"50-02": "50-02"}, "50-02": {"50-03": "50-03", **after}, "50-03": after}
    return found | dict.fromkeys(closing, again)


def _records(sezioni: tuple[Sezione, ...]) -> dict[str, type[Record]]:
    return {cls.TIPO: cls for sezione in sezioni for cls in (sezione.riga, sezione.totali)}


def _units(sezioni: tuple[Sezione, ...], *closing: str) -> tuple[Unit, ...]:
    singles = tuple(Unit(((key, ""),)) for key in (*_records(sezioni), *closing))
    contribuente = Unit((("10", ""), ("20", "")))
    return (contribuente, *singles, Unit((("50-01", ""), ("50-02", ""), ("50-03", "?"))))


def _same(keys: list[str], raws: list[bytes], context: object) -> list[str]:
    return keys


F4 = Flow(
    name="F4",
    direction=TO_BANK,
    title="Deleghe F24",
    records={
        "F4": r.F4,
        "10": r.Record10,
        "20": r.Record20,
        **_records(SEZIONI),
        "50-01": r.Record5001,
        "50-02": r.Record5002,
        "50-03": r.Record5003,
        "EF": r.EF,
    },
    transitions=_transitions("F4", SEZIONI),
    units=_units(SEZIONI),
    starts=frozenset({"10"}),
    classify=_same,
    amount="saldo_finale_delega",
)

I4 = Flow(
    name="I4",
    direction=TO_BANK,
    title="Deleghe F24 con elementi identificativi",
    records={
        "I4": r.I4,
        "10": r.Record10I4,
        "20": r.Record20I4,
        **_records((ELIDE,)),
        "50-01": r.Record5001I4,
        "50-02": r.Record5002I4,
        "50-03": r.Record5003,
        "EF": r.EFI4,
    },
    transitions=_transitions("I4", (ELIDE,)),
    units=_units((ELIDE,)),
    starts=frozenset({"10"}),
    classify=_same,
    amount="saldo_finale_delega",
)

Q4 = Flow(
    name="Q4",
    direction=FROM_BANK,
    title="Quietanze F24",
    records={
        "Q4": r.Q4,
        "10": r.Record10,
        "20": r.Record20,
        **_records((*SEZIONI, ELIDE)),
        "50-01": r.Record5001,
        "50-02": r.Record5002,
        "50-03": r.Record5003,
        "70": r.Record70,
        "EF": r.EFQ4,
    },
    transitions=_transitions("Q4", (*SEZIONI, ELIDE), "70"),
    units=_units((*SEZIONI, ELIDE), "70"),
    starts=frozenset({"10"}),
    classify=_same,
    amount="saldo_finale_delega",
)

A4 = frame_of("A4", FROM_BANK, "Accettazioni e rifiuti di F24", {"A4": r.A4, RAW: Corpo, "EF": r.EFA4})
R4 = frame_of("R4", TO_BANK, "Revoche di F24", {"R4": r.R4, RAW: Corpo, "EF": r.EFR4})


@dataclass(frozen=True, slots=True)
class Tributo:
    """A line of a delegation. Amounts in cents, one of the two zero; `riferimenti` are its other fields by name."""

    line: int
    sezione: str
    codice: str
    debito: int
    credito: int
    anno: str | None
    riferimenti: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delega(Disposizione):
    """A delegation. `importo` is its balance, `scadenza` the day of payment, the counterparty the taxpayer."""

    protocollo: int
    compensato: int
    intestatario: str
    mittente: str
    tributi: tuple[Tributo, ...]


@dataclass(frozen=True, slots=True)
class Quietanza(Delega):
    """What became of a delegation. `iud` is its identifier, None where the bank did not give all of its parts."""

    esito: str
    motivo: str | None
    supporto: str
    data_supporto: date
    iud: str | None

    @property
    def effetto(self) -> str:
        """What it does to its delegation: refused, where the bank tells why; receipted, where it gives its identifier.

        The code of the outcome itself is not documented."""
        return "refused" if self.motivo else "receipted" if self.iud else "unknown"


def deleghe(supporto: Supporto) -> Iterator[Delega]:
    """The delegations of a flow towards the bank. Raises `ValoreErrato` where a field does not decode."""
    for ordine in supporto.ordini:
        yield Delega(**_common(ordine))


def quietanze(supporto: Supporto) -> Iterator[Quietanza]:
    """The receipts of a flow from the bank. Raises `ValoreErrato` where a field does not decode."""
    sender = str(supporto.header.fields()["mittente"])
    for ordine in supporto.ordini:
        settanta = need(ordine, "70")
        yield Quietanza(
            **_common(ordine),
            esito=settanta["esito_quietanza"],
            motivo=settanta["descrizione_rifiuto"],
            supporto=settanta["nome_supporto_flusso_originario"],
            data_supporto=settanta["data_creazione_flusso_originario"],
            iud=iud_of(settanta, sender),
        )


def iud(abi: str, cab: str, payment: date, progressivo: int) -> str:
    """The identifier of a payment, 24 characters. Raises `ValoreErrato` for parts that do not fit."""
    text = f"B{abi}{cab}{payment:%d%m%y}{progressivo:07d}"
    if len(text) != IUD or not (text.isascii() and text[1:].isdigit()):
        raise ValoreErrato("iud", text, f"di {IUD} caratteri: B, ABI, CAB, data, progressivo", "of 24 characters")
    return text


IUD = 24


def iud_of(settanta: Mapping[str, Any], sender: str) -> str | None:
    """The identifier that record 70 gives the parts of: the ABI is the sender's unless the flag says otherwise.

    None when a part is missing, or is not what a bank should have written.
    """
    own = settanta["flag_posizione_abi_rendicontante"] == "1"
    abi = settanta["abi_banca_passiva_rendicontante"] if own else sender
    cab, number = settanta["sportello_banca_passiva_cab"], settanta["progressivo_assoluto"]
    payment = settanta["data_pagamento"]
    if not abi or not cab or payment is None or number is None:
        return None
    try:
        return iud(abi, cab, payment, number)
    except ValoreErrato:
        return None


def _common(ordine: Ordine) -> dict[str, Any]:
    dieci, venti = need(ordine, "10"), need(ordine, "20")
    versamento, mittente = need(ordine, "50-01"), need(ordine, "50-02")
    return {
        "numero": dieci["numero_progressivo"],
        "line": ordine.line,
        "importo": versamento["saldo_finale_delega"],
        "segno": "+",
        "scadenza": venti["data_di_pagamento"],
        "controparte": joined(dieci, "cognome_o_denominazione", "nome"),
        "codice_fiscale": dieci["codice_fiscale_contribuente"],
        "nostro_abi": versamento["abi_banca_di_addebito_passiva"],
        "nostro_cab": versamento["cab_banca_di_addebito"],
        "nostro_conto": versamento["numero_conto_di_addebito"],
        "protocollo": dieci["numero_protocollo_delega"],
        "compensato": versamento["totale_importi_a_credito_compensati"],
        "intestatario": versamento["codice_fiscale_titolare_conto"],
        "mittente": mittente["denominazione_mittente"],
        "tributi": tuple(_tributi(ordine)),
        "raw": ordine.raw,
    }


_BY_LINE = {sezione.riga.TIPO: sezione for sezione in (*SEZIONI, ELIDE)}
_NOT_REFERENCES = ("tipo_record", "numero_progressivo", "sub_tipo_record", "importo_a_debito", "importo_a_credito")


def _tributi(ordine: Ordine) -> Iterator[Tributo]:
    for record in ordine.records:
        sezione = _BY_LINE.get(record.tipo)
        if sezione is None:
            continue
        values = record.values()
        left = {name: value for name, value in values.items() if name not in (*_NOT_REFERENCES, sezione.codice)}
        yield Tributo(
            line=record.line,
            sezione=sezione.nome,
            codice=values[sezione.codice],
            debito=values["importo_a_debito"],
            credito=values["importo_a_credito"],
            anno=left.pop("anno_di_riferimento", None),
            riferimenti=left,
        )
