"""Flows declared by a file: as good as those of the library when the file is sound, and told what is wrong when not."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cbi
from cbi.flows.model import Flow
from cbi.flows.registry import BUILT_IN, Registry, find
from cbi.flows.tracciati import COLUMNS, KINDS, RigaErrata, read
from cbi.validators.catalogue import Profilo
from cbi.validators.lint import lint
from fixtures import make, parziali
from tests import strategies
from tests.cbi.test_golden import golden
from tests.cbi.test_layout_table import all_rows
from tests.shared_facts import needs_facts

Row = dict[str, str]
EFFETTI = (parziali.PROFILI / "effetti.csv").read_text(encoding="utf-8")
TESTO = (parziali.PROFILI / "testo.csv").read_text(encoding="utf-8")
BANCA = parziali.profilo("banca.toml")
AP, SL = (BANCA.flows.find(name, "to_bank") for name in ("AP", "SL"))


def known(text: str, flows: Registry = BUILT_IN) -> Registry:
    return flows.completed(read(io.StringIO(text), flows))


def rewritten(raw: bytes, flows: Registry) -> bytes:
    """Read as JSON records and written again."""
    items = (
        {
            "flow": letto.flow.name,
            "direction": letto.flow.direction,
            "record": letto.record.tipo,
            "variant": letto.record.variante,
            "fields": letto.record.fields(),
        }
        for letto in cbi.read_records(io.BytesIO(raw), flows)
        if letto.flow
    )
    return b"".join(cbi.record_from_json(item, flows).raw + b"\r\n" for item in items)


# --- a sound file ----------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_what_a_file_declares_is_written_read_and_checked_like_what_the_library_declares(data: Any) -> None:
    header = data.draw(strategies.headers(AP)) | {"ricevente": "03069"}
    orders = data.draw(st.lists(strategies.orders(AP, [("10", 1, 3)]), min_size=1, max_size=4))
    for order in orders:  # the first record begins an order: one each
        del order[1:]
    raw = cbi.compose("AP", "to_bank", header, orders, BANCA.flows)
    assert rewritten(raw, BANCA.flows) == raw
    (supporto,) = cbi.read_supporti(io.BytesIO(raw), BANCA.flows)
    assert [ordine.numero for ordine in supporto.ordini] == list(range(1, len(orders) + 1))
    assert list(lint(io.BytesIO(raw), profile=BANCA)) == []
    at = data.draw(st.integers(0, len(raw) - 1))
    damaged = raw[:at] + data.draw(st.sampled_from([b"", b"0", b"A"])) + raw[at + 1 :]
    assert list(lint(io.BytesIO(damaged), profile=BANCA)) == list(lint(io.BytesIO(damaged), profile=BANCA, fast=False))


def test_a_wrong_column_is_told_by_the_name_that_the_file_gives_it() -> None:
    raw = make.FILES["ap_effetti"].replace(b"0000000125000", b"00000001250A0", 1)
    (found,) = lint(io.BytesIO(raw), profile=BANCA)
    assert (found.code, found.line, found.field, found.start) == ("CBI-IMP-141", 2, "importo", 22)


def test_a_record_that_the_file_does_not_declare_is_a_defect_and_a_trailer_that_miscounts_too() -> None:
    raw = make.FILES["ap_effetti"].replace(b" EF", b" 990000002".ljust(120) + b"\r\n EF")
    assert [found.code for found in lint(io.BytesIO(raw), profile=BANCA)] == ["CBI-REC-022", "CBI-EF-051"]


def test_without_the_file_the_same_flow_is_a_frame_and_is_not_written() -> None:
    raw = make.FILES["ap_effetti"]
    assert [found.code for found in lint(io.BytesIO(raw))] == ["CBI-REC-100"]
    with pytest.raises(cbi.ValoreErrato, match="documented"):
        rewritten(raw, BUILT_IN)


def test_the_library_itself_does_not_change() -> None:
    before = find("AP", "to_bank")
    assert BUILT_IN.completed((AP,)).find("AP", "to_bank") is AP
    assert find("AP", "to_bank") is before is not AP and before.is_frame


def test_a_free_text_with_a_known_header_can_be_written_whatever_its_lines_look_like() -> None:
    lines = ["SPETTABILE BANCA,", None, " EFFETTI E CONTI", " IB", "CORDIALI SALUTI"]
    head = {"mittente": "A1B2C", "ricevente": "03069", "nome_supporto": "SL1", "data_creazione": parziali.OGGI}
    raw = cbi.compose("SL", "to_bank", head, [[("*", {"testo": line}) for line in lines]], BANCA.flows)
    assert rewritten(raw, BANCA.flows) == raw
    (supporto,) = cbi.read_supporti(io.BytesIO(raw), BANCA.flows)
    assert [record.fields()["testo"] for ordine in supporto.ordini for record in ordine.records] == lines
    assert list(lint(io.BytesIO(raw), profile=BANCA)) == []


def test_what_the_file_leaves_out_stays_what_the_library_knows() -> None:
    flow = known(without(*range(2, 11), *range(19, 40))).find("AP", "to_bank")
    before = find("AP", "to_bank")
    assert list(flow.records) == ["AP", "10", "EF"]
    assert (flow.records["AP"], flow.records["EF"], flow.title) == (
        before.records["AP"],
        before.records["EF"],
        before.title,
    )


def test_with_a_record_called_body_lines_of_other_types_are_kept() -> None:
    flows = known(EFFETTI + "AP,to_bank,body,,non_documentato,undocumented,1,120,alnum,,O,,,low\n")
    raw = make.FILES["ap_effetti"].replace(b" EF", b" 990000002".ljust(120) + b"\r\n EF")
    raw = raw.replace(b"0000004 ", b"0000005 ")  # records, header and trailer included
    assert [found.code for found in lint(io.BytesIO(raw), profile=Profilo(flows=flows))] == ["CBI-REC-100"]


# --- against the library ---------------------------------------------------------------------------------


def as_file(rows: list[Row], name: str, direction: str) -> str:
    """The rows of a flow of the table as those of another that has no document."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        renamed = {column: name for column in ("flow", "record", "values") if row[column] == row["flow"]}
        writer.writerow({**row, "direction": direction, **renamed})
    return text.getvalue()


def columns(cls: type[cbi.Record]) -> list[tuple[object, ...]]:
    return [(field.start, field.end, field.kind, field.obligation, cls.confidence_of(field)) for field in cls.FIELDS]


def comparable(fields: Mapping[str, str | None]) -> dict[str, str | None]:
    """A code keeps its zeros and a number does not: which a column is, the file does not say."""
    return {name: value and (value.lstrip("0") if value.isdigit() else value) for name, value in fields.items()}


@needs_facts
@pytest.mark.parametrize(("name", "like", "direction"), [("al", "AP", "to_bank"), ("ec", "CN", "from_bank")])
def test_the_rows_of_a_known_flow_read_the_same_as_its_declaration(name: str, like: str, direction: str) -> None:
    rows = [row for row in all_rows() if (row["flow"], row["direction"]) == (name.upper(), direction)]
    flows = known(as_file(rows, like, direction))
    raw = golden(name)
    assert raw.startswith(f" {name.upper()}".encode())
    other = b" " + like.encode() + raw[3:]
    mine, theirs = (list(cbi.read_records(io.BytesIO(one), these)) for one, these in ((raw, BUILT_IN), (other, flows)))
    assert len(mine) == len(theirs) > 3
    for one, two in zip(mine[1:], theirs[1:], strict=True):
        assert (one.record.tipo, one.record.variante) == (two.record.tipo, two.record.variante)
        assert comparable(one.record.fields()) == comparable(two.record.fields())
        assert columns(type(one.record)) == columns(type(two.record))
    assert rewritten(other, flows) == other
    assert list(lint(io.BytesIO(other), profile=Profilo(flows=flows))) == []


@needs_facts
@pytest.mark.parametrize("flow", [flow for flow in BUILT_IN.flows if len(flow.records) > 3 and flow.name == flow.tipo])
def test_a_file_of_the_rows_of_any_flow_makes_the_records_that_the_library_declares(flow: Flow) -> None:
    rows = [row for row in all_rows() if (row["flow"], row["direction"]) == (flow.name, flow.direction)]
    (made,) = read(io.StringIO(as_file(rows, flow.name, flow.direction)), BUILT_IN)
    assert made.records.keys() == {key for key in flow.records if key != "*" or flow.free}
    assert [key for key, cls in made.records.items() if columns(cls) != columns(flow.records[key])] == []


# --- a file that will not do -----------------------------------------------------------------------------


def changed(line: int, **cells: str) -> str:
    """The sound file with other cells in a line."""
    rows = list(csv.DictReader(io.StringIO(EFFETTI)))
    rows[line - 2] |= cells
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def without(*lines: int) -> str:
    return "".join(row for at, row in enumerate(EFFETTI.splitlines(keepends=True), 1) if at not in lines)


WRONG: dict[str, tuple[str, int, str]] = {
    "nothing at all": ("", 1, "columns"),
    "no rows": (EFFETTI.splitlines()[0], 0, "no rows"),
    "a column missing": (EFFETTI.replace(",type,", ",kind,", 1), 1, "type"),
    "a quote that does not close": (EFFETTI.replace("Codice SIA", '"Codice SIA'), 0, "CSV"),
    "a flow of one letter": (changed(2, flow="A"), 2, "flow"),
    "a direction of its own": (changed(2, direction="up"), 2, "direction"),
    "a record that is no type": (changed(11, record="1"), 11, "record"),
    "a variant of two words": (changed(11, variant="a b"), 11, "variant"),
    "a name with a blank": (changed(15, name_it="la scadenza"), 15, "name_it"),
    "a name that Python keeps for itself": (changed(15, name_it="class"), 15, "name_it"),
    "a name that a record has": (changed(15, name_it="fields"), 15, "name_it"),
    "a start that is no number": (changed(15, start="x"), 15, "start"),
    "a start at zero": (changed(15, start="0"), 15, "start"),
    "an end past the record": (changed(18, end="121"), 18, "end"),
    "an end before the start": (changed(18, end="52"), 18, "before start"),
    "a type of its own": (changed(16, type="money"), 16, "type"),
    "an obligation of its own": (changed(16, mandatory="yes"), 16, "mandatory"),
    "a confidence of its own": (changed(16, confidence="sure"), 16, "confidence"),
    "a constant of nothing": (changed(12, values=""), 12, "constant"),
    "a constant too long": (changed(12, values="1000"), 12, "constant"),
    "a date of seven columns": (changed(15, end="22"), 15, "date"),
    "an amount with a comma and no room": (changed(13, start="11", end="13", type="amount_comma"), 13, "comma"),
    "a gap": (changed(16, start="23"), 16, "expected 22"),
    "an overlap": (changed(16, start="21"), 16, "expected 22"),
    "a record too short": (changed(18, end="119"), 18, "not at 120"),
    "a name used twice": (changed(16, name_it="causale"), 16, "already"),
    "a type that the record does not say": (changed(12, values="20"), 11, "tipo_record"),
    "a type in other columns": (changed(12, name_it="tipo_del_record"), 11, "tipo_record"),
    "a header without its name": (changed(7, name_it="nome"), 2, "nome_supporto"),
    "a header whose date is a text": (changed(6, type="alnum"), 2, "data_creazione"),
    "a trailer among the orders": (changed(11, record="EF", variant="x"), 11, "header or a trailer"),
    "a header of another flow among the orders": (EFFETTI.replace("AP,to_bank,10", "AP,to_bank,IB"), 11, "header or"),
    "a flow without header": (
        without(*range(2, 11)).replace("AP,to_bank", "ZZ,to_bank"),
        2,
        "no record ZZ",
    ),
    "a flow without trailer": (without(*range(19, 40)).replace("AP,", "ZZ,").replace("const,AP", "const,ZZ"), 2, "EF"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_file_is_told_with_its_row_in_both_languages(case: str) -> None:
    text, line, words = WRONG[case]
    with pytest.raises(RigaErrata) as caught:
        read(io.StringIO(text), BUILT_IN)
    error = caught.value
    assert words in error.en and error.it != error.en
    assert line in (error.line, 0)


def test_every_kind_of_field_of_the_table_can_be_in_a_file() -> None:
    kinds = {field.kind for flow in BUILT_IN.flows for cls in flow.records.values() for field in cls.FIELDS}
    assert kinds == KINDS.keys()


@pytest.mark.parametrize(
    ("values", "size", "codes", "is_open"),
    [
        ("31000=ritiro|31100=rifiuto", 5, {"31000": "ritiro", "31100": "rifiuto"}, False),
        ("blank|1|2", 1, {"1": "", "2": ""}, False),
        ("IT;SM", 2, {"IT": "", "SM": ""}, False),
        ("1|other", 1, {"1": ""}, True),
        ("see causali.csv", 5, {}, True),
        ("", 5, {}, True),
    ],
)
def test_the_codes_of_a_field_are_those_that_its_row_lists(
    values: str, size: int, codes: dict[str, str], is_open: bool
) -> None:
    text = changed(14, values=values, end=str(10 + size)).replace("16,21,date_ddmmyy", f"{11 + size},21,filler")
    field: Any = known(text).find("AP", "to_bank").records["10"].BY_NAME["causale"]
    assert (field.values, field.open_list) == (codes, is_open)
