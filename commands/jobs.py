"""The jobs: run them, look at what they did, measure the home.

Arguments in, text or JSON out; what they do is in `spool`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from commands.common import Ctx, dry_run_option, format_option, open_home, pass_ctx
from commands.failures import OK, REFUSED


@click.command("run")
@click.argument("nomi", metavar="[JOB]...", nargs=-1)
@click.option("--once", is_flag=True, help="Una volta, subito, e poi finisce / once, now, and then it ends.")
@click.option(
    "--shared",
    is_flag=True,
    help="Con altri processi, anche di altre macchine (PostgreSQL) / with other processes, of other machines too.",
)
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Serve /metrics e /healthz / serves them.")
@click.option("--metrics-host", default="127.0.0.1", show_default=True, help="Su quale indirizzo / on which address.")
@click.option(
    "--metrics-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Dopo ogni lavoro scrive qui le misure / writes the figures here after each job.",
)
@dry_run_option
@pass_ctx
def run_cmd(
    ctx: Ctx,
    nomi: Sequence[str],
    once: bool,
    shared: bool,
    metrics_port: int | None,
    metrics_host: str,
    metrics_file: Path | None,
    dry_run: bool,
) -> int:
    """Fa i lavori alla loro ora, finché non lo si ferma / runs the jobs at their hours, until it is stopped.

    Senza nomi tutti. Con SIGTERM o SIGINT finisce il lavoro in corso ed esce con 0. Con --once si esce con 3 se
    qualcuno non è riuscito. Con --shared ogni lavoro lo fa uno solo di quanti lo chiedono così. / All of them without
    names. On SIGTERM or SIGINT it finishes the job in hand and exits with 0. With --once the exit code is 3 when any
    did not succeed. With --shared each job is done by one of those that were started so.
    """
    from commands.jobs_text import print_appointments
    from ledger.lavori import RIUSCITO
    from spool import agenda, misure, registro, squadra
    from spool.lavori import named

    if once and shared:
        raise click.UsageError(ctx.say("--once o --shared, non entrambi", "--once or --shared, not both"))
    jobs, home = named(nomi), open_home(ctx)
    log = registro.open_(sys.stderr, home.ports.clock)

    def after() -> None:
        if metrics_file is not None:
            misure.write(home, metrics_file)

    if dry_run:
        print_appointments(ctx, home, jobs)
        return OK
    if once:
        done = agenda.once(home, jobs, log)
        after()
        return OK if all(getattr(each, "esito", "") == RIUSCITO for each in done) else REFUSED
    served = None if metrics_port is None else misure.served(home, metrics_host, metrics_port)
    (squadra.share if shared else agenda.keep)(home, jobs, log, after, meanwhile=served)
    home.close()
    return OK


@click.command("jobs")
@format_option
@pass_ctx
def jobs_cmd(ctx: Ctx, form: str) -> None:
    """I lavori: l'ultima volta, quanto è durata, che cosa ha fatto; la prossima / the jobs: last run and next."""
    from commands.jobs_text import print_jobs

    home = open_home(ctx)
    print_jobs(ctx, home, form)
    home.close()


@click.command("metrics")
@pass_ctx
def metrics_cmd(ctx: Ctx) -> None:
    """Le misure, come le legge Prometheus / the figures, as Prometheus reads them."""
    from spool import misure

    home = open_home(ctx)
    click.echo(misure.text(home).decode(), nl=False)
    home.close()
