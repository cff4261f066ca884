"""Writes the pages that come from the declarations: tracciati, rules, commands. `make docs`; a test compares."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

import click

from cbi.fields import Choice, Const, Field
from cbi.flows.model import Flow, tipo_of
from cbi.flows.registry import DECLARED
from cbi.layout import Record

HERE = Path(__file__).parent
RULER = "".join(f"{ten:>10}" for ten in range(10, 121, 10))
NOTE = "<!-- made by docs/make.py from the declarations: do not edit -->\n"
KINDS = {
    "filler": "spazi",
    "const": "costante",
    "alnum": "testo",
    "num": "numerico",
    "code": "codice",
    "sign": "segno",
    "amount_cents": "importo in centesimi",
    "amount_comma": "importo con virgola",
    "date_ddmmyy": "data GGMMAA",
    "date_yyyymmdd": "data AAAAMMGG",
}


def tracciato(flow: Flow) -> str:
    """The page of a flow: the order of its records, then each record field by field."""
    lines = [f"# {flow.title}", "", NOTE]
    way = "dall'azienda alla banca" if flow.direction == "to_bank" else "dalla banca all'azienda"
    lines += [f"Flusso `{flow.name}`, {way}; testa `{flow.tipo}`, coda `EF`.", ""]
    lines += ["## Ordine dei record", "", "```mermaid", "stateDiagram-v2", *_arrows(flow), "```", ""]
    for key, cls in flow.records.items():
        lines += _record(key, cls)
    return "\n".join(lines)


def _arrows(flow: Flow) -> Iterator[str]:
    def name(key: str) -> str:
        return f"r{key.replace('/', '_').replace('-', '_').replace('*', 'corpo')}"

    for key in sorted({*flow.transitions, "EF"}):
        yield f'    state "{key}" as {name(key)}'
    yield f"    [*] --> {name(flow.tipo)}"
    for state, arrows in flow.transitions.items():
        for key in arrows.values():
            yield f"    {name(state)} --> {name(key)}"
    yield f"    {name('EF')} --> [*]"


def _record(key: str, cls: type[Record]) -> Iterator[str]:
    variant = f" ({cls.VARIANTE})" if cls.VARIANTE else ""
    yield from (f"## Record {tipo_of(key)}{variant}", "", cleandoc(cls.__doc__ or ""), "")
    sure = "" if cls.CONFIDENCE == "high" else f" · affidabilità: {cls.CONFIDENCE}"
    yield from (f"Fonte: {cls.SOURCE}{sure}", "", "```text", RULER, _map(cls), "```", "")
    yield from ("| da-a | campo | tipo | obbl. | valori | descrizione |", "|---|---|---|---|---|---|")
    for field in cls.FIELDS:
        kind = KINDS[field.kind]
        span = f"{field.start}-{field.end}"
        yield f"| {span} | `{field.name_it}` | {kind} | {field.obligation} | {_values(field)} | {field.description} |"
    yield ""


def _map(cls: type[Record]) -> str:
    """The record drawn in its columns: `|` where a field begins, `.` over fillers."""
    return "".join("|" + ("." if field.kind == "filler" else "-") * (field.size - 1) for field in cls.FIELDS)


def _values(field: Field[Any]) -> str:
    if isinstance(field, Const):
        return f"`{field.value}`"
    if isinstance(field, Choice):
        return ", ".join(f"`{code}` {meaning}" for code, meaning in field.values.items())
    return ""


def regole() -> str:
    """The page of the rules."""
    from cbi.validators.catalogue import rules

    lines = ["# Regole", "", NOTE, "`cbi explain CODE` prints the same at the terminal.", ""]
    for rule in rules().values():
        lines += [f"## {rule.code}", "", f"*{rule.severity}*" + (f" · ER {rule.er}" if rule.er else ""), ""]
        lines += [rule.why_it, "", f"> {rule.it}", ">", f"> {rule.hint_it}", ""]
        lines += [rule.why_en, "", f"> {rule.en}", ">", f"> {rule.hint_en}", ""]
        lines += [
            f"- difetto / defect: `{rule.bad}`",
            f"- rimedio / cure: `{rule.good}`",
            f"- fonte / source: {rule.source}",
            "",
        ]
    return "\n".join(lines)


def commands() -> str:
    """The reference of the command line."""
    from cli import COMMANDS, cbi

    context = click.Context(cbi, info_name="cbi")
    lines = ["# Commands", "", NOTE, "Exit codes: 0 done; 1 a fault of the program; 2 wrong usage; 3 errors found, or"]
    lines += ["refused; 8 unreadable; 130 interrupted.", "", "## cbi", "", *_options(cbi, context)]
    for name in COMMANDS:
        command = cbi.get_command(context, name)
        if command is None:
            raise KeyError(name)
        inner = click.Context(command, parent=context, info_name=name)
        usage = " ".join(("cbi", name, *command.collect_usage_pieces(inner)))
        lines += [f"## cbi {name}", "", f"`{usage}`", "", cleandoc(command.help or ""), ""]
        lines += _options(command, inner)
        lines += _subcommands(command, inner, f"cbi {name}")
    return "\n".join(lines)


def _subcommands(command: click.Command, context: click.Context, path: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        return
    for name, child in command.commands.items():
        inner = click.Context(child, parent=context, info_name=name)
        usage = " ".join((path, name, *child.collect_usage_pieces(inner)))
        yield from (f"### {path} {name}", "", f"`{usage}`", "", cleandoc(child.help or ""), "")
        yield from _options(child, inner)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    found = [param for param in command.get_params(context) if isinstance(param, click.Option)]
    if not found:
        return
    yield from ("| option | meaning |", "|---|---|")
    for option in found:
        names = ", ".join(f"`{name}`" for name in option.opts)
        yield f"| {names} | {option.help or ''} |"
    yield ""


def pages() -> dict[str, str]:
    """Every generated page by its path under docs/."""
    made = {f"tracciati/{flow.name.lower()}_{flow.direction}.md": tracciato(flow) for flow in DECLARED}
    return {**made, "regole.md": regole(), "commands.md": commands()}


def main() -> None:
    for name, text in pages().items():
        path = HERE / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
