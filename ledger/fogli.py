"""Rows as files for others to open: CSV in two dialects, XLSX, JSON, lines of text. Each gives its bytes in parts, in
constant memory, and the same bytes for the same rows.

Cells are what `estratti.Tipo` says. Amounts are cents up to here and decimals from here on, never floats; instants are
told by the clock of Rome, but for programs (JSON) in UTC.
"""

from __future__ import annotations

import csv
import json
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, TypeAlias

from ledger.celle import printable, safe
from ledger.errors import Refused
from ledger.estratti import PAROLE, Tipo
from ledger.ports import ROME

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

CHUNK, TOGETHER = 1 << 18, 500  # bytes read, and rows written, at a time
MOST_ROWS = 1_048_575  # of a sheet, below its heading
LONGEST_CELL = 32_767  # characters of a text in a sheet
MOST_DIGITS = 15  # of a number in a sheet: beyond, the last ones would be lost
FIRST_DAY = date(1900, 3, 1)  # sheets count the days before it in two ways


@dataclass(frozen=True)
class Dialetto:
    """How a country writes: what parts cells, decimals, days and instants, the mark at the beginning, the language of
    the headings."""

    separatore: str
    decimale: str
    giorno: Callable[[date], str]
    istante: Callable[[datetime], str]
    inizio: bytes
    lingua: str

    def titolo(self, nome: str) -> str:
        """The heading of a column."""
        return PAROLE[nome].en if self.lingua == "en" else PAROLE[nome].it


ITALIANO, INTERNAZIONALE = "italiano", "internazionale"
DIALETTI: Mapping[str, Dialetto] = {
    ITALIANO: Dialetto(";", ",", "{:%d/%m/%Y}".format, "{:%d/%m/%Y %H:%M:%S}".format, BOM_UTF8, "it"),
    INTERNAZIONALE: Dialetto(",", ".", date.isoformat, partial(datetime.isoformat, timespec="seconds"), b"", "en"),
}
_SHEET_FORMATS = {
    "it": {Tipo.GIORNO: "dd/mm/yyyy", Tipo.ISTANTE: "dd/mm/yyyy hh:mm:ss", Tipo.IMPORTO: "#,##0.00"},
    "en": {Tipo.GIORNO: "yyyy-mm-dd", Tipo.ISTANTE: "yyyy-mm-dd hh:mm:ss", Tipo.IMPORTO: "#,##0.00"},
}
_WIDTHS = {Tipo.TESTO: 22, Tipo.CONTO: 28, Tipo.INTERO: 10, Tipo.IMPORTO: 16, Tipo.GIORNO: 12, Tipo.ISTANTE: 20}
_WIDER = {"controparte": 40, "descrizione": 80, "testo": 90, "sha256": 66}

Cella: TypeAlias = str | int | date | datetime | None
Righe: TypeAlias = Iterable[Sequence[Cella]]


def decimals(cents: int) -> Decimal:
    """Cents as a decimal number with two decimals."""
    return Decimal(cents).scaleb(-2)


def in_words(tipo: Tipo, dialetto: Dialetto) -> Callable[[Any], str]:
    """How the cells of a kind are written in a CSV, before quotes; those that are not there apart."""
    ways: dict[Tipo, Callable[[Any], str]] = {
        Tipo.IMPORTO: lambda value: str(decimals(value)).replace(".", dialetto.decimale),
        Tipo.GIORNO: dialetto.giorno,
        Tipo.ISTANTE: lambda value: dialetto.istante(value.astimezone(ROME)),
        Tipo.INTERO: str,
    }
    return ways.get(tipo, lambda value: safe(printable(value)))


class _Echo:
    """A file that gives back what is written to it: `csv` writes, and here goes on what it wrote."""

    def write(self, text: str) -> str:
        return text


def as_csv(nomi: Sequence[str], righe: Righe, dialetto: Dialetto) -> Iterator[bytes]:
    """A CSV in UTF-8, lines ending with CR+LF, cells quoted where they must be."""
    writer = csv.writer(_Echo(), delimiter=dialetto.separatore, lineterminator="\r\n")
    ways = [in_words(tipo, dialetto) for tipo in _types(nomi)]
    yield dialetto.inizio + writer.writerow([dialetto.titolo(nome) for nome in nomi]).encode()
    lines = (
        str(writer.writerow(["" if cell is None else way(cell) for way, cell in zip(ways, row, strict=True)]))
        for row in righe
    )
    while part := "".join(islice(lines, TOGETHER)):
        yield part.encode()


def as_json(nomi: Sequence[str], righe: Righe, _dialetto: Dialetto) -> Iterator[bytes]:
    """A JSON array, an object a row: columns by name, amounts as decimal text, days and instants as ISO 8601."""
    before = b"[\n"
    for part in _objects(nomi, righe, ",\n"):
        yield before + part
        before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


def as_ndjson(nomi: Sequence[str], righe: Righe, _dialetto: Dialetto) -> Iterator[bytes]:
    """A JSON object a line, as `as_json` writes them."""
    for part in _objects(nomi, righe, "\n"):
        yield part + b"\n"


def as_lines(nomi: Sequence[str], righe: Righe, _dialetto: Dialetto) -> Iterator[bytes]:
    """The texts of the rows, one a line, in UTF-8, without the blanks at their end."""
    at = list(nomi).index("testo")
    lines = (f"{printable(str(row[at])).rstrip()}\r\n" for row in righe)
    while part := "".join(islice(lines, TOGETHER)):
        yield part.encode()


def _objects(nomi: Sequence[str], righe: Righe, between: str) -> Iterator[bytes]:
    tipi = _types(nomi)
    lines = (
        json.dumps(
            {nome: _plain(tipo, cell) for nome, tipo, cell in zip(nomi, tipi, row, strict=True)}, ensure_ascii=False
        )
        for row in righe
    )
    while part := between.join(islice(lines, TOGETHER)):
        yield part.encode("utf-8", "replace")


def _plain(tipo: Tipo, value: Any) -> str | int | None:
    if value is None or tipo is Tipo.INTERO:
        return value  # type: ignore[no-any-return]
    if tipo is Tipo.IMPORTO:
        return str(decimals(value))
    return str(value.isoformat() if tipo in (Tipo.GIORNO, Tipo.ISTANTE) else value)


# --- sheets -----------------------------------------------------------------------------------------------------------


def as_xlsx(nomi: Sequence[str], righe: Righe, dialetto: Dialetto) -> Iterator[bytes]:
    """A sheet: a heading that stays in sight, a filter, cells of their own kind; a text is never a formula.

    Raises Refused (ESPORTA-010) for more rows than a sheet holds. The library works in scratch files of its own.
    """
    from xlsxwriter import Workbook

    with TemporaryFile() as whole:
        book = Workbook(whole, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001  the same whenever it is made
        sheet = book.add_worksheet()
        formats = {t: book.add_format({"num_format": f}) for t, f in _SHEET_FORMATS[dialetto.lingua].items()}
        bold, tipi = book.add_format({"bold": True}), _types(nomi)
        for column, (nome, tipo) in enumerate(zip(nomi, tipi, strict=True)):
            sheet.set_column(column, column, _WIDER.get(nome, _WIDTHS[tipo]))
            sheet.write_string(0, column, dialetto.titolo(nome), bold)
        last = 0
        for last, row in enumerate(righe, 1):
            if last > MOST_ROWS:
                raise _too_many()
            for column, (tipo, cell) in enumerate(zip(tipi, row, strict=True)):
                if cell is not None:
                    _write(sheet, (last, column), tipo, cell, formats.get(tipo))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, last, len(nomi) - 1)
        book.close()
        whole.seek(0)
        while part := whole.read(CHUNK):
            yield part


def _write(sheet: Worksheet, at: tuple[int, int], tipo: Tipo, value: Any, shape: Any) -> None:
    """A cell of its kind; what a sheet would not keep exactly is a text."""
    if tipo is Tipo.ISTANTE:
        sheet.write_datetime(*at, value.astimezone(ROME).replace(tzinfo=None, microsecond=0), shape)
    elif tipo is Tipo.GIORNO and value >= FIRST_DAY:
        sheet.write_datetime(*at, value, shape)
    elif tipo in (Tipo.IMPORTO, Tipo.INTERO) and len(str(abs(value))) <= MOST_DIGITS:
        sheet.write_number(*at, decimals(value) if tipo is Tipo.IMPORTO else value, shape)
    else:
        text = decimals(value) if tipo is Tipo.IMPORTO else value
        sheet.write_string(*at, printable(str(text))[:LONGEST_CELL])


def _types(nomi: Sequence[str]) -> list[Tipo]:
    return [PAROLE[nome].tipo for nome in nomi]


def _too_many() -> Refused:
    return Refused(
        "ESPORTA-010",
        f"Un foglio XLSX ha al più {MOST_ROWS} righe, qui ce ne sono di più.",
        f"An XLSX sheet holds at most {MOST_ROWS} rows, and there are more.",
        hint_it="Esportare in CSV, o un periodo per volta con --dal e --al.",
        hint_en="Export as CSV, or a period at a time with --dal and --al.",
    )


@dataclass(frozen=True)
class Formato:
    """A format: how names of such files end, and how rows become one."""

    estensione: str
    scrivi: Callable[[Sequence[str], Righe, Dialetto], Iterator[bytes]]


FORMATI: Mapping[str, Formato] = {
    "csv": Formato("csv", as_csv),
    "xlsx": Formato("xlsx", as_xlsx),
    "json": Formato("json", as_json),
    "ndjson": Formato("ndjson", as_ndjson),
    "testo": Formato("txt", as_lines),
}
