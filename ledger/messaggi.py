"""Messages of the banks (SL): which have come, which a person has read, what their lines say.

There is no table of them: the journal tells which supporti of that kind were received, and who marked them. The lines
are in the files, as they came.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import NamedTuple

from sqlalchemy import Connection, and_, or_, select

import cbi
from ledger import archivio, journal
from ledger.errors import Refused
from ledger.home import Home
from ledger.profilo import Funzione
from ledger.schema import JOURNAL
from ledger.utenti import Segreto
from ledger.varco import varco

TIPO = "SL"
RICEVUTO, LETTO = "file_ricevuto", "messaggio_letto"
ELABORATO = "elaborato"  # the verdict on a supporto that was taken


@dataclass(frozen=True)
class Messaggio:
    """A message: supporto `numero` of file `file_id`; `evento` is the number of the event that tells of it, `letto` by
    whom it was marked as read, "" for nobody."""

    evento: int
    file_id: int
    numero: int
    banca: str
    nome_supporto: str
    file: str
    sha256: str
    at: datetime
    letto: str = ""

    @property
    def id(self) -> str:
        """How people call it: file and supporto, "12:1"."""
        return f"{self.file_id}:{self.numero}"


class Linea(NamedTuple):
    """A line of a message: its number in the supporto, and its line in the file, both from 1; what it says; whether it
    is the header or the trailer."""

    numero: int
    line: int
    testo: str
    cornice: bool


@dataclass(frozen=True)
class Taglio:
    """Which part of the lines of a message, in this order: without header and trailer (`senza_cornice`), without the
    first and the last ones, only those that hold a text, columns from one to another (1-based, both included), without
    blanks around, with so many blanks in front."""

    senza_cornice: bool = False
    salta_prime: int = 0
    salta_ultime: int = 0
    contiene: str = ""
    colonne: tuple[int, int] | None = None
    senza_spazi: bool = False
    rientro: int = 0

    def of(self, lines: Iterable[Linea]) -> Iterator[Linea]:
        """The part of the lines of a message, each as it is wanted."""
        kept = [line for line in lines if not (self.senza_cornice and line.cornice)]
        start, end = self.colonne or (1, None)
        for line in kept[self.salta_prime : max(0, len(kept) - self.salta_ultime)]:
            if self.contiene in line.testo:
                text = line.testo[start - 1 : end]
                yield line._replace(testo=" " * self.rientro + (text.strip() if self.senza_spazi else text))


INTERO = Taglio()


def all_(conn: Connection, azienda_id: int, dopo: int = 0) -> list[Messaggio]:
    """The messages of a company that came after an event, in the order in which they came, with whoever read them."""
    about = or_(
        and_(JOURNAL.c.tipo == RICEVUTO, JOURNAL.c.dati.contains(f'"tipo":"{TIPO}"')),
        JOURNAL.c.tipo == LETTO,
    )
    query = select(JOURNAL.c.numero, JOURNAL.c.at, JOURNAL.c.tipo, JOURNAL.c.soggetto, JOURNAL.c.dati)
    query = query.where(JOURNAL.c.azienda_id == azienda_id, JOURNAL.c.numero > dopo, about).order_by(JOURNAL.c.numero)
    found: dict[str, Messaggio] = {}
    for row in conn.execute(query.execution_options(yield_per=1000)):
        dati, about_what = json.loads(row.dati), row.soggetto.partition(":")[2]
        if row.tipo == RICEVUTO:
            came = (row.numero, int(about_what)), datetime.fromisoformat(row.at)
            found |= {each.id: each for each in _told(*came, dati)}
        elif about_what in found:
            found[about_what] = replace(found[about_what], letto=dati["chi"] if dati["letto"] else "")
    return list(found.values())


def _told(where: tuple[int, int], at: datetime, dati: dict[str, object]) -> Iterator[Messaggio]:
    for each in dati["supporti"]:  # type: ignore[attr-defined]
        if each["tipo"] == TIPO and each["verdetto"] == ELABORATO:
            said = {"nome_supporto": each["nome_supporto"], "file": dati["nome"], "sha256": dati["sha256"]}
            yield Messaggio(*where, each["numero"], banca=str(dati["abi"]), at=at, **said)


def get(conn: Connection, azienda_id: int, which: str) -> Messaggio:
    """The message that people call so; Refused (MESSAGGIO-001) when there is none."""
    for each in all_(conn, azienda_id):
        if each.id == which:
            return each
    raise Refused(
        "MESSAGGIO-001",
        f"Il messaggio {which} non esiste.",
        f"There is no message {which}.",
        hint_it="L'elenco: cbi messages",
        hint_en="The list: cbi messages",
    )


def lines(home: Home, messaggio: Messaggio) -> list[Linea]:
    """All the lines of a message, its header and trailer with them. Raises Refused (ARCHIVIO-001, ARCHIVIO-002)."""
    data = archivio.load(home, messaggio.sha256)
    supporto = next(each for each in cbi.read_supporti(BytesIO(data)) if each.numero == messaggio.numero)
    body = [(record, False) for ordine in supporto.ordini for record in ordine.records]
    told = [(supporto.header, True), *body, *([(supporto.coda, True)] if supporto.coda else [])]
    return [Linea(n, each.line, each.raw.decode("latin-1"), frame) for n, (each, frame) in enumerate(told, 1)]


def mark(home: Home, azienda_id: int, which: str, utente: str, password: Segreto, *, letto: bool = True) -> Messaggio:
    """Mark a message as read by a user, or as not read; marking it again so does nothing.

    Raises Refused as the gate does, and when there is no such message (MESSAGGIO-001).
    """
    with varco(home, azienda_id, utente, password, funzione=Funzione.RECONCILE) as lavoro:
        messaggio = get(lavoro.conn, azienda_id, which)
        if bool(messaggio.letto) == letto:
            return messaggio
        journal.append(
            lavoro.conn,
            azienda_id=azienda_id,
            tipo="messaggio_letto",
            soggetto=f"messaggio:{which}",
            dati={"chi": lavoro.chi, "letto": letto},
            at=lavoro.ports.clock.now(),
        )
        return replace(messaggio, letto=lavoro.chi if letto else "")
