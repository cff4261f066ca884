"""How commands show things: tables and lines for people, JSON for programs; days, instants, amounts, accounts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from textwrap import indent
from typing import Any, Literal

import click

from commands.common import Ctx
from ledger.errors import euro as euro
from stampe.lingua import account as account
from stampe.lingua import day as day
from stampe.lingua import moment as moment

LONGEST_CODE = 20  # the longest thing without blanks that keeps to one line, whatever the width: a nome supporto

_BETWEEN = 2  # columns taken by what is between two cells

# Headings, in the language of the standard and in English.
ENGLISH = {
    "+ ecc.": "+ exc.",
    "+ già appl.": "+ already",
    "Amministra": "Administers",
    "Anno": "Year",
    "Aperti": "Open",
    "Approvato da": "Approved by",
    "Archivio": "Archive",
    "attesa": "waiting",
    "Attesa entro": "Due by",
    "Atteso": "Expected",
    "Avere": "Credit",
    "Azione": "Action",
    "Banca": "Bank",
    "Cambio": "Change",
    "Campo": "Field",
    "Che cosa": "What",
    "Che cosa fa": "What it does",
    "Che cosa ha fatto": "What it did",
    "Chi": "Who",
    "Chiave": "Key",
    "Codice": "Code",
    "Codice fiscale": "Fiscal code",
    "Condivisi": "Shared",
    "Contabile": "Booked",
    "Conti": "Accounts",
    "Conto": "Account",
    "Controparte": "Counterparty",
    "Creata": "Created",
    "Colonne": "Columns",
    "COSA": "WHAT",
    "Da": "From",
    "Dare": "Debit",
    "Dati": "Data",
    "Debitore": "Debtor",
    "Descrizione": "Description",
    "Disp.": "Order",
    "Dove": "Where",
    "Del debitore": "Debtor's",
    "Effetto": "Effect",
    "Errori": "Errors",
    "Esiti": "Outcomes",
    "Esito": "Outcome",
    "Evento": "Event",
    "File e riga": "File and line",
    "Firmata da": "Signed by",
    "Firme": "Signed",
    "Flusso": "Flow",
    "Formato": "Format",
    "Funzione": "Function",
    "Funzioni": "Functions",
    "Genere": "Kind",
    "Giorni": "Days",
    "Gravità": "Severity",
    "I primi": "The first ones",
    "Importo": "Amount",
    "Incerti": "Uncertain",
    "Inoltrata": "Sent",
    "Lavoro": "Job",
    "Liquido": "Liquid",
    "Letto da": "Read by",
    "Manca": "Missing",
    "Messaggio": "Message",
    "Movimenti": "Movements",
    "Natura": "Kind",
    "Nome": "Name",
    "Numeri": "Numbers",
    "Oggetto": "Subject",
    "Opzioni": "Options",
    "Orario": "Hours",
    "Parla di": "Speaks of",
    "Per": "By",
    "Perché": "Why",
    "Periodo": "Period",
    "Peso": "Weight",
    "Potere": "Power",
    "Profilo": "Profile",
    "Prom.": "Memos",
    "Prossima volta": "Next run",
    "Provata": "Tried",
    "Provincia": "Province",
    "Quando": "When",
    "Rapporto": "Account",
    "Regola": "Rule",
    "Ricev.": "Recvd.",
    "Ricevuta": "Receipt",
    "Ricevuto": "Received",
    "Riferimento": "Reference",
    "Riga": "Line",
    "Riprova": "Next try",
    "Saldo": "Balance",
    "Scadenza": "Due",
    "Scadenze": "Due",
    "Secondi": "Seconds",
    "Secondo fattore": "Second factor",
    "Sezione": "Section",
    "Riconc.": "Reconc.",
    "Significato": "Meaning",
    "Somma": "Sum",
    "Spese": "Fees",
    "Stato": "State",
    "Tecnica": "Technical",
    "Tornate": "Came back",
    "Su 100": "Of 100",
    "Tipo": "Type",
    "Torna": "Holds",
    "Totale": "Total",
    "Trovato": "Found",
    "Uff., atto": "Office, act",
    "Ufficio": "Office",
    "Ultima volta": "Last run",
    "Ultimo estratto": "Last statement",
    "Uso": "Use",
    "Utente": "User",
    "Vale": "Valid",
    "Valuta": "Value",
    "Verdetto": "Verdict",
}


def print_table(ctx: Ctx, title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on standard output, of plain text; where its words have no room beside each other, its rows one under
    another. Headings are in Italian; those that begin with > are of numbers."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if ctx.lang == "en":
        headings = [_english(heading) for heading in headings]
    cells = [list(row) for row in rows]
    named = [heading.lstrip(">") for heading in headings]
    columns = [[row[at] for row in cells] for at in range(len(named))]
    widths = _widths(
        [max(map(len, (name, *column))) for name, column in zip(named, columns, strict=True)],
        [_least(name, column) for name, column in zip(named, columns, strict=True)],
        ctx.console.width - _BETWEEN * len(named),
    )
    if widths is None:
        _print_under(ctx, title, named, cells)
        return
    table = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading, name, width in zip(headings, named, widths, strict=True):
        side: Literal["right", "left"] = "right" if heading.startswith(">") else "left"
        table.add_column(name, justify=side, width=width, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    ctx.console.print(table)


def _widths(wanted: Sequence[int], least: Sequence[int], room: int) -> list[int] | None:
    """How wide columns are that want so much and need so much, the widest giving way; None when there is no room."""
    if sum(least) > room:
        return None
    widths = list(wanted)
    while sum(widths) > room:
        widths[max((at for at in range(len(widths)) if widths[at] > least[at]), key=widths.__getitem__)] -= 1
    return widths


def _least(name: str, cells: Sequence[str]) -> int:
    """How wide a column is at least: what has no blanks (codes, days, amounts) is never broken nor cut, nor are words,
    but for the longest."""
    widest = max(map(len, cells), default=0)
    words = [word for text in (name, *cells) for word in text.split()]
    solid = widest <= LONGEST_CODE and not any(" " in cell for cell in cells)
    return max(widest if solid else 0, min(LONGEST_CODE, max(map(len, words), default=0)))


def _print_under(ctx: Ctx, title: str, named: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    """Rows one under another: what each column is called, and what it says, if anything."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")
    for row in cells:
        for name, text in zip(named, row, strict=True):
            if text:
                table.add_row(Text(name), Text(text))
        table.add_row()
    ctx.console.print(table)


def _english(heading: str) -> str:
    side, name = heading[: heading.startswith(">")], heading.lstrip(">")
    return side + ENGLISH.get(name, name)


def print_json(value: Any) -> None:
    """JSON on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_json_list(values: Iterable[Any]) -> None:
    """A list as `print_json` writes it, an item at a time."""
    before = "["
    for value in values:
        click.echo(before + "\n" + indent(json.dumps(value, ensure_ascii=False, indent=2), "  "), nl=False)
        before = ","
    click.echo("[]" if before == "[" else "\n]")


def say(ctx: Ctx, it: str, en: str) -> None:
    """A line on standard output, in the user's language."""
    ctx.console.print(ctx.say(it, en), markup=False, highlight=False, soft_wrap=True)


def warn(ctx: Ctx, it: str, en: str) -> None:
    """A line on standard error, in the user's language."""
    ctx.err.print(ctx.say(it, en), markup=False, highlight=False, soft_wrap=True)


def amount(cents: int) -> str:
    """Cents as a decimal string, "1234.50"."""
    sign, cents = "-" if cents < 0 else "", abs(cents)
    return f"{sign}{cents // 100}.{cents % 100:02d}"
