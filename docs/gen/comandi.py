"""The reference of the command line, from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc

import click

from cli import cbi
from docs.gen.lingua import NOTE, table

TITLE = f"""# Commands

{NOTE}

Exit codes: 0 done; 1 a fault of the program; 2 wrong usage; 3 errors found, or refused; 8 unreadable; 130 interrupted.
"""


def pages() -> Iterator[tuple[str, str]]:
    """The path of the page under docs/, and its text."""
    yield "commands.md", "\n".join([TITLE, *(line for context in every_command() for line in _command(context))])


def every_command() -> Iterator[click.Context]:
    """A context for `cbi` and for every command and subcommand of it."""
    waiting = [click.Context(cbi, info_name="cbi")]
    while waiting:
        context = waiting.pop(0)
        yield context
        if isinstance(context.command, click.Group):
            inner = [
                (name, context.command.get_command(context, name)) for name in context.command.list_commands(context)
            ]
            waiting[:0] = [
                click.Context(each, parent=context, info_name=name) for name, each in inner if each is not None
            ]


def _command(context: click.Context) -> Iterator[str]:
    command, path = context.command, context.command_path
    usage = " ".join((path, *command.collect_usage_pieces(context)))
    yield from (f"## {path}", "", f"`{usage}`", "", cleandoc(command.help or ""), "")
    options = [param for param in command.get_params(context) if isinstance(param, click.Option)]
    yield from table(("option", "meaning"), ((_names(option), option.help or "") for option in options))


def _names(option: click.Option) -> str:
    metavar = "" if option.is_flag else f" {option.make_metavar(click.Context(click.Command('')))}"
    return ", ".join(f"`{name}{metavar}`" for name in option.opts)
