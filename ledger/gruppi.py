"""Groups of companies: a capogruppo, its collegate, and who of the capogruppo acts in a collegata as which user.

A person of the capogruppo proves who they are there, with their own password, and has in the collegata the rights of
the user that it shares with them; the journal names both. Nobody acts as two users of one company, or would sign twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from ledger import aziende, journal, utenti
from ledger.aziende import Azienda
from ledger.errors import Refused
from ledger.home import Home
from ledger.journal import COME
from ledger.ports import Ports
from ledger.profilo import Funzione
from ledger.schema import AZIENDA, CONDIVISIONE, GRUPPO, UTENTE
from ledger.utenti import Prova, Utente


@dataclass(frozen=True)
class Condivisione:
    """A person of the capogruppo, as SIA.login, who may act as the user `login` of a collegata."""

    persona: str
    login: str


@dataclass(frozen=True)
class Attore:
    """Who is at work: the user that they are here, the person that they are (another user, of the capogruppo, when
    they act for it), and what the journal calls them."""

    utente: Utente
    persona_id: int
    chi: str


def capogruppo(conn: Connection, azienda_id: int) -> Azienda | None:
    """The capogruppo of a company, if it has one."""
    found = conn.scalar(select(GRUPPO.c.capogruppo_id).where(GRUPPO.c.azienda_id == azienda_id))
    return None if found is None else aziende.get(conn, found)


def shares(conn: Connection, azienda_id: int) -> list[Condivisione]:
    """Who acts in a company as whom, in the order in which it was decided."""
    return [Condivisione(f"{row.sia}.{row.persona}", row.login) for row in conn.execute(_shares(azienda_id)).all()]


def join(conn: Connection, ports: Ports, azienda_id: int, sia: str, *, chi: str) -> None:
    """Put a company under a capogruppo, or ("") under none: what it shares with another one ends.

    Raises Refused when there is no such company (AZIENDA-005), or it would be a group of groups (GRUPPO-001).
    """
    for each in shares(conn, azienda_id):
        unshare(conn, ports, azienda_id, each.persona, chi=chi)
    conn.execute(GRUPPO.delete().where(GRUPPO.c.azienda_id == azienda_id))
    if sia:
        head = aziende.find(conn, sia)
        above, below = capogruppo(conn, head.id), GRUPPO.c.capogruppo_id == azienda_id
        if head.id == azienda_id or above is not None or conn.scalar(select(GRUPPO.c.id).where(below).limit(1)):
            raise Refused(
                "GRUPPO-001",
                f"{sia} non può essere capogruppo di questa azienda: un gruppo ha un solo livello.",
                f"{sia} cannot be the capogruppo of this company: a group has one level only.",
            )
        conn.execute(GRUPPO.insert().values(azienda_id=azienda_id, capogruppo_id=head.id))
    subject = f"azienda:{aziende.get(conn, azienda_id).sia}"
    _note(conn, ports, azienda_id, "gruppo_impostato", subject, capogruppo=sia, chi=chi)


def share(conn: Connection, ports: Ports, azienda_id: int, persona: str, login: str, *, chi: str) -> None:
    """Let a person of the capogruppo (their login there) act as a user of the company.

    Raises Refused when there is no capogruppo (GRUPPO-002), no such user in either (UTENTE-007), or the person acts as
    one already (GRUPPO-003).
    """
    head = _require_head(conn, azienda_id)
    person, user = utenti.named(conn, head.id, persona), utenti.named(conn, azienda_id, login)
    mine = select(CONDIVISIONE.c.id).where(CONDIVISIONE.c.azienda_id == azienda_id)
    if conn.scalar(mine.where(CONDIVISIONE.c.persona_id == person.id)) is not None:
        raise Refused(
            "GRUPPO-003",
            f"{head.sia}.{persona} agisce già come un utente di questa azienda.",
            f"{head.sia}.{persona} acts as a user of this company already.",
            hint_it="Una persona non può essere due utenti: firmerebbe due volte.",
            hint_en="A person cannot be two users: they would sign twice.",
        )
    conn.execute(CONDIVISIONE.insert().values(azienda_id=azienda_id, utente_id=user.id, persona_id=person.id))
    _note(conn, ports, azienda_id, "utente_condiviso", f"utente:{login}", persona=f"{head.sia}.{persona}", chi=chi)


def unshare(conn: Connection, ports: Ports, azienda_id: int, persona: str, *, chi: str) -> None:
    """Let a person, as SIA.login, act in the company no more; Refused (GRUPPO-004) when they do not."""
    rows = conn.execute(_shares(azienda_id)).all()
    found = [row for row in rows if f"{row.sia}.{row.persona}" == persona]
    if not found:
        raise _not_shared(persona)
    conn.execute(CONDIVISIONE.delete().where(CONDIVISIONE.c.id == found[0].id))
    _note(conn, ports, azienda_id, "condivisione_tolta", f"utente:{found[0].login}", persona=persona, chi=chi)


def enter(home: Home, azienda_id: int, login: str, prova: Prova, funzione: Funzione) -> Attore:
    """Who is at work, proved: a user of the company, or a person of the capogruppo who acts as that user.

    Raises Refused as `utenti.authenticate` does, in the company where the person has their password, when there is no
    such company (AZIENDA-005), or the user is not shared with that person (GRUPPO-004).
    """
    if prova.di is None:
        utente = utenti.authenticate(home, azienda_id, login, prova, funzione)
        return Attore(utente, utente.id, utente.login)
    sia, name = prova.di
    with home.read() as conn:
        head = aziende.find(conn, sia)
    person = utenti.authenticate(home, head.id, name, prova, Funzione.REPRESENT)
    persona = f"{sia}.{name}"
    with home.begin() as conn:
        user = utenti.find(conn, azienda_id, login)
        shared = user is not None and _is_shared(conn, azienda_id, user.id, person.id)
        motivo = "" if shared else "non condiviso"
        utenti.record(conn, home.ports, azienda_id, login, motivo, funzione=funzione, di=persona)
    if user is None or not shared:
        raise _not_shared(persona)
    return Attore(user, person.id, f"{persona}{COME}{login}")


def require_still(conn: Connection, ports: Ports, attore: Attore, funzione: Funzione) -> Utente:
    """The user that somebody proved to be, or to act as, a moment ago, as it is now. Raises Refused as `enter` does."""
    utente = utenti.active(conn, ports, attore.utente.id, funzione)
    if attore.persona_id != utente.id:
        utenti.active(conn, ports, attore.persona_id, Funzione.REPRESENT)
        if not _is_shared(conn, utente.azienda_id, utente.id, attore.persona_id):
            raise _not_shared(attore.chi.partition(COME)[0])
    return utente


def _is_shared(conn: Connection, azienda_id: int, utente_id: int, persona_id: int) -> bool:
    mine = {"azienda_id": azienda_id, "utente_id": utente_id, "persona_id": persona_id}
    return conn.scalar(select(CONDIVISIONE.c.id).filter_by(**mine)) is not None


def _shares(azienda_id: int) -> Any:
    """The shares of a company: id, login (of its user), sia and persona (login) of who acts as that user."""
    user, person = UTENTE.alias("mine"), UTENTE.alias("person")
    return (
        select(CONDIVISIONE.c.id, user.c.login, AZIENDA.c.sia, person.c.login.label("persona"))
        .join(user, user.c.id == CONDIVISIONE.c.utente_id)
        .join(person, person.c.id == CONDIVISIONE.c.persona_id)
        .join(AZIENDA, AZIENDA.c.id == person.c.azienda_id)
        .where(CONDIVISIONE.c.azienda_id == azienda_id)
        .order_by(CONDIVISIONE.c.id)
    )


def _require_head(conn: Connection, azienda_id: int) -> Azienda:
    head = capogruppo(conn, azienda_id)
    if head is None:
        raise Refused(
            "GRUPPO-002",
            "L'azienda non ha una capogruppo.",
            "The company has no capogruppo.",
            hint_it="Si indica con: cbi aziende group",
            hint_en="Name it with: cbi aziende group",
        )
    return head


def _not_shared(persona: str) -> Refused:
    return Refused(
        "GRUPPO-004",
        f"{persona} non può agire come quell'utente di questa azienda.",
        f"{persona} may not act as that user of this company.",
        hint_it="Chi agisce come chi: cbi aziende",
        hint_en="Who acts as whom: cbi aziende",
    )


def _note(conn: Connection, ports: Ports, azienda_id: int, tipo: str, soggetto: str, **dati: str) -> None:
    journal.append(conn, azienda_id=azienda_id, tipo=tipo, soggetto=soggetto, dati=dati, at=ports.clock.now())
