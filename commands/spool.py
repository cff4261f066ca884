"""What is in the folders of the banks: whether all of it is accounted for, and what a person has to decide.

Arguments in, text or JSON out; the rules are in `spool`.
"""

from __future__ import annotations

from dataclasses import asdict

import click

from commands.common import (
    Ctx,
    busy,
    dry_run_option,
    format_option,
    open_home,
    pass_ctx,
    password_fd_option,
    read_proof,
)
from commands.failures import OK, REFUSED


@click.group("spool")
def spool_cmd() -> None:
    """Le cartelle delle banche: se tutto torna, e cosa è da decidere / the folders of the banks."""


@spool_cmd.command("status")
@format_option
@pass_ctx
def status_cmd(ctx: Ctx, form: str) -> int:
    """Cosa c'è nelle cartelle, e se ogni somma torna / what is in the folders, and whether every sum holds.

    Per ogni banca: file ricevuti = done + quarantine + new + archivio; supporti = importati + già ricevuti + rifiutati;
    esiti = applicati + già applicati + eccezioni. Le ricevute in ritardo e gli inoltri incerti. Codice di uscita 3 se
    una somma non torna. / For each bank: files received, supporti and outcomes, each against its parts; late receipts
    and uncertain dispatches. Exit code 3 when a sum does not hold.
    """
    from commands.spool_text import print_status
    from ledger.ports import today
    from spool.stato import status

    home = open_home(ctx)
    with busy(ctx, "controllo le cartelle", "checking the folders"):
        stato = status(home, today(home.ports))
    home.close()
    print_status(ctx, stato, form)
    return OK if stato.torna else REFUSED


@spool_cmd.command("resolve")
@click.argument("distinta_id", metavar="ID", type=int)
@click.option("--left", is_flag=True, help="La banca l'ha: è partita / the bank has it: it has left.")
@click.option("--not-left", is_flag=True, help="La banca non l'ha: può ripartire / it has not: it may leave again.")
@click.option("--user", "login", required=True, help="Chi decide / who decides.")
@password_fd_option
@dry_run_option
@format_option
@pass_ctx
def resolve_cmd(
    ctx: Ctx,
    distinta_id: int,
    left: bool,
    not_left: bool,
    login: str,
    password_fd: int | None,
    dry_run: bool,
    form: str,
) -> None:
    """Decide un inoltro incerto, sentita la banca / decides an uncertain dispatch, the bank having been asked.

    È incerto quando il disco non ha confermato il file: nessun programma può dire se è partito. Lo è anche una consegna
    interrotta sul finire, se il file dalla banca non c'è più (LINEA-015). / It is uncertain when the disk did not
    confirm the file: no program can tell whether it has left. So is a delivery that was cut at the very end, when the
    bank no longer has the file (LINEA-015).
    """
    from commands.tables import print_json, say
    from spool.resolve import resolve

    if left == not_left:
        raise click.UsageError(ctx.say("serve --left oppure --not-left", "either --left or --not-left is needed"))
    home = open_home(ctx)
    password = read_proof(ctx, home, login, password_fd)
    deciso = resolve(home, distinta_id, login, password, left=left, dry_run=dry_run)
    home.close()
    where = f"distinta {distinta_id}: {deciso.stato}"
    if form == "json":
        print_json({**asdict(deciso), "path": str(deciso.path) if deciso.path else None})
    elif left:
        say(ctx, f"{where}, con {deciso.path}", f"{where}, with {deciso.path}")
    else:
        verb = "deliver" if deciso.consegna else "dispatch"
        say(ctx, f"{where}, può partire: cbi {verb}", f"{where}, may leave: cbi {verb}")
