"""Tables opened in LibreOffice Calc: what it sees in each cell is what was exported, and nothing is a formula."""

import shutil
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import zip_longest
from xml.etree import ElementTree

import pytest

from ledger.celle import printable, safe
from ledger.estratti import PAROLE, Tipo
from ledger.fogli import DIALETTI, FORMATI, INTERNAZIONALE, ITALIANO
from ledger.ports import ROME

pytestmark = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not on this machine")

NOMI = ("id", "controparte", "importo", "scadenza", "quando", "banca", "conto")
SUMMER, WINTER = datetime(2026, 7, 1, 22, 30, 15, tzinfo=UTC), datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
TEXTS = (
    *("=1+1", "+39 06", "-1+2", "@SUM(A1)", "=cmd|'/C calc'!A0", '=HYPERLINK("http://x.example")', "'=2+2", "＝1+1"),
    *("\t=1", "riga\nnuova", 'a;b,c"d', "CAFFÈ «LUNAPIENA» ß €", "03069", "2026-01-02", "1,5", "1.5", "TRUE", "1/2"),
    *("12345678901234567890", "1E5", "#REF!", "http://x.example", "x" * 300),
)
ROWS = [
    (
        n,
        text,
        (-1) ** n * (10 ** (n % 14) + n) if n % 5 else None,
        date(1988, 2, 29) if n % 3 else None,
        SUMMER if n % 2 else WINTER,
        "03069",
        "000000012345",
    )
    for n, text in enumerate(TEXTS, 1)
]
_OF = "{{urn:oasis:names:tc:opendocument:xmlns:{}:1.0}}{}".format
ROW, REPEATED, FORMULA = _OF("table", "table-row"), _OF("table", "number-columns-repeated"), _OF("table", "formula")
KIND, VALUE, DATE = _OF("office", "value-type"), _OF("office", "value"), _OF("office", "date-value")
PARAGRAPH = _OF("text", "p")
LOCALES = {ITALIANO: 1040, INTERNAZIONALE: 1033}  # it-IT, en-US


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """How files of these names and bytes look in the program, started once for all of them."""
    profile = tmp_path_factory.mktemp("profilo")

    def opened(files, *how):
        folder = tmp_path_factory.mktemp("calc")
        for name, data in files.items():
            (folder / name).write_bytes(data)
        asked = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", *how, "--convert-to", "fods"]
        subprocess.run([*asked, "--outdir", str(folder), *(str(folder / name) for name in files)], check=True)
        return [sheet((folder / name).with_suffix(".fods")) for name in files]

    return opened


def sheet(path):
    """The rows of a sheet: of each cell its kind, its value, and its formula, if it is one."""
    return [[each for cell in row for each in cells(cell)] for row in ElementTree.parse(path).iter(ROW)]


def cells(cell):
    said = "\n".join("".join(each.itertext()) for each in cell.iter(PARAGRAPH))
    value = (cell.get(KIND), cell.get(VALUE) or cell.get(DATE) or said, cell.get(FORMULA))
    return [value] * min(int(cell.get(REPEATED, "1")), len(NOMI))


def seen(tipo, value, text):
    """The kind and value of a cell that holds a value; a text as `text` makes it."""
    if value is None:
        return (None, "")
    if tipo is Tipo.ISTANTE:
        return ("date", value.astimezone(ROME).replace(tzinfo=None).isoformat())
    if tipo is Tipo.GIORNO:
        return ("date", value.isoformat())
    return ("string", text(value)) if isinstance(value, str) else ("float", value)


def is_as_exported(rows, dialetto, text, texts=()):
    """Every cell is what was exported; the columns `texts` are for this program texts, whatever they hold."""
    head, *rest = rows
    assert [value for _, value, _ in head[: len(NOMI)]] == [DIALETTI[dialetto].titolo(nome) for nome in NOMI]
    for row, wanted in zip_longest(rest[: len(ROWS)], ROWS):
        for nome, (kind, value, formula), cell in zip(NOMI, row, wanted, strict=False):
            tipo = PAROLE[nome].tipo
            said, what = seen(tipo, cell, text)
            assert formula is None
            if said == "float":
                cents = Decimal(cell).scaleb(-2 if tipo is Tipo.IMPORTO else 0)
                assert (kind, Decimal(value)) == ("float", cents), (nome, cell)
            elif nome in texts:
                assert kind == "string", (nome, cell)
            else:
                assert (kind, value.strip()) == (said, what.strip()), (nome, cell)


def written(formato, dialetto):
    return b"".join(FORMATI[formato].scrivi(NOMI, iter(ROWS), DIALETTI[dialetto]))


def test_a_sheet_has_numbers_days_and_texts_and_no_formula(opened):
    found = opened({f"{dialetto}.xlsx": written("xlsx", dialetto) for dialetto in DIALETTI})
    for dialetto, rows in zip(DIALETTI, found, strict=True):
        is_as_exported(rows, dialetto, printable)


@pytest.mark.parametrize("dialetto", DIALETTI)
def test_a_csv_is_read_in_its_dialect_and_runs_nothing(opened, dialetto):
    """Imported as the page says: the columns of texts told to be texts, the others found out."""
    cut, as_texts = ord(DIALETTI[dialetto].separatore), "2/2/6/2/7/2"
    options = f"Text - txt - csv (StarCalc):{cut},34,76,1,{as_texts},{LOCALES[dialetto]},false,true"
    (rows,) = opened({"tabella.csv": written("csv", dialetto)}, f"--infilter={options}")
    with_offset = ("quando",) if dialetto == INTERNAZIONALE else ()  # a moment for a program, a text for a spreadsheet
    is_as_exported(rows, dialetto, lambda value: safe(printable(value)), texts=with_offset)
