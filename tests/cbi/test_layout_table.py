"""The declarations against the table of the standard, row by row."""

from __future__ import annotations

import csv

import pytest

from cbi.fields import Const, Filler
from cbi.flows.model import Flow, tipo_of, variante_of
from cbi.flows.registry import DECLARED
from cbi.layout import RAW, Record
from tests.shared_facts import FACTS, needs_facts

Row = dict[str, str]
Key = tuple[str, str, str, str]  # flow, direction, record, variant

ROWS = 2483  # as many as the table has

# Records of the table that are not declared as it gives them, and why.
NOT_DECLARED: dict[Key, str] = {
    ("SL", "from_bank", "SL", ""): "given again for both directions, there with columns 40-45",
    (
        "SL",
        "from_bank",
        "EF",
        "",
    ): "the trailer common to every flow says more: it repeats columns 4-39",
}
# Trailers and bodies that the table does not give: those of `cbi.records.cornice`.
COMMON = {
    *(("AP", "to_bank", "EF", ""), ("SL", "to_bank", "EF", ""), ("SL", "from_bank", "EF", "")),
    *(("CN", "from_bank", "EF", ""), ("ER", "from_bank", "EF", ""), ("SL", "to_bank", "body", "")),
}

# What a flow from the bank swaps in the header and trailer: the table gives them once for both directions, or as
# those of an order, with a note that the sender is a bank and the receiver a company.
SWAPPED = {"mittente": "num", "ricevente": "alnum"}
AS_OF_AN_ORDER = {("EP", "from_bank"), ("CN", "from_bank"), ("ER", "from_bank")}


def table() -> list[Row]:
    """Every row of the table that is to be declared, with what is written there in another way put as elsewhere."""
    return [row for row in all_rows() if key_of(row) not in NOT_DECLARED or row["both"]]


def all_rows() -> list[Row]:
    with (FACTS / "layouts.csv").open(encoding="utf-8", newline="") as stream:
        return [one for row in csv.DictReader(stream) for one in each_way({**row, "both": ""})]


def each_way(row: Row) -> list[Row]:
    """A row of a record that travels both ways, as one each way."""
    if row["direction"] == "both":
        there, back = {**row, "direction": "to_bank"}, {**row, "direction": "from_bank", "both": "back"}
        return [there, swapped(back)]
    row = swapped(row) if (row["flow"], row["direction"]) in AS_OF_AN_ORDER else row
    return [{**row, "type": "date_yyyymmdd"} if row["rules"].startswith("CCYYMMDD") else row]


def swapped(row: Row) -> Row:
    return {**row, "type": SWAPPED.get(row["name_it"], row["type"])}


def key_of(row: Row) -> Key:
    return row["flow"], row["direction"], row["record"], row["variant"]


def name_of(row: Row) -> str:
    """Columns that nobody explains share a name, numbered or not."""
    return "non_documentato" if row["name_it"].startswith("non_documentato") else row["name_it"]


def declared() -> dict[Key, type[Record]]:
    return {
        (flow.name, flow.direction, "body" if key == RAW else tipo_of(key), variante_of(key)): cls
        for flow in DECLARED
        for key, cls in flow.records.items()
        if key != RAW or flow.free
    }


@needs_facts
def test_every_row_of_the_table_is_declared_with_the_same_columns_kind_obligation_and_confidence() -> None:
    records = declared()
    wrong = []
    for row in table():
        cls = records[key_of(row)]
        start, end = int(row["start"]), int(row["end"])
        field = next((field for field in cls.FIELDS if (field.start, field.end) == (start, end)), None)
        got = None if field is None else (field.name_it, field.kind, field.obligation, cls.confidence_of(field))
        if got != (name_of(row), row["type"], row["mandatory"], row["confidence"]):
            wrong.append((key_of(row), row["name_it"], start, end, got))
    assert wrong == []


@needs_facts
def test_the_rows_that_are_not_declared_are_those_that_say_why() -> None:
    left_out = [row for row in all_rows() if key_of(row) in NOT_DECLARED and not row["both"]]
    assert {key_of(row) for row in left_out} == NOT_DECLARED.keys() and all(NOT_DECLARED.values())
    columns = {(key, field.start, field.end, field.kind) for key, cls in declared().items() for field in cls.FIELDS}
    for key in NOT_DECLARED:
        rows = {(key, int(row["start"]), int(row["end"]), row["type"]) for row in left_out if key_of(row) == key}
        assert not rows <= columns, f"{key} is declared as the table gives it"
    once = {(key_of(row), row["start"], row["both"]) for row in (*table(), *left_out) if row["both"] != "back"}
    assert len(once) == ROWS


@needs_facts
def test_nothing_is_declared_that_the_table_does_not_know() -> None:
    keys = {key_of(row) for row in table()}
    assert declared().keys() - keys == COMMON - keys and not keys - declared().keys()


@needs_facts
def test_constants_are_those_of_the_table() -> None:
    records = declared()
    checked = 0
    for row in table():
        cls = records[key_of(row)]
        field = next(field for field in cls.FIELDS if field.start == int(row["start"]))
        if row["type"] == "const" and isinstance(field, Const):
            assert field.value == row["values"].rstrip(), (row, field)
            checked += 1
    assert checked > 100


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
