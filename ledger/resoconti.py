"""Reports on people: who may do what, who did what, who came in or tried to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, select

from ledger import aziende, gruppi, journal, poteri, utenti
from ledger.ports import ROME
from ledger.profilo import Profilo
from ledger.schema import ACCESSO, UTENTE


@dataclass(frozen=True)
class Periodo:
    """The days of Rome from one to another, both included; None for no end."""

    dal: date | None = None
    al: date | None = None

    def holds(self, at: datetime) -> bool:
        """Whether an instant is among these days."""
        starts = None if self.dal is None else datetime.combine(self.dal, time(), ROME)
        ends = None if self.al is None else datetime.combine(self.al + timedelta(days=1), time(), ROME)
        return (starts is None or at >= starts) and (ends is None or at < ends)


SEMPRE = Periodo()


@dataclass(frozen=True)
class Resoconto:
    """A report: its title in Italian and English, its columns, its rows; a cell is a text or an instant."""

    titolo: tuple[str, str]
    colonne: Sequence[str]
    righe: Sequence[Sequence[str | datetime]]


def rights(conn: Connection, azienda_id: int) -> Resoconto:
    """Who may do what in a company: its users, and who of the capogruppo acts as one of them."""
    shares: dict[str, list[str]] = {}
    for each in gruppi.shares(conn, azienda_id):
        shares.setdefault(each.login, []).append(each.persona)
    query = select(UTENTE).where(UTENTE.c.azienda_id == azienda_id).order_by(UTENTE.c.login)
    rows = []
    for row in conn.execute(query).all():
        profilo = Profilo.read(row.profilo)
        rows.append(
            (
                row.login,
                row.stato,
                _power(conn, row.id),
                profilo.amministra,
                " ".join(sorted(map(str, profilo.funzioni))),
                "tutti" if profilo.conti is None else " ".join(profilo.conti),
                _hours(profilo),
                "no" if row.totp_at is None else "si",
                " ".join(shares.get(row.login, ())),
            )
        )
    sia = aziende.get(conn, azienda_id).sia
    columns = ("Utente", "Stato", "Potere", "Amministra", "Funzioni", "Conti", "Orario", "Secondo fattore", "Condivisi")
    return Resoconto((f"Chi può fare che cosa, {sia}", f"Who may do what, {sia}"), columns, rows)


def activity(conn: Connection, azienda_id: int, login: str | None = None, periodo: Periodo = SEMPRE) -> Resoconto:
    """Who did what in a company, as its journal tells it: of one user, whoever acted as them, or of all."""
    if login is not None:
        utenti.named(conn, azienda_id, login)
    sia = aziende.get(conn, azienda_id).sia
    rows = list(_deeds(conn, azienda_id, login, periodo))
    columns = ("Quando", "Chi", "Azione", "Oggetto", "Dati")
    return Resoconto((f"Chi ha fatto che cosa, {sia}", f"Who did what, {sia}"), columns, rows)


def accesses(conn: Connection, azienda_id: int, login: str | None = None, periodo: Periodo = SEMPRE) -> Resoconto:
    """Who came in or tried to, and the outcome; by the login that was typed, which may be nobody's."""
    query = select(ACCESSO).where(ACCESSO.c.azienda_id == azienda_id).order_by(ACCESSO.c.id)
    if login is not None:
        query = query.where(ACCESSO.c.login == login)
    rows = [
        (row.at, row.login, row.di or "", row.funzione or "password", row.esito)
        for row in conn.execute(query)
        if periodo.holds(row.at)
    ]
    sia = aziende.get(conn, azienda_id).sia
    columns = ("Quando", "Utente", "Da", "Funzione", "Esito")
    return Resoconto((f"Accessi, {sia}", f"Accesses, {sia}"), columns, rows)


def _deeds(
    conn: Connection, azienda_id: int, login: str | None, periodo: Periodo
) -> Iterator[tuple[datetime, str, str, str, str]]:
    for event in journal.events(conn, azienda_id):
        dati = json.loads(event["dati"])
        chi, at = dati.get("chi", ""), datetime.fromisoformat(event["at"])
        mine = login is None or journal.login_of(chi) == login
        if chi and mine and periodo.holds(at):
            deed = dati.get("evento") or event["tipo"]
            about = {name: dati[name] for name in ("stato", "tipo", "a", "valore", "persona") if dati.get(name)}
            yield at, chi, deed, event["soggetto"], " ".join(f"{name}={value}" for name, value in about.items())


def _power(conn: Connection, utente_id: int) -> str:
    potere = poteri.of(conn, utente_id)
    above = [f"{each.peso}>{each.importo // 100}.{each.importo % 100:02d}/{periodo}" for periodo, each in potere.soglie]
    return " ".join([str(potere.peso), *above])


def _hours(profilo: Profilo) -> str:
    hours = f"{profilo.dalle}-{profilo.alle}" if profilo.dalle else "00:00-24:00"
    return hours if profilo.festivi else f"{hours} feriali"
