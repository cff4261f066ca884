"""The reports: on people (rights, activity, accesses), and that of the morning.

Arguments in, a report out; what is in it is in `ledger.resoconti`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import click

from commands.common import Ctx, in_chiaro_option, open_home, pass_ctx
from commands.day import day_cmd

_OPTIONS = (
    click.option("--sia", help="L'azienda, se ce n'è più d'una / the company, when there are several."),
    click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json", "csv", "pdf"]),
        default="text",
        help="Testo, JSON, CSV o PDF / text, JSON, CSV or PDF.",
    ),
    click.option("-o", "--output", default="-", help="Il file da scrivere, con CSV e PDF / the file to write."),
    in_chiaro_option,
)
_DAY = click.DateTime(["%Y-%m-%d"])
_WHOSE = (
    click.option("--user", "login", help="Di un solo utente / of one user only."),
    click.option("--dal", type=_DAY, help="Dal giorno AAAA-MM-GG, di Roma / from the day, in Rome."),
    click.option("--al", type=_DAY, help="Al giorno, compreso / to the day, included."),
)


def _with(options: tuple[Callable[[Any], Any], ...]) -> Callable[[Any], Any]:
    def add(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.group("report")
def report_cmd() -> None:
    """Il mattino; chi può fare che cosa, chi l'ha fatto, chi è entrato / the morning; who may do what, who did it, who
    came in."""


@report_cmd.command("rights")
@_with(_OPTIONS)
@pass_ctx
def rights_cmd(ctx: Ctx, /, **asked: Any) -> None:
    """Chi può fare che cosa / who may do what."""
    _report(ctx, "rights", **asked)


@report_cmd.command("activity")
@_with((*_WHOSE, *_OPTIONS))
@pass_ctx
def activity_cmd(ctx: Ctx, /, **asked: Any) -> None:
    """Chi ha fatto che cosa, dal giornale / who did what, from the journal."""
    _report(ctx, "activity", **asked)


@report_cmd.command("accesses")
@_with((*_WHOSE, *_OPTIONS))
@pass_ctx
def accesses_cmd(ctx: Ctx, /, **asked: Any) -> None:
    """Chi è entrato o ha provato, con l'esito / who came in or tried to, and the outcome."""
    _report(ctx, "accesses", **asked)


report_cmd.add_command(day_cmd)


def _report(
    ctx: Ctx,
    kind: str,
    sia: str | None,
    form: str,
    output: str,
    in_chiaro: bool,
    login: str | None = None,
    dal: datetime | None = None,
    al: datetime | None = None,
) -> None:
    from commands.paper import paper
    from commands.report_text import headings, print_report
    from ledger import aziende, resoconti
    from ledger.resoconti import Periodo
    from stampe.resoconti import resoconto

    home = open_home(ctx)
    with home.read() as conn:
        azienda = aziende.find(conn, sia)
        whose = () if kind == "rights" else (login, Periodo(dal and dal.date(), al and al.date()))
        found = getattr(resoconti, kind)(conn, azienda.id, *whose)
    if form == "pdf":
        about = (ctx.say(*found.titolo), f"{azienda.nome} ({azienda.sia})", home.ports.clock.now())
        with paper(ctx, output, *about, in_chiaro=in_chiaro, sdraiato=True) as foglio:
            resoconto(foglio, replace(found, colonne=headings(ctx, found)))
    else:
        print_report(ctx, found, form, output, in_chiaro=in_chiaro)
    home.close()
