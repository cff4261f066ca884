"""What has all or some of its signatures and has not left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from ledger.schema import AZIENDA, DISTINTA, FIRMA
from ledger.stati import Stato


@dataclass(frozen=True)
class Firmata:
    """A distinta of company `sia`, for bank `abi`, that has not left; `at` is the instant of its last signature."""

    distinta_id: int
    sia: str
    abi: str
    at: datetime


def signed(conn: Connection) -> dict[int, Firmata]:
    """The distinte that are Firmata, by id."""
    query = (
        select(DISTINTA.c.id, AZIENDA.c.sia, DISTINTA.c.abi, func.max(FIRMA.c.at))
        .join(AZIENDA, AZIENDA.c.id == DISTINTA.c.azienda_id)
        .join(FIRMA, FIRMA.c.distinta_id == DISTINTA.c.id)
        .where(DISTINTA.c.stato == Stato.FIRMATA)
        .group_by(DISTINTA.c.id, AZIENDA.c.sia, DISTINTA.c.abi)
        .order_by(DISTINTA.c.id)
    )
    return {row[0]: Firmata(*row) for row in conn.execute(query)}
