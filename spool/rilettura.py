"""What the banks said, read again in a home made again: from the files that the journal names, as they came.

Where outcomes and receipts led orders and distinte the journal tells, and is in the books already; here come the rows
that are in no event: outcomes with their verdict, those that were not applied, memos, accounts and movements; then what
people chose for accounts and did with movements, which is in events and needs the rows. The sums
of each supporto must be those that the journal tells. Not made again: the exceptions of receipts and refusals, and of
the evidence beside the other ones the states are those of the end.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Any

from sqlalchemy import Connection, Row

import cbi
from cbi.flows.estratti import LETTURE
from ledger import archivio, journal, outcomes, rapporti, spunta
from ledger.home import Home
from ledger.ports import Ports
from ledger.ricostruzione import Differenza
from reconcile.conto import Arrivo, Conto
from reconcile.esiti import LETTORI, keep_esiti
from reconcile.movimenti import store_rapporti

Told = Mapping[int, int]  # by line of an outcome, the order that it moved


@dataclass(frozen=True)
class _Allora:
    """A clock that stands at the instant of an event."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def reread(home: Home, conn: Connection, azienda_id: int) -> Iterator[Differenza]:
    """Read again all that a company received, in the order in which it came, in the write transaction of `conn`; each
    sum that is not what the journal tells.

    Raises Refused when a content is not there (ARCHIVIO-001, ARCHIVIO-002), `ValoreErrato` for one that says what no
    file received could.
    """
    told: dict[int, dict[int, int]] = defaultdict(dict)
    for file_id, line, order in outcomes.orders_moved(conn, azienda_id):
        told[file_id].setdefault(line, order)
    for file in outcomes.files(conn):
        if file.azienda_id == azienda_id:
            yield from _file(home, conn, file, told.pop(file.id, {}))
    _by_people(conn, azienda_id)


def _by_people(conn: Connection, azienda_id: int) -> None:
    """What people chose for accounts and did with movements, now that the rows are there."""
    for event in journal.events(conn, azienda_id, ("rapporto_scelto", "movimenti_segnati")):
        dati, at = json.loads(event["dati"]), datetime.fromisoformat(event["at"])
        if event["tipo"] == "rapporto_scelto":
            rapporti.chosen(conn, azienda_id, dati, at)
        else:
            spunta.marked(conn, dati, at)


def _file(home: Home, conn: Connection, file: Row[Any], told: Told) -> Iterator[Differenza]:
    done = {each["numero"]: each["conto"] for each in json.loads(file.dati)["supporti"]}
    arrivo = Arrivo(file.azienda_id, file.abi, file.id, file.nome)
    ports = replace(home.ports, clock=_Allora(file.at))
    for supporto in cbi.read_supporti(BytesIO(archivio.load(home, file.sha256))):
        if supporto.numero in done and supporto.direction == "from_bank":
            found = _supporto(conn, ports, arrivo, supporto, told)
            if found is not None and asdict(found) != done[supporto.numero]:
                which = f"{file.id} {supporto.numero}"
                yield Differenza("file", which, "conto", done[supporto.numero], asdict(found))


def _supporto(conn: Connection, ports: Ports, arrivo: Arrivo, supporto: cbi.Supporto, told: Told) -> Conto | None:
    """The sums of a supporto read again; None for receipts and refusals, of which nothing is left to read."""
    if supporto.flow in LETTORI:
        return keep_esiti(conn, ports, arrivo, supporto, LETTORI[supporto.flow](supporto), told)
    if supporto.flow in LETTURE:
        return store_rapporti(conn, ports, arrivo, supporto, LETTURE[supporto.flow].leggi(supporto))
    return None
