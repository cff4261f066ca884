"""What the banks said of orders, kept: files received, esiti, promemoria, eccezioni.

Inserts and selects only; which esito belongs to which disposizione is decided in `reconcile`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, select, update

from ledger.canonico import canonical
from ledger.ports import Ports
from ledger.schema import (
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

_CHUNK = 500


@dataclass
class Candidata:
    """A disposizione that an esito might speak of; `abi` is the bank its distinta was sent to.

    `stato` follows what is applied while a file is being reconciled.
    """

    id: int
    distinta_id: int
    abi: str
    causale: str
    chiave: str
    importo: int
    scadenza: date | None
    controparte: str
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
        query = (
            select(
                DISPOSIZIONE.c.id,
                DISPOSIZIONE.c.distinta_id,
                DISTINTA.c.abi,
                DISPOSIZIONE.c.causale,
                DISPOSIZIONE.c.chiave,
                DISPOSIZIONE.c.importo,
                DISPOSIZIONE.c.scadenza,
                DISPOSIZIONE.c.controparte,
                DISPOSIZIONE.c.stato,
            )
            .join(DISTINTA, DISTINTA.c.id == DISPOSIZIONE.c.distinta_id)
            .where(DISPOSIZIONE.c.azienda_id == azienda, DISPOSIZIONE.c.flusso == flusso)
            .where(DISPOSIZIONE.c.chiave.in_(wanted[start : start + _CHUNK]))
            .order_by(DISPOSIZIONE.c.id)
        )
        for row in conn.execute(query):
            candidata = Candidata(**{**row._mapping, "stato": Stato(row.stato)})
            found.setdefault(candidata.chiave, []).append(candidata)
    return found


def already_applied(conn: Connection, disposizione_id: int, effetto: str) -> bool:
    """Whether an esito with this effect has already been applied to the disposizione."""
    query = select(ESITO.c.id).where(
        ESITO.c.disposizione_id == disposizione_id,
        ESITO.c.effetto == effetto,
        ESITO.c.verdetto == APPLICATO,
    )
    return conn.execute(query.limit(1)).first() is not None


def add_esito(conn: Connection, ports: Ports, values: Mapping[str, Any]) -> int:
    """Keeps an esito, with the verdict on it; `values` are columns of the table. Returns its id."""
    result = conn.execute(insert(ESITO).values(**values, at=ports.clock.now()))
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


def orders_moved(conn: Connection, azienda_id: int) -> Iterator[tuple[int, int, int]]:
    """Every step of an order of a company that a line of a file caused: file, line, order; oldest first."""
    query = select(ITER.c.disposizione_id, ITER.c.dati).join(DISPOSIZIONE, DISPOSIZIONE.c.id == ITER.c.disposizione_id)
    mine = query.where(DISPOSIZIONE.c.azienda_id == azienda_id).order_by(ITER.c.id)
    for order, text in conn.execute(mine.execution_options(yield_per=1000)):
        dati = json.loads(text)
        if "file_id" in dati and "line" in dati:
            yield dati["file_id"], dati["line"], order


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


def eccezioni(conn: Connection) -> list[Row[Any]]:
    """Every eccezione with its esito (if it comes from one) and its file, oldest first."""
    query = (
        select(
            ECCEZIONE.c.id,
            ECCEZIONE.c.motivo,
            ECCEZIONE.c.dati,
            ECCEZIONE.c.at,
            FILE.c.nome.label("file"),
            FILE.c.abi,
            ESITO.c.line,
            ESITO.c.causale,
            ESITO.c.effetto,
            ESITO.c.flusso,
            ESITO.c.chiave,
            ESITO.c.importo,
            ESITO.c.scadenza,
            ESITO.c.controparte,
        )
        .outerjoin(FILE, FILE.c.id == ECCEZIONE.c.file_id)
        .outerjoin(ESITO, ESITO.c.id == ECCEZIONE.c.esito_id)
    )
    return list(conn.execute(query.order_by(ECCEZIONE.c.id)))


def _id_of(key: Any) -> int:
    return int(key[0])
