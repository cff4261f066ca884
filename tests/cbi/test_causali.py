"""The causali of orders and outcomes, and what each means, against the table of the standard."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

import cbi
from cbi.fields import Choice, Const
from cbi.flows import al, mav, riba, rid
from cbi.flows.disposizione import Promemoria
from cbi.flows.model import FROM_BANK, TO_BANK, Flow
from cbi.flows.registry import DECLARED
from fixtures import disposizioni as made
from fixtures import make
from tests.shared_facts import FACTS, needs_facts

KINDS = ("RIBA", "MAV", "RID", "PC", "AL")
# Of the table, what is no causale: how a cheque is told apart, in another column.
NOT_CODES = " + "
EFFETTI: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("RIBA", FROM_BANK): riba.EFFETTI,
    ("MAV", FROM_BANK): mav.EFFETTI,
    ("RID", FROM_BANK): rid.EFFETTI,
    ("AL", TO_BANK): al.EFFETTI,
    ("AL", FROM_BANK): al.EFFETTI,
}


def table(memos: bool) -> dict[tuple[str, str], dict[str, str]]:
    """By flow and direction, each causale and its effect: of orders and outcomes, or of their memos."""
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    with (FACTS / "causali.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["flow"] in KINDS and NOT_CODES not in row["code"] and bool(row["record"]) == memos:
                found[row["flow"], row["direction"]][row["code"]] = row["effect"]
    return found


def declared(memos: bool) -> dict[tuple[str, str], set[str]]:
    """By flow and direction, the causali that the records of the library know."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for flow in DECLARED:
        name = flow.name.removesuffix("_IBAN")  # requests of IBAN are mandates, for the table
        if name in KINDS:
            found[name, flow.direction] |= causali(flow, memos)
    return {key: codes for key, codes in found.items() if codes}


def causali(flow: Flow, memos: bool) -> set[str]:
    codes: set[str] = set()
    for cls in flow.records.values():
        spec = cls.BY_NAME.get("causale")
        if spec is None or (cls.VARIANTE == "promemoria") != memos:
            continue
        codes |= {spec.value} if isinstance(spec, Const) else set(spec.values) if isinstance(spec, Choice) else set()
    return codes


@needs_facts
def test_every_flow_knows_the_causali_of_its_direction_and_no_other() -> None:
    assert declared(memos=False) == {key: set(codes) for key, codes in table(memos=False).items()}


@needs_facts
def test_the_causali_of_memos_are_among_those_of_the_table() -> None:
    known = table(memos=True)
    assert declared(memos=True).keys() >= known.keys()
    assert all(set(codes) <= declared(memos=True)[key] for key, codes in known.items())


@needs_facts
@pytest.mark.parametrize("key", sorted(EFFETTI), ids="-".join)
def test_a_causale_has_the_effect_that_the_table_gives_it(key: tuple[str, str]) -> None:
    wanted = table(memos=False)[key]
    assert {code: EFFETTI[key].get(code) for code in wanted} == wanted


@needs_facts
def test_no_effect_is_known_of_a_causale_that_the_table_has_not() -> None:
    known = {code for codes in table(memos=False).values() for code in codes}
    assert {code for effects in EFFETTI.values() for code in effects} <= known


@pytest.mark.parametrize("flow", [flow for flow in DECLARED if flow.name in KINDS], ids=lambda f: f"{f.name}-{f.title}")
def test_every_causale_of_a_list_has_its_words(flow: Flow) -> None:
    for cls in flow.records.values():
        spec = cls.BY_NAME.get("causale")
        if isinstance(spec, Choice):
            assert spec.values and all(len(words) > 4 for words in spec.values.values())


@pytest.mark.parametrize(("flow", "wrong"), [("al", "90212"), ("al_risposte", "90211")])
def test_a_causale_of_the_other_direction_is_refused(flow: str, wrong: str) -> None:
    data = made.put("12", "causale", wrong)(made.FILES[flow])
    found = [diagnostic for diagnostic in cbi.lint(io.BytesIO(data), "x.cbi", "standard") if diagnostic.line == 2]
    assert [(d.code, d.field) for d in found if d.code == "CBI-CAMPO-032"] == [("CBI-CAMPO-032", "causale")]


@pytest.mark.parametrize(
    ("esiti", "name", "words"),
    [
        (rid.esiti, "rid_esiti", ["pagata", "tecnici", "insufficienza"]),
        (mav.esiti, "mav_esiti", ["pagata", "radiata"]),
        (riba.esiti, "riba_insoluti", ["impagata"]),
    ],
)
def test_an_outcome_says_in_words_what_happened(
    esiti: Callable[[cbi.Supporto], Iterable[Any]], name: str, words: list[str]
) -> None:
    (supporto,) = cbi.read_supporti(io.BytesIO(make.FILES[name]))
    found = [one for one in esiti(supporto) if not isinstance(one, Promemoria)]
    assert [word in one.significato for one, word in zip(found, words, strict=True)] == [True] * len(words)
    assert [replace(one, causale="99998").significato for one in found] == [""] * len(words)
