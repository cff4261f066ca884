"""`cbi tributi`: tax codes, offices and other codes of F24, looked up in the tables that the checks use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from commands.common import Ctx, format_option, pass_ctx, tabelle_option, tables_in_use
from commands.failures import OK, REFUSED
from commands.tables import day, print_json, print_table, warn

if TYPE_CHECKING:
    from cbi.validators.tables import Riga, Tabella

USES = {  # by which sides of a line the code may stand on
    "D": ("debito", "debit"),
    "R": ("credito", "credit"),
    "E": ("debito, credito", "debit, credit"),
}


class View(NamedTuple):
    """How a table is looked up and shown: the columns that are searched, the headings, the cells of a row."""

    table: str
    searched: Sequence[str]
    headings: Sequence[str]
    cells: Callable[[Ctx, Riga], Sequence[str]]


def _tributo(ctx: Ctx, row: Riga) -> Sequence[str]:
    use = USES.get(row["mode_D_E_R"])
    year, offset = row["ref_year"], row["max_year_offset"]
    return (
        row["code"],
        row["section"],
        row["description_it"],
        row["ref_1"] or "-",
        f"{year} (+{offset})" if offset.strip("0") else year,
        "-" if use is None else ctx.say(*use),
        "✓" if row["office_required"] or row["act_required"] else "-",
    )


VIEWS = {
    "tributi": View(
        "f24_tributi",
        ("code", "description_it", "section"),
        ("Codice", "Sezione", "Descrizione", "Riferimento", "Anno", "Uso", "Uff., atto"),
        _tributo,
    ),
    "uffici": View(
        "f24_uffici",
        ("office_code", "description", "province"),
        ("Codice", "Ufficio", "Provincia"),
        lambda ctx, row: (row["office_code"], row["description"], row["province"]),
    ),
    "codici": View(
        "f24_codes",
        ("code", "field", "meaning_it", "meaning_en", "scope"),
        ("Dove", "Campo", "Codice", "Significato"),
        lambda ctx, row: (row["scope"], row["field"], row["code"], _meaning(ctx, row)),
    ),
}


def _meaning(ctx: Ctx, row: Riga) -> str:
    return ctx.say(row["meaning_it"], row["meaning_en"] or row["meaning_it"])


@click.command("tributi")
@click.argument("search", nargs=-1, required=True, metavar="SEARCH...")
@click.option(
    "--in",
    "where",
    type=click.Choice(list(VIEWS)),
    default="tributi",
    show_default=True,
    help="Tax codes and contribution codes, offices of the tax authority, or values of the other coded fields.",
)
@tabelle_option
@format_option
@pass_ctx
def tributi_cmd(ctx: Ctx, search: tuple[str, ...], where: str, tabelle: Path | None, form: str) -> int:
    """Looks up the codes of F24: by code, or by words of the description, whatever their case and accents.

    Every word must occur. Shows the section, the references that a line must bear, up to which year, on which side it
    may stand, whether it wants office and act. Which table is in use, and of when, goes to standard error. Exit code
    0: found; 3: nothing found, or a table of `--tabelle` is not sound.
    """
    from cbi.validators.tables import search as look_up

    view = VIEWS[where]
    table = tables_in_use(ctx, tabelle).tabella(view.table)
    found = look_up(table.rows, " ".join(search), view.searched)
    _tell_source(ctx, table, len(found))
    if form == "json":
        print_json([dict(row) for row in found])
    elif found:
        title = ctx.say(table.title_it, table.title_en)
        print_table(ctx, title, view.headings, [view.cells(ctx, row) for row in found])
    return OK if found else REFUSED


def _tell_source(ctx: Ctx, table: Tabella, found: int) -> None:
    """Which table answered, how old it is, and how many of its rows."""
    when_it = f"del {day(table.as_of)}" if table.as_of else "senza data"
    when_en = f"of {day(table.as_of)}" if table.as_of else "undated"
    count = f"{found}/{len(table.rows)}"
    warn(
        ctx,
        f"tabella {table.name} {when_it}, {table.source}: {count}",
        f"table {table.name} {when_en}, {table.source}: {count}",
    )
