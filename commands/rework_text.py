"""How the contents of files, and files made of others, are shown: tables and lines for people, objects for JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from commands.common import Ctx
from commands.tables import amount, day, euro, print_table

if TYPE_CHECKING:
    from cbi import Supporto
    from cbi.flows.describe import Descrizione, Somma
    from cbi.flows.diff import Campo, Differenza
    from cbi.flows.fix import Cura
    from cbi.flows.merge import Unione
    from cbi.flows.split import Pezzo

# --- describe --------------------------------------------------------------------------------------------


def print_descriptions(ctx: Ctx, file: str, found: Iterable[Descrizione], form: str) -> int:
    """Each supporto in figures, as it is read; how many there were."""
    count = 0
    if form == "json":
        click.echo("[", nl=False)
    for count, descrizione in enumerate(found, 1):
        if form == "json":
            text = json.dumps(_description_json(descrizione), ensure_ascii=False, indent=2)
            click.echo((",\n" if count > 1 else "\n") + text, nl=False)
        else:
            _print_description(ctx, file, descrizione)
    if form == "json":
        click.echo("\n]")
    return count


def _print_description(ctx: Ctx, file: str, d: Descrizione) -> None:
    way = ctx.say("verso la banca", "to the bank") if d.direction == "to_bank" else ctx.say("dalla banca", "from bank")
    rows = (
        ("Supporto", d.name),
        (ctx.say("Da, a", "From, to"), f"{d.mittente} → {d.ricevente}"),
        (ctx.say("Creato", "Created"), day(d.created)),
        (ctx.say("Record", "Records"), str(d.records)),
        (ctx.say("Disposizioni", "Orders"), str(d.orders)),
        (ctx.say("Totale negativi", "Total negative"), _euro(ctx, d.negative)),
        (ctx.say("Totale positivi", "Total positive"), _euro(ctx, d.positive)),
        (ctx.say("Coda (EF)", "Trailer (EF)"), _trailer(ctx, d.wrong)),
    )
    print_table(
        ctx,
        f"{file}:{d.line}",
        ("Flusso", f"{d.title} ({d.flow}), {way}"),
        [(name, value) for name, value in rows if value],
    )
    sums = list(_sums(ctx, d))
    if sums:
        print_table(ctx, ctx.say("Totali", "Totals"), ("Per", "", ">N.", ">Totale"), sums)


def _euro(ctx: Ctx, value: int | None) -> str:
    return "" if value is None else euro(value, ctx.lang)


def _trailer(ctx: Ctx, wrong: Mapping[str, Any] | None) -> str:
    if wrong is None:
        return ctx.say("assente o non verificabile", "missing or not verifiable")
    if not wrong:
        return ctx.say("torna", "agrees")
    right = ", ".join(f"{name} = {value}" for name, value in wrong.items())
    return ctx.say(f"non torna; dovrebbe essere {right}", f"does not agree; it should be {right}")


def _sums(ctx: Ctx, d: Descrizione) -> Iterator[tuple[str, str, str, str]]:
    groups: list[tuple[str, Mapping[Any, Somma], Callable[[Any], str]]] = [
        *((name.replace("_", " "), sums, _bank) for name, sums in d.banks.items()),
        (ctx.say("scadenza", "due"), d.due, day),
        ("causale", d.causali, str),
    ]
    for name, sums, shown in groups:
        for key in sorted(sums, key=lambda key: (key is not None, key)):
            somma = sums[key]
            total = "" if d.negative is None else euro(somma.total, ctx.lang)
            yield name, shown(key), str(somma.orders), total


def _bank(abi: str | None) -> str:
    """An ABI and the name of its bank, where it is known."""
    from cbi.validators import banche

    return "-" if abi is None else f"{abi} {banche.nome(abi) or ''}".rstrip()


def _description_json(d: Descrizione) -> dict[str, Any]:
    return {
        "flow": d.flow,
        "direction": d.direction,
        "title": d.title,
        "mittente": d.mittente,
        "ricevente": d.ricevente,
        "data_creazione": d.created and d.created.isoformat(),
        "nome_supporto": d.name,
        "line": d.line,
        "records": d.records,
        "orders": d.orders,
        "negative": None if d.negative is None else amount(d.negative),
        "positive": None if d.positive is None else amount(d.positive),
        "trailer_agrees": None if d.wrong is None else not d.wrong,
        "trailer_should_be": {name: str(value) for name, value in (d.wrong or {}).items()},
        "banks": {name: _sums_json(sums) for name, sums in d.banks.items()},
        "due": _sums_json(d.due),
        "causali": _sums_json(d.causali),
    }


def _sums_json(sums: Mapping[Any, Somma]) -> list[dict[str, Any]]:
    return [
        {"key": None if key is None else str(key), "orders": somma.orders, "total": amount(somma.total)}
        for key, somma in sums.items()
    ]


# --- diff ------------------------------------------------------------------------------------------------

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def print_differences(ctx: Ctx, found: Iterable[Differenza], form: str) -> int:
    """Each difference; how many there were."""
    differences = list(found)
    if form == "json":
        click.echo(json.dumps([asdict(difference) for difference in differences], ensure_ascii=False, indent=2))
        return len(differences)
    for difference in differences:
        which = ctx.say("disposizione", "order") if difference.ordine is not None else ""
        about = " ".join(part for part in (difference.supporto, which, difference.ordine or "") if part)
        lines = " → ".join(str(line) for line in (difference.line_a, difference.line_b) if line is not None)
        click.echo(f"{_SIGNS[difference.what]} {about} ({ctx.say('riga', 'line')} {lines})")
        for field in difference.fields:
            click.echo(f"    {_field(field)}")
    if not differences:
        click.echo(ctx.say("nessuna differenza", "no difference"), err=True)
    return len(differences)


def _field(field: Campo) -> str:
    old, new = ("-" if value is None else value for value in (field.old, field.new))
    return f"{field.record} {field.field}: {old} → {new}"


# --- split, merge ----------------------------------------------------------------------------------------


def print_pieces(ctx: Ctx, pieces: Sequence[Pezzo], form: str) -> None:
    """Which supporto is in which file."""
    if form == "json":
        click.echo(json.dumps([_piece_json(piece) for piece in pieces], ensure_ascii=False, indent=2))
        return
    headings = ("File", "Flusso", "Supporto", ">N.", ">Totale", "Da")
    rows = [(piece.file, *_cells(ctx, piece.supporto), _origin(piece)) for piece in pieces]
    print_table(ctx, ctx.say("File", "Files"), headings, rows)


def _origin(piece: Pezzo) -> str:
    name = piece.origin.identita[3]
    return name if piece.parts == 1 else f"{name} {piece.part}/{piece.parts}"


def _cells(ctx: Ctx, supporto: Supporto) -> tuple[str, str, str, str]:
    total = _total(supporto)
    return (
        supporto.flow,
        supporto.identita[3],
        str(len(supporto.ordini)),
        "" if total is None else euro(total, ctx.lang),
    )


def _total(supporto: Supporto) -> int | None:
    from cbi.flows.describe import describe

    figures = describe(supporto)
    return None if figures.negative is None or figures.positive is None else figures.negative + figures.positive


def _supporto_json(supporto: Supporto) -> dict[str, Any]:
    total = _total(supporto)
    return {
        "flow": supporto.flow,
        "direction": supporto.direction,
        "nome_supporto": supporto.identita[3],
        "orders": len(supporto.ordini),
        "total": None if total is None else amount(total),
    }


def _piece_json(piece: Pezzo) -> dict[str, Any]:
    origin = {"origin": piece.origin.identita[3], "part": piece.part, "parts": piece.parts}
    return {"file": piece.file, **_supporto_json(piece.supporto), **origin}


def print_unions(
    ctx: Ctx, unions: Sequence[Unione], source: Mapping[int, str], form: str, *, err: bool = False
) -> None:
    """Which supporti the new file has, and what each is made of; on standard error when the file goes to output."""
    if form == "json":
        items = [
            {
                **_supporto_json(union.supporto),
                "origins": [{"file": source[id(o)], "nome_supporto": o.identita[3]} for o in union.origins],
            }
            for union in unions
        ]
        click.echo(json.dumps(items, ensure_ascii=False, indent=2), err=err)
        return
    for union in unions:
        flow, name, orders, total = _cells(ctx, union.supporto)
        made_of = ", ".join(f"{source[id(o)]} {o.identita[3]}" for o in union.origins)
        count = ctx.say("disposizioni", "orders")
        click.echo(f"{flow} {name}: {orders} {count}{total and ', ' + total} ← {made_of}", err=err)


# --- fix -------------------------------------------------------------------------------------------------

_CURES = {
    "bom": ("indicatore UTF-8 tolto", "byte-order mark removed"),
    "repeated header": ("testa ripetuta tolta", "repeated header removed"),
    "blank line": ("riga vuota tolta", "blank line removed"),
    "line end": ("fine riga, da qui in poi", "line end, from here on"),
    "end of file": ("fine file tolto", "end-of-file mark removed"),
    "short line": ("riga completata", "line completed"),
    "long line": ("spazi in più tolti", "extra blanks removed"),
    "lost blank": ("primo spazio rimesso", "first blank put back"),
    "utf-8": ("lettera di più byte", "letter of several bytes"),
    "character": ("caratteri non ammessi", "characters not admitted"),
    "number": ("zeri davanti", "leading zeros"),
    "progressive": ("progressivo", "progressive"),
    "trailer": ("coda", "trailer"),
}


def print_cures(ctx: Ctx, file: str, cures: Sequence[Cura], form: str, *, err: bool = False) -> None:
    """Each cure; on standard error when the file goes to output."""
    if form == "json":
        click.echo(json.dumps([asdict(cura) for cura in cures], ensure_ascii=False, indent=2), err=err)
        return
    for cura in cures:
        about = " ".join(part for part in (cura.record, cura.field) if part)
        change = f"«{_seen(cura.before)}» → «{_seen(cura.after)}»"
        click.echo(f"{file}:{cura.line}:{cura.start}: {ctx.say(*_CURES[cura.kind])}: {about} {change}", err=err)


def _seen(text: str) -> str:
    return "".join(char if char.isprintable() else "·" for char in text)


# --- anonymize -------------------------------------------------------------------------------------------


def print_covered(ctx: Ctx, file: str, covered: Mapping[tuple[str, str], Sequence[int]]) -> None:
    """What was not understood and is covered, by record and field with its first line; on standard error."""
    for (record, field), lines in covered.items():
        about = " ".join(part for part in (record, field) if part)
        more = ctx.say(f" (e altre {len(lines) - 1})", f" (and {len(lines) - 1} more)") if len(lines) > 1 else ""
        what = ctx.say("non riconosciuto: lettere e cifre coperte", "not understood: letters and digits covered")
        click.echo(f"{file}:{lines[0]}: {about}{more}: {what}", err=True)
