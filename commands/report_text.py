"""How reports are given: a table for people, JSON for programs, CSV for spreadsheets. On paper: `stampe.resoconti`.

A spreadsheet takes a cell that begins with certain signs for a formula, and runs it: here such a cell begins with an
apostrophe. Who chose a login, or a file from a bank, must not be able to run anything on the desk of who reads.
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from commands.common import Ctx
from commands.tables import ENGLISH, moment, print_json, print_table
from stampe.lingua import Lingua

if TYPE_CHECKING:
    from ledger.resoconti import Resoconto

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the wide ones, too, are taken for signs


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
    part = Lingua().text
    return replace(
        report, righe=[[each if isinstance(each, datetime) else part(each) for each in row] for row in report.righe]
    )


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell


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
    """A cell for people, without the signs that would move the cursor or colour a terminal."""
    text = moment(cell) if isinstance(cell, datetime) else cell
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _plain(cell: str | datetime) -> str:
    return cell.isoformat() if isinstance(cell, datetime) else cell
