"""What the banks said of orders, kept: files received, esiti, promemoria, eccezioni.

Inserts and selects only; which esito belongs to which disposizione is decided in `reconcile`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    union_all,
    update,
)

from ledger.canonico import canonical
from ledger.ports import Ports
from ledger.schema import (
    ABBINAMENTO,
    AZIENDA,
    BANCA,
    DISPOSIZIONE,
    DISTINTA,
    ECCEZIONE,
    ESITO,
    FILE,
    ITER,
    PROMEMORIA,
    total,
)
from ledger.stati import Stato

APPLICATO, GIA_APPLICATO, ECCEZIONE_ = "applicato", "gia_applicato", "eccezione"
BANCA_ = "banca"
A_MANO, SCIOLTO = "a_mano", "sciolto"  # matches that people made, and marks on those that the program made

_CHUNK = 500


@dataclass
class Candidata:
    """A disposizione that an esito might speak of; `abi` is the bank its distinta was sent to, `coordinate` ABI and CAB
    of the counterparty.

    `stato` follows what is applied while a file is being reconciled.
    """

    id: int
    distinta_id: int
    flusso: str
    abi: str
    causale: str
    chiave: str
    importo: int
    scadenza: date | None
    controparte: str
    codice_fiscale: str | None
    codice_cliente: str | None
    coordinate: tuple[str | None, str | None]
    stato: Stato


def banks(conn: Connection) -> list[tuple[str, str]]:
    """(SIA, ABI) of every company and bank of the ledger."""
    query = select(AZIENDA.c.sia, BANCA.c.abi).join(BANCA, BANCA.c.azienda_id == AZIENDA.c.id)
    return [(sia, abi) for sia, abi in conn.execute(query.order_by(AZIENDA.c.sia, BANCA.c.abi))]


# --- files received ---------------------------------------------------------------------------------------


def received_file(conn: Connection, azienda: int, sha256: str) -> tuple[int, dict[str, Any]] | None:
    """The id of a file with these bytes already received for the company, and what became of it."""
    query = select(FILE.c.id, FILE.c.dati).where(
        FILE.c.azienda_id == azienda, FILE.c.origine == BANCA_, FILE.c.sha256 == sha256
    )
    row = conn.execute(query).first()
    return (row.id, json.loads(row.dati)) if row else None


def sha256_of(conn: Connection, file_id: int) -> str:
    """The name in the archive of the bytes of a file, given or received."""
    return str(conn.scalars(select(FILE.c.sha256).where(FILE.c.id == file_id)).one())


def add_file(conn: Connection, ports: Ports, *, azienda: int, abi: str, nome: str, sha256: str, dimensione: int) -> int:
    """Records a file received from a bank; returns its id."""
    values = {"azienda_id": azienda, "origine": BANCA_, "abi": abi, "nome": nome, "sha256": sha256}
    result = conn.execute(insert(FILE).values(**values, dimensione=dimensione, dati="{}", at=ports.clock.now()))
    return _id_of(result.inserted_primary_key)


def set_file(conn: Connection, file_id: int, dati: Mapping[str, Any]) -> None:
    """Records what became of a file received."""
    conn.execute(update(FILE).where(FILE.c.id == file_id).values(dati=canonical(dict(dati))))


def files(conn: Connection) -> list[Row[Any]]:
    """Every file received: id, azienda_id, nome, abi, sha256, at, dati (JSON text), oldest first."""
    query = select(FILE.c.id, FILE.c.azienda_id, FILE.c.nome, FILE.c.abi, FILE.c.sha256, FILE.c.at, FILE.c.dati)
    return list(conn.execute(query.where(FILE.c.origine == BANCA_).order_by(FILE.c.id)))


# --- esiti ------------------------------------------------------------------------------------------------


def candidates(conn: Connection, azienda: int, flusso: str, chiavi: Iterable[str]) -> dict[str, list[Candidata]]:
    """The disposizioni of a flow of the company with one of these keys, by key, oldest first; none for no key."""
    wanted, found = sorted(set(chiavi) - {""}), dict[str, list[Candidata]]()
    for start in range(0, len(wanted), _CHUNK):
        query = candidate_orders().where(
            DISPOSIZIONE.c.azienda_id == azienda,
            DISPOSIZIONE.c.flusso == flusso,
            DISPOSIZIONE.c.chiave.in_(wanted[start : start + _CHUNK]),
        )
        for row in conn.execute(query):
            candidata = as_candidate(row)
            found.setdefault(candidata.chiave, []).append(candidata)
    return found


def add_esiti(conn: Connection, ports: Ports, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keeps many esiti as `add_esito` does, at once."""
    if rows:
        conn.execute(insert(ESITO), [{**row, "at": ports.clock.now()} for row in rows])


def candidate_orders() -> Select[Any]:
    """The orders that are in a distinta, oldest first, with what `as_candidate` wants."""
    columns = (DISPOSIZIONE.c[name] for name in _OF_CANDIDATE)
    coordinates = (DISPOSIZIONE.c.abi.label("sua_abi"), DISPOSIZIONE.c.cab.label("suo_cab"))
    query = select(*columns, DISTINTA.c.abi, *coordinates)
    return query.join(DISTINTA, DISTINTA.c.id == DISPOSIZIONE.c.distinta_id).order_by(DISPOSIZIONE.c.id)


_OF_CANDIDATE = (
    "id",
    "distinta_id",
    "flusso",
    "causale",
    "chiave",
    "importo",
    "scadenza",
    "controparte",
    "codice_fiscale",
    "codice_cliente",
    "stato",
)


def as_candidate(row: Row[Any]) -> Candidata:
    """A row of `candidate_orders`."""
    values = dict(row._mapping)
    coordinates = (values.pop("sua_abi"), values.pop("suo_cab"))
    return Candidata(**{**values, "coordinate": coordinates, "stato": Stato(row.stato)})


def already_applied(conn: Connection, disposizione_id: int, effetto: str, at: datetime) -> bool:
    """Whether, at an instant, an esito with this effect has been applied to the disposizione, alone or with others, and
    nobody has undone it."""
    return conn.execute(_APPLIED, {"id": disposizione_id, "effetto": effetto, "at": at}).first() is not None


def _applied() -> Any:
    of_esito = (ABBINAMENTO.c.file_id == ESITO.c.file_id) & (ABBINAMENTO.c.line == ESITO.c.line)
    mark = ABBINAMENTO.alias("mark")
    undone = exists().where(
        mark.c.file_id == ESITO.c.file_id,
        mark.c.line == ESITO.c.line,
        mark.c.disposizione_id == bindparam("id"),
        mark.c.classe == SCIOLTO,
        mark.c.at <= bindparam("at"),
    )
    same, by_hand = ESITO.c.effetto == bindparam("effetto"), ABBINAMENTO.c.classe == A_MANO
    held = or_(ABBINAMENTO.c.sciolto_at.is_(None), ABBINAMENTO.c.sciolto_at > bindparam("at"))
    kept = or_(and_(by_hand, held), and_(ABBINAMENTO.c.classe.not_in((A_MANO, SCIOLTO)), not_(undone)))
    mine = ABBINAMENTO.c.disposizione_id == bindparam("id")
    alone = select(ESITO.c.id).where(ESITO.c.disposizione_id == bindparam("id"), ESITO.c.verdetto == APPLICATO)
    linked = select(ESITO.c.id).join(ABBINAMENTO, of_esito).where(mine, ABBINAMENTO.c.at <= bindparam("at"), kept)
    return union_all(alone.where(same, not_(undone)), linked.where(same)).limit(1)


def add_esito(conn: Connection, ports: Ports, values: Mapping[str, Any]) -> int:
    """Keeps an esito, with the verdict on it; `values` are columns of the table. Returns its id."""
    result = conn.execute(_ADD_ESITO, {**values, "at": ports.clock.now()})
    return _id_of(result.inserted_primary_key)


def add_eccezione(
    conn: Connection,
    ports: Ports,
    *,
    azienda: int,
    motivo: str,
    dati: Mapping[str, Any],
    file_id: int | None = None,
    esito_id: int | None = None,
    distinta_id: int | None = None,
) -> None:
    """Keeps what could not be applied, with the reason (`motivo`) and the evidence."""
    conn.execute(
        insert(ECCEZIONE).values(
            azienda_id=azienda,
            file_id=file_id,
            esito_id=esito_id,
            distinta_id=distinta_id,
            motivo=motivo,
            dati=canonical(dict(dati)),
            at=ports.clock.now(),
        )
    )


def add_promemoria(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keeps the promemoria contabili of a flow; each row is columns of the table."""
    if rows:  # of none SQLAlchemy would make one
        conn.execute(insert(PROMEMORIA), list(rows))


def orders_moved(conn: Connection, azienda_id: int) -> Iterator[tuple[int, int, int, dict[str, Any]]]:
    """Every step of an order of a company that a line of a file caused: file, line, order and why; oldest first."""
    query = select(ITER.c.disposizione_id, ITER.c.dati).join(DISPOSIZIONE, DISPOSIZIONE.c.id == ITER.c.disposizione_id)
    mine = query.where(DISPOSIZIONE.c.azienda_id == azienda_id).order_by(ITER.c.id)
    for order, text in conn.execute(mine.execution_options(yield_per=1000)):
        dati = json.loads(text)
        if "file_id" in dati and "line" in dati:
            yield dati["file_id"], dati["line"], order, dati


def all_final(conn: Connection, distinte: Iterable[int], final: Iterable[Stato]) -> list[int]:
    """Those of the distinte whose disposizioni are all in a final state."""
    wanted = sorted(set(distinte))
    query = (
        select(DISPOSIZIONE.c.distinta_id)
        .where(DISPOSIZIONE.c.distinta_id.in_(wanted), DISPOSIZIONE.c.stato.not_in([*final]))
        .distinct()
    )
    still_open = set(conn.scalars(query))
    return [d for d in wanted if d not in still_open]


def presumed(conn: Connection, distinta_id: int) -> bool:
    """Whether an order of a distinta is presumed paid: the bank has said nothing of it."""
    mine = (DISPOSIZIONE.c.distinta_id == distinta_id, DISPOSIZIONE.c.stato == Stato.PRESUNTA_PAGATA)
    return conn.execute(select(DISPOSIZIONE.c.id).where(*mine).limit(1)).first() is not None


def promemoria(conn: Connection) -> list[Row[Any]]:
    """Every promemoria with how many esiti carry its riferimento, and their total in cents."""
    same = (
        (ESITO.c.azienda_id == PROMEMORIA.c.azienda_id)
        & (ESITO.c.abi == PROMEMORIA.c.abi)
        & (ESITO.c.riferimento_promemoria == PROMEMORIA.c.riferimento)
    )
    esiti = select(func.count(ESITO.c.id)).where(same).scalar_subquery()
    totale = select(total(ESITO.c.importo)).where(same).scalar_subquery()
    query = select(PROMEMORIA, esiti.label("esiti"), totale.label("totale"))
    return list(conn.execute(query.order_by(PROMEMORIA.c.id)))


def fees(conn: Connection, distinta_id: int) -> int:
    """The fees, in cents, that the outcomes of the orders of a distinta tell: each by itself or, where they do not, the
    memos of those outcomes (16000)."""
    mine = select(ESITO).join(DISPOSIZIONE, DISPOSIZIONE.c.id == ESITO.c.disposizione_id)
    of = mine.where(DISPOSIZIONE.c.distinta_id == distinta_id, ESITO.c.verdetto == APPLICATO)
    each = conn.scalar(of.with_only_columns(total(ESITO.c.spese)))
    named = of.with_only_columns(ESITO.c.azienda_id, ESITO.c.abi, ESITO.c.riferimento_promemoria).distinct().subquery()
    same = [PROMEMORIA.c[name] == named.c[name] for name in ("azienda_id", "abi")]
    memos = select(total(PROMEMORIA.c.importo)).where(
        PROMEMORIA.c.causale == "16000",
        PROMEMORIA.c.id.in_(
            select(PROMEMORIA.c.id).join(named, and_(*same, PROMEMORIA.c.riferimento == named.c.riferimento_promemoria))
        ),
    )
    return int(each or conn.scalar(memos) or 0)


def eccezioni(conn: Connection, azienda_id: int | None = None) -> list[Row[Any]]:
    """What waits for a person, of all companies or of one, oldest first: every eccezione with its esito (if it comes
    from one) and its file, but for those that a person has matched and the parts of an order that is whole; and the
    esiti whose match was undone."""
    here = (ABBINAMENTO.c.file_id == ESITO.c.file_id, ABBINAMENTO.c.line == ESITO.c.line)
    matched = exists().where(*here, ABBINAMENTO.c.classe == A_MANO, ABBINAMENTO.c.sciolto_at.is_(None))
    undone = exists().where(*here, ABBINAMENTO.c.classe == SCIOLTO)
    # The part by which an order is whole: applied by rule, and neither for its amount nor for that net of fees.
    last = ESITO.alias("ultima")
    by_part = exists().where(
        last.c.disposizione_id == ESITO.c.disposizione_id,
        last.c.verdetto == APPLICATO,
        last.c.classe == "regola",
        last.c.importo < DISPOSIZIONE.c.importo,
        last.c.importo + func.coalesce(last.c.spese, 0) != DISPOSIZIONE.c.importo,
    )
    whole = and_(ECCEZIONE.c.motivo == "parziale", by_part)
    columns = [FILE.c.nome.label("file"), FILE.c.abi, ESITO.c.id.label("esito"), *(ESITO.c[name] for name in _OF_QUEUE)]
    kept = (
        select(ECCEZIONE.c.id, ECCEZIONE.c.motivo, ECCEZIONE.c.dati, ECCEZIONE.c.at, *columns)
        .outerjoin(FILE, FILE.c.id == ECCEZIONE.c.file_id)
        .outerjoin(ESITO, ESITO.c.id == ECCEZIONE.c.esito_id)
        .outerjoin(DISPOSIZIONE, DISPOSIZIONE.c.id == ESITO.c.disposizione_id)
        .where(not_(matched), not_(whole), *_of(ECCEZIONE, azienda_id))
        .order_by(ECCEZIONE.c.id)
    )
    no_row = (literal(None).label("id"), literal("sciolto").label("motivo"), literal("{}").label("dati"))
    freed = (
        select(*no_row, ESITO.c.at, *columns)
        .join(FILE, FILE.c.id == ESITO.c.file_id)
        .where(ESITO.c.verdetto != ECCEZIONE_, undone, not_(matched), *_of(ESITO, azienda_id))
        .order_by(ESITO.c.id)
    )
    return [*conn.execute(kept), *conn.execute(freed)]


def _of(table: Table, azienda_id: int | None) -> list[Any]:
    return [] if azienda_id is None else [table.c.azienda_id == azienda_id]


_OF_QUEUE = (
    "line",
    "causale",
    "effetto",
    "flusso",
    "chiave",
    "importo",
    "scadenza",
    "controparte",
    "classe",
    "prove",
)


def _id_of(key: Any) -> int:
    return int(key[0])


# Asked at every esito: made once.
_APPLIED = _applied()
_ADD_ESITO = insert(ESITO)
