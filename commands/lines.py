"""The lines to the banks: what leaves is delivered, what arrives is fetched, how each line fares.

Arguments in, text or JSON out; the rules are in `spool`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from commands.common import Ctx, busy, by_a_user, dry_run_option, format_option, open_home, pass_ctx
from commands.failures import OK, REFUSED

if TYPE_CHECKING:
    from ledger.linee import StatoLinea
    from spool.consegna import Passaggio
    from spool.linee import Linea

VERDETTI = {
    "consegnato": ("consegnato", "delivered"),
    "preso": ("preso", "fetched"),
    "pronto": ("pronto", "ready"),
    "recente": ("appena cambiato, al prossimo giro", "just changed, at the next run"),
    "fallito": ("non riuscito, si riprova", "failed, to be tried again"),
    "caduta": ("linea caduta", "line down"),
    "sospesa": ("linea sospesa", "line left alone"),
}
FAILED = ("fallito", "caduta", "sospesa")


@click.command("deliver")
@format_option
@dry_run_option
@pass_ctx
@by_a_user("dispatch")
def deliver_cmd(ctx: Ctx, form: str, dry_run: bool) -> int:
    """Consegna alle banche ciò che è in out/new / delivers what is in out/new to the banks.

    Sulle linee di linee.toml; una che non risponde non ferma le altre. / On the lines of linee.toml; one that does not
    answer stops no other.
    """
    from spool.consegna import deliver

    home = open_home(ctx)
    with busy(ctx, "consegno alle banche", "delivering to the banks"):
        passaggi = deliver(home, dry_run=dry_run)
    home.close()
    return _show(ctx, passaggi, form)


@click.command("fetch")
@format_option
@dry_run_option
@pass_ctx
@by_a_user("reconcile")
def fetch_cmd(ctx: Ctx, form: str, dry_run: bool) -> int:
    """Prende dalle banche ciò che hanno lasciato / fetches what the banks have left.

    Va in in/new, dove lo legge `cbi receive`. / It goes into in/new, where `cbi receive` reads it.
    """
    from spool.consegna import fetch

    home = open_home(ctx)
    with busy(ctx, "chiedo alle banche", "asking the banks"):
        passaggi = fetch(home, dry_run=dry_run)
    home.close()
    return _show(ctx, passaggi, form)


@click.group("lines", invoke_without_command=True)
@format_option
@click.pass_context
def lines_cmd(click_ctx: click.Context, form: str) -> None:
    """Le linee verso le banche e come vanno / the lines to the banks and how they fare."""
    if click_ctx.invoked_subcommand is not None:
        return
    from commands.tables import print_json, print_table, say
    from ledger import linee
    from spool.linee import lines

    ctx = click_ctx.ensure_object(Ctx)
    home = open_home(ctx)
    found, now = lines(home), home.ports.clock.now()
    with home.read() as conn:
        states = linee.states(conn)
    home.close()
    told = [_line(each, states.get((each.sia, each.abi)), now, ctx.lang) for each in found]
    if form == "json":
        print_json(told)
    elif told:
        headings = ("SIA", "Banca", "Tipo", "Stato", ">Errori", "Provata", "Riprova", "Perché")
        print_table(ctx, ctx.say("Linee", "Lines"), headings, [_cells(ctx, each) for each in told])
    else:
        say(ctx, "Nessuna linea in linee.toml.", "No line in linee.toml.")


@lines_cmd.command("test")
@click.argument("sia", metavar="SIA")
@click.argument("abi", metavar="ABI")
@format_option
@pass_ctx
def test_cmd(ctx: Ctx, sia: str, abi: str, form: str) -> int:
    """Prova una linea: si collega ed elenca, non prende nulla / tries a line: connects, lists, takes nothing.

    Prova anche una linea sospesa; se funziona, torna in uso. / It also tries a line that is left alone; one
    that works is in use again.
    """
    from commands.tables import say
    from spool.consegna import look
    from spool.linee import line

    home = open_home(ctx)
    linea = line(home, sia, abi)
    with busy(ctx, "provo la linea", "trying the line"):
        passaggi = look(home, linea)
    home.close()
    code = _show(ctx, passaggi, form) if passaggi or form == "json" else OK
    if code == OK and form == "text":
        say(ctx, f"La linea {sia} {abi} funziona.", f"Line {sia} {abi} works.")
    return code


STATI = {"mai": ("mai provata", "never tried"), "bene": ("in ordine", "in order")} | {
    "male": ("con errori", "with errors"),
    "sospesa": ("sospesa", "left alone"),
}


def _line(linea: Linea, stato: StatoLinea | None, now: datetime, lang: str) -> dict[str, Any]:
    """A line and how it fares, as a plain object; instants in UTC."""
    return {
        "sia": linea.sia,
        "abi": linea.abi,
        "tipo": linea.come.tipo,
        "stato": _fares(stato, now),
        "errori": stato.errori if stato else 0,
        "provata": stato.at.isoformat() if stato else None,
        "riprova_dal": stato.riprova_dal.isoformat() if stato and stato.riprova_dal else None,
        "errore": stato.errore.get(lang) if stato else None,
    }


def _fares(stato: StatoLinea | None, now: datetime) -> str:
    if stato is None:
        return "mai"
    if not stato.errori:
        return "bene"
    return "sospesa" if stato.rests(now) else "male"


def _cells(ctx: Ctx, told: dict[str, Any]) -> tuple[str, ...]:
    from commands.tables import moment

    when = [told[each] and moment(datetime.fromisoformat(told[each])) for each in ("provata", "riprova_dal")]
    head = (told["sia"], told["abi"], told["tipo"], ctx.say(*STATI[told["stato"]]), str(told["errori"]))
    return (*head, *(each or "-" for each in when), told["errore"] or "-")


def _show(ctx: Ctx, passaggi: Sequence[Passaggio], form: str) -> int:
    """What became of each file and of each line that failed; the exit code."""
    from commands.tables import print_json, print_table, say

    if form == "json":
        print_json([_passaggio_json(ctx, each) for each in passaggi])
    elif passaggi:
        rows = [(p.sia, p.abi, p.nome or "-", ctx.say(*VERDETTI[p.verdetto]), _why(ctx, p) or "-") for p in passaggi]
        print_table(ctx, ctx.say("Linee", "Lines"), ("SIA", "Banca", "File", "Verdetto", "Perché"), rows)
        _print_hints(ctx, passaggi)
    else:
        say(ctx, "Niente da fare.", "Nothing to do.")
    return REFUSED if any(each.verdetto in FAILED for each in passaggi) else OK


def _passaggio_json(ctx: Ctx, passaggio: Passaggio) -> dict[str, Any]:
    from ledger.errors import Refused

    error = passaggio.error
    return {
        "sia": passaggio.sia,
        "abi": passaggio.abi,
        "file": passaggio.nome or None,
        "verdetto": passaggio.verdetto,
        "dal": passaggio.dal.isoformat() if passaggio.dal else None,
        "codice": error.code if isinstance(error, Refused) else None,
        "errore": _why(ctx, passaggio) or None,
    }


def _why(ctx: Ctx, passaggio: Passaggio) -> str:
    from commands.tables import moment
    from spool.trasporti.protocollo import in_words

    if passaggio.dal is not None:
        at = moment(passaggio.dal)
        return ctx.say(
            f"dopo troppi errori, si riprova dal {at}; prima: cbi lines test {passaggio.sia} {passaggio.abi}",
            f"after too many errors, to be tried from {at}; before: cbi lines test {passaggio.sia} {passaggio.abi}",
        )
    return "" if passaggio.error is None else ctx.say(*in_words(passaggio.error))


def _print_hints(ctx: Ctx, passaggi: Sequence[Passaggio]) -> None:
    """What to do about each refusal, once."""
    from commands.tables import warn
    from ledger.errors import Refused

    refusals = [each.error for each in passaggi if isinstance(each.error, Refused)]
    for refused in {each.code: each for each in refusals if each.hint(ctx.lang)}.values():
        warn(ctx, f"{refused.code} = {refused.hint_it}", f"{refused.code} = {refused.hint_en}")
