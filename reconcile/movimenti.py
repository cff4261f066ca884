"""Statements kept: each rapporto once, with its movimenti; what they refer to is found when they are read."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from cbi import Supporto
from cbi.flows.estratti import LETTURE
from cbi.flows.rendicontazione import Movimento, Rapporto
from ledger import detti, rapporti
from ledger.canonico import canonical
from ledger.ports import Ports
from reconcile.conto import Arrivo, Conto
from reconcile.gemelli import settle

_RAPPORTO = (
    "line",
    "abi",
    "cab",
    "conto",
    "iban",
    "divisa",
    "descrizione",
    "data_inizio",
    "data",
    "saldo_iniziale",
    "saldo_finale",
    "saldo_liquido",
)
_ALWAYS_TEXT = ("abi", "cab", "conto", "divisa", "causale")
"""What a bank may leave blank though the standard wants it: kept as empty text."""

_MOVIMENTO = (
    "numero",
    "line",
    "data_valuta",
    "data_contabile",
    "segno",
    "importo",
    "causale",
    "causale_interna",
    "riferimento_banca",
    "tipo_riferimento",
    "riferimento",
    "msg_id",
    "end_to_end",
    "descrizione",
)
_WHERE = ("line", "nome_supporto")  # where it stands in a file, which is no part of what is said


def store_rapporti(
    conn: Connection, ports: Ports, arrivo: Arrivo, supporto: Supporto, items: Iterable[Rapporto]
) -> Conto:
    """Keeps the rapporti of a statement flow, of accounts that enter the register if they were not in it. One that is
    already kept (same account and day, and same supporto or same words: the bank sent it again) is counted and not
    kept twice. Where the periodic statement and the daily one both speak of a day, their movimenti are paired."""
    conto = Conto()
    genere, cards = LETTURE[supporto.flow].genere, dict[tuple[str, ...], int]()
    for rapporto in items:
        values = {"nome_supporto": supporto.identita[3], **_take(rapporto, _RAPPORTO)}
        values["liquidita"] = canonical(rapporto.liquidita) if rapporto.liquidita else None
        which = {"genere": genere, **{name: values[name] for name in ("abi", "cab", "conto", "divisa")}}
        card = tuple(which.values())
        if card not in cards:
            cards[card] = rapporti.register(conn, ports, arrivo.azienda_id, which)
        rows = [_row(m) for m in rapporto.movimenti]
        origin = {"azienda_id": arrivo.azienda_id, "file_id": arrivo.file_id, "tipo": supporto.tipo}
        origin |= {"scheda_id": cards[card], "impronta": _impronta(values, rows)}
        rapporto_id = rapporti.add(conn, ports, origin | values)
        if rapporto_id is None:
            conto.movimenti_gia_presenti += len(rows)
            continue
        detti.add(conn, [{"rapporto_id": rapporto_id, "scheda_id": cards[card]} | row for row in rows])
        settle(conn, cards[card], supporto.tipo, {row["data_contabile"] for row in rows})
        conto.movimenti += len(rows)
    return conto


def _row(movimento: Movimento) -> dict[str, Any]:
    told = list(movimento.strutture)
    return {**_take(movimento, _MOVIMENTO), "dettagli": canonical(told) if told else None}


def _impronta(values: dict[str, Any], rows: Iterable[dict[str, Any]]) -> str:
    """The digest of what a statement says, wherever it stands."""
    digest = sha256()
    for each in (values, *rows):
        digest.update(canonical({name: value for name, value in each.items() if name not in _WHERE}).encode())
    return digest.hexdigest()


def _take(source: Rapporto | Movimento, names: Iterable[str]) -> dict[str, Any]:
    values = {name: getattr(source, name) for name in names}
    return {name: "" if value is None and name in _ALWAYS_TEXT else value for name, value in values.items()}
