"""One declaration, many products: reader, diagnosis and writer of every record agree."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbi.fields import (
    ADMITTED,
    Cents,
    CommaAmount,
    Coordinate,
    Date,
    Digits,
    FullDate,
    M,
    NarrowText,
    Number,
    O,
    Quantity,
    Text,
    ValoreErrato,
    cents,
    decimal_text,
)
from cbi.flows.registry import DECLARED
from cbi.layout import Record
from cbi.records.riba import IB, Record14
from tests import strategies

CLASSES = sorted(
    {cls for flow in DECLARED for cls in flow.records.values()}, key=lambda cls: (cls.__module__, cls.__name__)
)
each_record = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: f"{cls.__module__.split('.')[-1]}.{cls.__name__}")


@each_record
@settings(max_examples=25)
@given(data=st.data())
def test_what_is_built_is_flawless_and_reads_back(cls: type[Record], data: Any) -> None:
    given_values = data.draw(strategies.values(cls))
    record = cls.build(**given_values)
    assert cls.check(record.raw) and cls.faults(record.raw) == []
    assert record.values() == given_values
    assert cls.from_fields(record.fields()).raw == record.raw


@each_record
@settings(max_examples=40)
@given(data=st.data())
def test_the_fast_check_and_the_diagnosis_never_disagree(cls: type[Record], data: Any) -> None:
    raw = bytearray(data.draw(strategies.records(cls)).raw)
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, 119))] = data.draw(st.integers(0, 255))
    faults = cls.faults(bytes(raw))
    assert cls.check(bytes(raw)) == (not faults)
    assert all(1 <= fault.start <= fault.end <= 120 for fault in faults)
    cls(bytes(raw)).fields()


@given(st.binary(min_size=120, max_size=120))
def test_any_120_bytes_can_be_read_without_an_exception(raw: bytes) -> None:
    for cls in CLASSES:
        cls(raw).fields()
        assert cls.check(raw) == (not cls.faults(raw))


def field(kind: Any, name: str = "campo") -> Any:
    kind.__set_name__(object, name)
    return kind


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"310125", date(2025, 1, 31)),
        (b"010180", date(1980, 1, 1)),
        (b"311279", date(2079, 12, 31)),
        (b"290224", date(2024, 2, 29)),
    ],
)
def test_dates_are_read_between_1980_and_2079(raw: bytes, value: date) -> None:
    assert field(Date(1, 6, M, "d")).decode(raw) == value


@pytest.mark.parametrize("raw", [b"310225", b"290225", b"000125", b"011325", b"3101 5", b"000000", b"310425"])
def test_a_date_that_does_not_exist_is_refused(raw: bytes) -> None:
    kind = field(Date(1, 6, M, "d"))
    with pytest.raises(ValoreErrato):
        kind.decode(raw)
    assert [fault.kind for fault in kind.faults(raw)] == ["033" if b" " in raw else "034"]


def test_an_optional_date_of_zeros_means_none() -> None:
    assert field(Date(1, 6, O, "d")).decode(b"000000") is None


def test_every_day_of_the_century_is_read_as_the_calendar_says() -> None:
    kind = field(Date(1, 6, M, "d"))
    import re

    pattern = re.compile(kind.pattern())
    for number in range(1, 32):
        for month in range(1, 13):
            for year in range(100):
                raw = b"%02d%02d%02d" % (number, month, year)
                try:
                    date(year + (2000 if year < 80 else 1900), month, number)
                    exists = True
                except ValueError:
                    exists = False
                assert bool(pattern.fullmatch(raw)) is exists


@given(st.integers(0, 10**15))
def test_amounts_go_to_text_and_back_without_losing_a_cent(value: int) -> None:
    assert cents(decimal_text(value)) == value


@pytest.mark.parametrize("text", ["1.5", "1", "1,50", "-1.00", "1.000", "", "１.00", " 1.00"])
def test_an_amount_without_exactly_two_decimals_is_refused(text: str) -> None:
    with pytest.raises(ValoreErrato):
        cents(text)


def test_numbers_that_do_not_fit_are_refused_not_cut() -> None:
    for kind, value in (
        (Number(1, 3, M, "n"), 1000),
        (Cents(1, 3, M, "n"), 1000),
        (CommaAmount(1, 6, M, "n"), 100_000),
        (Text(1, 3, M, "t"), "ABCD"),
        (Digits(1, 3, M, "n"), "1234"),
        (Number(1, 3, M, "n"), -1),
        (CommaAmount(1, 6, M, "n"), -1),
        (CommaAmount(1, 6, M, "n"), 1.5),
        (Text(1, 9, M, "t"), "CITTÀ"),
        (Text(1, 9, M, "t"), "€"),
        (Date(1, 6, M, "d"), date(1979, 12, 31)),
        (Date(1, 6, M, "d"), date(2080, 1, 1)),
        (Number(1, 3, M, "n"), "x"),
        (Number(1, 3, M, "n"), True),
    ):
        with pytest.raises(ValoreErrato):
            field(kind).encode(value)


def test_a_bank_or_branch_that_must_be_there_is_never_of_zeros() -> None:
    kind = field(Coordinate(1, 5, M, "ABI"))
    for raw in (b"00001", b"10000", b"00100", b"99999"):
        assert re.fullmatch(kind.pattern(), raw)
    for raw, fault in ((b"00000", "042"), (b"     ", "031"), (b"0000 ", "039"), (b"0O000", "033")):
        assert not re.fullmatch(kind.pattern(), raw)
        assert [one.kind for one in kind.faults(raw)] == [fault]
    assert re.fullmatch(field(Digits(1, 5, M, "CAP")).pattern(), b"00000")


def test_text_may_bar_two_of_the_admitted_characters() -> None:
    plain, narrow = field(Text(1, 6, M, "t")), field(NarrowText(1, 6, M, "t"))
    assert plain.encode("A/B;C") == b"A/B;C "
    assert [(one.kind, one.start) for one in narrow.faults(b"A/B;C#")] == [("BAR", 2), ("BAR", 4), ("CAR", 6)]
    assert [one.kind for one in plain.faults(b"A/B;C#")] == ["CAR"]
    for char in ADMITTED.decode().strip():
        barred = char in "/;"
        assert bool(re.fullmatch(narrow.pattern(), f"A{char}B   ".encode())) is not barred
        assert bool(re.fullmatch(narrow.pattern(), f"{char}B    ".encode())) is not barred
        assert re.fullmatch(plain.pattern(), f"A{char}B   ".encode())
    with pytest.raises(ValoreErrato, match="admitted"):
        narrow.encode("A/B")


def test_numbers_out_of_place_are_read_all_the_same_and_told() -> None:
    kind = field(Number(1, 5, M, "n"))
    assert kind.decode(b"12   ") == kind.decode(b"   12") == kind.decode(b"00012") == 12
    assert [fault.kind for fault in kind.faults(b"   12")] == ["039"]
    comma = field(CommaAmount(1, 8, M, "n"))
    assert comma.decode(b"   12,34") == 1234
    assert [fault.kind for fault in comma.faults(b"   12,34")] == ["039"]
    assert [fault.kind for fault in comma.faults(b"   12.34")] == ["033"]


def test_a_record_is_seen_through_its_fields_and_refuses_what_it_does_not_know() -> None:
    record = IB.build(mittente="A1B2C", ricevente="03069", data_creazione=date(2026, 11, 20), nome_supporto="PROVA")
    assert (record.mittente, record.data_creazione, record.tipo, record.variante) == (
        "A1B2C",
        date(2026, 11, 20),
        "IB",
        "",
    )
    assert "PROVA" in repr(record)
    assert IB.mittente.start == 4
    with pytest.raises(ValoreErrato):
        IB.build(nonesiste=1)
    with pytest.raises(ValoreErrato):
        IB.from_fields({"mittente": 3})  # type: ignore[dict-item]
    with pytest.raises(ValoreErrato):
        IB(b"x")
    with pytest.raises(ValoreErrato):
        Record14.build(causale="30100")


def test_a_declaration_that_cannot_be_is_refused() -> None:
    for start, end, obligation in ((0, 5, M), (5, 4, M), (1, 121, M), (1, 2, "X")):
        with pytest.raises(TypeError):
            Text(start, end, obligation, "t")


FULL = FullDate(1, 8, M, "Data")


@pytest.mark.parametrize("raw", [b"20240229", b"20000229", b"19250131", b"00010101", b"99991231"])
def test_a_date_with_its_whole_year_may_be_of_any_year(raw: bytes) -> None:
    value = FULL.decode(raw)
    assert value is not None and FULL.encode(value) == raw
    assert re.fullmatch(FULL.pattern(), raw) and FULL.to_text(raw) == value.isoformat()


@pytest.mark.parametrize("raw", [b"20230229", b"19000229", b"20240431", b"20241301", b"00000101", b"2024 101"])
def test_a_date_with_its_whole_year_that_does_not_exist_is_told(raw: bytes) -> None:
    assert not re.fullmatch(FULL.pattern(), raw)
    assert [fault.kind for fault in FULL.faults(raw)] == ["034" if raw.isdigit() else "033"]
    with pytest.raises(ValoreErrato):
        FULL.decode(raw)


def test_a_quantity_of_securities_has_three_decimals() -> None:
    field = Quantity(1, 12, M, "Quantità")
    assert field.encode(1_500_250) == b"00001500,250" and field.decode(b"00001500,250") == 1_500_250
    assert field.to_text(b"00001500,250") == "1500.250" and field.from_text("1500.250") == b"00001500,250"
    with pytest.raises(ValoreErrato):
        field.from_text("1500.25")
    assert [fault.kind for fault in field.faults(b"000015002,50")] == ["033"]
