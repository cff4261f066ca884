"""How reports are given: a table for people, JSON for programs, CSV for spreadsheets. On paper: `stampe.resoconti`.

What a spreadsheet would take for a formula is defused, and accounts are told in part (`ledger.celle`).
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from commands.common import Ctx
from commands.tables import ENGLISH, moment, print_json, print_table
from ledger.celle import covered, printable, safe

if TYPE_CHECKING:
    from ledger.resoconti import Resoconto


def print_report(ctx: Ctx, report: Resoconto, form: str, output: str = "-", *, in_chiaro: bool = False) -> None:
    """A report in the form asked for; CSV to a file, or (`-`) to standard output. Accounts are told in part, unless
    asked for in clear."""
    report = report if in_chiaro else masked(report)
    if form == "csv":
        from commands.opening import open_output

        with open_output(output) as out:
            out.write(as_csv(ctx, report))
    elif form == "json":
        print_json([dict(zip(report.colonne, map(_plain, row), strict=True)) for row in report.righe])
    else:
        rows = [[_shown(cell) for cell in row] for row in report.righe]
        print_table(ctx, ctx.say(*report.titolo), report.colonne, rows)


def masked(report: Resoconto) -> Resoconto:
    """A report whose account numbers are told in part: those of IBANs, wherever they are."""
    rows = [[each if isinstance(each, datetime) else covered(each) for each in row] for row in report.righe]
    return replace(report, righe=rows)


def as_csv(ctx: Ctx, report: Resoconto) -> bytes:
    """A report for a spreadsheet: UTF-8 with its mark, separated by ; as Italian spreadsheets expect."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(headings(ctx, report))
    writer.writerows([safe(_shown(cell)) for cell in row] for row in report.righe)
    return out.getvalue().encode("utf-8-sig")


def headings(ctx: Ctx, report: Resoconto) -> list[str]:
    """The names of the columns, in the user's language."""
    return [ENGLISH.get(name, name) if ctx.lang == "en" else name for name in report.colonne]


def _shown(cell: str | datetime) -> str:
    return printable(moment(cell) if isinstance(cell, datetime) else cell)


def _plain(cell: str | datetime) -> str:
    return cell.isoformat() if isinstance(cell, datetime) else cell
