"""Silence taken for payment: an order of which the bank has said nothing for long enough is presumed paid.

Any word of the bank that comes later prevails over it (see `ledger.stati`).
"""

from __future__ import annotations

from ledger import distinte, outcomes, silenzio
from ledger.ports import today
from ledger.stati import Evento, di_distinta, vita
from ledger.varco import Lavoro

CHI = "silenzio"


def presume(lavoro: Lavoro, abi: str, flusso: str, giorni: int) -> int:
    """The orders of a kind, of the company at work, that a bank has said nothing of for so many banking days after they
    fell due become Presunta pagata; how many. Doing it again does nothing. Distinte of which nothing more is awaited
    are Elaborata."""
    conn, ports = lavoro.conn, lavoro.ports
    found = list(silenzio.silent(conn, lavoro.azienda_id, abi, flusso, giorni, today(ports)))
    for disposizione_id, _ in found:
        distinte.apply_order(conn, ports, disposizione_id, Evento.PRESUMI, chi=CHI, dati={"giorni": giorni})
    for distinta_id in outcomes.all_final(conn, {distinta_id for _, distinta_id in found}, vita(flusso).finali):
        if (distinte.get(conn, distinta_id).stato, Evento.ELABORA) in di_distinta(flusso):
            distinte.apply(conn, ports, distinta_id, Evento.ELABORA, chi=CHI)
    return len(found)
