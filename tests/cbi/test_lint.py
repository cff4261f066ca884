"""The validator at its limits: what stands outside the supporti, and files of which too much could be said."""

from __future__ import annotations

import io

import pytest

import cbi
from cbi.validators.doubles import Doubles
from cbi.validators.lint import HEADER_WITHIN
from cbi.validators.reading import double_key
from fixtures import make
from fixtures.comune import EOL, put, then

UNA, DUE = make.riba(make.ordine(make.LUNA)), make.DUE
STRAY = b"ELENCO DEL 20/11/2026".ljust(120) + EOL


def told(data: bytes, profile: str | None = None, **how: bool) -> list[tuple[str, int, str]]:
    return [(each.code, each.line, each.severity) for each in cbi.lint(io.BytesIO(data), "f", profile, **how)]


def test_lines_before_the_first_header_are_told_once_at_the_first_of_them() -> None:
    assert told(STRAY * 3 + UNA) == [("CBI-REC-020", 1, "error")]
    assert told(EOL + STRAY + UNA)[0][:2] == ("CBI-REC-020", 2)


def test_lines_after_the_last_trailer_are_told_once_at_the_first_of_them() -> None:
    assert told(UNA + STRAY * 3) == [("CBI-REC-020", 10, "error")]


def test_lines_between_two_supporti_are_told_once_for_the_whole_file() -> None:
    other = then(put("IB", "nome_supporto", "SECONDO"), put("EF", "nome_supporto", "SECONDO"))(UNA)
    assert told(UNA + STRAY + other + STRAY) == [("CBI-REC-020", 10, "error")]


def test_a_file_shows_its_header_within_a_thousand_lines_or_is_not_one_of_ours() -> None:
    assert told(STRAY * (HEADER_WITHIN - 1) + UNA) == [("CBI-REC-020", 1, "error")]
    assert told(STRAY * HEADER_WITHIN + UNA) == [("CBI-FILE-043", 1, "error")]
    assert told(STRAY) == told(EOL * 3) == [("CBI-FILE-043", 1, "error")]


@pytest.fixture
def short_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cbi.validators.lint.LIMIT", 3)


@pytest.mark.usefixtures("short_list")
@pytest.mark.parametrize(("marks", "more"), [(2, None), (3, None), (4, "1"), (7, "4")])
def test_what_is_beyond_the_list_is_counted_and_told_last(marks: int, more: str | None) -> None:
    found = list(cbi.lint(io.BytesIO(put("30", "descrizione_debitore_1", "#" * marks)(UNA))))
    assert len([each for each in found if each.code == "CBI-CAR-032"]) == min(marks, 3)
    assert [each.expected for each in found if each.code == "CBI-FILE-200"] == ([more] if more else [])


@pytest.mark.usefixtures("short_list")
def test_the_severity_of_what_is_left_out_is_the_worst_of_it() -> None:
    notes = make.FILES["riba_righe_accorciate"]  # warnings only
    assert told(notes)[-1][::2] == ("CBI-FILE-200", "warning")
    errors = put("EF", "numero_record", "0000099")(notes)
    assert told(errors)[-1][::2] == ("CBI-FILE-200", "error")
    assert told(make.FILES["riba_righe_accorciate"], "da_banca")[-1][::2] == ("CBI-FILE-200", "info")


def test_an_order_whose_number_cannot_be_read_is_taken_to_have_the_next() -> None:
    assert [code for code, _, _ in told(put("14", "numero_progressivo", "X")(DUE))] == ["CBI-CAMPO-033"]


@pytest.mark.parametrize("field", ["importo", "segno"])
def test_a_total_of_what_cannot_be_read_is_not_checked(field: str) -> None:
    unread, wrong = put("14", field, "?"), put("EF", "tot_importi_negativi", "000000000000001")
    found = told(unread(DUE))
    assert [line for _, line, _ in found] == [2]
    assert told(then(unread, wrong)(DUE)) == found
    assert [code for code, _, _ in told(wrong(DUE))] == ["RIBA-EF-050"]


def without(data: bytes, *lost: int) -> bytes:
    """A file without some of its lines, from 1."""
    return b"".join(line for number, line in enumerate(data.splitlines(keepends=True), 1) if number not in lost)


TRE = make.riba(*(make.ordine(each) for each in (make.LUNA, make.VIVAIO, make.SARTO)))
SECOND = 9  # where its second order begins


def test_of_an_order_whose_first_record_is_lost_that_is_what_is_told() -> None:
    missing = ("CBI-REC-021", SECOND, "error")
    assert told(without(TRE, SECOND)) == [missing, ("CBI-EF-051", 22, "error")]
    assert told(put("EF", "numero_record", "0000022")(without(TRE, SECOND))) == [missing]


def test_one_that_also_has_another_number_is_told_so_once() -> None:
    found = told(without(TRE, *range(2, SECOND + 1)))  # nor is the first order there
    assert [(code, line) for code, line, _ in found if code == "CBI-PROG-024"] == [("CBI-PROG-024", 2)]


def doubled(times: int) -> bytes:
    return make.riba(*(make.ordine(each) for each in (make.LUNA, make.VIVAIO, make.SARTO) * times))


def test_each_double_points_at_the_first_of_its_own() -> None:
    found = list(cbi.lint(io.BytesIO(doubled(2))))
    assert [(each.code, each.disposizione) for each in found] == [("RIBA-51-999", n) for n in (4, 5, 6)]
    assert [each.related and each.line - each.related.line for each in found] == [21, 21, 21]


def test_doubles_of_which_there_is_no_room_to_keep_the_key_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cbi.validators.doubles.LIMIT", 2)
    found = list(cbi.lint(io.BytesIO(doubled(2))))
    assert [each.code for each in found] == ["RIBA-51-999", "RIBA-51-999", "CBI-FILE-200"]
    assert (found[-1].severity, found[-1].expected) == ("warning", "1+")


def test_among_some_thousands_of_keys_no_double_is_missed_and_none_is_suspected_wrongly() -> None:
    doubles = Doubles()
    keys = [double_key(1, b"%010d" % (n * n)) for n in range(5_000)]
    assert [key for key in keys if doubles.add(key)] == []
    assert [key for key in keys if not doubles.add(key)] == []
    assert doubles.suspects == set(keys) and not doubles.overflow


def test_a_stream_that_cannot_go_back_is_checked_as_far_as_no_double_is_suspected() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError("not seekable")

    assert list(cbi.lint(Pipe(DUE))) == []


def test_a_file_may_begin_in_the_middle_of_a_stream() -> None:
    stream = io.BytesIO(b"XXXX" + doubled(2))
    stream.seek(4)
    assert [each.code for each in cbi.lint(stream)] == ["RIBA-51-999"] * 3


def test_a_suspicion_is_told_once_for_each_content_and_never_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = make.riba(*(make.ordine(each) for each in (make.LUNA, make.VIVAIO)))
    once = [code for code, _, _ in told(twice, "severo")]
    assert once == ["CBI-CAR-101"]  # the name of the creditor, cut in both
    monkeypatch.setattr("cbi.validators.explain.MEMORY", 0)
    assert [code for code, _, _ in told(twice, "severo")] == ["CBI-CAR-101"] * 2
