"""Rows as files: whatever a cell holds, it is read back as it was, and nothing of it is ever run."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.celle import covered, printable, safe, unsafe
from ledger.errors import Refused
from ledger.estratti import PAROLE, Tipo
from ledger.fogli import DIALETTI, FORMATI, ITALIANO, MOST_ROWS
from ledger.ports import ROME

NOMI = ("controparte", "importo", "scadenza", "quando", "id", "conto")
SIGNS = "=+-@\t\r＝＋－＠"
CENTS = st.integers(-(10**15) + 1, 10**15 - 1)
DAYS = st.dates(date(1901, 1, 1), date(9999, 12, 31))
INSTANTS = st.datetimes(datetime(1950, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)
HOSTILE = st.builds("{}{}{}".format, st.text(" '\u00a0\u3000\ufeff", max_size=3), st.sampled_from(SIGNS), st.text())
AWKWARD = ["a;b", "a,b", 'a"b', "riga\r\nriga", "nul\0nul", "=cmd|' /C calc'!A0", "'", "'=1", "''=1"]
TEXTS = st.one_of(st.text(), HOSTILE, st.sampled_from(AWKWARD))
ROWS = st.lists(
    st.tuples(*(st.none() | each for each in (TEXTS, CENTS, DAYS, INSTANTS, st.integers(0, 2**31), TEXTS))), max_size=4
)
FEW = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])


def written(formato, rows, dialetto=ITALIANO, nomi=NOMI):
    return b"".join(FORMATI[formato].scrivi(nomi, iter(rows), DIALETTI[dialetto]))


def read_csv(data, dialetto):
    text = data.decode("utf-8-sig" if dialetto == ITALIANO else "utf-8")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=DIALETTI[dialetto].separatore))


def back(tipo, cell, dialetto):
    """What a program reads in a cell of a CSV."""
    if tipo in (Tipo.TESTO, Tipo.CONTO):
        return unsafe(cell)
    if not cell:
        return None
    if tipo is Tipo.INTERO:
        return int(cell)
    italian = dialetto == ITALIANO
    if tipo is Tipo.IMPORTO:
        return int(Decimal(cell.replace(",", ".") if italian else cell).scaleb(2))
    if tipo is Tipo.GIORNO:
        return datetime.strptime(cell, "%d/%m/%Y").date() if italian else date.fromisoformat(cell)
    return datetime.strptime(cell, "%d/%m/%Y %H:%M:%S") if italian else datetime.fromisoformat(cell)


def wanted(tipo, cell, dialetto):
    """What it should be."""
    if tipo in (Tipo.TESTO, Tipo.CONTO):
        return printable(cell or "")
    if tipo is Tipo.ISTANTE and cell is not None and dialetto == ITALIANO:
        return cell.astimezone(ROME).replace(tzinfo=None)
    return cell


@FEW
@given(rows=ROWS, dialetto=st.sampled_from(list(DIALETTI)))
def test_a_csv_is_read_back_as_it_was(rows, dialetto):
    heading, *got = read_csv(written("csv", rows, dialetto), dialetto)
    assert heading == [DIALETTI[dialetto].titolo(nome) for nome in NOMI]
    tipi = [PAROLE[nome].tipo for nome in NOMI]
    assert [[back(t, c, dialetto) for t, c in zip(tipi, row, strict=True)] for row in got] == [
        [wanted(t, c, dialetto) for t, c in zip(tipi, row, strict=True)] for row in rows
    ]


@FEW
@given(rows=ROWS)
def test_no_text_of_a_csv_is_a_formula_nor_leaves_its_line(rows):
    data = written("csv", rows)
    assert len(data.splitlines()) == len(rows) + 1
    for _, *row in zip(rows, read_csv(data, ITALIANO)[1:], strict=True):
        for cell in (row[0][0], row[0][-1]):
            bare = cell.lstrip()
            assert len(cell) < 2 or not bare.startswith(tuple(SIGNS))
            assert cell.isprintable()


@given(TEXTS)
def test_what_was_defused_can_be_read_back(text):
    assert unsafe(safe(text)) == text


@pytest.mark.parametrize("text", ["-", "C", "'NDRIA FERRAMENTA", "A=B", "", "="])
def test_what_is_no_formula_is_left_alone(text):
    assert safe(text) == text


@FEW
@given(rows=ROWS)
def test_a_sheet_is_read_back_as_it_was_and_texts_are_texts(rows):
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsx", rows))).active
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", f"A1:F{len(rows) + 1}")
    for number, row in enumerate(rows, 2):
        text, cents, day, instant, number_, account = (sheet.cell(number, column) for column in range(1, 7))
        for cell, given_ in ((text, row[0]), (account, row[5])):
            assert cell.data_type in ("s", "inlineStr", "n") and (cell.value or "") == printable(given_ or "")
        assert (None if cents.value is None else Decimal(repr(cents.value)) * 100) == row[1]
        assert (day.value and day.value.date()) == row[2]
        assert instant.value == (row[3] and row[3].astimezone(ROME).replace(tzinfo=None))
        assert number_.value == row[4]


def test_days_and_amounts_of_a_sheet_have_the_form_of_their_dialect():
    for dialetto, form in {"italiano": "dd/mm/yyyy", "internazionale": "yyyy-mm-dd"}.items():
        data = written("xlsx", [("a", 123450, date(2026, 11, 20), None, 1, None)], dialetto)
        sheet = openpyxl.load_workbook(io.BytesIO(data)).active
        assert (sheet["C2"].number_format, sheet["B2"].number_format) == (form, "#,##0.00")
        assert sheet["A1"].value == DIALETTI[dialetto].titolo("controparte")


def test_what_a_sheet_would_not_keep_is_a_text():
    row = ("x" * 40_000, 10**17 + 1, date(1899, 12, 31), None, 10**16, None)
    cells = [cell.value for cell in openpyxl.load_workbook(io.BytesIO(written("xlsx", [row]))).active[2]]
    assert cells[0] == "x" * 32_767
    assert cells[1:3] == ["1000000000000000.01", "1899-12-31"] and cells[4] == str(10**16)


def test_the_same_rows_are_the_same_bytes():
    rows = [("a", 1, date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC), 3, "b")] * 3
    for formato in ("csv", "xlsx", "json", "ndjson"):
        assert written(formato, rows) == written(formato, rows)
    parts = ZipFile(io.BytesIO(written("xlsx", rows)))
    assert {each.date_time[0] for each in parts.infolist()} == {1980}
    assert re.findall(rb"<dcterms:\w+[^>]*>(\d{4})", parts.read("docProps/core.xml")) == [b"2000", b"2000"]


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch):
    assert MOST_ROWS == 2**20 - 1
    monkeypatch.setattr("ledger.fogli.MOST_ROWS", 3)
    assert written("xlsx", [("a",)] * 3, nomi=("testo",))
    with pytest.raises(Refused) as found:
        written("xlsx", [("a",)] * 4, nomi=("testo",))
    assert found.value.code == "ESPORTA-010"


@FEW
@given(rows=ROWS)
def test_programs_read_what_there_was_exactly(rows):
    one = json.loads(written("json", rows))
    assert one == [json.loads(line) for line in written("ndjson", rows).decode().split("\n") if line]
    for got, row in zip(one, rows, strict=True):
        assert tuple(got) == NOMI
        assert (got["controparte"], got["id"]) == (row[0], row[4])
        assert row[1] is None or Decimal(got["importo"]) * 100 == row[1]
        assert row[3] is None or datetime.fromisoformat(got["quando"]) == row[3]


def test_rows_are_written_as_they_come():
    seen = []

    def rows():
        for number in range(5000):
            seen.append(number)
            yield ("a", number)

    parts = FORMATI["csv"].scrivi(("controparte", "importo"), rows(), DIALETTI[ITALIANO])
    next(parts), next(parts)
    assert len(seen) <= 501


IBAN = "IT60X0542811101000000123456"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"DA {IBAN} A {IBAN}", "DA …3456 A …3456"),
        ("SL03069A1B2C201126SL20112602", "SL03069A1B2C201126SL20112602"),  # looks like one, and is none
        (f"X{IBAN}", f"X{IBAN}"),
    ],
)
def test_accounts_in_a_text_are_told_in_part(text, told):
    assert covered(text) == told
