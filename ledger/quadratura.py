"""What is to be compared when sums are checked: files received, as the books have them and as the journal told them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from ledger.outcomes import BANCA_
from ledger.schema import AZIENDA, ESITO, FILE, JOURNAL


@dataclass(frozen=True)
class Ricevuto:
    """A file received from bank `abi` for company `sia`.

    `supporti` are those that the books have of it (number, type, sums), `letti` the number and the verdict of each that
    the journal has told, at every time it was given; `esiti` how many outcomes are kept of it, by verdict.
    """

    sia: str
    abi: str
    nome: str
    sha256: str
    supporti: tuple[Mapping[str, Any], ...]
    letti: tuple[tuple[int, str], ...]
    esiti: Counter[str]


def received(conn: Connection) -> Iterator[Ricevuto]:
    """Every file received, oldest first."""
    told, kept = _told(conn), defaultdict[int, Counter[str]](Counter)
    each = select(ESITO.c.file_id, ESITO.c.verdetto, func.count(ESITO.c.id)).group_by(ESITO.c.file_id, ESITO.c.verdetto)
    for file_id, verdetto, many in conn.execute(each):
        kept[file_id][verdetto] = many
    query = select(FILE.c.id, AZIENDA.c.sia, FILE.c.abi, FILE.c.nome, FILE.c.sha256, FILE.c.dati)
    query = query.join(AZIENDA, AZIENDA.c.id == FILE.c.azienda_id).where(FILE.c.origine == BANCA_).order_by(FILE.c.id)
    for row in conn.execute(query.execution_options(yield_per=1000)):
        supporti = tuple(json.loads(row.dati).get("supporti", ()))
        yield Ricevuto(row.sia, row.abi, row.nome, row.sha256, supporti, tuple(told[row.id]), kept[row.id])


def _told(conn: Connection) -> defaultdict[int, list[tuple[int, str]]]:
    found = defaultdict[int, list[tuple[int, str]]](list)
    query = select(JOURNAL.c.soggetto, JOURNAL.c.dati).where(JOURNAL.c.tipo == "file_ricevuto")
    for soggetto, dati in conn.execute(query.execution_options(yield_per=1000)):
        supporti = json.loads(dati)["supporti"]
        found[int(soggetto.partition(":")[2])] += [(each["numero"], each["verdetto"]) for each in supporti]
    return found
