"""Orders of which the bank says nothing: where silence is taken for payment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection, bindparam, select

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
    which = {"azienda_id": azienda_id, "banca": abi, "flusso": flusso, "oggi": oggi}
    for disposizione_id, distinta_id, scadenza in conn.execute(_FALLEN_DUE, which).all():
        if next_banking_day(scadenza, giorni) <= oggi:
            yield disposizione_id, distinta_id


_FALLEN_DUE = (
    select(DISPOSIZIONE.c.id, DISPOSIZIONE.c.distinta_id, DISPOSIZIONE.c.scadenza)
    .where(
        *(DISPOSIZIONE.c[name] == bindparam(name) for name in ("azienda_id", "banca", "flusso")),
        DISPOSIZIONE.c.stato.in_(ALLA_BANCA),
        DISPOSIZIONE.c.causale.not_in(CAUSALI_DI_RICHIAMO),
        DISPOSIZIONE.c.scadenza < bindparam("oggi"),
    )
    .order_by(DISPOSIZIONE.c.id)
)
