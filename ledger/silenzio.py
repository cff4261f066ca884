"""Orders of which the bank says nothing: where silence is taken for payment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection, select

from cbi.flows.proprieta import CAUSALI_DI_RICHIAMO
from cbi.validators.calendari import next_banking_day
from ledger.schema import DISPOSIZIONE
from ledger.stati import ALLA_BANCA, Evento, Stato, di_disposizione


def counts(flusso: str) -> bool:
    """Whether silence is taken for payment, in orders of that kind."""
    return (Stato.INOLTRATA, Evento.PRESUMI) in di_disposizione(flusso)


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
