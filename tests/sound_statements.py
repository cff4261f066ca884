"""What makes drawn statements of advances, portfolios and securities break no rule beyond the fields."""

from __future__ import annotations

from datetime import date
from typing import Any

Given = dict[str, Any]
GIORNO = date(2026, 1, 2)
CAUSALI = {"RA": "93002", "RP": "93004"}


def settle(flow: str, bank: str, ordini: list[list[tuple[str, Given]]]) -> None:
    """Goes over the accounts of one statement."""
    for ordine in ordini:
        balance = 0
        for key, given in ordine:
            if key == "61":
                given |= {"codice_abi_banca": bank, "causale": CAUSALI[flow], "codice_divisa": "EUR"}
                given |= {"data_contabile": GIORNO}
                balance = _signed(given, "segno", "saldo_iniziale") if flow == "RP" else 0
            elif key == "62" and flow == "RP":
                given |= {"causale_cbi": "48"}
                balance += _signed(given, "segno_movimento", "importo_movimento")
            elif key == "64" and flow == "RP":
                given |= {"codice_divisa": None, "data_contabile": GIORNO, "saldo_contabile": abs(balance)}
                given |= {"segno_saldo_contabile": "D" if balance < 0 else "C"}


def _signed(given: Given, sign: str, amount: str) -> int:
    given[amount] %= 10**12  # so that the closing balance fits
    return -given[amount] if given[sign] == "D" else int(given[amount])
