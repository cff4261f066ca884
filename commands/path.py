"""The road to the bank and back: dispatch, receive, reconcile, and what came of it.

Arguments in, text or JSON out; the rules are in `spool` and `reconcile`.
"""

from __future__ import annotations

import click

from commands.common import (
    Ctx,
    busy,
    by_a_user,
    counted,
    dry_run_option,
    format_option,
    open_home,
    pass_ctx,
)
from commands.failures import OK, REFUSED

_quiet = click.option(
    "--quiet-seconds",
    "quiet",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    envvar="CBI_QUIET_SECONDS",
    help="Lascia stare un file finché nessuno vi scrive da tanti secondi, se accanto non ha NOME.ok / leaves a file "
    "alone until nobody has written to it for so many seconds, unless NAME.ok is beside it (CBI_QUIET_SECONDS).",
)


@click.command("dispatch")
@format_option
@dry_run_option
@pass_ctx
@by_a_user("dispatch")
def dispatch_cmd(ctx: Ctx, form: str, dry_run: bool) -> int:
    """Inoltra le distinte con tutte le firme / sends the distinte that have all their signatures.

    Prima completa gli inoltri che un'interruzione ha lasciato a metà: nulla parte due volte. / First completes what
    an interruption left halfway: nothing leaves twice.
    """
    from commands.path_text import print_inoltri
    from spool.dispatch import FALLITA, INCERTA, RITIRATA, dispatch_ready, would_dispatch

    home = open_home(ctx)
    with busy(ctx, "inoltro", "sending"):
        inoltri = would_dispatch(home) if dry_run else dispatch_ready(home)
    print_inoltri(ctx, inoltri, form)
    return REFUSED if any(i.verdetto in (FALLITA, INCERTA, RITIRATA) for i in inoltri) else OK


@click.command("receive")
@_quiet
@format_option
@dry_run_option
@pass_ctx
@by_a_user("reconcile")
def receive_cmd(ctx: Ctx, quiet: int, form: str, dry_run: bool) -> int:
    """Legge ciò che le banche hanno lasciato in in/new / reads what the banks left in in/new."""
    return _receive(ctx, form, dry_run, quiet, recover_first=False)


@click.command("reconcile")
@_quiet
@click.option("--rules", is_flag=True, help="Poi applica regole.toml ai movimenti / then applies regole.toml.")
@format_option
@dry_run_option
@pass_ctx
@by_a_user("reconcile")
def reconcile_cmd(ctx: Ctx, quiet: int, rules: bool, form: str, dry_run: bool) -> int:
    """Completa gli inoltri, riceve e riconcilia / completes the dispatches, receives and reconciles.

    Per ogni file: esiti ricevuti = applicati + già applicati + eccezioni. / For each file: outcomes received =
    applied + already applied + exceptions.
    """
    code = _receive(ctx, form, dry_run, quiet, recover_first=True)
    if rules:
        from commands.movements import apply_rules

        apply_rules(ctx, None, form, dry_run=dry_run)
    return code


def _receive(ctx: Ctx, form: str, dry_run: bool, quiet: int, *, recover_first: bool) -> int:
    from commands.path_text import print_files, print_waiting
    from spool.dispatch import recover
    from spool.receive import all_waiting, arrivals

    home = open_home(ctx)
    waiting = all_waiting(home)
    if dry_run:
        print_waiting(ctx, waiting, form)
        return OK
    if recover_first:
        with busy(ctx, "completo gli inoltri", "completing the dispatches"):
            recover(home)
    words = ("leggo ciò che le banche hanno mandato", "reading what the banks have sent")
    read = print_files(ctx, counted(ctx, *words, arrivals(home, quiet=quiet), len(waiting)), form)
    return OK if read else REFUSED


@click.command("exceptions")
@format_option
@pass_ctx
def exceptions_cmd(ctx: Ctx, form: str) -> None:
    """Ciò che non si è potuto applicare, e perché / what could not be applied, and why.

    Con le disposizioni guardate, se una è probabile e in che cosa l'esito non è uguale, da quanti giorni attende; si
    decide con `cbi match`. / With the orders looked at, whether one is likely and in what the outcome is not the same,
    for how many days it has been waiting; `cbi match` decides.
    """
    from commands.path_text import print_eccezioni
    from ledger import outcomes
    from ledger.ports import today

    home = open_home(ctx)
    with home.read() as conn:
        print_eccezioni(ctx, outcomes.eccezioni(conn), form, today(home.ports))
