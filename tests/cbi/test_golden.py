"""Flows made by an encoder that shares no code with this one, and what a correct reader sees in them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

import cbi
from commands.exchange import as_json
from tests.shared_facts import FACTS, needs_facts

NAMES = ("riba", "riba_esiti", "richiamo", "mav", "mav_esiti", "rid", "rid_esiti", "pc", "al", "f24", "rh", "ec")

UNDOCUMENTED = ("rid_esiti",)  # these hold records of which some columns are not documented


def golden(name: str) -> bytes:
    return (FACTS / "golden" / f"{name}.cbi").read_bytes()


def expected(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FACTS / "golden" / f"{name}.ndjson").read_text("utf-8").splitlines()]


@needs_facts
def test_no_golden_file_is_left_out() -> None:
    assert {path.stem for path in (FACTS / "golden").glob("*.cbi")} == set(NAMES)


@needs_facts
@pytest.mark.parametrize("name", NAMES)
def test_parse_sees_what_the_golden_pair_says(name: str) -> None:
    assert [as_json(letto) for letto in cbi.read_records(io.BytesIO(golden(name)))] == expected(name)


@needs_facts
@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNDOCUMENTED])
def test_write_makes_the_golden_file_again_byte_for_byte(name: str) -> None:
    assert b"".join(cbi.record_from_json(item).raw + b"\r\n" for item in expected(name)) == golden(name)


@needs_facts
@pytest.mark.parametrize("name", UNDOCUMENTED)
def test_a_golden_file_with_undocumented_columns_is_read_whole_and_never_written(name: str) -> None:
    records = [letto.record for letto in cbi.read_records(io.BytesIO(golden(name)))]
    assert b"".join(type(one).from_fields(one.fields()).raw + b"\r\n" for one in records) == golden(name)
    with pytest.raises(cbi.ValoreErrato, match="documented"):
        [cbi.record_from_json(item) for item in expected(name)]


@needs_facts
@pytest.mark.parametrize("name", NAMES)
def test_lint_finds_nothing_to_say_of_a_golden_file(name: str) -> None:
    assert list(cbi.lint(io.BytesIO(golden(name)), name)) == []


@needs_facts
@pytest.mark.parametrize("name", NAMES)
def test_an_untouched_flow_is_given_back_as_it_came(name: str) -> None:
    supporti = list(cbi.read_supporti(io.BytesIO(golden(name))))
    assert b"".join(supporto.raw for supporto in supporti) == golden(name)
    assert b"".join(supporto.canonical for supporto in supporti) == golden(name)
