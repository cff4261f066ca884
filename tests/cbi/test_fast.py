"""Rules that say what they read: what they say is all they look at, and remembering verdicts changes none."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

import cbi
from cbi.flows.physical import Riga
from cbi.flows.registry import find
from cbi.validators.diagnostics import Diagnostic
from cbi.validators.explain import Explainer
from cbi.validators.lint import lint, ruleset
from cbi.validators.reading import Reading
from cbi.validators.rules import Conti, Declared, Finding, Valori
from fixtures import disposizioni as d
from fixtures import make
from fixtures.comune import put, then

FILES = sorted(make.HERE.rglob("*.cbi"))


def codes(data: bytes, **how: Any) -> list[tuple[str, int]]:
    return [(found.code, found.line) for found in lint(io.BytesIO(data), **how)]


def test_a_rule_looks_at_nothing_that_it_does_not_declare(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = Declared.__call__
    asked = set()

    def both(self: Declared, v: Valori, c: Conti) -> Sequence[Finding]:
        asked.add(self)
        found = narrow(self, v, c)
        assert list(found) == list(self.judge(v, c)), self
        return found

    monkeypatch.setattr(Declared, "__call__", both)
    for path in FILES:
        if "FILE-200" not in path.name:
            list(lint(io.BytesIO(path.read_bytes()), fast=False))
    assert len(asked) > 100


def test_what_was_sound_for_one_supporto_is_not_taken_as_such_for_the_next() -> None:
    one = d.mav(d.mav_ordine(d.LUNA, con_iban=False), nome="PRIMO")
    other = d.mav(d.mav_ordine(d.VIVAIO, con_iban=False), nome="SECONDO")
    other = then(put("IM", "ricevente", "05387"), put("EF", "ricevente", "05387"))(other)
    assert codes(one + other) == codes(one + other, fast=False) == [("MAV-14-037", 11)]


def test_what_was_sound_for_one_header_date_may_be_past_for_another() -> None:
    one = d.mav(d.mav_ordine(d.DI_OGGI), nome="PRIMO")
    other = d.mav(d.mav_ordine(d.DI_OGGI), nome="SECONDO")
    other = then(put("IM", "data_creazione", "211126"), put("EF", "data_creazione", "211126"))(other)
    assert codes(one + other) == codes(one + other, fast=False) == [("MAV-14-034", 12)]


def test_a_verdict_is_of_all_the_contents_and_not_of_some() -> None:
    """One transfer each way is sound with its own bank and not with the other's."""
    sound = [
        d.pc_ordine(d.LUNA, causale="34000", verso=d.STESSA_BANCA),
        d.pc_ordine(d.VIVAIO, causale="79000"),
    ]
    wrong = [
        d.pc_ordine(d.SARTO, causale="34000"),
        d.pc_ordine(d.NIENTE, causale="79000", verso=d.STESSA_BANCA),
    ]
    found = codes(d.pc(*sound, *wrong))
    assert found == codes(d.pc(*sound, *wrong), fast=False)
    assert {"PC-10-045", "PC-10-046", "PC-10-141"} <= {code for code, _ in found}


@pytest.mark.parametrize("most", [0, 1, 2])
def test_forgetting_what_was_sound_changes_nothing(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cbi.validators.fast.MOST", most)
    for name in sorted(make.FILES):
        data = make.FILES[name]
        assert codes(data) == codes(data, fast=False)


# Orders in a form that is told from the usual one by their last record only, and one whose causale forgives a fault.
NOT_PROVED = ("al", "rid_non_residente", "riba_non_residente", "pc_causali_miste")


@pytest.mark.parametrize("name", [name for name in sorted(make.FILES) if name not in NOT_PROVED])
def test_of_what_is_sound_only_the_trailer_is_read_record_by_record(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read, add = set(), Explainer.add

    def noted(self: Explainer, reading: Reading, riga: Riga) -> Iterator[Diagnostic]:
        read.add(riga.tipo)
        return add(self, reading, riga)

    monkeypatch.setattr(Explainer, "add", noted)
    found = {found.code for found in lint(io.BytesIO(make.FILES[name]))}
    assert read == {"EF"} or any(code.startswith(("CBI-RIGA", "CBI-C")) for code in found)


@pytest.mark.parametrize(
    "flow",
    [
        make.riba(*(make.ordine(replace(make.LUNA, ricevuta=n)) for n in range(1, 101))),
        d.mav(*(d.mav_ordine(replace(d.LUNA, numero=n)) for n in range(1, 101))),
        d.rid(*(d.rid_ordine(d.LUNA) for _ in range(100))),
        d.al(*(d.richiesta(d.LUNA) for _ in range(100))),
        make.rh(*[make.INCASSO] * 100),
    ],
)
def test_a_rule_is_not_asked_again_of_the_same_contents(flow: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow, asked = Declared.__call__, Counter[Declared]()

    def noted(self: Declared, v: Valori, c: Conti) -> Sequence[Finding]:
        asked[self] += 1
        return narrow(self, v, c)

    monkeypatch.setattr(Declared, "__call__", noted)
    assert list(lint(io.BytesIO(flow))) == []
    (supporto,) = cbi.read_supporti(io.BytesIO(flow))
    vary = ruleset(find(supporto.flow, supporto.direction)).vary
    assert asked and [rule for rule, times in asked.items() if times > 2 and not rule.reads & vary] == []
