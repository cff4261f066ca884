"""What came back unpaid, on paper."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from stampe.foglio import Foglio
from stampe.tavola import Colonna, Riga, add, table

if TYPE_CHECKING:
    from ledger.ritorni import Ritorno

ESITI = {"unpaid": ("insoluto", "unpaid"), "rejected": ("respinto", "rejected")}
NESSUNO = ("Niente è tornato indietro in questi giorni.", "Nothing came back in these days.")
_COLONNE = (
    Colonna("Giorno", 24),
    Colonna("Banca", 16),
    Colonna("Flusso", 16),
    Colonna("Debitore", 70),
    Colonna("Riferimento", 60),
    Colonna("Chiave", 42),
    Colonna("Scadenza", 24),
    Colonna("Esito", 30),
    Colonna("Stato", 34),
    Colonna("Spese", 24, add),
    Colonna("Importo", 40, add),
)


def insoluti(foglio: Foglio, ritorni: Iterable[Ritorno]) -> None:
    """A line for each order that came back, with what the bank says of it, what it cost, and its state now."""
    rows = (
        Riga(
            (
                each.giorno,
                each.abi,
                each.flusso,
                each.controparte,
                each.riferimento or "",
                each.chiave,
                each.scadenza,
                f"{foglio.lingua.say(*ESITI[each.effetto])} {each.causale}",
                each.stato,
                each.spese,
                each.importo,
            )
        )
        for each in ritorni
    )
    table(foglio, _COLONNE, rows, vuota=NESSUNO)
