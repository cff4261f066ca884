"""What is awaited: flows that are to leave, receipts that have not come, payments that only silence tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from cbi.flows.proprieta import CAUSALI_DI_RICHIAMO
from cbi.validators.calendari import next_banking_day
from ledger.ports import ROME
from ledger.schema import AZIENDA, DISPOSIZIONE, DISTINTA, FIRMA, INTENTO, ITER
from ledger.stati import ALLA_BANCA, Evento, Stato, di_disposizione

INCERTO = "incerto"  # the state of an intent of which nobody knows whether it left


@dataclass(frozen=True)
class InAttesa:
    """A distinta of company `sia`, for bank `abi`, that awaits something since an instant."""

    distinta_id: int
    sia: str
    abi: str
    dal: datetime


def signed(conn: Connection) -> dict[int, InAttesa]:
    """The distinte that are Firmata, by id, with the instant of the last signature."""
    query = (
        select(DISTINTA.c.id, AZIENDA.c.sia, DISTINTA.c.abi, func.max(FIRMA.c.at))
        .join(AZIENDA, AZIENDA.c.id == DISTINTA.c.azienda_id)
        .join(FIRMA, FIRMA.c.distinta_id == DISTINTA.c.id)
        .where(DISTINTA.c.stato == Stato.FIRMATA)
        .group_by(DISTINTA.c.id, AZIENDA.c.sia, DISTINTA.c.abi)
        .order_by(DISTINTA.c.id)
    )
    return {row[0]: InAttesa(*row) for row in conn.execute(query)}


def overdue(conn: Connection, oggi: date) -> list[InAttesa]:
    """The distinte that left, with when, and of which the bank has said nothing for more than one banking day."""
    query = (
        select(DISTINTA.c.id, AZIENDA.c.sia, DISTINTA.c.abi, func.max(ITER.c.at))
        .join(AZIENDA, AZIENDA.c.id == DISTINTA.c.azienda_id)
        .join(ITER, ITER.c.distinta_id == DISTINTA.c.id)
        .where(DISTINTA.c.stato == Stato.INOLTRATA, ITER.c.evento == Evento.INOLTRA, ITER.c.disposizione_id.is_(None))
        .group_by(DISTINTA.c.id, AZIENDA.c.sia, DISTINTA.c.abi)
        .order_by(DISTINTA.c.id)
    )
    left = [InAttesa(*row) for row in conn.execute(query)]
    return [each for each in left if next_banking_day(each.dal.astimezone(ROME).date()) < oggi]


def uncertain(conn: Connection) -> list[tuple[str, str]]:
    """SIA and ABI of each flow of which nobody knows whether it left."""
    query = (
        select(AZIENDA.c.sia, INTENTO.c.abi)
        .join(DISTINTA, DISTINTA.c.id == INTENTO.c.distinta_id)
        .join(AZIENDA, AZIENDA.c.id == DISTINTA.c.azienda_id)
        .where(INTENTO.c.stato == INCERTO)
    )
    return [(sia, abi) for sia, abi in conn.execute(query)]


def silent(
    conn: Connection, azienda_id: int, abi: str, flusso: str, giorni: int, oggi: date
) -> Iterator[tuple[int, int]]:
    """The orders of a kind, with their distinta, that a bank has had and said nothing of for so many banking days after
    they fell due. Requests of recall are not among them."""
    query = (
        select(DISPOSIZIONE.c.id, DISPOSIZIONE.c.distinta_id, DISPOSIZIONE.c.scadenza)
        .where(
            DISPOSIZIONE.c.azienda_id == azienda_id,
            DISPOSIZIONE.c.banca == abi,
            DISPOSIZIONE.c.flusso == flusso,
            DISPOSIZIONE.c.stato.in_(ALLA_BANCA),
            DISPOSIZIONE.c.causale.not_in(CAUSALI_DI_RICHIAMO),
            DISPOSIZIONE.c.scadenza < oggi,
        )
        .order_by(DISPOSIZIONE.c.id)
    )
    for disposizione_id, distinta_id, scadenza in conn.execute(query).all():
        if next_banking_day(scadenza, giorni) <= oggi:
            yield disposizione_id, distinta_id


def may_be_presumed(flusso: str) -> bool:
    """Whether silence is taken for payment, in orders of that kind."""
    return (Stato.INOLTRATA, Evento.PRESUMI) in di_disposizione(flusso)
