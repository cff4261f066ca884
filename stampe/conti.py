"""The statement of an account on paper: movements, balance after each, and where what the bank told does not follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from stampe.foglio import Foglio
from stampe.lingua import Lingua, day
from stampe.tavola import Colonna, Riga, add, last, table

if TYPE_CHECKING:
    from ledger.estratto_conto import Conto, Rendiconto

_COLONNE = (
    Colonna("Contabile", 25),
    Colonna("Valuta", 25),
    Colonna("Causale", 20),
    Colonna("Descrizione", 86),
    Colonna("Dare", 36, add),
    Colonna("Avere", 36, add),
    Colonna("Saldo", 40, last),
)
VUOTO = ("Nessun estratto in questi giorni.", "No statement in these days.")


def estratto(foglio: Foglio, conto: Conto, rendiconti: Iterable[Rendiconto]) -> None:
    """The statement of an account, of what its bank told one day after the other."""
    pairs = [("Banca", conto.abi), ("Conto", foglio.lingua.account(conto.nome)), ("Divisa", conto.divisa)]
    foglio.pairs(pairs)
    table(foglio, _COLONNE, rows(rendiconti, foglio.lingua), vuota=VUOTO)


def rows(rendiconti: Iterable[Rendiconto], lingua: Lingua) -> Iterator[Riga]:
    """A row a movement, with the balance after it; and one for each balance that does not follow from what was told."""
    saldo = None
    for each in rendiconti:
        if saldo is None:
            saldo = each.saldo_iniziale
            yield Riga((None, None, "", lingua("Saldo iniziale"), None, None, saldo), forte=True)
        elif saldo != each.saldo_iniziale:
            yield _break(lingua, each, saldo, each.saldo_iniziale)
            saldo = each.saldo_iniziale
        for voce in each.voci:
            saldo += voce.importo
            sides = (-voce.importo, None) if voce.importo < 0 else (None, voce.importo)
            yield Riga((voce.data_contabile, voce.data_valuta, voce.causale, voce.descrizione, *sides, saldo))
        if saldo != each.saldo_finale:
            yield _break(lingua, each, saldo, each.saldo_finale)
            saldo = each.saldo_finale


def _break(lingua: Lingua, rendiconto: Rendiconto, before: int, told: int) -> Riga:
    gap, on = lingua.euro(told - before), day(rendiconto.data)
    words = lingua.say(
        f"La banca dice un altro saldo nell'estratto del {on}: differenza {gap}",
        f"The bank tells another balance in the statement of {on}: difference {gap}",
    )
    return Riga((None, None, "", words, None, None, told), forte=True)
