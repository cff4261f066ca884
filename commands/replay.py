"""`cbi replay`: the books and the files that left, made again from an archive; or those of a live home, checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from commands.common import Ctx, by_a_user, format_option, open_home, pass_ctx
from commands.failures import OK, REFUSED


@click.command("replay")
@click.argument("archive", metavar="[ARCHIVE]", required=False, type=click.Path(path_type=Path))
@click.option("--into", type=click.Path(path_type=Path), help="La cartella nuova / the new folder.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Fino a tutto quel giorno, a Roma / up to the end of that day, in Rome.",
)
@click.option(
    "--check",
    is_flag=True,
    help="L'archivio in uso, contro sé stesso: non scrive nulla / the home in use, against itself: writes nothing.",
)
@format_option
@pass_ctx
@by_a_user("audit")
def replay_cmd(
    ctx: Ctx, archive: Path | None, into: Path | None, until: datetime | None, check: bool, form: str
) -> int:
    """Rifà libri e file inoltrati da archivio e giornale / makes books and files sent again from archive and journal.

    ARCHIVE è la cartella che fa `cbi audit export --into`. Esce con 3 se qualcosa non è com'era, e dice la prima
    differenza. / ARCHIVE is the folder that `cbi audit export --into` makes. Exit code 3 when something is not as it
    was: the first difference is told.
    """
    from commands.replay_text import print_repliche
    from ledger import replica
    from ledger.ports import real_ports
    from spool.rilettura import reread

    if check:
        if archive or into or until:
            raise click.UsageError(ctx.say("--check vuole solo --home", "--check wants --home alone"))
        home = open_home(ctx)
        with _bars(ctx) as moved:
            found = replica.check(home, moved)
        home.close()
    else:
        if archive is None or into is None:
            raise click.UsageError(ctx.say("servono ARCHIVE e --into, o --check", "ARCHIVE and --into, or --check"))
        with _bars(ctx) as moved:
            day = None if until is None else until.date()
            found = replica.replay(archive, into, real_ports(), until=day, reread=reread, moved=moved)
    print_repliche(ctx, found, None if check else into, form)
    return OK if all(each.sound for each in found) else REFUSED


@contextmanager
def _bars(ctx: Ctx) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each stage, on a terminal."""
    from rich.progress import Progress

    with Progress(console=ctx.err, transient=True, disable=not ctx.err.is_terminal) as progress:
        tasks: dict[str, int] = {}

        def moved(stage: str, done: int, of: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=of)
            progress.update(progress.task_ids[tasks[stage]], completed=done, total=of)

        yield moved
