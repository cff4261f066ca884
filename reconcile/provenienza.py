"""Where what the books say came from: the lines of the file, as they are in the archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import BytesIO

from sqlalchemy import Connection

import cbi
from ledger import abbinamenti, archivio, outcomes
from ledger.distinte import Disposizione
from ledger.home import Home
from ledger.rapporti import Estratto

_DETAILS = frozenset({"63", "64"})


def records(home: Home, conn: Connection, file_id: int, line: int) -> list[str]:
    """The record at a line (from 1) of a file received, and its details after it, as they came.

    Raises Refused when the archive does not have the file as it was (ARCHIVIO-001, ARCHIVIO-002).
    """
    supporto = supporto_at(home, conn, file_id, line)
    for ordine in supporto.ordini if supporto else ():
        rest = [record for record in ordine.records if record.line >= line]
        if rest and rest[0].line == line:
            last = next((n for n, record in enumerate(rest[1:], 1) if not _is_detail(rest[0].tipo, record.tipo)), None)
            return [record.raw.decode("latin-1").rstrip() for record in rest[:last]]
    return []


def supporto_at(home: Home, conn: Connection, file_id: int, line: int) -> cbi.Supporto | None:
    """The supporto of a file received in which a line stands; None when it stands in none."""
    data = archivio.load(home, outcomes.sha256_of(conn, file_id))
    return next((s for s in cbi.read_supporti(BytesIO(data)) if s.line <= line <= s.end_line), None)


def receipts(home: Home, conn: Connection, ordini: Iterable[Disposizione]) -> Iterator[tuple[cbi.Ordine, str]]:
    """What banks sent in answer to some delegations of F24, as it came, under the numbers that they have in their
    distinta; and the ABI of who sent it. A flow is read once, when what it says comes together.

    Raises Refused when the archive does not have a file as it was (ARCHIVIO-001, ARCHIVIO-002).
    """
    here: tuple[int, cbi.Supporto | None] = (0, None)
    for each in ordini:
        for row in abbinamenti.said_of(conn, each.id):
            file_id, supporto = here
            if supporto is None or row.file_id != file_id or not supporto.line <= row.line <= supporto.end_line:
                supporto = supporto_at(home, conn, row.file_id, row.line)
                here = row.file_id, supporto
            found = () if supporto is None else supporto.ordini
            yield from ((replace(ordine, numero=each.numero), row.abi) for ordine in found if ordine.line == row.line)


def sent(home: Home, conn: Connection, estratto: Estratto) -> bytes:
    """The flow that brought a statement, as the bank sent it.

    Raises Refused when the archive does not have the file as it was (ARCHIVIO-001, ARCHIVIO-002).
    """
    supporto = supporto_at(home, conn, estratto.file_id, estratto.line)
    return b"" if supporto is None else supporto.raw


def _is_detail(of: str, tipo: str) -> bool:
    """Whether a record of that type is a detail of the one before: the 63 of a 62, the 64 of a 63 of advances."""
    return tipo in _DETAILS and tipo > of and (of, tipo) != ("62", "64")
