"""The pages under docs/ are those that the declarations make, nothing declared lacks its page, and the site builds."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import click
import pytest

import cbi
from cbi.flows.registry import DECLARED
from cbi.layout import LENGTH
from cbi.validators.catalogue import PROFILES, legible, rules, severities
from cli import COMMANDS
from docs import make
from docs.gen import comandi, regole
from docs.gen.disegno import automaton
from docs.gen.lingua import ENGLISH, ITALIAN, LINGUE, TENS, Lingua
from docs.gen.luoghi import page_of
from docs.gen.stati import Capitolo, chapters
from docs.gen.tracciati import CONFIDENCE
from ledger.stati import DISPOSIZIONE, DISTINTA, VITE
from tests.console import ROOT

PAGES = make.pages()
CODES = sorted(rules())
FLOWS = {page_of(flow): flow for flow in DECLARED}
SEVERITY = {"it": ("errore", "avviso", "nota", "spenta"), "en": ("error", "warning", "info", "off")}


def page(path: str, lingua: Lingua = ENGLISH) -> str:
    return PAGES[f"{lingua.folder}{path}.md"]


# --- what is written is what is declared ---------------------------------------------------------------------


def test_the_generated_pages_are_up_to_date() -> None:
    there = {name: make.HERE / name for name in PAGES if (make.HERE / name).exists()}
    current = {name for name, path in there.items() if path.read_text(encoding="utf-8") == PAGES[name]}
    assert sorted(PAGES.keys() - current) == [], "run `make docs`"


def test_no_page_is_left_of_what_is_no_longer_declared() -> None:
    assert make.strangers() == [], "run `make docs`"


def test_every_flow_and_every_rule_has_its_page_in_both_languages() -> None:
    names = {*(f"tracciati/{name}" for name in FLOWS), *(f"regole/{code}" for code in CODES)}
    indexes = {"tracciati/index", "regole/index"}
    made = {name.removesuffix(".md") for name in PAGES if name.endswith(".md")}
    assert made == {f"{lingua.folder}{name}" for lingua in LINGUE for name in names | indexes} | {"commands", "stati"}


# --- rules ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lingua", LINGUE, ids=lambda lingua: lingua.code)
@pytest.mark.parametrize("code", CODES)
def test_the_page_of_a_rule_says_what_the_catalogue_says(code: str, lingua: Lingua) -> None:
    rule, text = rules()[code], page(f"regole/{code}", lingua)
    told = (
        getattr(rule, name if lingua is ITALIAN else name.replace("it", "en")) for name in ("it", "why_it", "hint_it")
    )
    assert [words for words in (*map(legible, told), rule.source, rule.bad, rule.good) if words not in text] == []
    said = dict(re.findall(r"profil[eo] `(\w+)`: (\w+)", text))
    words = dict(zip(("error", "warning", "info", "off"), SEVERITY[lingua.code], strict=True))
    assert said == {name: words[severities(name)[code]] for name in PROFILES}


@pytest.mark.parametrize("code", CODES)
def test_the_page_of_a_rule_shows_lines_of_its_two_files_and_carets_under_the_columns(code: str) -> None:
    shown = re.findall(r"^    \|(.*)\|(?:\n {5}( *\^+))?$", page(f"regole/{code}"), re.MULTILINE)
    files = b"".join((ROOT / "fixtures" / "regole" / f"{code}.{kind}.cbi").read_bytes() for kind in ("rotta", "sana"))
    there = files.decode("latin-1") + files.decode("utf-8", "replace")
    for line, carets in shown:
        assert all(part in there for part in line.rstrip().split("·"))
        assert carets.strip(" ^") == ""
    assert not shown or shown[0][1]


def test_the_rules_of_every_prefix_belong_to_flows() -> None:
    assert {name for name in map(regole.prefix, CODES) if not regole.flows(name)} == {"CBI"}


@pytest.mark.parametrize("lingua", LINGUE, ids=lambda lingua: lingua.code)
def test_the_index_of_the_rules_names_each_once(lingua: Lingua) -> None:
    assert sorted(re.findall(r"^\| \[([\w-]+)\]\(\1\.md\)", page("regole/index", lingua), re.MULTILINE)) == CODES


# --- tracciati -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lingua", LINGUE, ids=lambda lingua: lingua.code)
@pytest.mark.parametrize("name", FLOWS)
def test_the_page_of_a_flow_has_every_record_with_its_ruler_its_fields_and_its_confidence(
    name: str, lingua: Lingua
) -> None:
    flow, text = FLOWS[name], page(f"tracciati/{name}", lingua)
    chapters = re.split(r"^## ", text, flags=re.MULTILINE)[2:]
    assert len(chapters) == len(flow.records)
    for chapter, cls in zip(chapters, flow.records.values(), strict=True):
        ruler = chapter.split("```text\n")[1].splitlines()
        assert ruler[0] == TENS and len(ruler[1]) == LENGTH
        assert [at for at, sign in enumerate(ruler[1], 1) if sign == "|"] == [field.start for field in cls.FIELDS]
        assert lingua.say(*CONFIDENCE[cls.CONFIDENCE]) in chapter
        assert re.findall(r"^\| \d+(?:-\d+)? \| `(\w+)`", chapter, re.MULTILINE) == [f.name_it for f in cls.FIELDS]


@pytest.mark.parametrize("name", FLOWS)
def test_an_example_is_a_line_of_the_file_it_names(name: str) -> None:
    found = re.findall(r"^\|[|.?-]+\n(.*)\n```\n\nExample: `(.+)`, line (\d+)", page(f"tracciati/{name}"), re.MULTILINE)
    assert found
    for line, file, number in found:
        lines = (ROOT / file).read_bytes().decode("latin-1").split("\r\n")
        assert lines[int(number) - 1].rstrip() == line


@pytest.mark.parametrize("name", FLOWS)
def test_the_order_of_the_records_is_in_the_table_and_in_the_drawing(name: str) -> None:
    for state, arrows in FLOWS[name].transitions.items():
        assert f"| `{state}` | {' '.join(f'`{key}`' for key in arrows.values())} |" in page(f"tracciati/{name}")
    drawing = ET.fromstring(PAGES[f"disegni/{name}.svg"])
    assert len(drawing.findall(".//{*}path[@marker-end]")) == sum(map(len, FLOWS[name].transitions.values()))


# --- states, commands ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("chapter", [*chapters()], ids=lambda chapter: chapter.name)
def test_every_row_of_the_states_is_in_the_table_and_in_the_drawing(chapter: Capitolo) -> None:
    drawing = ET.fromstring(PAGES[f"disegni/{chapter.name}.svg"])
    words = ", ".join(text.text or "" for text in drawing.findall(".//{*}text"))
    for (da, evento), a in chapter.tabella.items():
        assert f"| {da} | {evento} | {a} |" in page("stati")
        assert {da, evento, a} <= set(words.split(", "))


def test_every_kind_has_its_chapter_of_states_and_the_words_of_its_bank() -> None:
    shown = {pair: a for chapter in chapters() for pair, a in chapter.tabella.items()}
    for table in (*DISTINTA.values(), *DISPOSIZIONE.values()):
        assert table.keys() <= shown.keys()
    for vita in VITE.values():
        assert " < ".join(stato for _, stato in vita.parole) in page("stati")


def test_no_two_words_of_a_drawing_are_in_the_same_place() -> None:
    states = ["A", "B", "C", "D", "E"]
    drawing = ET.fromstring(automaton(states, {(a, b): f"{a}{b}" for a in states for b in states}))
    words = [word for word in drawing.findall(".//{*}text") if "word" in word.get("class", "")]
    assert len({(word.get("x"), word.get("y")) for word in words}) == len(words) == len(states) ** 2


def test_every_command_and_option_is_documented() -> None:
    contexts = list(comandi.every_command())
    assert {f"cbi {name}" for name in COMMANDS} < {context.command_path for context in contexts}
    for context in contexts:
        chapter = page("commands").partition(f"\n## {context.command_path}\n")[2].partition("\n## ")[0]
        assert context.command.help and context.command.help.splitlines()[0] in chapter
        for param in context.command.params:
            if isinstance(param, click.Option):
                assert param.help and param.help in chapter, (context.command_path, param.name)
                assert all(f"`{name}" in chapter for name in param.opts), (context.command_path, param.name)


# --- the whole -----------------------------------------------------------------------------------------------


def links(path: Path) -> list[Path]:
    found = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    return [(path.parent / link).resolve() for link in found]


def test_every_page_is_reached_from_the_first_and_every_link_leads_somewhere() -> None:
    waiting, seen = [make.HERE / "index.md"], set[Path]()
    while waiting:
        path = waiting.pop()
        assert path.exists(), path
        if path not in seen and path.suffix == ".md":
            waiting += links(path)
        seen.add(path)
    assert {path for path in make.HERE.rglob("*.md") if "_build" not in path.parts} <= seen


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "dummy", make.HERE, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_examples_of_the_library_run() -> None:
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        outcome = doctest.testmod(cbi)
        readme = doctest.testfile(str(ROOT / "docs" / "library.md"), module_relative=False)
    finally:
        os.chdir(before)
    assert (outcome.failed, readme.failed) == (0, 0)
    assert outcome.attempted > 3 and readme.attempted > 5
