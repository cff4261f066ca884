"""Rules that say what they read: what they say is all they look at, and remembering verdicts changes none."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest

from cbi.validators.lint import lint
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
