"""How the lines to the banks fare: a state of the work, not of the books, and so no event tells it.

A line that fails `SOGLIA` times in a row is left alone for a while, which doubles at each failure more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ledger.canonico import canonical
from ledger.ports import Ports
from ledger.schema import AZIENDA, LINEA

SOGLIA = 3
PRIMA_PAUSA, PAUSA_MASSIMA = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class StatoLinea:
    """A line as it was left at the instant `at`: failures in a row, when it may be tried again (None: now), and the
    last error by language ("it", "en"; empty when it last worked)."""

    errori: int
    riprova_dal: datetime | None
    errore: Mapping[str, str]
    at: datetime

    def rests(self, now: datetime) -> bool:
        """Whether the line is still to be left alone."""
        return self.riprova_dal is not None and now < self.riprova_dal


def states(conn: Connection) -> dict[tuple[str, str], StatoLinea]:
    """The lines that were ever tried, by company and bank (SIA, ABI)."""
    query = select(AZIENDA.c.sia, LINEA).join(AZIENDA, AZIENDA.c.id == LINEA.c.azienda_id)
    return {
        (row.sia, row.abi): StatoLinea(row.errori, row.riprova_dal, json.loads(row.errore or "{}"), row.at)
        for row in conn.execute(query)
    }


def worked(conn: Connection, ports: Ports, azienda_id: int, abi: str) -> None:
    """Keeps that the line has just worked."""
    _keep(conn, azienda_id, abi, errori=0, riprova_dal=None, errore="", at=ports.clock.now())


def failed(conn: Connection, ports: Ports, azienda_id: int, abi: str, it: str, en: str) -> None:
    """Keeps that the line has just failed, and why."""
    before = conn.scalar(select(LINEA.c.errori).where(*_of(azienda_id, abi))) or 0
    now, errori = ports.clock.now(), before + 1
    riprova_dal = now + pause(errori) if errori >= SOGLIA else None
    errore = canonical({"it": it, "en": en})
    _keep(conn, azienda_id, abi, errori=errori, riprova_dal=riprova_dal, errore=errore, at=now)


def pause(errori: int) -> timedelta:
    """How long a line is left alone after so many failures in a row, `SOGLIA` or more."""
    doublings = min(errori - SOGLIA, (PAUSA_MASSIMA // PRIMA_PAUSA).bit_length())
    return min(PRIMA_PAUSA * (1 << doublings), PAUSA_MASSIMA)


def _keep(conn: Connection, azienda_id: int, abi: str, **values: Any) -> None:
    if not conn.execute(update(LINEA).where(*_of(azienda_id, abi)).values(**values)).rowcount:
        conn.execute(insert(LINEA).values(azienda_id=azienda_id, abi=abi, **values))


def _of(azienda_id: int, abi: str) -> tuple[Any, ...]:
    return LINEA.c.azienda_id == azienda_id, LINEA.c.abi == abi
