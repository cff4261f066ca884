"""The morning report: on the terminal, as a page, on paper, by mail.

Arguments in, a report out; what is in it is in `ledger.mattino`, how it looks in `stampe`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands.common import Ctx, busy, dry_run_option, in_chiaro_option, open_home, pass_ctx

if TYPE_CHECKING:
    from email.message import EmailMessage

    from ledger.home import Home
    from ledger.mattino import Mattino


@click.command("day")
@click.option("--sia", help="L'azienda, se ce n'è più d'una / the company, when there are several.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "html", "pdf", "eml"]),
    default="text",
    help="Testo, JSON, HTML, PDF o una lettera / text, JSON, HTML, PDF or a letter.",
)
@click.option("-o", "--output", default="-", help="Il file da scrivere, con HTML, PDF ed eml / the file to write.")
@click.option(
    "--mail", is_flag=True, help="Manda la lettera, come dice posta.toml / sends the letter, as posta.toml says."
)
@dry_run_option
@in_chiaro_option
@pass_ctx
def day_cmd(ctx: Ctx, sia: str | None, form: str, output: str, mail: bool, dry_run: bool, in_chiaro: bool) -> None:
    """Il mattino: saldi, scadenze, insoluti, firme attese, eccezioni / what an office looks at in the morning.

    Con --dry-run, che riguarda --mail, dice a chi scriverebbe. / With --dry-run, about --mail, it says to whom.
    """
    from ledger import aziende, mattino

    home = open_home(ctx)
    with busy(ctx, "raccolgo i dati", "gathering the data"), home.read() as conn:
        found = mattino.read(conn, aziende.find(conn, sia), home.ports.clock.now())
    if mail:
        _mail(ctx, home, found, in_chiaro=in_chiaro, dry_run=dry_run)
    else:
        _give(ctx, home, found, form, output, in_chiaro=in_chiaro)
    home.close()


def _give(ctx: Ctx, home: Home, found: Mattino, form: str, output: str, *, in_chiaro: bool) -> None:
    from commands.day_text import day_json, print_day
    from commands.opening import open_output
    from commands.paper import paper
    from commands.tables import print_json
    from stampe.lingua import Lingua
    from stampe.mattino import on_paper, title
    from stampe.pagina import page

    lingua = Lingua(ctx.lang, in_chiaro)
    if form == "text":
        print_day(ctx, found, in_chiaro=in_chiaro)
    elif form == "json":
        print_json(day_json(found, in_chiaro))
    elif form == "pdf":
        whose = f"{found.azienda.nome} ({found.azienda.sia})"
        with paper(ctx, output, title(found, lingua), whose, found.at, in_chiaro=in_chiaro) as foglio:
            on_paper(foglio, found)
    else:
        made = page(found, lingua).encode() if form == "html" else bytes(_letter(ctx, home, found, in_chiaro))
        with open_output(output) as out:
            out.write(made)


def _letter(ctx: Ctx, home: Home, found: Mattino, in_chiaro: bool) -> EmailMessage:
    from commands.day_text import as_text
    from spool import posta
    from stampe.lingua import Lingua
    from stampe.mattino import title
    from stampe.pagina import page

    lingua = Lingua(ctx.lang, in_chiaro)
    words = (as_text(ctx, found, in_chiaro=in_chiaro), page(found, lingua))
    subject = f"{title(found, lingua)}, {found.azienda.nome}"
    return posta.letter(posta.read(home), subject, *words, at=found.at, token=home.ports.random.token())


def _mail(ctx: Ctx, home: Home, found: Mattino, *, in_chiaro: bool, dry_run: bool) -> None:
    from commands.tables import say
    from spool import posta

    settings = posta.read(home)
    to = ", ".join(settings.a)
    if dry_run:
        say(ctx, f"Scriverei a {to}.", f"It would be sent to {to}.")
        return
    with busy(ctx, "mando la lettera", "sending the letter"):
        posta.send(home, settings, _letter(ctx, home, found, in_chiaro), posta.PerSmtp())
    say(ctx, f"Mandata a {to}.", f"Sent to {to}.")
