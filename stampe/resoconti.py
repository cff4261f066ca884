"""Reports on people, on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stampe.foglio import Foglio
from stampe.tavola import Colonna, Riga, table

if TYPE_CHECKING:
    from ledger.resoconti import Resoconto

VUOTO = ("Niente da dire.", "Nothing to tell.")


def resoconto(foglio: Foglio, report: Resoconto) -> None:
    """A report: its columns and its rows, all columns alike."""
    table(foglio, [Colonna(name, 1) for name in report.colonne], map(Riga, report.righe), vuota=VUOTO)
