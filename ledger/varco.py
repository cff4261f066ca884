"""The gate: whoever changes something by hand passes here, and says who they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from ledger import archivio, distinte, utenti
from ledger.home import Home
from ledger.ports import Ports
from ledger.utenti import Utente


@dataclass(frozen=True)
class Lavoro:
    """What someone may do while the gate is open: one transaction, in their name (`chi`, a login).

    `keep` puts a content into the archive and names it by its SHA-256; in a dry run it only names it.
    """

    conn: Connection
    home: Home
    azienda_id: int
    chi: str
    keep: Callable[[bytes], str]

    @property
    def ports(self) -> Ports:
        return self.home.ports


@contextmanager
def varco(home: Home, azienda_id: int, login: str, password: str, *, dry_run: bool = False) -> Iterator[Lavoro]:
    """Open the gate to a user of a company, proved by the password, for one transaction; a dry run undoes it.

    Raises Refused when the user is not who they say (UTENTE-005, UTENTE-006).
    """
    chi = utenti.authenticate(home, azienda_id, login, password)
    with _opened(home, chi, dry_run) as lavoro:
        yield lavoro


def varco_di(
    home: Home, distinta_id: int, login: str, password: str, *, dry_run: bool = False
) -> AbstractContextManager[Lavoro]:
    """The gate to a distinta: that of its company. Raises Refused also when there is none (DISTINTA-001)."""
    with home.read() as conn:
        azienda_id = distinte.get(conn, distinta_id).azienda_id
    return varco(home, azienda_id, login, password, dry_run=dry_run)


@contextmanager
def varco_senza_password(home: Home, distinta_id: int, login: str, *, dry_run: bool = False) -> Iterator[Lavoro]:
    """The gate to a distinta, to a user who is taken at their word. Whoever opens it makes sure, inside, that the
    company wants it so.

    Raises Refused when there is no such distinta (DISTINTA-001) or user (UTENTE-007), or they are disabled
    (UTENTE-006).
    """
    with home.read() as conn:
        chi = utenti.named(conn, distinte.get(conn, distinta_id).azienda_id, login)
    with _opened(home, chi, dry_run) as lavoro:
        yield lavoro


@contextmanager
def _opened(home: Home, chi: Utente, dry_run: bool) -> Iterator[Lavoro]:
    keep = archivio.digest if dry_run else partial(archivio.store, home)
    with home.begin() as conn:
        utenti.active(conn, chi.id)
        yield Lavoro(conn, home, chi.azienda_id, chi.login, keep)
        if dry_run:
            conn.rollback()
