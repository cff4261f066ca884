"""A bench: outcomes applied inside one transaction, looked at, and undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

from sqlalchemy import Connection, select

from banksim.risposte import Decisione, Esito, decide, flusso_esiti
from cbi import Supporto, read_supporti
from cbi.flows.riba import esiti
from ledger import distinte, outcomes
from ledger.home import Home
from ledger.schema import DISPOSIZIONE, ECCEZIONE, ESITO
from reconcile.conto import Arrivo, Conto
from reconcile.esiti import apply_esiti
from tests.spool import casa

DAY = date(2027, 1, 4)
CAUSALI = ("30006", "30007", "30008", "30009", "30010", "42010")


def supporto(data: bytes) -> Supporto:
    return next(read_supporti(BytesIO(data)))


def decision(flow: bytes) -> Decisione:
    """The simulated bank's mind about a flow: every order paid."""
    return decide(supporto(flow), 1, unpaid_percent=0)


def outcome_flow(decisione: Decisione, causale: str, which: Sequence[Esito], day: date = DAY) -> Supporto:
    """A flow from the bank saying `causale` of those orders."""
    said = tuple(replace(e, causale=causale) for e in which)
    references = {causale: f"PM{causale}{day:%d%m%y}"[:12]}
    return supporto(flusso_esiti(Decisione(decisione.supporto, said, references), causale, day))


class Banco:
    """A home seen from inside one transaction, that is never committed."""

    def __init__(self, home: Home, conn: Connection) -> None:
        self.home, self.conn, self.files = home, conn, 0

    def apply(self, flow: Supporto, abi: str = "03069") -> Conto:
        self.files += 1
        file_id = outcomes.add_file(
            self.conn,
            self.home.ports,
            azienda=1,
            abi=abi,
            nome=f"{self.files}.cbi",
            sha256=f"{self.files:064d}",
            dimensione=len(flow.raw),
        )
        return apply_esiti(self.conn, self.home.ports, Arrivo(1, abi, file_id, f"{self.files}.cbi"), flow, esiti(flow))

    def states(self) -> dict[str, str]:
        """State by numero ricevuta."""
        query = select(DISPOSIZIONE.c.chiave, DISPOSIZIONE.c.stato)
        return {r: str(s) for r, s in self.conn.execute(query)}

    def distinta(self, distinta_id: int = 1) -> str:
        return str(distinte.get(self.conn, distinta_id).stato)

    def reasons(self) -> list[str]:
        return list(self.conn.scalars(select(ECCEZIONE.c.motivo).order_by(ECCEZIONE.c.id)))

    def esiti(self) -> list[Any]:
        return list(self.conn.execute(select(ESITO).order_by(ESITO.c.id)))


@contextmanager
def bench(home: Home) -> Iterator[Banco]:
    with home.begin() as conn:
        yield Banco(home, conn)
        conn.rollback()


__all__ = ["CAUSALI", "DAY", "Banco", "bench", "casa", "decision", "outcome_flow", "supporto"]
