"""The register of accounts, and the statements of each as the banks sent them.

An account enters the register with the first statement that speaks of it, or because somebody wrote it there: its card
(scheda). What a person chooses for it is told in the journal, and only that: the rest is made of the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from ledger import aziende, journal
from ledger.canonico import canonical
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import Ports
from ledger.profilo import Funzione, Profilo
from ledger.schema import AZIENDA, RAPPORTO, SCHEDA
from ledger.utenti import Segreto
from ledger.varco import Mandato, varco

CONTO = ("genere", "abi", "cab", "conto", "divisa")
"""What an account is known by, within a company."""
SILENZIO = 60
"""Days without a statement after which an account counts as closed, unless somebody chose others."""
ITALIA = ("IT", "SM")


@dataclass(frozen=True)
class Scelte:
    """What a person chose for an account: its description and place, whether it is shown first (`in_evidenza`), is
    abroad (None: as its IBAN says), was closed by hand; after how many days of silence it counts as closed, 0 for
    never; `a_mano`, that it was entered by hand."""

    descrizione: str = ""
    ordine: int = 0
    in_evidenza: bool = False
    estero: bool | None = None
    chiuso: bool = False
    silenzio: int = SILENZIO
    a_mano: bool = False

    @property
    def plain(self) -> dict[str, Any]:
        """Only what is not as it would be if nobody had chosen."""
        return {name: value for name, value in asdict(self).items() if value != getattr(Scelte, name)}


@dataclass(frozen=True)
class Saldo:
    """The last that a bank said of an account: statement, its kind, its day, its balances in cents; `liquidita` are
    the balances available at days to come. `at`, when it came."""

    rapporto_id: int
    tipo: str
    data: date
    saldo: int | None
    saldo_liquido: int | None
    liquidita: tuple[tuple[date, int], ...]
    descrizione: str
    iban: str | None
    at: datetime


@dataclass(frozen=True)
class Scheda:
    """An account of company `sia`: of which kind, where, what was chosen for it, the last that its bank said (None:
    nothing yet)."""

    id: int
    azienda_id: int
    sia: str
    genere: str
    abi: str
    cab: str
    conto: str
    divisa: str
    scelte: Scelte
    ultimo: Saldo | None

    @property
    def descrizione(self) -> str:
        """One's own, or that of the bank."""
        return self.scelte.descrizione or (self.ultimo.descrizione if self.ultimo else "")

    @property
    def estero(self) -> bool:
        if self.scelte.estero is not None:
            return self.scelte.estero
        iban = self.ultimo.iban if self.ultimo else None
        return iban is not None and not iban.startswith(ITALIA)

    def closed_since(self, oggi: date) -> date | None:
        """The day from which the account counts as closed for want of statements; None while it is fed, or need not
        be."""
        if self.ultimo is None or not self.scelte.silenzio:
            return None
        since = self.ultimo.data + timedelta(days=self.scelte.silenzio)
        return since if since <= oggi else None

    def open_on(self, oggi: date) -> bool:
        return not self.scelte.chiuso and self.closed_since(oggi) is None


# --- the register -----------------------------------------------------------------------------------------------------


def register(conn: Connection, ports: Ports, azienda_id: int, conto: Mapping[str, str]) -> int:
    """The id of the card of an account, given by all of `CONTO`; made, if it was not there."""
    found = _card(conn, azienda_id, conto)
    if found is not None:
        return int(found.id)
    values = {name: conto[name] for name in CONTO}
    row = insert(SCHEDA).values(azienda_id=azienda_id, **values, scelte=None, at=ports.clock.now())
    return int(conn.execute(row.returning(SCHEDA.c.id)).scalar_one())


def list_(conn: Connection, azienda_id: int | None = None) -> list[Scheda]:
    """The accounts of a company or of all: those shown first, then by the place chosen, then by bank and number."""
    query = _cards()
    if azienda_id is not None:
        query = query.where(SCHEDA.c.azienda_id == azienda_id)
    found = [_scheda(row) for row in conn.execute(query)]
    return sorted(found, key=lambda each: (not each.scelte.in_evidenza, each.scelte.ordine, _natural(each)))


def get(conn: Connection, scheda_id: int) -> Scheda:
    """The account of that id; Refused (RAPPORTO-001) when there is none."""
    row = conn.execute(_cards().where(SCHEDA.c.id == scheda_id)).one_or_none()
    if row is None:
        raise no_account(scheda_id)
    return _scheda(row)


def no_account(scheda_id: int) -> Refused:
    return Refused(
        "RAPPORTO-001",
        f"Il rapporto {scheda_id} non è in anagrafica.",
        f"There is no account {scheda_id} in the register.",
        hint_it="I rapporti: cbi accounts",
        hint_en="The accounts: cbi accounts",
    )


def visible(profilo: Profilo, scheda: Scheda | Row[Any]) -> bool:
    """Whether an account is among those that a user may see."""
    if profilo.conti is None:
        return True
    return (scheda.abi, scheda.cab, scheda.conto) in {aziende.check_iban(iban) for iban in profilo.conti}


def _natural(scheda: Scheda) -> tuple[str, ...]:
    return (scheda.sia, scheda.abi, scheda.genere, scheda.cab, scheda.conto, scheda.divisa)


def _cards() -> Select[Any]:
    """Every card with its company and its last statement: of two of a day the daily one, which says more."""
    of = RAPPORTO.alias("ultimo")
    last = (
        select(of.c.id)
        .where(of.c.scheda_id == SCHEDA.c.id)
        .order_by(of.c.data.desc(), of.c.tipo.desc(), of.c.nome_supporto.desc())
        .limit(1)
        .scalar_subquery()
    )
    names = ("tipo", "data", "saldo_finale", "saldo_liquido", "liquidita", "descrizione", "iban", "at")
    told = [RAPPORTO.c[name].label(f"ultimo_{name}") for name in names]
    return (
        select(SCHEDA, AZIENDA.c.sia, RAPPORTO.c.id.label("ultimo_id"), *told)
        .join(AZIENDA, AZIENDA.c.id == SCHEDA.c.azienda_id)
        .outerjoin(RAPPORTO, RAPPORTO.c.id == last)
        .order_by(SCHEDA.c.id)
    )


def _scheda(row: Row[Any]) -> Scheda:
    ultimo = None
    if row.ultimo_id is not None:
        ultimo = Saldo(
            row.ultimo_id,
            row.ultimo_tipo,
            row.ultimo_data,
            row.ultimo_saldo_finale,
            row.ultimo_saldo_liquido,
            tuple((date.fromisoformat(day), cents) for day, cents in json.loads(row.ultimo_liquidita or "[]")),
            row.ultimo_descrizione or "",
            row.ultimo_iban,
            row.ultimo_at,
        )
    where = (row.genere, row.abi, row.cab, row.conto, row.divisa)
    return Scheda(row.id, row.azienda_id, row.sia, *where, Scelte(**json.loads(row.scelte or "{}")), ultimo)


# --- what a person chooses --------------------------------------------------------------------------------------------


def choose(
    home: Home, scheda_id: int, login: str, segreto: Segreto, scelte: Mapping[str, Any], *, dry_run: bool = False
) -> Scheda:
    """Change what is chosen for an account: some fields of `Scelte`, by name. Its card as it then is.

    Raises Refused as the gate does, and when there is no such account (RAPPORTO-001).
    """
    with home.read() as conn:
        azienda_id = get(conn, scheda_id).azienda_id
    with varco(home, azienda_id, login, segreto, funzione=Funzione.RECONCILE, dry_run=dry_run) as lavoro:
        before = get(lavoro.conn, scheda_id)
        if not visible(lavoro.profilo, before):
            raise no_account(scheda_id)
        after = replace(before, scelte=replace(before.scelte, **scelte))
        if after != before:
            _tell(lavoro, after)
        return after


def enter(
    home: Home,
    azienda_id: int,
    login: str,
    segreto: Segreto,
    conto: Mapping[str, str],
    scelte: Mapping[str, Any],
    *,
    dry_run: bool = False,
) -> Scheda:
    """Enter by hand an account that its bank does not feed, given by all of `CONTO`. Its card.

    Raises Refused as the gate does, for a wrong ABI (BANCA-001), and when it is there already (RAPPORTO-002).
    """
    aziende.check_abi(conto["abi"])
    with varco(home, azienda_id, login, segreto, funzione=Funzione.RECONCILE, dry_run=dry_run) as lavoro:
        if _card(lavoro.conn, azienda_id, conto) is not None:
            raise Refused(
                "RAPPORTO-002",
                "Il rapporto è già in anagrafica.",
                "The account is in the register already.",
                hint_it="I rapporti: cbi accounts",
                hint_en="The accounts: cbi accounts",
            )
        scheda_id = register(lavoro.conn, lavoro.ports, azienda_id, conto)
        after = replace(get(lavoro.conn, scheda_id), scelte=Scelte(**{**scelte, "a_mano": True}))
        _tell(lavoro, after)
        return after


def _tell(lavoro: Mandato, scheda: Scheda) -> None:
    which = {name: getattr(scheda, name) for name in CONTO}
    dati = {"chi": lavoro.chi, **which, "scelte": scheda.scelte.plain}
    at = lavoro.ports.clock.now()
    chosen(lavoro.conn, scheda.azienda_id, dati, at)
    journal.append(
        lavoro.conn,
        azienda_id=scheda.azienda_id,
        tipo="rapporto_scelto",
        soggetto=f"rapporto:{key(which)}",
        dati=dati,
        at=at,
    )


def chosen(conn: Connection, azienda_id: int, dati: Mapping[str, Any], at: datetime) -> None:
    """What an event says that was chosen, in the register: the card is made, if no statement has."""
    told = canonical(dati["scelte"])
    if _card(conn, azienda_id, dati) is None:
        which = {name: dati[name] for name in CONTO}
        conn.execute(insert(SCHEDA).values(azienda_id=azienda_id, **which, scelte=told, at=at))
    else:
        conn.execute(update(SCHEDA).where(*_is(azienda_id, dati)).values(scelte=told))


def key(conto: Mapping[str, Any]) -> str:
    """An account as the journal names it."""
    return "/".join(conto[name] for name in CONTO)


def _card(conn: Connection, azienda_id: int, conto: Mapping[str, Any]) -> Row[Any] | None:
    return conn.execute(select(SCHEDA.c.id).where(*_is(azienda_id, conto))).one_or_none()


def _is(azienda_id: int, conto: Mapping[str, Any]) -> tuple[Any, ...]:
    return SCHEDA.c.azienda_id == azienda_id, *(SCHEDA.c[name] == conto[name] for name in CONTO)


# --- the statements ---------------------------------------------------------------------------------------------------


def add(conn: Connection, ports: Ports, values: Mapping[str, Any]) -> int | None:
    """Keep a statement of an account; `values` are columns of the table. Its id, or None when the same is already
    kept: of the same support, or with the same `impronta`, which a re-transmission has under another name."""
    which = ("azienda_id", "tipo", "abi", "cab", "conto", "divisa", "data")
    same = [RAPPORTO.c[name] == values[name] for name in which]
    again = (RAPPORTO.c.nome_supporto == values["nome_supporto"]) | (RAPPORTO.c.impronta == values["impronta"])
    if conn.execute(select(RAPPORTO.c.id).where(*same, again)).first():
        return None
    row = insert(RAPPORTO).values(**values, at=ports.clock.now())
    return int(conn.execute(row.returning(RAPPORTO.c.id)).scalar_one())


@dataclass(frozen=True)
class Estratto:
    """A statement: what it covers (`data_inizio` None: one day, `data`), its balances in cents, the file and the line
    where it begins."""

    id: int
    scheda_id: int
    tipo: str
    nome_supporto: str
    file_id: int
    line: int
    data_inizio: date | None
    data: date
    saldo_iniziale: int | None
    saldo_finale: int | None
    saldo_liquido: int | None


_ESTRATTO = [RAPPORTO.c[each.name] for each in fields(Estratto)]


def statements(conn: Connection, scheda_id: int) -> Iterator[Estratto]:
    """The statements of an account, by the day on which they end; those of a day by kind and name."""
    query = select(*_ESTRATTO).where(RAPPORTO.c.scheda_id == scheda_id)
    ordered = query.order_by(RAPPORTO.c.data, RAPPORTO.c.tipo, RAPPORTO.c.nome_supporto)
    for row in conn.execute(ordered.execution_options(yield_per=1000)):
        yield Estratto(**row._mapping)


def statements_on(conn: Connection, scheda_id: int, giorno: date) -> list[Estratto]:
    """The statements of an account that end on a day: the periodic ones first."""
    query = select(*_ESTRATTO).where(RAPPORTO.c.scheda_id == scheda_id, RAPPORTO.c.data == giorno)
    rows = conn.execute(query.order_by(RAPPORTO.c.tipo, RAPPORTO.c.nome_supporto))
    return [Estratto(**row._mapping) for row in rows]


def ending_on(conn: Connection, scheda_id: int, giorno: date) -> Estratto:
    """The statement of an account that ends on a day, the periodic one if there is; Refused (RAPPORTO-005) for none."""
    found = statements_on(conn, scheda_id, giorno)
    if not found:
        raise Refused(
            "RAPPORTO-005",
            f"Nessun estratto del rapporto {scheda_id} finisce il {giorno:%d/%m/%Y}.",
            f"No statement of account {scheda_id} ends on {giorno:%d/%m/%Y}.",
        )
    return found[0]


def last_before(conn: Connection, scheda_id: int, giorno: date) -> Estratto | None:
    """The last statement that ends before a day and has a balance; None when there is none."""
    query = (
        select(*_ESTRATTO)
        .where(RAPPORTO.c.scheda_id == scheda_id, RAPPORTO.c.data < giorno, RAPPORTO.c.saldo_finale.is_not(None))
        .order_by(RAPPORTO.c.data.desc(), RAPPORTO.c.tipo, RAPPORTO.c.nome_supporto)
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else Estratto(**row._mapping)


def first_statement(conn: Connection, scheda_id: int) -> Estratto | None:
    """The first statement of an account that has an opening balance; None when there is none."""
    begins = func.coalesce(RAPPORTO.c.data_inizio, RAPPORTO.c.data)
    query = (
        select(*_ESTRATTO)
        .where(RAPPORTO.c.scheda_id == scheda_id, RAPPORTO.c.saldo_iniziale.is_not(None))
        .order_by(begins, RAPPORTO.c.tipo, RAPPORTO.c.nome_supporto)
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else Estratto(**row._mapping)
