"""`cbi lint` and `cbi explain`: what is wrong with a file, and why it matters."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from commands.common import Ctx, pass_ctx, tabelle_option, tables_in_use
from commands.failures import OK, REFUSED, UNREADABLE, USAGE
from commands.opening import Progress, open_input, why_not
from commands.profiles import profile_option

if TYPE_CHECKING:
    from cbi.validators.catalogue import Profilo, Regola
    from cbi.validators.diagnostics import Diagnostic

COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}


@click.command("lint")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@profile_option
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="AAAA-MM-GG",
    help="The day on which the files are sent to the bank: days past and closed, and the times of F24, are checked.",
)
@tabelle_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "ndjson"]),
    default="text",
    show_default=True,
    help="Text for people and editors; one JSON array; or one JSON object a line.",
)
@pass_ctx
def lint_cmd(
    ctx: Ctx, files: tuple[str, ...], profile: Profilo, on: datetime | None, tabelle: Path | None, form: str
) -> int:
    """Checks flow files and tells every defect: where, why, what to do.

    FILE may be `-` for standard input. Without `--on` nothing depends on today's date. Exit code 0: clean or only
    warnings; 3: errors; 8: a file cannot be read.
    """
    from cbi.validators.lint import lint

    check = partial(lint, profile=profile, on=None if on is None else on.date(), tabelle=tables_in_use(ctx, tabelle))
    printer = PRINTERS[form](ctx)
    worst = OK
    printer.begin()
    for name in files:
        worst = max(worst, _lint_file(ctx, name, check, printer))
    printer.end()
    return worst


def _lint_file(ctx: Ctx, name: str, check: Callable[[BinaryIO, str], Iterator[Diagnostic]], printer: Printer) -> int:
    from cbi.validators.lint import UNREADABLE as NOT_CBI

    counts = Counter[str]()
    code = OK
    try:
        with open_input(name) as stream, Progress(ctx, name, stream) as watched, _seekable(watched) as file:
            for diagnostic in check(file, name):
                counts[diagnostic.severity] += 1
                code = max(code, UNREADABLE if diagnostic.code == NOT_CBI else OK)
                printer.show(diagnostic)
    except BrokenPipeError:
        raise
    except OSError as error:
        click.echo(f"{name}: {why_not(ctx, error)}", err=True)
        return UNREADABLE
    printer.total(name, counts)
    return max(code, REFUSED if counts["error"] else OK)


@contextmanager
def _seekable(stream: BinaryIO) -> Iterator[BinaryIO]:
    """The stream itself, or a temporary copy of a pipe: doubles are confirmed by a second look."""
    if stream.seekable():
        yield stream
        return
    with tempfile.TemporaryFile() as copy:
        while chunk := stream.read(1 << 20):
            copy.write(chunk)
        copy.seek(0)
        yield copy


class Printer:
    """How diagnostics are shown; the text form, in colour on a terminal unless NO_COLOR is set."""

    def __init__(self, ctx: Ctx) -> None:
        self.ctx = ctx
        self.colour = None if "NO_COLOR" not in os.environ else False

    def begin(self) -> None:
        """Before the first."""

    def end(self) -> None:
        """After the last."""

    def show(self, diagnostic: Diagnostic) -> None:
        lines = diagnostic.render(self.ctx.lang).split("\n")
        colour = COLOURS[diagnostic.severity]
        click.echo(click.style(lines[0], fg=colour, bold=diagnostic.severity == "error"), color=self.colour)
        for line in lines[1:]:
            click.echo(click.style(line, fg=colour) if line.strip(" ^") == "" else line, color=self.colour)

    def total(self, name: str, counts: Counter[str]) -> None:
        click.echo(f"{name}: {summary(self.ctx, counts)}", err=True)


class JsonPrinter(Printer):
    """One array, written as it grows."""

    first = True

    def begin(self) -> None:
        click.echo("[", nl=False)

    def show(self, diagnostic: Diagnostic) -> None:
        click.echo(("\n" if self.first else ",\n") + _json(diagnostic.to_dict()), nl=False)
        self.first = False

    def end(self) -> None:
        click.echo("\n]")


class NdjsonPrinter(Printer):
    """One object a line."""

    def show(self, diagnostic: Diagnostic) -> None:
        click.echo(_json(diagnostic.to_dict()))


PRINTERS: dict[str, type[Printer]] = {"text": Printer, "json": JsonPrinter, "ndjson": NdjsonPrinter}


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)


def summary(ctx: Ctx, counts: Counter[str]) -> str:
    """How many of each, in words."""
    names = (
        ("error", ("errore", "errori"), ("error", "errors")),
        ("warning", ("avviso", "avvisi"), ("warning", "warnings")),
        ("info", ("nota", "note"), ("note", "notes")),
    )
    parts = [
        f"{counts[key]} {ctx.say(*((it[0], en[0]) if counts[key] == 1 else (it[1], en[1])))}"
        for key, it, en in names
        if counts[key]
    ]
    return ", ".join(parts) or ctx.say("nessun difetto", "no defects")


@click.command("explain")
@click.argument("code", required=False)
@pass_ctx
def explain_cmd(ctx: Ctx, code: str | None) -> int:
    """Explains a rule: what it says, why it exists, its source, an example of the defect and of the cure.

    Without CODE, lists every rule.
    """
    from cbi.validators.catalogue import rules

    if code is None:
        _list(ctx, rules().values())
        return OK
    rule = rules().get(code.upper())
    if rule is None:
        near = [known for known in rules() if code.upper() in known] or list(rules())[:1]
        it, en = f"nessuna regola {code}; forse {', '.join(near[:5])}", f"no rule {code}; perhaps {', '.join(near[:5])}"
        click.echo(ctx.say(it, en), err=True)
        return USAGE
    _explain(ctx, rule)
    return OK


def _list(ctx: Ctx, every: Iterable[Regola]) -> None:
    from rich.table import Table

    table = Table(ctx.say("codice", "code"), ctx.say("gravità", "severity"), ctx.say("regola", "rule"))
    for rule in every:
        table.add_row(rule.code, f"[{COLOURS[rule.severity]}]{rule.severity}[/]", ctx.say(rule.why_it, rule.why_en))
    ctx.console.print(table)


def _explain(ctx: Ctx, rule: Regola) -> None:
    from rich.table import Table
    from rich.text import Text

    from cbi.validators.catalogue import legible

    rows = (
        (ctx.say("gravità", "severity"), rule.severity),
        (ctx.say("messaggio", "message"), ctx.say(rule.it, rule.en)),
        (ctx.say("perché", "why"), ctx.say(rule.why_it, rule.why_en)),
        (ctx.say("difetto", "defect"), rule.bad),
        (ctx.say("rimedio", "cure"), rule.good),
        (ctx.say("cosa fare", "what to do"), ctx.say(rule.hint_it, rule.hint_en)),
        (ctx.say("fonte", "source"), rule.source),
        (ctx.say("codice ER", "ER code"), rule.er),
    )
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    for name, text in rows:
        if text:
            table.add_row(name, Text(legible(text)))
    ctx.console.print(rule.code, style="bold")
    ctx.console.print(table)
