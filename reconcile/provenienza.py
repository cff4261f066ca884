"""Where what the books say came from: the lines of the file, as they are in the archive."""

from __future__ import annotations

from io import BytesIO

from sqlalchemy import Connection

import cbi
from ledger import archivio, outcomes
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


def sent(home: Home, conn: Connection, estratto: Estratto) -> bytes:
    """The flow that brought a statement, as the bank sent it.

    Raises Refused when the archive does not have the file as it was (ARCHIVIO-001, ARCHIVIO-002).
    """
    supporto = supporto_at(home, conn, estratto.file_id, estratto.line)
    return b"" if supporto is None else supporto.raw


def _is_detail(of: str, tipo: str) -> bool:
    """Whether a record of that type is a detail of the one before: the 63 of a 62, the 64 of a 63 of advances."""
    return tipo in _DETAILS and tipo > of and (of, tipo) != ("62", "64")
