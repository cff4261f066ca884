"""What came back, as an office looks at it: the flows of outcomes that banks sent, the orders that were not paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, and_, case, exists, func, or_, select

from ledger.errors import Refused
from ledger.outcomes import A_MANO, APPLICATO, BANCA_, ECCEZIONE_, SCIOLTO
from ledger.schema import (
    ABBINAMENTO,
    DISPOSIZIONE,
    ESITO,
    FILE,
    MOVIMENTO,
    PROMEMORIA,
    RAPPORTO,
    total,
)
from ledger.stati import Stato

TORNATE: Mapping[Stato, tuple[str, ...]] = {Stato.INSOLUTA: ("unpaid",), Stato.STORNATA: ("rejected",)}
"""The states of the orders that were not paid, and the effects of the outcomes that lead there."""


@dataclass(frozen=True)
class Partita:
    """A flow of outcomes as a bank sent it: how many it holds and how many are reconciled, the total and the fees that
    they tell (cents), what they do (`effetti`), and the movements that its memos led to: day, sign, cents."""

    file_id: int
    file: str
    abi: str
    nome_supporto: str
    flusso: str
    data_creazione: date | None
    esiti: int
    riconciliati: int
    totale: int
    spese: int
    effetti: tuple[str, ...]
    movimenti: Sequence[tuple[date, str, int]]


@dataclass(frozen=True)
class Insoluto:
    """An order that was not paid: the causale and the fees (cents) of the outcome that says so, the day on which it was
    booked, and how many orders of that debtor there are and have come back."""

    disposizione_id: int
    distinta_id: int | None
    flusso: str
    banca: str
    chiave: str
    controparte: str
    codice_fiscale: str | None
    codice_cliente: str | None
    riferimento: str | None
    importo: int
    scadenza: date | None
    stato: Stato
    causale: str | None
    spese: int | None
    contabile: date | None
    del_debitore: int
    tornate: int


def partite(conn: Connection, azienda_id: int) -> list[Partita]:
    """The flows of outcomes that a company received, in the order in which they came."""
    here = (ABBINAMENTO.c.file_id == ESITO.c.file_id, ABBINAMENTO.c.line == ESITO.c.line)
    matched = exists().where(*here, ABBINAMENTO.c.classe == A_MANO, ABBINAMENTO.c.sciolto_at.is_(None))
    undone = exists().where(*here, ABBINAMENTO.c.classe == SCIOLTO)
    reconciled = or_(matched, and_(ESITO.c.verdetto != ECCEZIONE_, ~undone))
    key = (ESITO.c.file_id, ESITO.c.abi, ESITO.c.nome_supporto, ESITO.c.flusso, ESITO.c.data_creazione, ESITO.c.effetto)
    query = (
        select(
            *key,
            FILE.c.nome.label("file"),
            func.count(ESITO.c.id).label("esiti"),
            total(case((reconciled, 1), else_=0)).label("riconciliati"),
            total(ESITO.c.importo).label("totale"),
            total(ESITO.c.spese).label("spese"),
        )
        .join(FILE, FILE.c.id == ESITO.c.file_id)
        .where(ESITO.c.azienda_id == azienda_id)
        .group_by(*key, FILE.c.nome)
        .order_by(ESITO.c.file_id, ESITO.c.nome_supporto, ESITO.c.effetto)
    )
    found: dict[tuple[int, str], list[Row[Any]]] = defaultdict(list)
    for row in conn.execute(query):
        found[row.file_id, row.nome_supporto].append(row)
    moves = _movements(conn, azienda_id)
    return [_partita(rows, moves.get(which, ())) for which, rows in found.items()]


def _partita(rows: Sequence[Row[Any]], moves: Sequence[tuple[date, str, int]]) -> Partita:
    first = rows[0]
    same = {name: first._mapping[name] for name in ("file_id", "file", "abi", "nome_supporto", "flusso")}
    sums = {name: sum(row._mapping[name] for row in rows) for name in ("esiti", "riconciliati", "totale", "spese")}
    effects = tuple(row.effetto for row in rows)
    return Partita(**same, data_creazione=first.data_creazione, **sums, effetti=effects, movimenti=moves)


def _movements(conn: Connection, azienda_id: int) -> dict[tuple[int, str], list[tuple[date, str, int]]]:
    """The movements that the memos of each flow led to, by the reference and the amount that both tell."""
    same = and_(
        MOVIMENTO.c.tipo_riferimento == "RIFESICBI",
        MOVIMENTO.c.riferimento == PROMEMORIA.c.riferimento,
        MOVIMENTO.c.importo == PROMEMORIA.c.importo,
    )
    of_bank = and_(RAPPORTO.c.id == MOVIMENTO.c.rapporto_id, RAPPORTO.c.azienda_id == PROMEMORIA.c.azienda_id)
    query = (
        select(
            PROMEMORIA.c.file_id,
            PROMEMORIA.c.nome_supporto,
            MOVIMENTO.c.data_contabile,
            MOVIMENTO.c.segno,
            MOVIMENTO.c.importo,
        )
        .join(MOVIMENTO, same)
        .join(RAPPORTO, and_(of_bank, RAPPORTO.c.abi == PROMEMORIA.c.abi))
        .where(PROMEMORIA.c.azienda_id == azienda_id)
        .order_by(MOVIMENTO.c.id)
    )
    found: dict[tuple[int, str], list[tuple[date, str, int]]] = defaultdict(list)
    for row in conn.execute(query):
        found[row.file_id, row.nome_supporto].append((row.data_contabile, row.segno, row.importo))
    return found


def received(conn: Connection, azienda_id: int, file_id: int) -> Row[Any]:
    """A file that a bank sent: `nome`, `sha256` of its bytes in the archive. Raises Refused (PARTITA-001)."""
    mine = (FILE.c.id == file_id, FILE.c.azienda_id == azienda_id, FILE.c.origine == BANCA_)
    row = conn.execute(select(FILE).where(*mine)).one_or_none()
    if row is None:
        raise Refused(
            "PARTITA-001",
            f"Nessuna banca ha mandato il file {file_id}.",
            f"No bank has sent a file {file_id}.",
            hint_it="I numeri dei file: cbi esiti",
            hint_en="The numbers of the files: cbi esiti",
        )
    return row


def insoluti(conn: Connection, azienda_id: int, causali: Sequence[str] | None = None) -> Iterator[Insoluto]:
    """The orders of a company that were not paid, the oldest due date first; of some causali, or of all."""
    esito = ESITO.alias("ultimo")
    query = (
        select(
            *(DISPOSIZIONE.c[name] for name in _OF_ORDER),
            DISPOSIZIONE.c.id.label("disposizione_id"),
            esito.c.causale,
            esito.c.spese,
            esito.c.data_creazione.label("contabile"),
            _history(()).label("del_debitore"),
            _history((_same_debtor.c.stato.in_([*TORNATE]),)).label("tornate"),
        )
        .select_from(DISPOSIZIONE)
        .outerjoin(esito, esito.c.id == _last())
        .where(DISPOSIZIONE.c.azienda_id == azienda_id, DISPOSIZIONE.c.stato.in_([*TORNATE]))
        .order_by(DISPOSIZIONE.c.scadenza, DISPOSIZIONE.c.id)
    )
    if causali is not None:
        query = query.where(esito.c.causale.in_(causali))
    for row in conn.execute(query.execution_options(yield_per=1000)):
        yield Insoluto(**{**row._mapping, "stato": Stato(row.stato)})


_OF_ORDER = (
    "distinta_id",
    "flusso",
    "banca",
    "chiave",
    "controparte",
    "codice_fiscale",
    "codice_cliente",
    "riferimento",
    "importo",
    "scadenza",
    "stato",
)


def _last() -> Any:
    """The last esito that led an order to where it is: by the program, or by hand."""
    same = or_(
        *(and_(DISPOSIZIONE.c.stato == stato, ESITO.c.effetto.in_(effetti)) for stato, effetti in TORNATE.items())
    )
    own = select(func.max(ESITO.c.id)).where(ESITO.c.disposizione_id == DISPOSIZIONE.c.id, same)
    here = and_(ABBINAMENTO.c.file_id == ESITO.c.file_id, ABBINAMENTO.c.line == ESITO.c.line)
    linked = (
        select(func.max(ESITO.c.id))
        .join(ABBINAMENTO, here)
        .where(ABBINAMENTO.c.disposizione_id == DISPOSIZIONE.c.id, ABBINAMENTO.c.sciolto_at.is_(None), same)
    )
    applied = own.where(ESITO.c.verdetto == APPLICATO).correlate(DISPOSIZIONE).scalar_subquery()
    return func.coalesce(linked.correlate(DISPOSIZIONE).scalar_subquery(), applied)


_same_debtor = DISPOSIZIONE.alias("debitore")


def _history(which: Sequence[Any]) -> Any:
    """How many orders of the same debtor there are: by fiscal code, else by the key where it is that of a mandate."""
    debtor = _same_debtor.c.codice_fiscale == DISPOSIZIONE.c.codice_fiscale
    mandate = and_(_same_debtor.c.flusso == DISPOSIZIONE.c.flusso, _same_debtor.c.chiave == DISPOSIZIONE.c.chiave)
    counted = [
        select(func.count(_same_debtor.c.id))
        .where(_same_debtor.c.azienda_id == DISPOSIZIONE.c.azienda_id, same, *which)
        .correlate(DISPOSIZIONE)
        .scalar_subquery()
        for same in (debtor, mandate)
    ]
    return case((DISPOSIZIONE.c.codice_fiscale.is_not(None), counted[0]), else_=counted[1])
