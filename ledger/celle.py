"""A cell of what leaves for others to open: what is told in part, what cannot be shown, what no spreadsheet runs.

A spreadsheet takes a text that begins with certain signs for a formula, and runs it. Who chose a login, or a file of a
bank, must not be able to run anything on the desk of who reads: such a text begins, in a CSV, with an apostrophe.
"""

from __future__ import annotations

import re

_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}\b")
# The wide signs, too, are taken for signs; blanks and apostrophes before one are looked through.
_FORMULA = re.compile(r"[\s'\u200b-\u200f\u2060\ufeff]*[=+\-@\t\r\n＝＋－＠]")


def in_part(number: str) -> str:
    """An account number told by its last four characters."""
    return f"…{number[-4:]}"


def covered(text: str) -> str:
    """A text in which every IBAN is told in part; references that only look like one stay."""
    return _IBAN.sub(lambda found: in_part(found.group()) if _holds(found.group()) else found.group(), text)


def _holds(iban: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 13616)."""
    return int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1


def printable(text: str) -> str:
    """A text for people, without the signs that would move the cursor, end a line or colour a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def safe(cell: str) -> str:
    """A cell of a CSV that no spreadsheet takes for a formula: with an apostrophe in front, if it would. A sign by
    itself is none."""
    return f"'{cell}" if len(cell) > 1 and _FORMULA.match(cell) else cell


def unsafe(cell: str) -> str:
    """What `safe` was given: how a program reads a cell back."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
