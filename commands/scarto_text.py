"""How a refusal is shown: text for people, plain objects for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from commands.common import Ctx
from commands.tables import print_json

if TYPE_CHECKING:
    from cbi.validators.diagnostics import Diagnostic
    from reconcile.scarto import Causa, Scarto

SHOWN = 20


def print_scarti(ctx: Ctx, file: str, scarti: Sequence[Scarto], form: str) -> None:
    """Each refusal of a file, code by code, and what else is wrong with the flow that was sent."""
    if form == "json":
        print_json([_json(scarto) for scarto in scarti])
        return
    for scarto in scarti:
        for causa in scarto.cause:
            click.echo(f"{file}:{causa.line}: {causa.codice} {ctx.say(causa.it, causa.en)}")
            _print_causa(ctx, scarto, causa)
        if not scarto.cause:
            it = f"{file}:{scarto.er.line}: nessun codice riconosciuto; il corpo del flusso, com'è arrivato:"
            click.echo(ctx.say(it, f"{file}:{scarto.er.line}: no known code; the body of the flow, as it came:"))
            for line in scarto.body:
                click.echo(f"    |{''.join(char if char.isprintable() else '·' for char in line)}|")
        _print_others(ctx, scarto)


def _print_causa(ctx: Ctx, scarto: Scarto, causa: Causa) -> None:
    if not causa.regole:
        click.echo(f"    {ctx.say(*causa.why)}\n    = {ctx.say(*causa.hint)}")
        return
    _print_defects(ctx, causa.difetti)
    if causa.difetti:
        return
    if scarto.sent is None:
        where = ctx.say("dove, lo dice il flusso inviato: indicarlo", "the flow that was sent tells where: name it")
        click.echo(f"    {where}. {', '.join(rule.code for rule in causa.regole)}")
        return
    it = f"in {scarto.sent} i nostri controlli non trovano nulla che corrisponda. Le regole che lo cercano:"
    click.echo(f"    {ctx.say(it, f'in {scarto.sent} our checks find nothing that corresponds. The rules that look:')}")
    for rule in causa.regole:
        click.echo(f"    {rule.code}: {ctx.say(rule.why_it, rule.why_en)}")


def _print_others(ctx: Ctx, scarto: Scarto) -> None:
    if scarto.altri:
        it = f"{scarto.sent}: altri errori, che i codici della banca non dicono:"
        click.echo(ctx.say(it, f"{scarto.sent}: other errors, which the bank's codes do not tell:"))
        _print_defects(ctx, scarto.altri)


def _print_defects(ctx: Ctx, found: Sequence[Diagnostic]) -> None:
    for defect in found[:SHOWN]:
        click.echo(defect.render(ctx.lang))
    more = len(found) - SHOWN
    if more > 0:
        click.echo(ctx.say(f"    e altri {more}: `cbi lint`", f"    and {more} more: `cbi lint`"))


def _json(scarto: Scarto) -> dict[str, Any]:
    return {
        "nome_supporto": scarto.er.identita[3],
        "sent": scarto.sent,
        "codes": [_causa_json(causa) for causa in scarto.cause],
        "body": scarto.body,
        "other_errors": [defect.to_dict() for defect in scarto.altri],
    }


def _causa_json(causa: Causa) -> dict[str, Any]:
    return {
        "code": causa.codice,
        "line": causa.line,
        "meaning_it": causa.it,
        "meaning_en": causa.en,
        "rules": [rule.code for rule in causa.regole],
        "defects": [defect.to_dict() for defect in causa.difetti],
        "why_it": causa.why[0] or None,
        "why_en": causa.why[1] or None,
        "hint_it": causa.hint[0] or None,
        "hint_en": causa.hint[1] or None,
    }
