"""The gate: whoever changes something by hand passes here, and says who they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from ledger import archivio, distinte, gruppi, utenti, visibili
from ledger.gruppi import Attore
from ledger.home import Home
from ledger.ports import Ports
from ledger.profilo import Funzione, Profilo
from ledger.utenti import Prova, Segreto, Utente


@dataclass(frozen=True)
class Lavoro:
    """What may be done while the gate is open: one transaction, in the name of `chi`.

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

    @property
    def profilo(self) -> Profilo:
        """The rights of who is at work; the machine's own work sees every account."""
        return utenti.OPERATIVO


@dataclass(frozen=True)
class Mandato(Lavoro):
    """The work of a user, proved; `chi` is their login, and `persona_id` their id, unless somebody of the capogruppo
    acts as that user: then it names both, and the id is that of the person, in the capogruppo."""

    utente: Utente
    persona_id: int

    @property
    def profilo(self) -> Profilo:
        return self.utente.profilo


@contextmanager
def varco(
    home: Home, azienda_id: int, login: str, segreto: Segreto, *, funzione: Funzione, dry_run: bool = False
) -> Iterator[Mandato]:
    """Open the gate to a user of a company, proved, for one transaction in which to do `funzione`; a dry run undoes it.

    Raises Refused when the user is not who they say, or may not do that, or not now (UTENTE-005 to UTENTE-011), or a
    person of the capogruppo does not act as that user (GRUPPO-004).
    """
    attore = gruppi.enter(home, azienda_id, login, Prova.of(segreto), funzione)
    with _opened(home, attore, funzione, dry_run) as lavoro:
        yield lavoro


@contextmanager
def varco_di(
    home: Home, distinta_id: int, login: str, segreto: Segreto, *, funzione: Funzione, dry_run: bool = False
) -> Iterator[Mandato]:
    """The gate to a distinta: that of its company. Raises Refused also when there is none, or it is of an account that
    the user may not see (DISTINTA-001)."""
    with home.read() as conn:
        azienda_id = distinte.get(conn, distinta_id).azienda_id
    with varco(home, azienda_id, login, segreto, funzione=funzione, dry_run=dry_run) as lavoro:
        visibili.require(lavoro.conn, lavoro.profilo, distinta_id)
        yield lavoro


@contextmanager
def varco_senza_password(
    home: Home, distinta_id: int, login: str, *, funzione: Funzione, dry_run: bool = False
) -> Iterator[Mandato]:
    """The gate to a distinta, to a user who is taken at their word. Whoever opens it makes sure, inside, that the
    company wants it so.

    Raises Refused when there is no such distinta (DISTINTA-001) or user (UTENTE-007), or as `varco_di` does for what
    the user may do.
    """
    with home.read() as conn:
        chi = utenti.named(conn, distinte.get(conn, distinta_id).azienda_id, login)
    with _opened(home, Attore(chi, chi.id, chi.login), funzione, dry_run) as lavoro:
        visibili.require(lavoro.conn, lavoro.profilo, distinta_id)
        yield lavoro


@contextmanager
def macchina(home: Home, azienda_id: int, chi: str, *, dry_run: bool = False) -> Iterator[Lavoro]:
    """The gate to what nobody does by hand: a job, that signs nothing and decides nothing."""
    with home.begin() as conn:
        yield Lavoro(conn, home, azienda_id, chi, _keep(home, dry_run))
        if dry_run:
            conn.rollback()


@contextmanager
def _opened(home: Home, attore: Attore, funzione: Funzione, dry_run: bool) -> Iterator[Mandato]:
    with home.begin() as conn:
        utente = gruppi.require_still(conn, home.ports, attore, funzione)
        who = (utente, attore.persona_id)
        yield Mandato(conn, home, utente.azienda_id, attore.chi, _keep(home, dry_run), *who)
        if dry_run:
            conn.rollback()


def _keep(home: Home, dry_run: bool) -> Callable[[bytes], str]:
    kept: set[str] = set()  # a file of one supporto is often the very bytes that leave

    def keep(data: bytes) -> str:
        sha256 = archivio.digest(data)
        if sha256 not in kept:
            kept.add(archivio.store(home, data))
        return sha256

    return archivio.digest if dry_run else keep
