"""What an office wants to know in the morning: balances, what falls due, what came back, what awaits somebody."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from cbi.flows.proprieta import CAUSALI_DI_RICHIAMO
from ledger import libro, outcomes, ritorni
from ledger.aziende import Azienda
from ledger.estratto_conto import PREFERITI
from ledger.libro import Attesa
from ledger.ports import ROME
from ledger.ritorni import Ritorno, Somma
from ledger.schema import BANCA, DISPOSIZIONE, RAPPORTO, total
from ledger.stati import GRUPPI, SENZA_EFFETTO, Stato, vita

ANDAMENTO = timedelta(days=30)  # how far back balances are told
ORIZZONTE = timedelta(days=30)  # how far ahead due dates are
RECENTI = timedelta(days=7)  # how far back what came back is
MOSTRATI = 20  # of what came back, one by one
FASCE = (0, 7, 30)  # ages of exceptions, in days: today, up to 7, up to 30; and those that are older
INCASSI = ("INCASSO", "MAV", "BOLLETTINO")  # groups of kinds by which money comes in
_CONTO = ("abi", "cab", "conto", "divisa")


@dataclass(frozen=True)
class SaldoConto:
    """The balance of an account, in cents, as it was told on the day `data`."""

    conto: str
    iban: str | None
    saldo: int
    data: date


@dataclass(frozen=True)
class SaldoBanca:
    """The accounts of a company with a bank, in one currency. `andamento` is what they came to at the end of each of
    the last days, today included, in cents; None before anything was told of any."""

    abi: str
    nome: str
    divisa: str
    conti: tuple[SaldoConto, ...]
    andamento: tuple[int | None, ...]

    @property
    def saldo(self) -> int:
        """Cents of all its accounts."""
        return sum(conto.saldo for conto in self.conti)


@dataclass(frozen=True)
class Scadenza:
    """What falls due on a day, of a kind, and has not been answered; `incasso` tells whether it brings money in."""

    giorno: date
    flusso: str
    incasso: bool
    somma: Somma


@dataclass(frozen=True)
class Giacenza:
    """Exceptions for one reason, by their ages: one number for each of `FASCE`, and one for what is older."""

    motivo: str
    fasce: tuple[int, ...]


@dataclass(frozen=True)
class Mattino:
    """The morning of a company, on the day `oggi` of Rome."""

    azienda: Azienda
    at: datetime
    oggi: date
    saldi: tuple[SaldoBanca, ...]
    scadenze: tuple[Scadenza, ...]
    ritornati: Somma
    ritorni: tuple[Ritorno, ...]
    firme: tuple[Attesa, ...]
    eccezioni: tuple[Giacenza, ...]

    @property
    def firmatari(self) -> list[str]:
        """Whoever could complete something that awaits signatures."""
        return sorted({login for attesa in self.firme for login in attesa.chi})

    def giorni(self, since: datetime) -> int:
        """Whole days of Rome since an instant."""
        return (self.oggi - since.astimezone(ROME).date()).days


def read(conn: Connection, azienda: Azienda, at: datetime) -> Mattino:
    """The morning of a company at an instant."""
    oggi = at.astimezone(ROME).date()
    return Mattino(
        azienda,
        at,
        oggi,
        tuple(_balances(conn, azienda.id, oggi)),
        tuple(_due(conn, azienda.id, oggi)),
        ritorni.counted(conn, azienda.id, oggi - RECENTI, oggi),
        tuple(ritorni.returned(conn, azienda.id, oggi - RECENTI, oggi, most=MOSTRATI)),
        tuple(sorted(libro.awaited(conn, azienda.id, at), key=lambda attesa: (attesa.distinta.at, attesa.distinta.id))),
        tuple(_exceptions(conn, azienda.id, oggi)),
    )


def _balances(conn: Connection, azienda_id: int, oggi: date) -> Iterator[SaldoBanca]:
    banks = select(BANCA.c.abi, BANCA.c.nome).where(BANCA.c.azienda_id == azienda_id)
    nomi = {row.abi: row.nome for row in conn.execute(banks)}
    told = sorted(_told(conn, azienda_id, oggi), key=lambda row: (row.abi, row.divisa, row.cab, row.conto))
    for (abi, divisa), rows in groupby(told, key=lambda row: (row.abi, row.divisa)):
        conti = defaultdict(list)
        for row in rows:
            conti[row.cab, row.conto].append(row)
        last = [
            SaldoConto(each[-1].conto, each[-1].iban, each[-1].saldo_finale, each[-1].data) for each in conti.values()
        ]
        lines = [tuple(_line(each, oggi)) for each in conti.values()]
        yield SaldoBanca(abi, nomi.get(abi, ""), divisa, tuple(last), tuple(map(_sum, zip(*lines, strict=True))))


def _told(conn: Connection, azienda_id: int, oggi: date) -> list[Row[Any]]:
    """The closing balances of the last days of every account, and the last one before those; oldest first."""
    first = oggi - ANDAMENTO
    mine = and_(RAPPORTO.c.azienda_id == azienda_id, RAPPORTO.c.tipo.in_(PREFERITI))
    before = select(*(RAPPORTO.c[name] for name in _CONTO), func.max(RAPPORTO.c.data).label("data"))
    before = before.where(mine, RAPPORTO.c.data < first).group_by(*(RAPPORTO.c[name] for name in _CONTO))
    last = before.subquery()
    same = and_(*(RAPPORTO.c[name] == last.c[name] for name in (*_CONTO, "data")))
    columns = [RAPPORTO.c[name] for name in (*_CONTO, "iban", "data", "saldo_finale", "id")]
    recent = select(*columns).where(mine, RAPPORTO.c.data >= first, RAPPORTO.c.data <= oggi)
    found = [*conn.execute(recent), *conn.execute(select(*columns).join(last, same).where(mine))]
    return sorted(found, key=lambda row: (row.data, row.id))


def _line(rows: list[Row[Any]], oggi: date) -> Iterator[int | None]:
    """What an account came to at the end of each of the last days: what was told last, up to that day."""
    by_day = {row.data: row.saldo_finale for row in rows}
    saldo = next((row.saldo_finale for row in reversed(rows) if row.data < oggi - ANDAMENTO), None)
    for back in range(ANDAMENTO.days, -1, -1):
        saldo = by_day.get(oggi - timedelta(days=back), saldo)
        yield saldo


def _sum(cents: tuple[int | None, ...]) -> int | None:
    known = [each for each in cents if each is not None]
    return sum(known) if known else None


def _due(conn: Connection, azienda_id: int, oggi: date) -> Iterator[Scadenza]:
    columns = (DISPOSIZIONE.c.scadenza, DISPOSIZIONE.c.flusso, DISPOSIZIONE.c.stato)
    soon = [DISPOSIZIONE.c.scadenza >= oggi, DISPOSIZIONE.c.scadenza <= oggi + ORIZZONTE]
    soon.append(DISPOSIZIONE.c.causale.not_in(CAUSALI_DI_RICHIAMO))
    query = select(*columns, func.count(DISPOSIZIONE.c.id), total(DISPOSIZIONE.c.importo)).group_by(*columns)
    rows = conn.execute(query.where(DISPOSIZIONE.c.azienda_id == azienda_id, *soon).order_by(*columns)).all()
    for (giorno, flusso), same in groupby(rows, key=lambda row: (row[0], row[1])):
        waiting = [row for row in same if _open(flusso, Stato(row.stato))]
        somma = Somma(sum(row[3] for row in waiting), sum(row[4] for row in waiting))
        if somma.numero:
            yield Scadenza(giorno, flusso, GRUPPI[flusso] in INCASSI, somma)


def _open(flusso: str, stato: Stato) -> bool:
    return stato not in SENZA_EFFETTO and stato not in vita(flusso).finali


def _exceptions(conn: Connection, azienda_id: int, oggi: date) -> Iterator[Giacenza]:
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(FASCE) + 1))
    for row in outcomes.eccezioni(conn, azienda_id):
        age = (oggi - row.at.astimezone(ROME).date()).days
        found[row.motivo][bisect_left(FASCE, age)] += 1
    for motivo in sorted(found):
        yield Giacenza(motivo, tuple(found[motivo]))
