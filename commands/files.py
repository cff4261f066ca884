"""`cbi parse`, `cbi write`, `cbi context`: files to JSON, JSON to files, one record explained."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from commands.common import Ctx, pass_ctx
from commands.failures import OK, REFUSED, UNREADABLE, USAGE
from commands.opening import Progress, open_input, open_output, why_not
from commands.profiles import profile_option

if TYPE_CHECKING:
    from cbi import Letto, Record
    from cbi.fields import Field
    from cbi.flows.model import Supporto
    from cbi.flows.registry import Registry
    from cbi.validators.catalogue import Profilo


@click.command("parse")
@click.argument("file")
@click.option(
    "--format",
    "form",
    type=click.Choice(["ndjson", "json"]),
    default="ndjson",
    show_default=True,
    help="One object a record, or supporti with their orders.",
)
@profile_option
@pass_ctx
def parse_cmd(ctx: Ctx, file: str, form: str, profile: Profilo) -> int:
    """Prints a flow file as JSON: one object a record (ndjson), or grouped by supporto and order (json).

    Blank is null, dates are ISO, amounts decimal strings, codes keep their zeros. A record whose bytes are not the
    canonical form of its fields also carries them, as `raw`.
    """
    parse = _parse_ndjson if form == "ndjson" else _parse_json
    return _reading(ctx, file, lambda stream: parse(stream, profile.flows))


def _reading(ctx: Ctx, name: str, work: Callable[[BinaryIO], int]) -> int:
    try:
        with open_input(name) as stream, Progress(ctx, name, stream) as watched:
            found = work(watched)
    except BrokenPipeError:
        raise
    except OSError as error:
        click.echo(f"{name}: {why_not(ctx, error)}", err=True)
        return UNREADABLE
    if not found:
        it = f"{name}: nessun record CBI riconosciuto; `cbi lint` dice perché"
        click.echo(ctx.say(it, f"{name}: no CBI record recognised; `cbi lint` tells why"), err=True)
        return UNREADABLE
    return OK


def _parse_ndjson(stream: BinaryIO, flows: Registry) -> int:
    from cbi import read_records
    from commands.exchange import as_json

    known = 0
    for letto in read_records(stream, flows):
        known += letto.flow is not None
        click.echo(json.dumps(as_json(letto), ensure_ascii=False))
    return known


def _parse_json(stream: BinaryIO, flows: Registry) -> int:
    from cbi import read_supporti

    count = 0
    click.echo("[", nl=False)
    for supporto in read_supporti(stream, flows):
        click.echo(("\n" if not count else ",\n") + json.dumps(_supporto(supporto), ensure_ascii=False), nl=False)
        count += 1
    click.echo("\n]")
    return count


def _supporto(supporto: Supporto) -> dict[str, Any]:
    return {
        "flow": supporto.flow,
        "direction": supporto.direction,
        "line": supporto.line,
        "header": _record(supporto.header),
        "ordini": [
            {"numero": ordine.numero, "line": ordine.line, "records": [_record(record) for record in ordine.records]}
            for ordine in supporto.ordini
        ],
        "coda": None if supporto.coda is None else _record(supporto.coda),
    }


def _record(record: Record) -> dict[str, Any]:
    tipo = record.tipo or record.raw[1:3].decode("latin-1")
    return {"line": record.line, "record": tipo, "variant": record.variante, "fields": record.fields()}


@click.command("write")
@click.argument("file", metavar="IN.ndjson")
@click.option("-o", "--output", required=True, help="The flow file to make; `-` for standard output.")
@click.option("--dry-run", is_flag=True, help="Check the input, write nothing.")
@profile_option
@pass_ctx
def write_cmd(ctx: Ctx, file: str, output: str, dry_run: bool, profile: Profilo) -> int:
    """Makes a flow file of the records that `cbi parse` prints: canonical, 120 characters and CR+LF.

    The file appears only when it is whole. Check it with `cbi lint` before it goes anywhere.
    """
    from commands.exchange import BadLine

    try:
        with open_input(file) as stream:
            records = _records(stream, profile.flows)
            count = sum(1 for _ in records) if dry_run else _write(records, output)
    except BrokenPipeError:
        raise
    except OSError as error:
        click.echo(f"{error.filename or file}: {why_not(ctx, error)}", err=True)
        return UNREADABLE
    except BadLine as error:
        click.echo(f"{file}:{error.line}: {error.reason(ctx.lang)}", err=True)
        return REFUSED
    verb = ctx.say(
        "record da scrivere" if dry_run else "record scritti", "records to write" if dry_run else "records written"
    )
    click.echo(f"{output}: {count} {verb}", err=True)
    return OK


def _write(records: Iterator[Record], output: str) -> int:
    count = 0
    with open_output(output) as out:
        for record in records:
            out.write(record.raw + b"\r\n")
            count += 1
    return count


def _records(stream: BinaryIO, flows: Registry) -> Iterator[Record]:
    from commands.exchange import BadLine, record_of

    number = 0
    for number, line in enumerate(_lines(stream), 1):
        if line.strip():
            yield record_of(number, line, flows)
    if number == 0:
        raise BadLine(1, "JSON", "", "un record per riga", "a record a line")


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines of at most a mebibyte: the longest record takes a hundredth of that."""
    from io import BufferedReader
    from typing import cast

    reader = BufferedReader(cast("Any", stream)) if not hasattr(stream, "peek") else stream
    while line := reader.readline(1 << 20):
        yield line


@click.command("context")
@click.argument("file")
@click.argument("line", type=click.IntRange(min=1))
@profile_option
@pass_ctx
def context_cmd(ctx: Ctx, file: str, line: int, profile: Profilo) -> int:
    """Shows the record at LINE of FILE, field by field, as it was understood."""
    try:
        with open_input(file) as stream:
            letto = _at(stream, line, profile.flows)
    except BrokenPipeError:
        raise
    except OSError as error:
        click.echo(f"{file}: {why_not(ctx, error)}", err=True)
        return UNREADABLE
    if letto is None:
        click.echo(ctx.say(f"{file}: la riga {line} non c'è", f"{file}: there is no line {line}"), err=True)
        return USAGE
    _show(ctx, letto)
    return OK


def _at(stream: BinaryIO, line: int, flows: Registry) -> Letto | None:
    from cbi import read_records

    return next((letto for letto in read_records(stream, flows) if letto.riga.number == line), None)


def _show(ctx: Ctx, letto: Letto) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    record, flow = letto.record, letto.flow
    name = ctx.say("fuori da ogni supporto", "outside any supporto") if flow is None else f"{flow.title} ({flow.name})"
    ctx.console.print(
        f"{name} · record {record.tipo or letto.riga.tipo} {record.variante}".rstrip(), style="bold", highlight=False
    )
    table = Table(
        "", ctx.say("campo", "field"), ctx.say("contenuto", "content"), "", box=box.SIMPLE_HEAD, pad_edge=False
    )
    certainty = {"high": ctx.say("alta", "high"), "medium": ctx.say("media", "medium"), "low": ctx.say("bassa", "low")}
    for spec, raw, value, bad in _explained(record):
        told = f"{'✗ ' if bad else ''}{value}"
        style = "red" if bad else "dim" if not raw.strip() else ""
        sure = record.confidence_of(spec)
        notes = "" if sure == record.CONFIDENCE else f" · {ctx.say('affidabilità', 'confidence')} {certainty[sure]}"
        names = f"{spec.name}\n[dim]{escape(spec.description)}{notes}[/dim]"
        table.add_row(f"{spec.start}-{spec.end}", names, escape(f"|{raw}|"), escape(told), style=style)
    ctx.console.print(table)
    ctx.console.print(f"{ctx.say('fonte', 'source')}: {record.SOURCE}", highlight=False)
    if record.CONFIDENCE != "high":
        ctx.console.print(f"{ctx.say('affidabilità', 'confidence')}: {certainty[record.CONFIDENCE]}", highlight=False)


def _explained(record: Record) -> Iterator[tuple[Field[Any], str, str, bool]]:
    """Each field with its bytes, its value where it says more than they do, and whether it is faulty."""
    from cbi.validators import banche
    from cbi.validators.sospetti import is_abi

    faults = [fault.start for fault in record.faults(record.raw)]
    values = record.fields()
    for spec in record.FIELDS:
        raw = spec.cut(record.raw).decode("latin-1")
        value = values.get(spec.name)
        meaning = (banche.nome(raw) or "") if is_abi(spec) else getattr(spec, "values", {}).get(value or "", "")
        told = " · ".join(part for part in ("" if value == raw.strip() else value or "", meaning) if part)
        yield spec, raw, told, any(spec.start <= at <= spec.end for at in faults)
