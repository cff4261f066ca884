"""How reports are given: a table for people, JSON for programs, CSV for spreadsheets, PDF for the file.

What a spreadsheet would take for a formula is defused, and accounts are told in part (`ledger.celle`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from commands.common import Ctx
from commands.tables import ENGLISH, moment, print_json, print_table
from ledger.celle import covered, printable, safe

if TYPE_CHECKING:
    from ledger.resoconti import Resoconto

MARGIN = 36  # points


def print_report(ctx: Ctx, report: Resoconto, form: str, output: str = "-", *, in_chiaro: bool = False) -> None:
    """A report in the form asked for; CSV and PDF to a file, or (`-`) to standard output. Accounts are told in part,
    unless asked for in clear."""
    report = report if in_chiaro else masked(report)
    if form in _BYTES:
        from commands.opening import open_output

        data = _BYTES[form](ctx, report)
        with open_output(output) as out:
            out.write(data)
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
    writer.writerow(_headings(ctx, report))
    writer.writerows([safe(_shown(cell)) for cell in row] for row in report.righe)
    return out.getvalue().encode("utf-8-sig")


def as_pdf(ctx: Ctx, report: Resoconto) -> bytes:
    """A report on paper, A4 lying down. Raises `Refused` (REPORT-001) where the library that makes it is missing."""
    try:
        from reportlab.lib import colors
        from reportlab.lib.pagesizes import A4, landscape
        from reportlab.lib.styles import getSampleStyleSheet
        from reportlab.platypus import Paragraph, SimpleDocTemplate, Table
    except ImportError as error:
        raise _no_library() from error

    style, out = getSampleStyleSheet(), io.BytesIO()
    cells = [
        _headings(ctx, report),
        *([Paragraph(escape(_shown(cell)), style["BodyText"]) for cell in row] for row in report.righe),
    ]
    width = (landscape(A4)[0] - 2 * MARGIN) / len(report.colonne)
    lines = [("GRID", (0, 0), (-1, -1), 0.25, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    table = Table(cells, colWidths=[width] * len(report.colonne), repeatRows=1, style=lines)
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN)
    title = ctx.say(*report.titolo)
    page = SimpleDocTemplate(out, pagesize=landscape(A4), title=title, invariant=1, **margins)
    page.build([Paragraph(escape(title), style["Heading2"]), table])
    return out.getvalue()


def _headings(ctx: Ctx, report: Resoconto) -> list[str]:
    return [ENGLISH.get(name, name) if ctx.lang == "en" else name for name in report.colonne]


def _shown(cell: str | datetime) -> str:
    return printable(moment(cell) if isinstance(cell, datetime) else cell)


def _plain(cell: str | datetime) -> str:
    return cell.isoformat() if isinstance(cell, datetime) else cell


def _no_library() -> Exception:
    from ledger.errors import Refused

    return Refused(
        "REPORT-001",
        "Per i PDF manca la libreria reportlab.",
        "The library reportlab, which makes PDFs, is missing.",
        hint_it="Si installa con: pip install 'cbi-engine[pdf]'",
        hint_en="Install it with: pip install 'cbi-engine[pdf]'",
    )


_BYTES: Mapping[str, Callable[[Ctx, Resoconto], bytes]] = {"csv": as_csv, "pdf": as_pdf}
