"""Statements kept: each rapporto once, with its movimenti; what they refer to is found when they are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from cbi import Supporto
from cbi.flows.rendicontazione import Movimento, Rapporto
from ledger import outcomes
from ledger.ports import Ports
from reconcile.conto import Arrivo, Conto

_RAPPORTO = (
    "line",
    "abi",
    "cab",
    "conto",
    "iban",
    "divisa",
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
    "descrizione",
)


def store_rapporti(
    conn: Connection, ports: Ports, arrivo: Arrivo, supporto: Supporto, items: Iterable[Rapporto]
) -> Conto:
    """Keeps the rapporti of an RH or EC supporto. One that is already kept (same account, day and supporto:
    the bank sent it again) is counted and not kept twice."""
    conto = Conto()
    for rapporto in items:
        origin = {"azienda_id": arrivo.azienda_id, "file_id": arrivo.file_id, "tipo": supporto.tipo}
        rapporto_id = outcomes.add_rapporto(
            conn, ports, origin | {"nome_supporto": supporto.identita[3]} | _take(rapporto, _RAPPORTO)
        )
        if rapporto_id is None:
            conto.movimenti_gia_presenti += len(rapporto.movimenti)
            continue
        rows = [{"rapporto_id": rapporto_id} | _take(m, _MOVIMENTO) for m in rapporto.movimenti]
        outcomes.add_movimenti(conn, rows)
        conto.movimenti += len(rows)
    return conto


def _take(source: Rapporto | Movimento, names: Iterable[str]) -> dict[str, Any]:
    values = {name: getattr(source, name) for name in names}
    return {name: "" if value is None and name in _ALWAYS_TEXT else value for name, value in values.items()}
