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
from ledger import archivio, aziende, journal, outcomes, rapporti, spunta
from ledger.aziende import ABBINA_PROBABILI, SI
from ledger.home import Home
from ledger.ports import Ports
from ledger.ricostruzione import Differenza
from ledger.schema import instant
from reconcile.abbinamento import Classe
from reconcile.conto import Arrivo, Conto
from reconcile.esiti import Passo, keep_esiti
from reconcile.movimenti import store_rapporti
from reconcile.risposte import LETTORI
from spool.smistamento import RICEVUTE


@dataclass(frozen=True)
class _Detto:
    """What the journal tells of a file: by line of an outcome, the order that it moved; whether the company took likely
    matches then."""

    passi: Mapping[int, Passo]
    accetta: bool


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
    told: dict[int, dict[int, Passo]] = defaultdict(dict)
    for file_id, line, order, dati in outcomes.orders_moved(conn, azienda_id):
        passo = Passo(order, dati.get("classe", Classe.ESATTO), dati.get("prove"))
        told[file_id].setdefault(line, passo)
    story = aziende.option_story(conn, azienda_id, ABBINA_PROBABILI)
    for file in outcomes.files(conn):
        if file.azienda_id == azienda_id:
            accetta = SI in [value for at, value in story if at < instant(file.at)][-1:]
            yield from _file(home, conn, file, _Detto(told.pop(file.id, {}), accetta))
    _by_people(conn, azienda_id)


def _by_people(conn: Connection, azienda_id: int) -> None:
    """What people chose for accounts and did with movements, now that the rows are there."""
    for event in journal.events(conn, azienda_id, ("rapporto_scelto", "movimenti_segnati")):
        dati, at = json.loads(event["dati"]), datetime.fromisoformat(event["at"])
        if event["tipo"] == "rapporto_scelto":
            rapporti.chosen(conn, azienda_id, dati, at)
        else:
            spunta.marked(conn, dati, at)


def _file(home: Home, conn: Connection, file: Row[Any], told: _Detto) -> Iterator[Differenza]:
    supporti = json.loads(file.dati)["supporti"]
    done = {each["numero"]: each["conto"] for each in supporti if each["tipo"] not in RICEVUTE}
    if not done:  # of receipts and refusals nothing is left to read
        return
    arrivo = Arrivo(file.azienda_id, file.abi, file.id, file.nome)
    ports = replace(home.ports, clock=_Allora(file.at))
    for supporto in cbi.read_supporti(BytesIO(archivio.load(home, file.sha256))):
        if supporto.numero in done and supporto.direction == "from_bank":
            found = _supporto(conn, ports, arrivo, supporto, told)
            if found is not None and asdict(found) != done[supporto.numero]:
                which = f"{file.id} {supporto.numero}"
                yield Differenza("file", which, "conto", done[supporto.numero], asdict(found))


def _supporto(conn: Connection, ports: Ports, arrivo: Arrivo, supporto: cbi.Supporto, told: _Detto) -> Conto | None:
    """The sums of a supporto read again; None for one of which nothing is left to read."""
    if supporto.flow in LETTORI:
        items = LETTORI[supporto.flow](supporto)
        return keep_esiti(conn, ports, arrivo, supporto, items, told.passi, accetta=told.accetta)
    if supporto.flow in LETTURE:
        return store_rapporti(conn, ports, arrivo, supporto, LETTURE[supporto.flow].leggi(supporto))
    return None
