"""What a user sees when something stops a command: one message, one exit code, no traceback for what was foreseen."""

from __future__ import annotations

import os
import sys

import click

from commands.common import Ctx

OK, BUG, USAGE, REFUSED, UNREADABLE, INTERRUPTED = 0, 1, 2, 3, 8, 130


def run(group: click.Group) -> int:
    """Runs the group on the arguments of the process; the exit code."""
    try:
        result = group.main(standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else OK
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("interrotto / interrupted", err=True)
        return INTERRUPTED
    except SystemExit as stop:  # click's own: completion is done, or whoever read the output has gone away
        return OK if stop.code == BUG else int(stop.code or OK)
    except OSError as error:
        click.echo(f"cbi: {error.filename or ''}: {error.strerror or error}", err=True)
        return UNREADABLE
    except Exception as error:
        return _refused(error)


def _refused(error: Exception) -> int:
    """A refusal of the engine; anything else is a fault of ours and keeps its traceback."""
    from ledger.errors import Refused

    if not isinstance(error, Refused):
        raise error
    context = click.get_current_context(silent=True)
    lang = context.obj.lang if context and isinstance(context.obj, Ctx) else os.environ.get("CBI_LANG", "it")
    message, hint = (error.en, error.hint_en) if lang == "en" else (error.it, error.hint_it)
    click.echo(f"{error.code}: {message}", err=True)
    if hint:
        click.echo(f"  = {hint}", err=True)
    return error.exit_code
