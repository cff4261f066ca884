"""The declarations against the table of the standard, row by row."""

from __future__ import annotations

import csv

import pytest

from cbi.fields import Const, Filler
from cbi.flows.model import Flow, tipo_of, variante_of
from cbi.flows.registry import DECLARED
from cbi.layout import Record
from tests.shared_facts import FACTS, needs_facts

Row = dict[str, str]


# What a flow from the bank swaps in the header and trailer that the table gives once for both directions.
SWAPPED = {"mittente": "num", "ricevente": "alnum"}


def table() -> list[Row]:
    with (FACTS / "layouts.csv").open(encoding="utf-8", newline="") as stream:
        known = [row for row in csv.DictReader(stream) if row["flow"] in {flow.name for flow in DECLARED}]
    return [one for row in known for one in (both_ways(row) if row["direction"] == "both" else [row])]


def both_ways(row: Row) -> list[Row]:
    """A row of a record that travels both ways, as one each way."""
    back = {**row, "direction": "from_bank", "type": SWAPPED.get(row["name_it"], row["type"])}
    return [{**row, "direction": "to_bank"}, back]


def declared() -> dict[tuple[str, str, str, str], type[Record]]:
    return {
        (flow.name, flow.direction, tipo_of(key), variante_of(key)): cls
        for flow in DECLARED
        for key, cls in flow.records.items()
        if key != "*"
    }


@needs_facts
def test_every_row_of_the_table_is_declared_with_the_same_columns_kind_and_obligation() -> None:
    records = declared()
    rows = table()
    wrong = []
    for row in rows:
        cls = records[row["flow"], row["direction"], row["record"], row["variant"]]
        start, end = int(row["start"]), int(row["end"])
        field = next((field for field in cls.FIELDS if (field.start, field.end) == (start, end)), None)
        got = None if field is None else (field.name_it, field.kind, field.obligation)
        if got != (row["name_it"], row["type"], row["mandatory"]):
            wrong.append((row["record"], row["variant"], row["name_it"], start, end, got))
    assert wrong == []
    assert len(rows) == 2338


@needs_facts
def test_nothing_is_declared_that_the_table_does_not_know() -> None:
    keys = {(row["flow"], row["direction"], row["record"], row["variant"]) for row in table()}
    assert set(declared()) == keys


@needs_facts
def test_constants_are_those_of_the_table() -> None:
    records = declared()
    checked = 0
    for row in table():
        cls = records[row["flow"], row["direction"], row["record"], row["variant"]]
        field = next(field for field in cls.FIELDS if field.start == int(row["start"]))
        if row["type"] == "const" and isinstance(field, Const):
            assert field.value == row["values"], (row, field)
            checked += 1
    assert checked > 80


@pytest.mark.parametrize("flow", DECLARED, ids=lambda flow: f"{flow.name}-{flow.direction}")
def test_every_record_tiles_the_line_and_every_field_is_described(flow: Flow) -> None:
    for cls in flow.records.values():
        columns = [column for field in cls.FIELDS for column in range(field.start, field.end + 1)]
        assert columns == list(range(1, 121))
        assert cls.SOURCE and cls.__doc__
        assert all(field.description for field in cls.FIELDS if not isinstance(field, Filler))


def test_a_record_with_a_gap_an_overlap_or_a_short_end_is_refused_when_declared() -> None:
    for spans in ([(1, 3), (5, 120)], [(1, 3), (3, 120)], [(1, 3), (4, 119)]):
        body = {f"filler_{n}": Filler(*span) for n, span in enumerate(spans)}
        with pytest.raises(TypeError, match=r"starts at|ends at"):
            type("Broken", (Record,), body)


def test_the_automaton_of_every_flow_uses_declared_records_and_can_always_end() -> None:
    for flow in DECLARED:
        for arrows in flow.transitions.values():
            assert {tipo_of(key) for key in arrows.values()} == set(arrows) <= {tipo_of(key) for key in flow.records}
        for state in flow.transitions:
            assert flow.step(state, "EF", same_order=False).state == "EF"
