"""The journal as text for others to verify: one JSON object a line, one line an event.

What is in the database goes out as it is, `dati` as the text that was hashed and not as an object: an export that
mended something would hide that it was broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from ledger import journal
from ledger.canonico import canonical


def ndjson(conn: Connection, aziende: Iterable[int]) -> Iterator[str]:
    """The lines of the chains of some companies, one chain after the other, in constant memory."""
    for azienda_id in aziende:
        for event in journal.events(conn, azienda_id):
            yield canonical(event)
