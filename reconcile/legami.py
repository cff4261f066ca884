"""What the account says of a distinta: whether all of it was credited or debited, gross or net of fees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from cbi.flows.estratti import CONTO
from ledger import distinte, movimenti, outcomes, silenzio
from ledger.movimenti import Voce
from ledger.ricerca import Filtro

COME = {
    "nessuno": ("nessun movimento la nomina", "no movement names it"),
    "lordo": ("regolata per intero", "settled in full"),
    "netto": ("regolata al netto delle spese", "settled net of fees"),
    "parziale": ("regolata in parte", "settled in part"),
    "oltre": ("regolata per più del suo totale", "settled for more than its total"),
}
"""How a distinta was settled: code, Italian, English."""


@dataclass(frozen=True)
class Regolamento:
    """How a distinta was settled (`come`, a key of `COME`), in cents: its total, what the movements that name it come
    to, the fees that its outcomes tell, what the movements about its outcomes come to (fees, charge-backs)."""

    totale: int
    regolato: int
    spese: int
    esiti: int
    come: str


def settlement(conn: Connection, distinta_id: int) -> Regolamento:
    """What the current accounts say of a distinta. Raises Refused when there is none (DISTINTA-001)."""
    distinta = distinte.get(conn, distinta_id)
    found = movimenti.each(conn, Filtro(distinta_id=distinta_id, spuntati=None))
    mine = (each for each in found if each.genere == CONTO)
    return settle(distinta.totale, outcomes.fees(conn, distinta_id), mine, incasso=silenzio.counts(distinta.flusso))


def settle(totale: int, spese: int, found: Iterable[Voce], *, incasso: bool = True) -> Regolamento:
    """How a total is settled by some movements, one or several: those that speak of its outcomes apart, which are also
    those that take back an order of a collection (`incasso`). A credit net of fees is less than the total by them, a
    debit more."""
    regolato = esiti = 0
    for each in found:
        taken_back = incasso and each.importo_con_segno < 0 and each.disposizione_id is not None
        if each.tipo_riferimento == "RIFESICBI" or taken_back:
            esiti += each.importo_con_segno
        else:
            regolato += each.importo_con_segno
    net = abs(totale) + (-spese if regolato > 0 else spese)
    come = {net: "netto", abs(totale): "lordo", 0: "nessuno"}  # without fees net is gross
    near = "parziale" if abs(regolato) < abs(totale) else "oltre"
    return Regolamento(totale, regolato, spese, esiti, come.get(abs(regolato), near))
