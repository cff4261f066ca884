"""`cbi scarto`: why a bank refused a flow, and which line of it is to blame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.common import Ctx, format_option, open_home, pass_ctx
from commands.failures import OK, REFUSED, UNREADABLE
from commands.opening import open_input, why_not

if TYPE_CHECKING:
    from cbi import Supporto
    from reconcile.scarto import Scarto


@click.command("scarto")
@click.argument("er_file")
@click.argument("sent_file", required=False)
@format_option
@pass_ctx
def scarto_cmd(ctx: Ctx, er_file: str, sent_file: str | None, form: str) -> int:
    """Explains the refusal (ER) in ER_FILE: each code of the bank in words, and the lines of the flow that caused it.

    The flow that was refused is SENT_FILE, or else the one of that name in the home, when there is a home. Where our
    checks find nothing that a code could mean, that is said, with the rules that look for it. Exit code 0: explained;
    3: the flow sent has errors; 8: a file cannot be read, or ER_FILE is no refusal.
    """
    from cbi import read_supporti
    from commands.scarto_text import print_scarti
    from reconcile.scarto import explain, refusals

    try:
        with open_input(er_file) as stream:
            found = refusals(read_supporti(stream))
        given = None
        if sent_file is not None:
            with open_input(sent_file) as stream:
                given = stream.read()
    except BrokenPipeError:
        raise
    except OSError as error:
        click.echo(f"{error.filename or er_file}: {why_not(ctx, error)}", err=True)
        return UNREADABLE
    if not found:
        it = f"{er_file}: non c'è nessun flusso scartato (ER)"
        click.echo(ctx.say(it, f"{er_file}: there is no refused flow (ER) in it"), err=True)
        return UNREADABLE
    scarti: list[Scarto] = []
    for er in found:
        sent, name = (given, sent_file) if sent_file is not None else _archived(ctx, er)
        scarti.append(explain(er, sent, name or er.identita[3]))
    print_scarti(ctx, er_file, scarti, form)
    return REFUSED if any(scarto.errors for scarto in scarti) else OK


def _archived(ctx: Ctx, er: Supporto) -> tuple[bytes | None, str | None]:
    """The flow that a refusal names, with its name for people, if a home has it."""
    if ctx.home is None or not Path(ctx.home).exists():
        return None, None
    from ledger import aziende, distinte

    bank, sia, _, name = er.identita
    home = open_home(ctx)
    with home.read() as conn:
        ids = [azienda.id for azienda in aziende.list_(conn) if azienda.sia == sia]
        distinta = distinte.find_by_supporto(conn, ids[0], bank, name) if ids else None
        if distinta is None:
            return None, None
        return distinte.payload(home, conn, distinta.id), f"distinta {distinta.id}"
