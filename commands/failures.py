"""What a user sees when something stops a command: one message, one exit code, no traceback for what was foreseen."""

from __future__ import annotations

import sys

import click

from commands.common import LANGUAGE

OK, BUG, USAGE, REFUSED, UNREADABLE, INTERRUPTED = 0, 1, 2, 3, 8, 130


def run(group: click.Group) -> int:
    """Runs the group on the arguments of the process; the exit code."""
    try:
        code = group.main(standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else OK
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
    lang = LANGUAGE.get()
    message, hint = error.message(lang), error.hint(lang)
    click.echo(f"{error.code}: {message}", err=True)
    if hint:
        click.echo(f"  = {hint}", err=True)
    return error.exit_code
