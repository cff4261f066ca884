"""The statements of an account that banks sent, one after the other: what an estratto conto is printed from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

from sqlalchemy import ColumnElement, Connection, func, select

from ledger.errors import Refused
from ledger.schema import MOVIMENTO, RAPPORTO

PREFERITI = ("RH", "EC")  # of the movements that both tell, those of the days count


@dataclass(frozen=True)
class Conto:
    """An account of a company, as its bank names it in statements; `iban` is None when the bank does not tell it."""

    azienda_id: int
    abi: str
    cab: str
    conto: str
    iban: str | None
    divisa: str

    @property
    def nome(self) -> str:
        """The IBAN, or the number."""
        return self.iban or self.conto


@dataclass(frozen=True)
class Voce:
    """A movement; `importo` in cents, negative when it is a debit."""

    data_contabile: date
    data_valuta: date | None
    causale: str
    importo: int
    descrizione: str


@dataclass(frozen=True)
class Rendiconto:
    """What a bank told of an account at once: balances in cents, signed; `data` is that of the closing one."""

    data: date
    saldo_iniziale: int
    saldo_finale: int
    voci: tuple[Voce, ...]


def accounts(conn: Connection, azienda_id: int) -> list[Conto]:
    """The accounts that statements of a company speak of, by bank and number."""
    names = ("abi", "cab", "conto", "iban", "divisa")
    columns = [RAPPORTO.c[name] for name in names]
    query = select(*columns).where(RAPPORTO.c.azienda_id == azienda_id, RAPPORTO.c.tipo.in_(PREFERITI)).distinct()
    found: dict[tuple[str, ...], Conto] = {}
    for row in conn.execute(query.order_by(*columns)):  # one that is told with its IBAN and without is one
        key = (row.abi, row.cab, row.conto, row.divisa)
        if key not in found or row.iban:
            found[key] = Conto(azienda_id, *row)
    return list(found.values())


def find(conn: Connection, azienda_id: int, which: str | None = None) -> Conto:
    """The account whose IBAN or number ends so, or the only one there is when none is named.

    Raises Refused when there is none (ESTRATTO-001) or more than one (ESTRATTO-002).
    """
    there = accounts(conn, azienda_id)
    chosen = [each for each in there if which is None or each.nome.endswith(which) or each.conto.endswith(which)]
    if len(chosen) == 1:
        return chosen[0]
    known = ", ".join(f"{each.abi} …{each.conto[-4:]} {each.divisa}" for each in there) or "-"
    hints = (f"Conti di cui ci sono estratti: {known}.", f"Accounts with statements: {known}.")
    refuse = partial(Refused, hint_it=hints[0], hint_en=hints[1])
    if chosen:
        raise refuse("ESTRATTO-002", "Ci sono più conti: indicarne uno.", "Several accounts: name one.")
    raise refuse("ESTRATTO-001", "Di quel conto non ci sono estratti.", "There is no statement of such an account.")


def statements(conn: Connection, conto: Conto, dal: date | None, al: date | None) -> Iterator[Rendiconto]:
    """The statements of an account whose closing balance is of those days, both included, oldest first; one at a time
    is held. The periodic ones (EC) only where there are no daily ones (RH)."""
    mine = [*_of(conto), *_between(dal, al)]
    kinds = set(conn.scalars(select(RAPPORTO.c.tipo).where(*mine).distinct()))
    tipo = next((each for each in PREFERITI if each in kinds), None)
    query = select(RAPPORTO.c.id, RAPPORTO.c.data, RAPPORTO.c.saldo_iniziale, RAPPORTO.c.saldo_finale)
    query = query.where(*mine, RAPPORTO.c.tipo == tipo).order_by(RAPPORTO.c.data, RAPPORTO.c.id)
    for row in conn.execute(query).all():
        yield Rendiconto(row.data, row.saldo_iniziale, row.saldo_finale, tuple(_voci(conn, row.id)))


def many(conn: Connection, conto: Conto, dal: date | None, al: date | None) -> int:
    """How many statements of an account there may be in those days."""
    query = select(func.count(RAPPORTO.c.id)).where(*_of(conto), *_between(dal, al))
    return conn.execute(query).scalar_one()


def _voci(conn: Connection, rapporto_id: int) -> Iterator[Voce]:
    names = ("data_contabile", "data_valuta", "causale", "importo", "descrizione", "segno")
    query = select(*(MOVIMENTO.c[name] for name in names)).where(MOVIMENTO.c.rapporto_id == rapporto_id)
    for row in conn.execute(query.order_by(MOVIMENTO.c.line)):
        cents = row.importo if row.segno == "C" else -row.importo
        yield Voce(row.data_contabile, row.data_valuta, row.causale, cents, row.descrizione)


def _of(conto: Conto) -> list[ColumnElement[bool]]:
    same = ("azienda_id", "abi", "cab", "conto", "divisa")
    return [RAPPORTO.c[name] == getattr(conto, name) for name in same]


def _between(dal: date | None, al: date | None) -> list[ColumnElement[bool]]:
    ends = [] if dal is None else [RAPPORTO.c.data >= dal]
    return ends if al is None else [*ends, RAPPORTO.c.data <= al]
