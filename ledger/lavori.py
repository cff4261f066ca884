"""What jobs have done: a row for each time one ran, not in the books and not in the journal.

Two runs of one job, for the same company and bank, are never at work together. A process that dies leaves its run
`in_corso`: whoever comes next finds that nobody is doing it any more and calls it `interrotto`.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, update

from ledger.canonico import canonical
from ledger.errors import Refused
from ledger.ports import ROME, Ports, today
from ledger.schema import LAVORO

IN_CORSO, RIUSCITO, FALLITO, INTERROTTO = "in_corso", "riuscito", "fallito", "interrotto"

LONGEST = timedelta(hours=6)
"""A run of another machine, which cannot be asked, is given up after this long."""

KEPT = timedelta(days=90)
"""How long runs are kept; the last of each job for ever."""


@dataclass(frozen=True)
class Chiave:
    """What a run is of: a job, for one company (None: all) and one bank (None: every one)."""

    nome: str
    azienda_id: int | None = None
    abi: str | None = None


@dataclass(frozen=True)
class Corsa:
    """One time that a job ran. `giorno` is of Rome, `fine` None while it is being done, `chi` the machine and the
    process; `dati` what it did, or why it could not."""

    id: int
    nome: str
    azienda_id: int | None
    abi: str | None
    giorno: date
    inizio: datetime
    fine: datetime | None
    esito: str
    chi: str
    dati: Mapping[str, Any]

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it is being done."""
        return None if self.fine is None else (self.fine - self.inizio).total_seconds()


def here() -> str:
    """The machine and the process at work, as runs name them: `HOST:PID`."""
    return f"{socket.gethostname()}:{os.getpid()}"


def gone(chi: str) -> bool:
    """Whether that process (`HOST:PID`, and `#` what it was given, if anything) is of this machine, and is no more."""
    host, _, pid = chi.partition("#")[0].rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:  # somebody else's: it is there
        return False
    return False


def begin(conn: Connection, ports: Ports, chiave: Chiave, chi: str) -> int:
    """Begin a run, in the name of a process; returns its id. Refused (LAVORO-002) while another is at it."""
    same = (
        LAVORO.c.nome == chiave.nome,
        LAVORO.c.azienda_id.is_not_distinct_from(chiave.azienda_id),
        LAVORO.c.abi.is_not_distinct_from(chiave.abi),
    )
    busy = conn.execute(select(LAVORO).where(LAVORO.c.esito == IN_CORSO, *same)).first()
    if busy is not None:
        since = f"{busy.inizio.astimezone(ROME):%d/%m/%Y %H:%M:%S}"
        raise Refused(
            "LAVORO-002",
            f"Il lavoro {chiave.nome} lo sta già facendo {busy.chi}, dal {since}.",
            f"Job {chiave.nome} is already being done by {busy.chi}, since {since}.",
            hint_it="Attendere che finisca: cbi jobs",
            hint_en="Wait until it has finished: cbi jobs",
        )
    row = {**vars(chiave), "giorno": today(ports), "inizio": ports.clock.now(), "esito": IN_CORSO, "chi": chi}
    return int(conn.execute(insert(LAVORO).values(**row, dati=canonical({})).returning(LAVORO.c.id)).scalar_one())


def end(conn: Connection, ports: Ports, corsa_id: int, esito: str, dati: Mapping[str, Any]) -> Corsa:
    """End a run that was begun: `riuscito` with what it did, or `fallito` with why."""
    values = {"fine": ports.clock.now(), "esito": esito, "dati": canonical(dati)}
    return _corsa(conn.execute(update(LAVORO).where(LAVORO.c.id == corsa_id).values(**values).returning(LAVORO)).one())


def reap(conn: Connection, ports: Ports, chi: str, is_gone: Callable[[str], bool] = gone) -> list[Corsa]:
    """The runs that nobody is doing any more, now `interrotto`: those of a process that is gone, of this very one
    (which does one thing at a time, and is not at it), or that have lasted longer than any does."""
    now = ports.clock.now()
    left = [
        corsa.id
        for corsa in map(_corsa, conn.execute(select(LAVORO).where(LAVORO.c.esito == IN_CORSO)))
        if corsa.chi == chi or is_gone(corsa.chi) or now - corsa.inizio > LONGEST
    ]
    dead = update(LAVORO).where(LAVORO.c.id.in_(left)).values(fine=now, esito=INTERROTTO).returning(LAVORO)
    return [_corsa(row) for row in conn.execute(dead)] if left else []


def last(conn: Connection) -> dict[str, Corsa]:
    """The last run of each job, by name; one that is for several companies or banks has one run for each."""
    newest = select(func.max(LAVORO.c.id)).group_by(LAVORO.c.nome)
    return {row.nome: _corsa(row) for row in conn.execute(select(LAVORO).where(LAVORO.c.id.in_(newest)))}


def last_of_each(conn: Connection) -> list[Corsa]:
    """The last run of each job for each company and bank, in order of id."""
    newest = select(func.max(LAVORO.c.id)).group_by(LAVORO.c.nome, LAVORO.c.azienda_id, LAVORO.c.abi)
    return [_corsa(row) for row in conn.execute(select(LAVORO).where(LAVORO.c.id.in_(newest)).order_by(LAVORO.c.id))]


def last_done(conn: Connection, *nomi: str) -> datetime | None:
    """When one of those jobs last ended well; None for never."""
    done = and_(LAVORO.c.nome.in_(nomi), LAVORO.c.esito == RIUSCITO)
    found: datetime | None = conn.scalar(select(func.max(LAVORO.c.fine)).where(done))
    return found


def counts(conn: Connection) -> dict[tuple[str, str], int]:
    """How many runs are kept, by job and how they ended."""
    query = select(LAVORO.c.nome, LAVORO.c.esito, func.count()).group_by(LAVORO.c.nome, LAVORO.c.esito)
    return {(nome, esito): n for nome, esito, n in conn.execute(query)}


def purge(conn: Connection, before: datetime) -> int:
    """Forget the runs that ended before an instant, except the last of each job for each company and bank; how many."""
    newest = select(func.max(LAVORO.c.id)).group_by(LAVORO.c.nome, LAVORO.c.azienda_id, LAVORO.c.abi)
    return conn.execute(delete(LAVORO).where(LAVORO.c.fine < before, LAVORO.c.id.not_in(newest))).rowcount


def _corsa(row: Row[Any]) -> Corsa:
    return Corsa(**{**row._mapping, "dati": json.loads(row.dati)})
