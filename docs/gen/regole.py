"""The pages of the rules: what each says, why, how severe it is, and the two fixtures that show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from io import BytesIO
from itertools import groupby
from pathlib import Path

import cbi
from cbi.flows.model import Flow
from cbi.flows.registry import DECLARED
from cbi.validators.catalogue import OFF, PROFILES, SHARED, Regola, legible, rules, severities
from cbi.validators.diagnostics import SEVERITY_WORDS, Diagnostic
from docs.gen.lingua import LINGUE, Lingua, heading, table, text_block
from docs.gen.luoghi import anchor, page_of
from fixtures.make import ON, asking

FIXTURES = Path(__file__).parents[2] / "fixtures" / "regole"


def pages() -> Iterator[tuple[str, str]]:
    """The path of each page under docs/, and its text."""
    for lingua in LINGUE:
        yield f"{lingua.folder}regole/index.md", "\n".join(_index(lingua))
        for rule in rules().values():
            yield f"{lingua.folder}regole/{rule.code}.md", "\n".join(_regola(rule, lingua))


def prefix(code: str) -> str:
    """What the code of a rule begins with: its flow, or CBI for what holds in every flow."""
    return code.partition("-")[0]


def flows(name: str) -> Sequence[Flow]:
    """The declared flows that the rules of a prefix are for."""
    return [flow for flow in DECLARED if flow.name in SHARED.get(name, (name,))]


def prefixes(flow: Flow) -> Sequence[str]:
    """The prefixes of the rules that are for this flow and not for all."""
    return [name for name in dict.fromkeys(map(prefix, rules())) if flow in flows(name)]


def _index(lingua: Lingua) -> Iterator[str]:
    yield from heading(lingua.say("Regole", "Rules"), lingua, "regole/index.md")
    yield lingua.say(
        "`cbi explain CODICE` dice lo stesso nel terminale. Ogni regola ha un file che la viola e uno che la rispetta.",
        "`cbi explain CODE` tells the same at the terminal. Each rule has a file that breaks it and one that does not.",
    )
    yield ""
    for name, codes in groupby(rules(), key=prefix):
        links = ", ".join(_link(flow, lingua) for flow in flows(name))
        yield from (f"## {name}", "", links or lingua.say("In ogni flusso.", "In every flow."), "")
        head = lingua.say("codice gravità messaggio", "code severity message")
        yield from table(head.split(), (_row(rules()[code], lingua) for code in codes))


def _row(rule: Regola, lingua: Lingua) -> tuple[str, ...]:
    return f"[{rule.code}]({rule.code}.md)", _severity(rule.severity, lingua), legible(lingua.say(rule.it, rule.en))


def _severity(severity: str, lingua: Lingua) -> str:
    return lingua.say("spenta", "off") if severity == OFF else SEVERITY_WORDS[lingua.code][severity]


def _link(flow: Flow, lingua: Lingua, place: str = "") -> str:
    return f"[{flow.title}]({lingua.up}{lingua.folder}tracciati/{page_of(flow)}.md{place})"


def _regola(rule: Regola, lingua: Lingua) -> Iterator[str]:
    yield from heading(rule.code, lingua, f"regole/{rule.code}.md")
    yield from (f"**{legible(lingua.say(rule.it, rule.en))}**", "", lingua.say(rule.why_it, rule.why_en), "")
    facts = [
        *(
            (lingua.say(f"profilo `{name}`", f"profile `{name}`"), _severity(severities(name)[rule.code], lingua))
            for name in PROFILES
        ),
        (lingua.say("nell'esempio", "in the example"), _where(rule, lingua)),
        (lingua.say("l'esempio parte il", "the example is sent on"), f"{ON[rule.code]}" if rule.code in ON else ""),
        (lingua.say("fonte", "source"), rule.source),
        (lingua.say("codice ER delle banche", "ER code of the banks"), rule.er),
        (lingua.say("difetto", "defect"), f"`{rule.bad}`"),
        (lingua.say("rimedio", "cure"), f"`{rule.good}`"),
    ]
    yield from (f"- {name}: {fact}" for name, fact in facts if fact)
    yield ""
    yield from (
        f"## {lingua.say('Che cosa fare', 'What to do')}",
        "",
        legible(lingua.say(rule.hint_it, rule.hint_en)),
        "",
    )
    yield from (f"## {lingua.say('Esempio', 'Example')}", "")
    yield from _example(rule, lingua)


def _where(rule: Regola, lingua: Lingua) -> str:
    """The record of the guilty line, on the page of its flow."""
    letto = _guilty(rule.code)
    if letto is None or letto.flow not in DECLARED:
        return ""
    key = next((key for key, cls in letto.flow.records.items() if cls is type(letto.record)), "")
    place = f"#{anchor(key, type(letto.record))}" if key else ""
    return f"record {letto.flow.tipo_di(letto.riga.record)}, {_link(letto.flow, lingua, place)}"


def _example(rule: Regola, lingua: Lingua) -> Iterator[str]:
    shown, line = _shown(rule.code), lingua.say("riga", "line")
    yield from (f"{_file(rule, 'rotta', lingua)}, {line} {shown.line}: {shown.headline(lingua.code)}.", "")
    if shown.text:
        yield from text_block(shown.ruler())
    twin = _twin(rule.code, shown)
    fine = lingua.say("nessun difetto", "no defects")
    if twin is None:
        yield from (f"{_file(rule, 'sana', lingua)}: {fine}.", "")
        return
    yield from (f"{_file(rule, 'sana', lingua)}, {line} {twin.line}: {fine}.", "")
    same_place = twin.line == shown.line and twin.text[:3] == shown.text[:3]
    yield from text_block(twin.ruler() if same_place else twin.ruler()[:1])


def _file(rule: Regola, kind: str, lingua: Lingua) -> str:
    name = f"{rule.code}.{kind}.cbi"
    return f"[`{name}`]({lingua.up}../fixtures/regole/{name})"


@cache
def _shown(code: str) -> Diagnostic:
    """The first defect of that code in the file that breaks the rule."""
    found = cbi.lint(BytesIO(_read(code, "rotta")), code, asking(code), on=ON.get(code))
    return next(diagnostic for diagnostic in found if diagnostic.code == code)


def _twin(code: str, shown: Diagnostic) -> Diagnostic | None:
    """The same place of the sound file or, where that is the same, the first line in which the two files differ."""
    broken, sound = (_lines(_read(code, kind)) for kind in ("rotta", "sana"))
    if not shown.text or not sound:
        return None
    line = shown.line if sound.get(shown.line) != broken.get(shown.line) else _first_difference(broken, sound)
    text = sound.get(line, "")
    return replace(shown, line=line, text=text) if text else None


def _first_difference(broken: Mapping[int, str], sound: Mapping[int, str]) -> int:
    return next((line for line in sound if broken.get(line) != sound[line]), 0)


def _lines(data: bytes) -> Mapping[int, str]:
    return {letto.riga.number: letto.riga.record.decode("latin-1") for letto in cbi.read_records(BytesIO(data))}


@cache
def _guilty(code: str) -> cbi.Letto | None:
    """The record that the defect blames, as it was understood; none when it blames the file."""
    shown = _shown(code)
    letti = cbi.read_records(BytesIO(_read(code, "rotta")))
    return next((letto for letto in letti if shown.record is not None and letto.riga.number == shown.line), None)


def _read(code: str, kind: str) -> bytes:
    return (FIXTURES / f"{code}.{kind}.cbi").read_bytes()
