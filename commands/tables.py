"""How commands show things: tables and lines for people, JSON for programs; days, instants, amounts, accounts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from textwrap import indent
from typing import Any

import click

from commands.common import Ctx
from ledger.errors import euro as euro
from stampe.lingua import account as account
from stampe.lingua import day as day
from stampe.lingua import moment as moment

LONGEST_CODE = 20  # the longest thing without blanks that keeps to one line, whatever the width: a nome supporto

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
    "Riconciliati": "Reconciled",
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
    """A table on standard output, of plain text. Headings are in Italian; those that begin with > are of numbers."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if ctx.lang == "en":
        headings = [_english(heading) for heading in headings]
    cells = [list(row) for row in rows]
    table = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column, heading in enumerate(headings):
        # What has no blanks (codes, days, amounts) is never broken nor cut; the width is taken from the words.
        widest = max((len(row[column]) for row in cells), default=0)
        solid = widest <= LONGEST_CODE and not any(" " in row[column] for row in cells)
        table.add_column(
            heading.lstrip(">"),
            justify="right" if heading.startswith(">") else "left",
            no_wrap=solid,
            min_width=widest if solid else None,
            overflow="fold",
        )
    for row in cells:
        table.add_row(*map(Text, row))
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
