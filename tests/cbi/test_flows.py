"""Whole flows: written, read and written again; in every physical form; with every byte damaged."""

from __future__ import annotations

import io
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import cbi
from cbi.flows.physical import LONGEST, Source
from cbi.flows.registry import DECLARED, find
from cbi.validators.lint import lint
from tests import strategies
from tests.cbi.test_golden import NAMES
from tests.console import ROOT
from tests.shared_facts import FACTS, needs_facts

KINDS = list(strategies.SHAPES)
SOAK = "CBI_SOAK" in os.environ
EXAMPLES = 10_000 if SOAK else 12
each_kind = pytest.mark.parametrize("kind", KINDS, ids="-".join)
relaxed = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def flow_bytes(data: Any, kind: tuple[str, str], most: int = 3) -> bytes:
    name = "RIBA" if kind[0] == "RICHIAMO" else kind[0]
    flow = find(name, kind[1])
    shapes = strategies.SHAPES[kind]
    ordini = data.draw(
        st.lists(st.sampled_from(shapes).flatmap(lambda s: strategies.orders(flow, s)), min_size=1, max_size=most)
    )
    return strategies.compose(name, kind[1], data.draw(strategies.headers(flow)), ordini)


def rewritten(raw: bytes) -> bytes:
    """Read as JSON records and written again."""
    items = (
        {
            "flow": letto.flow.name,
            "direction": letto.flow.direction,
            "record": letto.record.tipo,
            "variant": letto.record.variante,
            "fields": letto.record.fields(),
        }
        for letto in cbi.read_records(io.BytesIO(raw))
        if letto.flow
    )
    with strategies.everything_documented():
        return b"".join(cbi.record_from_json(item).raw + b"\r\n" for item in items)


def test_every_flow_is_among_those_tried_but_the_two_of_which_nothing_of_the_body_is_known() -> None:
    declared = {(flow.name, flow.direction) for flow in DECLARED}
    tried = set(KINDS) - {("RICHIAMO", "to_bank")}
    assert declared - tried == {("A4", "from_bank"), ("R4", "to_bank")}
    assert tried <= declared


@each_kind
@relaxed
@given(data=st.data())
def test_write_read_write_gives_the_same_bytes(kind: tuple[str, str], data: Any) -> None:
    raw = flow_bytes(data, kind)
    assert rewritten(raw) == raw
    (supporto,) = cbi.read_supporti(io.BytesIO(raw))
    assert supporto.raw == supporto.canonical == raw
    assert supporto.direction == kind[1]


@each_kind
@relaxed
@given(data=st.data())
def test_what_is_proved_and_what_is_explained_are_the_same(kind: tuple[str, str], data: Any) -> None:
    raw = bytearray(flow_bytes(data, kind))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 1))] = data.draw(
            st.sampled_from([b"", b"0", b" ", b"A", b"9", b"\xe0", b"\n"])
        )
    quick = list(lint(io.BytesIO(raw)))
    slow = list(lint(io.BytesIO(raw), fast=False))
    assert quick == slow


@each_kind
@settings(relaxed, max_examples=EXAMPLES // 2)
@given(data=st.data())
def test_a_sound_flow_is_clean_and_with_one_byte_changed_it_is_told_the_same_on_both_paths(
    kind: tuple[str, str], data: Any
) -> None:
    name = "RIBA" if kind[0] == "RICHIAMO" else kind[0]
    flow = find(name, kind[1])
    head = data.draw(strategies.headers(flow))
    head |= {"mittente" if kind[1] == "from_bank" else "ricevente": "03069"}
    head |= {key: None for key in ("tipo_flusso", "qualificatore_flusso", "soggetto_veicolatore") if key in head}
    shapes = strategies.SHAPES[kind][:1]
    raw = strategies.compose(name, kind[1], head, data.draw(strategies.sound(flow, head, shapes)))
    found = list(lint(io.BytesIO(raw)))
    assert found == list(lint(io.BytesIO(raw), fast=False))
    assert [diagnostic.code for diagnostic in found] == ["CBI-REC-100"] * flow.is_frame
    at = data.draw(st.integers(0, len(raw) - 1))
    damaged = raw[:at] + data.draw(st.sampled_from([b"", b"0", b" ", b"A", b"9", b"K", b"6"])) + raw[at + 1 :]
    assert list(lint(io.BytesIO(damaged))) == list(lint(io.BytesIO(damaged), fast=False))


@each_kind
@settings(relaxed, max_examples=min(EXAMPLES, 30))
@given(data=st.data())
def test_the_same_flow_in_another_physical_form_is_read_the_same(kind: tuple[str, str], data: Any) -> None:
    raw = flow_bytes(data, kind)
    wanted = [letto.record.fields() for letto in cbi.read_records(io.BytesIO(raw))]
    trimmed = b"\r\n".join(line.rstrip() for line in raw.split(b"\r\n"))
    for form in (
        raw.replace(b"\r\n", b"\n"),
        raw.replace(b"\r\n", b""),
        trimmed,
        b"\xef\xbb\xbf" + raw,
        raw + b"\x1a",
        raw + b"\r\n\r\n",
    ):
        assert [letto.record.fields() for letto in cbi.read_records(io.BytesIO(form))] == wanted
        (supporto,) = cbi.read_supporti(io.BytesIO(form))
        assert supporto.canonical == raw


def all_lines(raw: bytes) -> None:
    """Reads, checks and groups; whatever comes, nothing is raised."""
    found = list(lint(io.BytesIO(raw), "f"))
    assert found == list(lint(io.BytesIO(raw), "f", fast=False))
    for diagnostic in found:
        assert diagnostic.render("it") and diagnostic.render("en") and diagnostic.to_dict()
    for supporto in cbi.read_supporti(io.BytesIO(raw)):
        assert supporto.canonical
    list(cbi.read_records(io.BytesIO(raw)))


@needs_facts
@pytest.mark.parametrize("name", NAMES)
def test_any_byte_of_a_golden_file_may_change_and_nothing_is_raised(name: str) -> None:
    raw = (FACTS / "golden" / f"{name}.cbi").read_bytes()
    step = 1 if SOAK else 67
    for at in range(0, len(raw), step):
        for byte in (b"\x00", b" ", b"9", b"Z", b"\n", b"\xff") if SOAK else (b"\x00", b"9"):
            all_lines(raw[:at] + byte + raw[at + 1 :])
        if SOAK:
            all_lines(raw[:at] + raw[at + 1 :])


@given(st.binary(max_size=2000))
def test_any_bytes_at_all_can_be_checked(raw: bytes) -> None:
    all_lines(raw)


@given(
    st.lists(
        st.sampled_from(
            [
                b" IB",
                b" 14",
                b" 20",
                b" EF",
                b" RH",
                b" 61",
                b" 62",
                b" 63",
                b" 64",
                b" CN",
                b" XX",
                b"IB",
                b"",
                b"\x1a",
            ]
        ),
        max_size=30,
    )
)
def test_records_in_any_order_can_be_checked(heads: list[bytes]) -> None:
    all_lines(b"".join(head.ljust(120) + b"\r\n" for head in heads))


def lines_of(raw: bytes) -> list[tuple[int, bytes, list[str]]]:
    source = Source(io.BytesIO(raw))
    found = []
    while (riga := source.next()) is not None:
        found.append((riga.number, riga.record, [fault.kind for fault in riga.faults]))
    return found


A_LINE = st.one_of(
    st.binary(min_size=117, max_size=123),
    st.binary(min_size=60, max_size=60).map(lambda half: half.ljust(120)),
    st.sampled_from([b" 14".ljust(120, b"\r"), b" 14".ljust(121, b"\n"), b" 70".ljust(119) + b"\r", b""]),
)


@given(A_LINE.filter(lambda line: not line.endswith(b"\x1a")), st.sampled_from([b"\r\n", b"\n"]))
@example(b" 14".ljust(60) + b"\n" + b"x" * 59, b"\r\n")
def test_a_line_is_read_alike_amid_others_and_at_the_end(line: bytes, ending: bytes) -> None:
    other = b" 70".ljust(120) + b"\r\n"
    amid, last = lines_of(other + line + ending + other), lines_of(other + line + ending)
    assert [each[1:] for each in amid[1:-1]] == [each[1:] for each in last[1:]]


def test_a_line_too_long_is_told_and_cut() -> None:
    assert lines_of(b"x" * 121 + b"\r\n" + b"y" * 120 + b"\r\n") == [(1, b"x" * 120, ["RIGA-043"]), (2, b"y" * 120, [])]


def test_a_line_with_blanks_after_column_120_is_only_untidy() -> None:
    assert lines_of(b"x" * 120 + b"   \r\n")[0][2] == ["RIGA-103"]


def test_an_accent_in_utf8_is_brought_back_to_its_column() -> None:
    line = " 20CITTÀ".ljust(120).encode("utf-8")
    ((_, record, faults),) = lines_of(line + b"\r\n")
    assert record == " 20CITTÀ".ljust(120).encode("latin-1")
    assert faults == ["RIGA-102"]


def test_a_lost_leading_blank_is_given_back() -> None:
    ((_, record, faults),) = lines_of(b"140000001".ljust(119, b"x") + b"\r\n")
    assert (record[:4], faults) == (b" 140", ["RIGA-101"])


def test_an_endless_line_is_skipped_in_constant_memory() -> None:
    huge = b"x" * (LONGEST * 300)
    found = lines_of(b" IB".ljust(120) + b"\r\n" + huge + b"\r\n" + b" EF".ljust(120) + b"\r\n")
    assert [(number, len(record), faults) for number, record, faults in found] == [
        (1, 120, []),
        (2, 120, ["RIGA-043"]),
        (3, 120, []),
    ]


def test_doubles_past_what_can_be_kept_are_said_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cbi.validators.doubles.LIMIT", 1)
    head, *orders, coda = (ROOT / "fixtures" / "riba.cbi").read_bytes().splitlines(keepends=True)
    found = [diagnostic.code for diagnostic in lint(io.BytesIO(b"".join([head, *orders, *orders, coda])))]
    assert found.count("RIBA-51-999") == 1
    assert found[-1] == "CBI-FILE-200"


def test_the_ruler_of_an_endless_line_is_not_endless() -> None:
    raw = b" IBA1B2C03069201126X".ljust(120) + b"\r\n" + b"A" * 1_000_000 + b"\r\n"
    (long,) = [found for found in lint(io.BytesIO(raw)) if found.code == "CBI-RIGA-043"]
    assert long.value == "1000000"
    assert all(len(line) < 150 for line in long.ruler())


def test_two_supporti_of_different_banks_and_kinds_in_one_file_are_told_apart() -> None:
    head = {"mittente": "A1B2C", "ricevente": "03069", "nome_supporto": "UNO"}
    from datetime import date

    first = cbi.compose("RIBA", "to_bank", {**head, "data_creazione": date(2026, 11, 20)}, [])
    second = first.replace(b"UNO", b"DUE").replace(b"03069", b"05387")
    statement = cbi.compose(
        "RH",
        "from_bank",
        {"mittente": "03069", "ricevente": "A1B2C", "nome_supporto": "R", "data_creazione": date(2026, 11, 20)},
        [],
    )
    found = list(cbi.read_supporti(io.BytesIO(first + second + statement)))
    assert [(s.flow, s.numero, s.identita[3], s.line) for s in found] == [
        ("RIBA", 1, "UNO", 1),
        ("RIBA", 2, "DUE", 3),
        ("RH", 3, "R", 5),
    ]


def test_a_record_that_is_not_documented_is_never_written() -> None:
    item = {"flow": "CN", "direction": "from_bank", "record": "CN", "variant": "", "fields": {}}
    with pytest.raises(cbi.ValoreErrato, match="documented"):
        cbi.record_from_json(item)


@pytest.mark.parametrize(
    "item",
    [
        {"flow": "ZZ", "direction": "to_bank", "record": "14", "variant": "", "fields": {}},
        {"flow": "RIBA", "direction": "to_bank", "record": "99", "variant": "", "fields": {}},
        {"flow": "RIBA", "direction": "to_bank", "record": "14", "variant": "", "fields": []},
        {"flow": "RIBA", "direction": "to_bank", "record": "14", "variant": "", "fields": {"importo": "1,00"}},
        {"flow": "RIBA", "direction": "to_bank", "record": "14", "variant": "", "fields": {"nonesiste": "1"}},
    ],
)
def test_json_that_is_not_a_record_is_refused_by_name(item: dict[str, Any]) -> None:
    with pytest.raises(cbi.ValoreErrato):
        cbi.record_from_json(item)
