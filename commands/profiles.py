"""The `--profile` of the commands that read flows: a name, or a file with severities and layouts of its user's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.common import Ctx
from commands.failures import REFUSED, UNREADABLE, USAGE
from commands.opening import why_not

if TYPE_CHECKING:
    from cbi.validators.catalogue import Profilo


def _load(context: click.Context, _: click.Parameter, value: str | None) -> Profilo:
    """The profile of that name or in that file; ends the command when there is none or it will not do."""
    from cbi.validators.catalogue import PROFILES, Profilo

    ctx = context.ensure_object(Ctx)
    if value is None or value in PROFILES:
        return Profilo(value)
    if not value.endswith(".toml"):
        known = ", ".join(PROFILES)
        it = f"profilo sconosciuto: {value}; ci sono {known}, o un file .toml"
        click.echo(ctx.say(it, f"no profile {value}: {known}, or a .toml file"), err=True)
        raise click.exceptions.Exit(USAGE)
    return _read(ctx, Path(value))


def _read(ctx: Ctx, path: Path) -> Profilo:
    from cbi.validators.profili import ProfiloErrato, read

    def text_of(name: str) -> str:
        return (path.parent / name).read_text(encoding="utf-8-sig")

    try:
        return read(text_of(path.name), str(path), lambda name: text_of(name).splitlines(keepends=True))
    except ProfiloErrato as error:
        where = f"{error.file}:{error.line}" if error.line else error.file
        click.echo(f"{where}: {ctx.say(error.it, error.en)}", err=True)
        raise click.exceptions.Exit(REFUSED) from error
    except UnicodeDecodeError as error:
        it, en = "c'è un file che non è testo UTF-8", "a file of it is not UTF-8 text"
        click.echo(f"{path}: {ctx.say(it, en)}", err=True)
        raise click.exceptions.Exit(REFUSED) from error
    except OSError as error:
        click.echo(f"{error.filename}: {why_not(ctx, error)}", err=True)
        raise click.exceptions.Exit(UNREADABLE) from error


profile_option = click.option(
    "--profile",
    callback=_load,
    metavar="NAME|FILE.toml",
    help="How strict to be, and which layouts to know besides: standard, da_banca or a file. Default: by direction.",
)
