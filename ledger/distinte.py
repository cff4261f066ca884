"""Distinte and their disposizioni: looking them up, and moving them along their tables of states."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, Select, Update, and_, bindparam, case, func, or_, select

from ledger import archivio, journal
from ledger.canonico import canonical
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import Ports
from ledger.schema import AZIENDA, DIAGNOSTICA, DISPOSIZIONE, DISTINTA, FIRMA, ITER, UTENTE, total
from ledger.stati import SENZA_EFFETTO, Evento, Stato, di_disposizione, di_distinta, next_state, vita

COPERTI = ("sha256", "numero_disposizioni", "totale")  # what a signature covers
NOME_LIBERO = (Stato.CON_ERRORI, Stato.SCARTATA, Stato.ELIMINATA)
IMPORTA, CREA, COPIA = "importa", "crea", "copia"
RICHIAMO_DI = "richiamo_di"  # in the first line of the iter of a recall: the ids of the orders it asks back
NASCITE = (IMPORTA, CREA, COPIA)  # how a distinta comes to be, as its iter says it
SOGLIA = 100  # what the weights of the signatures must reach for a distinta to leave


@dataclass(frozen=True)
class Distinta:
    """One supporto logico on its way to a bank; `totale` in cents, `sha256` of the exact bytes that leave.

    `nostro_abi` and so on are the account of the company, None where its orders are of several. `revisione` counts how
    many times its bytes were made, or its signatures voided; `firmato` is the sum of the weights of the signatures
    given since, on exactly those bytes, count and total.
    """

    id: int
    azienda_id: int
    file_id: int | None
    origine: str
    numero_supporto: int
    line: int
    flusso: str
    tipo: str
    abi: str
    nome_supporto: str
    data_creazione: date | None
    divisa: str
    nostro_abi: str | None
    nostro_cab: str | None
    nostro_conto: str | None
    sha256: str
    numero_disposizioni: int
    totale: int
    revisione: int
    stato: Stato
    at: datetime
    firmato: int

    @property
    def alive(self) -> bool:
        """Whether its supporto's name is taken: not so when it cannot leave, or the bank refused it."""
        return self.stato not in NOME_LIBERO

    @property
    def completa(self) -> bool:
        """Whether the signatures reach 100."""
        return self.firmato >= SOGLIA


@dataclass(frozen=True)
class Disposizione:
    """One order; `importo` in cents, `raw` its records. `distinta_id` is None when it is loose.

    `chiave` is what its outcome will be known by, `banca` the ABI of the bank it is for; `abi`, `cab` and `conto` are
    those of the counterparty, `nostro_abi` and so on those of the company.
    """

    id: int
    azienda_id: int
    distinta_id: int | None
    flusso: str
    banca: str
    numero: int
    line: int
    causale: str
    importo: int
    segno: str
    scadenza: date | None
    chiave: str
    controparte: str
    codice_fiscale: str | None
    codice_cliente: str | None
    riferimento: str | None
    abi: str | None
    cab: str | None
    conto: str | None
    nostro_abi: str | None
    nostro_cab: str | None
    nostro_conto: str | None
    stato: Stato
    raw: bytes


def get(conn: Connection, distinta_id: int) -> Distinta:
    """The distinta of that id; Refused (DISTINTA-001) when there is none."""
    row = conn.execute(_BY_ID, {"id": distinta_id}).one_or_none()
    if row is None:
        raise no_distinta(distinta_id)
    return _distinta(row)


def list_(conn: Connection, *, azienda_id: int | None = None, stato: Stato | None = None) -> list[Distinta]:
    """The distinte in order of id, of all or of one company, in any or in one state."""
    every = select(AZIENDA.c.id)  # of all the companies: the index of states is theirs, one by one
    mine = DISTINTA.c.azienda_id.in_(every) if azienda_id is None else DISTINTA.c.azienda_id == azienda_id
    query = _distinte().where(mine).order_by(DISTINTA.c.id)
    if stato is not None:
        query = query.where(DISTINTA.c.stato == stato)
    return [_distinta(row) for row in conn.execute(query)]


def ready(conn: Connection) -> list[Distinta]:
    """The distinte that may leave: Firmata, with signatures that reach 100."""
    return [distinta for distinta in list_(conn, stato=Stato.FIRMATA) if distinta.completa]


def not_before(conn: Connection, distinta: Distinta) -> date | None:
    """The day before which the bank does not take a distinta: so long before the last of its due dates; none for most
    kinds, which may be sent as early as one likes."""
    anticipo = vita(distinta.flusso).anticipo
    last = None if anticipo is None else due_dates(conn, distinta.id)[1]
    return None if anticipo is None or last is None else last - anticipo


def find_by_supporto(
    conn: Connection,
    azienda_id: int,
    abi: str,
    nome_supporto: str,
    tipo: str | None = None,
    data_creazione: date | None = None,
) -> Distinta | None:
    """The distinta that went to a bank under that name: of several (the earlier ones refused or faulty), the
    one that is alive, else the latest."""
    query = _BY_NAME
    if tipo is not None:
        query = query.where(DISTINTA.c.tipo == tipo)
    if data_creazione is not None:
        query = query.where(DISTINTA.c.data_creazione == data_creazione)
    named = {"azienda_id": azienda_id, "abi": abi, "nome_supporto": nome_supporto}
    row = conn.execute(query, named).one_or_none()
    return None if row is None else _distinta(row)


def orders(conn: Connection, distinta_id: int) -> Iterator[Disposizione]:
    """The disposizioni of a distinta, in order."""
    for row in conn.execute(_ORDERS, {"distinta_id": distinta_id}):
        yield _disposizione(row)


def loose(conn: Connection, *, azienda_id: int | None = None) -> list[Disposizione]:
    """The orders that are in no distinta and wait to be put into one, in order of id."""
    query = select(DISPOSIZIONE).where(
        DISPOSIZIONE.c.distinta_id.is_(None), DISPOSIZIONE.c.stato == Stato.INSERITA, *_of(azienda_id)
    )
    return [_disposizione(row) for row in conn.execute(query.order_by(DISPOSIZIONE.c.id))]


def order(conn: Connection, disposizione_id: int) -> Disposizione:
    """The disposizione of that id; Refused (DISPOSIZIONE-001) when there is none."""
    row = conn.execute(_ORDER, {"id": disposizione_id}).one_or_none()
    if row is None:
        raise no_order(f"{disposizione_id}")
    return _disposizione(row)


def numbered(conn: Connection, distinta_id: int, numero: int) -> Disposizione:
    """The order of that progressive in a distinta; Refused (DISPOSIZIONE-001) when there is none."""
    here = (DISPOSIZIONE.c.distinta_id == distinta_id, DISPOSIZIONE.c.numero == numero)
    row = conn.execute(select(DISPOSIZIONE).where(*here)).one_or_none()
    if row is None:
        raise no_order(f"{distinta_id}:{numero}")
    return _disposizione(row)


def no_distinta(distinta_id: int) -> Refused:
    """What is said of a distinta that is not there (DISTINTA-001)."""
    return Refused(
        "DISTINTA-001",
        f"La distinta {distinta_id} non esiste.",
        f"There is no distinta {distinta_id}.",
        hint_it="L'elenco: cbi distinte",
        hint_en="The list: cbi distinte",
    )


def no_order(which: str) -> Refused:
    """What is said of an order that is not there (DISPOSIZIONE-001)."""
    return Refused(
        "DISPOSIZIONE-001",
        f"La disposizione {which} non esiste.",
        f"There is no order {which}.",
        hint_it="Quelle di una distinta: cbi distinte show ID; quelle sciolte: cbi distinte loose",
        hint_en="Those of a distinta: cbi distinte show ID; the loose ones: cbi distinte loose",
    )


def find_orders(
    conn: Connection,
    azienda_id: int,
    flusso: str,
    chiave: str,
    importo: int,
    scadenza: date | None,
    *,
    causale: str,
) -> list[Disposizione]:
    """The orders of a company with that key and causale, in order of id."""
    query = select(DISPOSIZIONE).where(
        DISPOSIZIONE.c.azienda_id == azienda_id,
        DISPOSIZIONE.c.flusso == flusso,
        DISPOSIZIONE.c.chiave == chiave,
        DISPOSIZIONE.c.importo == importo,
        DISPOSIZIONE.c.scadenza.is_not_distinct_from(scadenza),
        DISPOSIZIONE.c.causale == causale,
    )
    return [_disposizione(row) for row in conn.execute(query.order_by(DISPOSIZIONE.c.id))]


def doubles(conn: Connection, distinta_id: int) -> list[tuple[Disposizione, Disposizione]]:
    """The orders of a distinta that were seen before, each with the first of the others.

    The same order: same kind, causale, key, amount, due date and counterparty (codice fiscale, else name). What was
    refused, or could not leave, does not count.
    """
    pairs = conn.execute(_DOUBLES, {"distinta_id": distinta_id}).all()
    return [(order(conn, row.id), order(conn, row.before)) for row in pairs]


def _doubles() -> Select[Any]:
    mine, before = DISPOSIZIONE.alias("mine"), DISPOSIZIONE.alias("before")
    key = ("azienda_id", "flusso", "chiave", "importo", "causale")
    same = [mine.c[name] == before.c[name] for name in key]
    same.append(mine.c.scadenza.is_not_distinct_from(before.c.scadenza))
    parties = [func.coalesce(side.c.codice_fiscale, side.c.controparte) for side in (mine, before)]
    here: BindParameter[int] = bindparam("distinta_id")
    elsewhere = or_(before.c.distinta_id.is_(None), before.c.distinta_id != here, before.c.id < mine.c.id)
    return (
        select(mine.c.id, func.min(before.c.id).label("before"))
        .join(before, and_(*same, before.c.id != mine.c.id, elsewhere))
        .where(mine.c.distinta_id == here, parties[0] == parties[1])
        .where(before.c.stato.not_in(SENZA_EFFETTO))
        .group_by(mine.c.id)
        .order_by(mine.c.id)
    )


def payload(home: Home, conn: Connection, distinta_id: int) -> bytes:
    """The exact bytes that leave; Refused (ARCHIVIO-001, ARCHIVIO-002) when they are not those imported."""
    return archivio.load(home, get(conn, distinta_id).sha256)


def apply(
    conn: Connection,
    ports: Ports,
    distinta_id: int,
    evento: Evento,
    *,
    chi: str,
    dati: Mapping[str, Any] | None = None,
) -> Stato:
    """Move a distinta, and those of its orders of which the bank has said nothing, by an event. Returns the new state.

    The change is in the iter and in the journal, with who (`chi`) and why (`dati`: whatever has a canonical
    form).

    Raises Refused when the table does not allow it (STATO-001) or it would leave unsigned (FIRMA-001).
    """
    distinta = get(conn, distinta_id)
    a = next_state(di_distinta(distinta.flusso), distinta.stato, evento)
    if evento is Evento.INOLTRA:
        require_complete(distinta)
    conn.execute(_MOVE, {"distinta": distinta_id, "stato": a})
    moved = _move_orders(conn, distinta, evento)
    _note(conn, ports, distinta.azienda_id, distinta_id, None, (evento, distinta.stato, a), chi, dati, ordini=moved)
    return a


def _move_orders(conn: Connection, distinta: Distinta, evento: Evento) -> list[tuple[str, str]]:
    """Moves the orders that an event of their distinta moves; from which state to which."""
    ways = _ways(distinta.flusso, evento)
    found = conn.scalars(_STATES, {"distinta_id": distinta.id}).all()
    moved = [(da, ways[da]) for da in sorted(found) if da in ways]
    if moved:
        conn.execute(_moves(*moved), {"distinta": distinta.id})
    return moved


@cache
def _ways(flusso: str, evento: Evento) -> Mapping[str, str]:
    """Where an event of their distinta takes the orders, by state; those of which the bank has said something stay."""
    said = vita(flusso).dette
    return {str(da): str(a) for (da, each), a in di_disposizione(flusso).items() if each is evento and da not in said}


@cache
def _moves(*moved: tuple[str, str]) -> Update:
    """The orders of a distinta from these states to those, all at once."""
    stato = DISPOSIZIONE.c.stato
    here = (DISPOSIZIONE.c.distinta_id == bindparam("distinta"), or_(*(stato == da for da, _ in moved)))
    return DISPOSIZIONE.update().where(*here).values(stato=case(dict(moved), value=stato))


def apply_order(
    conn: Connection,
    ports: Ports,
    disposizione_id: int,
    evento: Evento,
    *,
    chi: str,
    dati: Mapping[str, Any] | None = None,
) -> Stato:
    """Move one order by an event, as `apply` does; Refused (STATO-001) when the table does not allow it."""
    found = order(conn, disposizione_id)
    a = next_state(di_disposizione(found.flusso), found.stato, evento)
    conn.execute(_MOVE_ORDER, {"disposizione": disposizione_id, "stato": a})
    where, step = found.distinta_id, (evento, found.stato, a)
    _note(conn, ports, found.azienda_id, where, disposizione_id, step, chi, dati, distinta=where)
    return a


def require_complete(distinta: Distinta) -> None:
    """Refused (FIRMA-001) unless the signatures on exactly these bytes reach 100: the gate to the bank."""
    if not distinta.completa:
        raise Refused(
            "FIRMA-001",
            f"La distinta {distinta.id} è firmata per {distinta.firmato} su {SOGLIA}: non può partire.",
            f"Distinta {distinta.id} is signed for {distinta.firmato} of {SOGLIA}: it cannot leave.",
            hint_it=f"Chi deve ancora firmare: cbi sign {distinta.id} --user UTENTE",
            hint_en=f"Whoever has yet to sign: cbi sign {distinta.id} --user USER",
        )


def insert(conn: Connection, values: Mapping[str, Any]) -> int:
    """A new distinta, Inserita; `values` are columns of the table. Its id: its iter is still to be begun."""
    row = {**values, "stato": Stato.INSERITA}
    return int(conn.execute(_NEW, row).scalar_one())


def begin_iter(
    conn: Connection, ports: Ports, distinta_id: int, *, nascita: str, chi: str, dati: Mapping[str, Any]
) -> None:
    """The first line of the iter of a distinta just inserted: all that it was when it came to be."""
    row = conn.execute(_AS_BORN, {"id": distinta_id}).one()
    born = {name: value for name, value in row._mapping.items() if name not in ("id", "stato", "at")}
    step = (nascita, "", row.stato)
    _note(conn, ports, row.azienda_id, distinta_id, None, step, chi, {**born, **dati}, at=row.at)


def composed(conn: Connection, distinta_id: int) -> dict[str, Any]:
    """Digest, number of orders and total of a distinta as its iter says they were when its bytes were last made."""
    dati = json.loads(conn.scalars(_COMPOSED, {"distinta_id": distinta_id}).one())
    return {key: dati[key] for key in COPERTI}


def makers(conn: Connection, distinta_id: int) -> set[str]:
    """Who made the bytes of a distinta, or changed them since: logins, and the words of the program for itself."""
    query = select(ITER.c.chi).where(*_made(), ITER.c.distinta_id == distinta_id)
    return {journal.login_of(chi) for chi in conn.scalars(query.distinct())}


def recalled_by(conn: Connection, distinta_id: int) -> list[int]:
    """The ids of the orders that a distinta asks back; none unless it was made to recall."""
    query = select(ITER.c.dati).where(ITER.c.distinta_id == distinta_id).order_by(ITER.c.id).limit(1)
    return [*json.loads(conn.scalars(query).one()).get(RICHIAMO_DI, [])]


def give_up_recall(conn: Connection, ports: Ports, distinta_id: int, *, chi: str) -> None:
    """The orders that a distinta asks back, if it does, are asked back no more: it did not get to the bank."""
    for each in recalled_by(conn, distinta_id):
        asked = order(conn, each)
        if asked.stato is Stato.RICHIAMO_CHIESTO and asked.distinta_id is not None:
            apply_order(conn, ports, each, Evento.RINUNCIA, chi=chi, dati={"richiamo": distinta_id})
            if get(conn, asked.distinta_id).stato is Stato.RICEVUTA_BANCA:
                apply_order(conn, ports, each, Evento.RICEVI, chi=chi)


def iter_of(conn: Connection, distinta_id: int) -> list[Row[Any]]:
    """The iter of a distinta and of its orders (disposizione_id; none: the whole), oldest first."""
    query = select(ITER).where(ITER.c.distinta_id == distinta_id).order_by(ITER.c.id)
    return list(conn.execute(query))


def iter_of_order(conn: Connection, disposizione_id: int) -> list[Row[Any]]:
    """The iter of one order, oldest first: its own steps, and those of its distinta while it was there."""
    own = ITER.c.disposizione_id == disposizione_id
    mine = conn.execute(select(ITER).where(own).order_by(ITER.c.id)).all()
    places = {row.distinta_id for row in mine} | {order(conn, disposizione_id).distinta_id}
    whole = and_(ITER.c.disposizione_id.is_(None), ITER.c.distinta_id.in_(places - {None}))
    entered = {row.distinta_id for row in mine if row.evento == Evento.AGGREGA}
    inside, steps = places - entered, []
    for row in conn.execute(select(ITER).where(or_(own, whole)).order_by(ITER.c.id)):
        if row.evento == Evento.AGGREGA:
            inside.add(row.distinta_id)
        if row.disposizione_id is not None or row.distinta_id in inside:
            steps.append(row)
        if row.evento == Evento.DISAGGREGA:
            inside.discard(row.distinta_id)
    return steps


def signatures(conn: Connection, distinta_id: int) -> list[Row[Any]]:
    """The signatures on a distinta: login, peso, sha256, at, and `vale`: on the bytes as they are now."""
    return list(conn.execute(_SIGNATURES, {"distinta_id": distinta_id}))


def due_dates(conn: Connection, distinta_id: int) -> tuple[date | None, date | None]:
    """The first and the last due date of the orders of a distinta; none when they could not be read."""
    scadenza = DISPOSIZIONE.c.scadenza
    ends = select(func.min(scadenza), func.max(scadenza)).where(DISPOSIZIONE.c.distinta_id == distinta_id)
    first, last = conn.execute(ends).one()
    return first, last


def diagnostics(conn: Connection, distinta_id: int) -> list[Row[Any]]:
    """What the checks said of a distinta: codice, gravita, line, dati (the whole diagnostic, JSON)."""
    query = select(DIAGNOSTICA).where(DIAGNOSTICA.c.distinta_id == distinta_id).order_by(DIAGNOSTICA.c.id)
    return list(conn.execute(query))


def _made() -> tuple[Any, ...]:
    """The conditions on ITER that a step made the bytes of a distinta."""
    return ITER.c.evento.in_([*NASCITE, Evento.MODIFICA]), ITER.c.disposizione_id.is_(None)


def _of(azienda_id: int | None) -> list[Any]:
    return [] if azienda_id is None else [DISPOSIZIONE.c.azienda_id == azienda_id]


def _valid() -> Any:
    return and_(
        FIRMA.c.revisione == DISTINTA.c.revisione,
        FIRMA.c.sha256 == DISTINTA.c.sha256,
        FIRMA.c.numero_disposizioni == DISTINTA.c.numero_disposizioni,
        FIRMA.c.totale == DISTINTA.c.totale,
    )


def signature_counts() -> Any:
    """The condition on FIRMA joined with DISTINTA that a signature counts in the totals of who gave it: it holds, and
    the distinta was not thrown away."""
    return and_(_valid(), DISTINTA.c.stato != Stato.ELIMINATA)


def _distinte() -> Select[Any]:
    firmato = (
        select(total(FIRMA.c.peso))
        .where(FIRMA.c.distinta_id == DISTINTA.c.id, _valid())
        .correlate(DISTINTA)
        .scalar_subquery()
    )
    return select(DISTINTA, firmato.label("firmato"))


def _distinta(row: Row[Any]) -> Distinta:
    values = [*row]  # its fields are the columns
    values[_STATO] = Stato(values[_STATO])
    return Distinta(*values)


def _disposizione(row: Row[Any]) -> Disposizione:
    return Disposizione(**{**row._mapping, "stato": Stato(row.stato)})


def _note(
    conn: Connection,
    ports: Ports,
    azienda_id: int,
    distinta_id: int | None,
    disposizione_id: int | None,
    step: tuple[str, str, str],
    chi: str,
    dati: Mapping[str, Any] | None,
    *,
    at: datetime | None = None,
    **more: Any,
) -> None:
    """A step (event, from, to) in the iter and in the journal; `more` goes into the journal alone."""
    at = at or ports.clock.now()
    why = dict(dati or {})
    change = {"chi": chi, **dict(zip(("evento", "da", "a"), map(str, step), strict=True))}
    where = {"distinta_id": distinta_id, "disposizione_id": disposizione_id}
    conn.execute(_STEP, {**where, "at": at, "dati": canonical(why), **change})
    whole = disposizione_id is None
    journal.append(
        conn,
        azienda_id=azienda_id,
        tipo="distinta_stato" if whole else "disposizione_stato",
        soggetto=f"distinta:{distinta_id}" if whole else f"disposizione:{disposizione_id}",
        dati={**change, "dati": why, **more},
        at=at,
    )


_STATO = DISTINTA.c.keys().index("stato")
# Asked at every step: made once.
_BY_ID = _distinte().where(DISTINTA.c.id == bindparam("id"))
_BY_NAME = (
    _distinte()
    .where(*(DISTINTA.c[name] == bindparam(name) for name in ("azienda_id", "abi", "nome_supporto")))
    .order_by(DISTINTA.c.stato.in_(NOME_LIBERO), DISTINTA.c.id.desc())
    .limit(1)
)
_NEW = DISTINTA.insert().returning(DISTINTA.c.id)
_AS_BORN = select(DISTINTA).where(DISTINTA.c.id == bindparam("id"))
_DOUBLES = _doubles()
_MOVE = DISTINTA.update().where(DISTINTA.c.id == bindparam("distinta")).values(stato=bindparam("stato"))
_MOVE_ORDER = (
    DISPOSIZIONE.update().where(DISPOSIZIONE.c.id == bindparam("disposizione")).values(stato=bindparam("stato"))
)
_STATES = select(DISPOSIZIONE.c.stato).where(DISPOSIZIONE.c.distinta_id == bindparam("distinta_id")).distinct()
_COMPOSED = (
    select(ITER.c.dati).where(*_made(), ITER.c.distinta_id == bindparam("distinta_id")).order_by(ITER.c.id.desc())
).limit(1)
_SIGNATURES = (
    select(UTENTE.c.login, FIRMA.c.peso, FIRMA.c.sha256, FIRMA.c.at, _valid().label("vale"))
    .join(UTENTE, UTENTE.c.id == FIRMA.c.utente_id)
    .join(DISTINTA, DISTINTA.c.id == FIRMA.c.distinta_id)
    .where(FIRMA.c.distinta_id == bindparam("distinta_id"))
    .order_by(FIRMA.c.id)
)
_ORDER = select(DISPOSIZIONE).where(DISPOSIZIONE.c.id == bindparam("id"))
_ORDERS = (
    select(DISPOSIZIONE).where(DISPOSIZIONE.c.distinta_id == bindparam("distinta_id")).order_by(DISPOSIZIONE.c.numero)
)
_STEP = ITER.insert()
