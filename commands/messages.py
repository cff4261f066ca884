"""The messages of the banks (SL): the list, one of them, marked as read, exported; and one to a bank.

Arguments in, text or JSON out; the rules are in `ledger.messaggi` and `cbi.flows`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.common import (
    Ctx,
    busy,
    format_option,
    in_chiaro_option,
    open_home,
    pass_ctx,
    password_fd_option,
    read_proof,
)
from commands.export import DAY, Asked, exported, save_or_go
from commands.failures import OK, REFUSED
from commands.opening import open_output
from commands.profiles import profile_option

if TYPE_CHECKING:
    from cbi.validators.catalogue import Profilo
    from ledger.messaggi import Messaggio

_sia = click.option("--sia", help="L'azienda, se ce n'è più d'una / the company, when there are several.")
_which = click.argument("which", metavar="ID")


@click.group("messages", invoke_without_command=True)
@click.option("--unread", is_flag=True, help="Solo quelli da leggere / only those to be read.")
@_sia
@format_option
@click.pass_context
def messages_cmd(click_ctx: click.Context, unread: bool, sia: str | None, form: str) -> None:
    """I messaggi delle banche (SL) / the messages of the banks (SL)."""
    if click_ctx.invoked_subcommand is not None:
        return
    from commands.tables import moment, print_json, print_table, say
    from ledger import aziende, messaggi

    ctx = click_ctx.ensure_object(Ctx)
    home = open_home(ctx)
    with home.read() as conn, busy(ctx, "cerco i messaggi", "looking for messages"):
        found = [each for each in messaggi.all_(conn, aziende.find(conn, sia).id) if not (unread and each.letto)]
    home.close()
    if form == "json":
        print_json([_json(each) for each in found])
    elif found:
        rows = [(m.id, m.banca, moment(m.at), m.nome_supporto, m.file, m.letto or "-") for m in found]
        headings = ("ID", "Banca", "Ricevuto", "Supporto", "File", "Letto da")
        print_table(ctx, ctx.say("Messaggi", "Messages"), headings, rows)
    else:
        say(ctx, "Nessun messaggio.", "No message.")


def _json(each: Messaggio) -> dict[str, Any]:
    told = {name: value for name, value in vars(each).items() if name != "evento"}
    return {"id": each.id, **told, "at": each.at.isoformat(), "letto": each.letto or None}


@messages_cmd.command("show")
@_which
@_sia
@format_option
@pass_ctx
def show_cmd(ctx: Ctx, which: str, sia: str | None, form: str) -> None:
    """Il testo di un messaggio / the text of a message."""
    from commands.tables import print_json
    from ledger import aziende, messaggi
    from ledger.celle import printable

    home = open_home(ctx)
    with home.read() as conn:
        messaggio = messaggi.get(conn, aziende.find(conn, sia).id, which)
    text = [line.testo.rstrip() for line in messaggi.lines(home, messaggio) if not line.cornice]
    home.close()
    if form == "json":
        print_json({**_json(messaggio), "testo": text})
    else:
        for line in text:
            ctx.console.print(printable(line), markup=False, highlight=False, soft_wrap=True)


@messages_cmd.command("mark")
@_which
@click.option("--unread", is_flag=True, help="Da leggere / not read.")
@click.option("--user", "login", required=True, help="Chi l'ha letto / who read it.")
@_sia
@password_fd_option
@pass_ctx
def mark_cmd(ctx: Ctx, which: str, unread: bool, login: str, sia: str | None, password_fd: int | None) -> None:
    """Segna un messaggio come letto / marks a message as read."""
    from commands.tables import say
    from ledger import aziende, messaggi

    home = open_home(ctx)
    with home.read() as conn:
        azienda = aziende.find(conn, sia)
    password = read_proof(ctx, home, login, password_fd)
    messaggio = messaggi.mark(home, azienda.id, which, login, password, letto=not unread)
    home.close()
    if messaggio.letto:
        say(ctx, f"messaggio {which}: letto da {messaggio.letto}", f"message {which}: read by {messaggio.letto}")
    else:
        say(ctx, f"messaggio {which}: da leggere", f"message {which}: not read")


class Columns(click.ParamType[Any]):
    """Columns from one to another, as 1-80."""

    name = "X-Y"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        first, _, last = str(value).partition("-")
        if not (first.isascii() and first.isdigit() and last.isascii() and last.isdigit()):
            self.fail(f"{value!r} is not {self.name}", param, ctx)
        return int(first), int(last)


@messages_cmd.command("export")
@click.argument("which", metavar="[ID]", required=False)
@click.option("--no-frame", "senza_cornice", is_flag=True, help="Senza testa e coda / without header and trailer.")
@click.option(
    "--skip-first", "salta_prime", type=click.IntRange(min=0), help="Senza le prime N / not the first N lines."
)
@click.option(
    "--skip-last", "salta_ultime", type=click.IntRange(min=0), help="Senza le ultime N / not the last N lines."
)
@click.option("--containing", "contiene", help="Solo le righe con questo testo / only the lines with this text.")
@click.option("--columns", "colonne", type=Columns(), help="Solo le colonne da X a Y / only columns X to Y.")
@click.option("--trim", "senza_spazi", is_flag=True, help="Senza spazi ai lati / without blanks around.")
@click.option("--indent", "rientro", type=click.IntRange(min=0), help="Con N spazi davanti / with N blanks in front.")
@click.option("--save", metavar="NOME", help="Salva la richiesta come profilo / saves the request as a profile.")
@in_chiaro_option
@exported
def export_cmd(asked: Asked, which: str | None, save: str | None, in_chiaro: bool, **righe: Any) -> None:
    """Il testo dei messaggi in un file / the text of messages into a file.

    Un solo messaggio o tutti; un profilo salvato si ripete con cbi export --profile NOME --new-only. / One message or
    all of them; a saved profile is done again with cbi export --profile NAME --new-only.
    """
    from ledger import richieste

    home = open_home(asked.ctx)
    solo = {"messaggio": which} if which else {}
    given = {name: value for name, value in righe.items() if value}
    richiesta = richieste.of(cosa="messaggi", formato="testo", solo=solo, righe=given, in_chiaro=in_chiaro)
    save_or_go(asked, home, richiesta, save)
    home.close()


@messages_cmd.command("write")
@click.argument("text", metavar="TESTO", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--banca", required=True, help="ABI della banca / ABI of the bank.")
@click.option("--nome", required=True, help="Nome del supporto / its name.")
@click.option("--data", type=DAY, help="Data di creazione AAAA-MM-GG; se manca, oggi / creation date, or today.")
@click.option("-o", "--output", required=True, help="Il flusso da fare; - per lo standard output / the flow to make.")
@_sia
@profile_option
@pass_ctx
def write_cmd(
    ctx: Ctx, text: Path, banca: str, nome: str, data: datetime | None, output: str, sia: str | None, profile: Profilo
) -> int:
    """Fa un flusso SL di un testo / makes an SL flow of a text.

    Il tracciato di SL non è pubblico per intero: serve quello della banca, con --profile (vedi docs/profili.md). / The
    layout of SL is not public as a whole: the bank's own is wanted, with --profile (see docs/profili.md).
    """
    from cbi import ValoreErrato
    from cbi.flows.testo import compose_text
    from ledger import aziende
    from ledger.ports import today

    home = open_home(ctx)
    with home.read() as conn:
        azienda = aziende.find(conn, sia)
    created = data.date() if data else today(home.ports)
    home.close()
    header = {"mittente": azienda.sia, "ricevente": banca, "data_creazione": created, "nome_supporto": nome}
    try:
        flow = compose_text(header, text.read_text(encoding="utf-8").splitlines(), profile.flows)
    except UnicodeDecodeError:
        click.echo(f"{text}: {ctx.say('non è testo UTF-8', 'not UTF-8 text')}", err=True)
        return REFUSED
    except ValoreErrato as error:
        expected = ctx.say(f"{error.raw!r} non va bene, atteso: {error.it}", f"{error.raw!r} will not do: {error.en}")
        click.echo(f"{text}: {error.field}: {expected}", err=True)
        return REFUSED
    with open_output(output) as out:
        out.write(flow)
    return OK
