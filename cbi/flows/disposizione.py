"""What the typed orders of every flow share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cbi.fields import ValoreErrato
from cbi.flows.model import Ordine

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposizione:
    """An order to collect or to pay, as the company knows it. `importo` in cents.

    `abi`, `cab` and `conto` are those of the counterparty, `nostro_abi` and so on those of the company. What a kind of
    order does not say is left out.
    """

    numero: int
    line: int
    causale: str = ""
    importo: int = 0
    segno: str = ""
    scadenza: date | None = None
    controparte: str = ""
    codice_fiscale: str | None = None
    codice_cliente: str | None = None
    riferimento: str | None = None
    abi: str | None = None
    cab: str | None = None
    conto: str | None = None
    nostro_abi: str
    nostro_cab: str | None = None
    nostro_conto: str | None = None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Promemoria:
    """An accounting memo of an outcome flow: the movement of account that sums up its outcomes."""

    numero: int
    line: int
    causale: str
    importo: int
    segno: str
    data_creazione: date | None
    data_valuta: date | None
    riferimento: str | None
    conto: str | None


def need(ordine: Ordine, tipo: str) -> dict[str, Any]:
    """The values of a record that the order cannot lack. Raises `ValoreErrato`."""
    record = ordine.get(tipo)
    if record is None:
        raise ValoreErrato(tipo, ordine.numero, "presente nella disposizione", "present in the order")
    return record.values()


def maybe(ordine: Ordine, tipo: str) -> dict[str, Any]:
    """The values of a record that the order may lack."""
    record = ordine.get(tipo)
    return {} if record is None else record.values()


def shared(ordine: Ordine, first: Values) -> dict[str, Any]:
    """What every kind says in the same fields of the record, of values `first`, that begins an order."""
    return {
        "numero": first["numero_progressivo"],
        "line": ordine.line,
        "causale": first["causale"],
        "importo": first["importo"],
        "segno": first["segno"],
        "raw": ordine.raw,
    }


def joined(values: Values, *names: str) -> str:
    """The lines of a description as one."""
    return " ".join(values[name] for name in names if values.get(name))


def text_of(ordine: Ordine, tipi: tuple[str, ...], *names: str) -> str | None:
    """The references of an order, whichever of the record types bear them, one record or several."""
    found = (joined(record.values(), *names) for record in ordine.records if record.tipo in tipi)
    return " ".join(part for part in found if part) or None


def promemoria(ordine: Ordine) -> Promemoria:
    """The memo that a pair of records 10 and 70 is."""
    dieci = need(ordine, "10")
    return Promemoria(
        numero=dieci["numero_progressivo"],
        line=ordine.line,
        causale=dieci["causale"],
        importo=dieci["importo"],
        segno=dieci["segno"],
        data_creazione=dieci["data_creazione"],
        data_valuta=dieci["data_valuta"],
        riferimento=dieci["riferimento"],
        conto=dieci.get("numero_conto_movimentato") or dieci.get("conto_del_creditore"),
    )
