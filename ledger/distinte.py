"""Distinte and their disposizioni: looking them up, and moving them along their tables of states."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, select

from ledger import archivio, journal
from ledger.canonico import canonical
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import Ports
from ledger.schema import DIAGNOSTICA, DISPOSIZIONE, DISTINTA, FIRMA, ITER, UTENTE
from ledger.stati import DISPOSIZIONE as TABELLA_DISPOSIZIONE
from ledger.stati import DISTINTA as TABELLA_DISTINTA
from ledger.stati import FINALI, Evento, Stato, next_state

_BORN = ("sha256", "numero_disposizioni", "totale")
SOGLIA = 100  # what the weights of the signatures must reach for a distinta to leave


@dataclass(frozen=True)
class Distinta:
    """One supporto logico on its way to a bank; `totale` in cents, `sha256` of the exact bytes that leave.

    `firmato` is the sum of the weights of the signatures given on exactly those bytes, count and total.
    """

    id: int
    azienda_id: int
    file_id: int
    numero_supporto: int
    line: int
    flusso: str
    tipo: str
    abi: str
    nome_supporto: str
    data_creazione: date | None
    sha256: str
    numero_disposizioni: int
    totale: int
    stato: Stato
    at: datetime
    firmato: int

    @property
    def alive(self) -> bool:
        """Whether its supporto's name is taken: not so when it could not leave, or the bank refused it."""
        return self.stato not in (Stato.CON_ERRORI, Stato.SCARTATA)

    @property
    def completa(self) -> bool:
        """Whether the signatures reach 100."""
        return self.firmato >= SOGLIA


@dataclass(frozen=True)
class Disposizione:
    """One order of a distinta; `importo` in cents, `raw` its records as they came."""

    id: int
    azienda_id: int
    distinta_id: int
    numero: int
    line: int
    causale: str
    importo: int
    scadenza: date
    numero_ricevuta: str
    debitore: str
    codice_fiscale: str | None
    abi: str
    cab: str | None
    conto_assuntrice: str | None
    codice_cliente: str | None
    riferimento: str | None
    stato: Stato
    raw: bytes


def get(conn: Connection, distinta_id: int) -> Distinta:
    """The distinta of that id; Refused (DISTINTA-001) when there is none."""
    row = conn.execute(_distinte().where(DISTINTA.c.id == distinta_id)).one_or_none()
    if row is None:
        raise Refused(
            "DISTINTA-001",
            f"La distinta {distinta_id} non esiste.",
            f"There is no distinta {distinta_id}.",
            hint_it="L'elenco: cbi distinte",
            hint_en="The list: cbi distinte",
        )
    return _distinta(row)


def list_(conn: Connection, *, azienda_id: int | None = None, stato: Stato | None = None) -> list[Distinta]:
    """The distinte in order of id, of all or of one company, in any or in one state."""
    query = _distinte().order_by(DISTINTA.c.id)
    if azienda_id is not None:
        query = query.where(DISTINTA.c.azienda_id == azienda_id)
    if stato is not None:
        query = query.where(DISTINTA.c.stato == stato)
    return [_distinta(row) for row in conn.execute(query)]


def ready(conn: Connection) -> list[Distinta]:
    """The distinte that may leave: Firmata, with signatures that reach 100."""
    return [distinta for distinta in list_(conn, stato=Stato.FIRMATA) if distinta.completa]


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
    query = _distinte().where(
        DISTINTA.c.azienda_id == azienda_id, DISTINTA.c.abi == abi, DISTINTA.c.nome_supporto == nome_supporto
    )
    if tipo is not None:
        query = query.where(DISTINTA.c.tipo == tipo)
    if data_creazione is not None:
        query = query.where(DISTINTA.c.data_creazione == data_creazione)
    dead = DISTINTA.c.stato.in_((Stato.CON_ERRORI, Stato.SCARTATA))
    row = conn.execute(query.order_by(dead, DISTINTA.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _distinta(row)


def orders(conn: Connection, distinta_id: int) -> Iterator[Disposizione]:
    """The disposizioni of a distinta, in order."""
    query = select(DISPOSIZIONE).where(DISPOSIZIONE.c.distinta_id == distinta_id)
    for row in conn.execute(query.order_by(DISPOSIZIONE.c.numero)):
        yield _disposizione(row)


def order(conn: Connection, disposizione_id: int) -> Disposizione:
    """The disposizione of that id; sqlalchemy's NoResultFound when there is none."""
    return _disposizione(conn.execute(select(DISPOSIZIONE).where(DISPOSIZIONE.c.id == disposizione_id)).one())


def find_orders(
    conn: Connection,
    azienda_id: int,
    numero_ricevuta: str,
    importo: int,
    scadenza: date,
    *,
    causale: str = "30000",
) -> list[Disposizione]:
    """The orders of a company with that key, in order of id; recalls (causale 30100) only when asked for."""
    query = select(DISPOSIZIONE).where(
        DISPOSIZIONE.c.azienda_id == azienda_id,
        DISPOSIZIONE.c.numero_ricevuta == numero_ricevuta,
        DISPOSIZIONE.c.importo == importo,
        DISPOSIZIONE.c.scadenza == scadenza,
        DISPOSIZIONE.c.causale == causale,
    )
    return [_disposizione(row) for row in conn.execute(query.order_by(DISPOSIZIONE.c.id))]


def doubles(conn: Connection, distinta_id: int) -> list[tuple[Disposizione, Disposizione]]:
    """The orders of a distinta that were seen before, each with the earlier one.

    The same order: same causale, numero ricevuta, amount, due date and debtor (codice fiscale, else name).
    What the bank refused does not count.
    """
    mine, before = DISPOSIZIONE.alias("mine"), DISPOSIZIONE.alias("before")
    key = ("azienda_id", "numero_ricevuta", "importo", "scadenza", "causale")
    debtors = [func.coalesce(side.c.codice_fiscale, side.c.debitore) for side in (mine, before)]
    pairs = (
        select(mine.c.id, func.min(before.c.id).label("before"))
        .join(before, and_(*(mine.c[name] == before.c[name] for name in key), before.c.id < mine.c.id))
        .where(mine.c.distinta_id == distinta_id, debtors[0] == debtors[1])
        .where(before.c.stato != Stato.SCARTATA)
        .group_by(mine.c.id)
        .order_by(mine.c.id)
    )
    return [(order(conn, row.id), order(conn, row.before)) for row in conn.execute(pairs).all()]


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
    """Move a distinta, and those of its orders that have no outcome, by an event. Returns the new state.

    The change is in the iter and in the journal, with who (`chi`) and why (`dati`: whatever has a canonical
    form).

    Raises Refused when the table does not allow it (STATO-001) or it would leave unsigned (FIRMA-001).
    """
    distinta = get(conn, distinta_id)
    a = next_state(TABELLA_DISTINTA, distinta.stato, evento)
    if evento is Evento.INOLTRA:
        require_complete(distinta)
    conn.execute(DISTINTA.update().where(DISTINTA.c.id == distinta_id).values(stato=a))
    moved = _move_orders(conn, distinta_id, evento)
    _note(conn, ports, distinta, None, evento, distinta.stato, a, chi, dati or {}, ordini=moved)
    return a


def _move_orders(conn: Connection, distinta_id: int, evento: Evento) -> list[tuple[str, str]]:
    """Moves the orders that an event of their distinta moves; from which state to which."""
    here = DISPOSIZIONE.c.distinta_id == distinta_id
    ways = {str(da): str(a) for (da, each), a in TABELLA_DISPOSIZIONE.items() if each is evento and da not in FINALI}
    found = conn.scalars(select(DISPOSIZIONE.c.stato).where(here).distinct()).all()
    moved = [(da, ways[da]) for da in sorted(found) if da in ways]
    if moved:
        stato = case(dict(moved), value=DISPOSIZIONE.c.stato)
        conn.execute(
            DISPOSIZIONE.update().where(here, DISPOSIZIONE.c.stato.in_([da for da, _ in moved])).values(stato=stato)
        )
    return moved


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
    disposizione = order(conn, disposizione_id)
    a = next_state(TABELLA_DISPOSIZIONE, disposizione.stato, evento)
    conn.execute(DISPOSIZIONE.update().where(DISPOSIZIONE.c.id == disposizione_id).values(stato=a))
    distinta = get(conn, disposizione.distinta_id)
    _note(conn, ports, distinta, disposizione_id, evento, disposizione.stato, a, chi, dati or {})
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


def begin_iter(conn: Connection, ports: Ports, distinta_id: int, *, chi: str, dati: Mapping[str, Any]) -> None:
    """The first line of the iter of a distinta just inserted: what it was when it came in."""
    distinta = get(conn, distinta_id)
    born = {key: getattr(distinta, key) for key in _BORN}
    _note(conn, ports, distinta, None, "importa", "", distinta.stato, chi, {**born, **dati})


def imported(conn: Connection, distinta_id: int) -> dict[str, Any]:
    """Digest, number of orders and total of a distinta as its iter says they were when it came in."""
    query = select(ITER.c.dati).where(ITER.c.distinta_id == distinta_id).order_by(ITER.c.id).limit(1)
    dati = json.loads(conn.scalars(query).one())
    return {key: dati[key] for key in _BORN}


def iter_of(conn: Connection, distinta_id: int) -> list[Row[Any]]:
    """The iter of a distinta and of its orders (disposizione_id; none: the whole), oldest first."""
    query = select(ITER).where(ITER.c.distinta_id == distinta_id).order_by(ITER.c.id)
    return list(conn.execute(query))


def signatures(conn: Connection, distinta_id: int) -> list[Row[Any]]:
    """The signatures on a distinta: login, peso, sha256, at, and `vale`: on the bytes as they are now."""
    query = (
        select(UTENTE.c.login, FIRMA.c.peso, FIRMA.c.sha256, FIRMA.c.at, _valid().label("vale"))
        .join(UTENTE, UTENTE.c.id == FIRMA.c.utente_id)
        .join(DISTINTA, DISTINTA.c.id == FIRMA.c.distinta_id)
        .where(FIRMA.c.distinta_id == distinta_id)
        .order_by(FIRMA.c.id)
    )
    return list(conn.execute(query))


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


def _valid() -> Any:
    return and_(
        FIRMA.c.sha256 == DISTINTA.c.sha256,
        FIRMA.c.numero_disposizioni == DISTINTA.c.numero_disposizioni,
        FIRMA.c.totale == DISTINTA.c.totale,
    )


def _distinte() -> Select[Any]:
    firmato = (
        select(func.coalesce(func.sum(FIRMA.c.peso), 0))
        .where(FIRMA.c.distinta_id == DISTINTA.c.id, _valid())
        .correlate(DISTINTA)
        .scalar_subquery()
    )
    return select(DISTINTA, firmato.label("firmato"))


def _distinta(row: Row[Any]) -> Distinta:
    return Distinta(**{**row._mapping, "stato": Stato(row.stato)})


def _disposizione(row: Row[Any]) -> Disposizione:
    return Disposizione(**{**row._mapping, "stato": Stato(row.stato)})


def _note(
    conn: Connection,
    ports: Ports,
    distinta: Distinta,
    disposizione_id: int | None,
    evento: str,
    da: str,
    a: str,
    chi: str,
    dati: Mapping[str, Any],
    **more: Any,
) -> None:
    """A step in the iter and in the journal; `more` goes into the journal alone."""
    at = ports.clock.now()
    change = {"chi": chi, "evento": evento, "da": da, "a": a}
    conn.execute(
        ITER.insert().values(
            distinta_id=distinta.id,
            disposizione_id=disposizione_id,
            at=at,
            dati=canonical(dict(dati)),
            **change,
        )
    )
    whole = disposizione_id is None
    journal.append(
        conn,
        azienda_id=distinta.azienda_id,
        tipo="distinta_stato" if whole else "disposizione_stato",
        soggetto=f"distinta:{distinta.id}" if whole else f"disposizione:{disposizione_id}",
        dati={**change, "dati": dict(dati), **more},
        at=at,
    )
