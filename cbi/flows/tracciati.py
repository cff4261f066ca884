"""Flows declared by a file, for whoever holds a bank's document of what the public does not know.

The file is a CSV with a row for each field, in the columns `COLUMNS`: those of the tables that the declarations of this
library come from. Its records go through the same proofs as they do. Records that the file does not give (header and
trailer, say) stay those that the library knows, if it knows any.

The order of records is not in the file. The first record type of the body begins an order, and the others follow as
they come, any number of times. A record called `body` is what every line that is none of the others is read by; where
there is none, such lines are a defect.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from keyword import iskeyword
from typing import Any

from cbi.fields import (
    C,
    Cents,
    Choice,
    CommaAmount,
    Const,
    Date,
    Digits,
    Field,
    Filler,
    FreeText,
    FullDate,
    M,
    Number,
    O,
    Quantity,
    Sign,
    Text,
    Undocumented,
)
from cbi.flows.coda import IDENTITY, TOTAL
from cbi.flows.model import FROM_BANK, TO_BANK, Context, Flow, tipo_of
from cbi.flows.registry import Registry
from cbi.layout import LENGTH, RAW, Record, TracciatoErrato
from cbi.records.cornice import Testa

COLUMNS = (
    "flow",
    "direction",
    "record",
    "variant",
    "name_it",
    "name_en",
    "start",
    "end",
    "type",
    "values",
    "mandatory",
    "rules",
    "source",
    "confidence",
)
BODY = "body"  # how the file calls the lines that are none of its other records
DIRECTIONS = {TO_BANK: (TO_BANK,), FROM_BANK: (FROM_BANK,), "both": (TO_BANK, FROM_BANK)}
SEGNI = {"+": "positivo", "-": "negativo", "C": "credito", "D": "debito"}  # where the file does not say which
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FLOW = re.compile(r"[A-Z0-9]{2}")
_RECORD = re.compile(rf"[A-Z0-9]{{2}}(-\d\d)?|{BODY}")
_VARIANT = re.compile(r"\w*", re.ASCII)

Key = tuple[str, str]  # name and direction of a flow


class RigaErrata(ValueError):
    """What is wrong with a file of fields: the line of the file, 0 for the file as a whole, and what to do."""

    def __init__(self, line: int, it: str, en: str) -> None:
        super().__init__(f"line {line}: {en}")
        self.line, self.it, self.en = line, it, en


@dataclass(frozen=True)
class Riga:
    """A row of the file, sound in itself: a field of a record of a flow. `line` is that of the file, from 1."""

    line: int
    flow: str
    directions: tuple[str, ...]
    record: str
    variant: str
    name: str
    start: int
    end: int
    kind: str
    values: str
    obligation: str
    description: str
    source: str
    confidence: str

    @property
    def size(self) -> int:
        return self.end - self.start + 1

    @property
    def key(self) -> str:
        """The key of its record in a flow."""
        tipo = RAW if self.record == BODY else self.record
        return f"{tipo}/{self.variant}" if self.variant else tipo


def read(lines: Iterable[str], known: Registry) -> tuple[Flow, ...]:
    """The flows of a file, given line by line, with what `known` knows of them besides. Raises `RigaErrata`."""
    by_flow: dict[Key, list[Riga]] = {}
    for riga in _rows(lines):
        for direction in riga.directions:
            by_flow.setdefault((riga.flow, direction), []).append(riga)
    teste = known.teste | {name for name, _ in by_flow} | {"EF"}
    for riga in (riga for rows in by_flow.values() for riga in rows):
        if riga.record in teste and riga.key not in (riga.flow, "EF"):
            it = f"record {riga.key}: è una testa o una coda, e il corpo non può averne"
            raise RigaErrata(riga.line, it, f"record {riga.key}: a header or a trailer, and the body may have none")
    return tuple(_flow(key, rows, _known(key, known)) for key, rows in by_flow.items())


def _known(key: Key, known: Registry) -> Flow | None:
    try:
        return known.find(*key)
    except KeyError:
        return None


# --- rows ------------------------------------------------------------------------------------------------


def _rows(lines: Iterable[str]) -> Iterable[Riga]:
    reader = csv.DictReader(lines, strict=True)
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            it, en = f"mancano le colonne {', '.join(missing)}", f"columns {', '.join(missing)} are missing"
            raise RigaErrata(1, f"{it}: la prima riga del file deve dare i nomi delle colonne", en)
        found = [_riga(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise RigaErrata(reader.line_num, f"non è una riga CSV: {error}", f"not a CSV row: {error}") from error
    if not found:
        raise RigaErrata(
            0, "il file non ha righe: scriverne una per ogni campo", "the file has no rows: write one a field"
        )
    return found


def _riga(line: int, row: Mapping[str, str | None]) -> Riga:
    cells = {name: (row[name] or "").strip() for name in COLUMNS}
    for name, (admitted, it, en) in ADMITTED.items():
        if not admitted(cells[name]):
            raise RigaErrata(
                line, f"{name}: «{cells[name]}» non va bene, ci vuole {it}", f"{name}: “{cells[name]}” {en}"
            )
    start, end = int(cells["start"]), int(cells["end"])
    if end < start:
        raise RigaErrata(line, f"end: {end} viene prima di start, {start}", f"end: {end} comes before start, {start}")
    return Riga(
        line=line,
        flow=cells["flow"],
        directions=DIRECTIONS[cells["direction"]],
        record=cells["record"],
        variant=cells["variant"],
        name=cells["name_it"],
        start=start,
        end=end,
        kind=cells["type"],
        values=(row["values"] or "").strip(),
        obligation=cells["mandatory"],
        description=cells["rules"] or cells["name_it"].replace("_", " "),
        source=cells["source"],
        confidence=cells["confidence"],
    )


def _column(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= LENGTH


def _name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and not iskeyword(text) and not hasattr(Record, text)


def _one_of(names: Iterable[str]) -> tuple[Callable[[str], bool], str, str]:
    known = frozenset(names)
    listed = ", ".join(sorted(known))
    return known.__contains__, f"uno di {listed}", f"will not do, it must be one of {listed}"


def _like(pattern: re.Pattern[str], it: str, en: str) -> tuple[Callable[[str], bool], str, str]:
    return lambda text: pattern.fullmatch(text) is not None, it, f"will not do, it must be {en}"


# --- fields ----------------------------------------------------------------------------------------------


def _choice(riga: Riga) -> Field[Any]:
    values, is_open = _codes(riga)
    return Choice(*_common(riga), values, open_list=is_open, confidence=riga.confidence)


def _sign(riga: Riga) -> Field[Any]:
    return Sign(*_common(riga), _codes(riga)[0] or SEGNI, confidence=riga.confidence)


def _codes(riga: Riga) -> tuple[dict[str, str], bool]:
    """The codes of a field with their meanings, and whether there may be others: what is not a code says so."""
    listed = [part.partition("=")[::2] for part in re.split(r"[|;]", riga.values)]
    named = [
        (code.strip(), meaning.strip()) for code, meaning in listed if code.strip() not in ("", "blank", "(blank)")
    ]
    codes = {code: meaning for code, meaning in named if len(code) <= riga.size and " " not in code}
    return codes, not codes or len(codes) < len(named)


def _const(riga: Riga) -> Field[Any]:
    if not riga.values or len(riga.values) > riga.size or not riga.values.isascii():
        it = f"values: una costante di {riga.size} caratteri al più, non «{riga.values}»"
        raise RigaErrata(riga.line, it, f"values: a constant of at most {riga.size} characters, not “{riga.values}”")
    start, end, obligation, description = _common(riga)
    return Const(start, end, riga.values, description, obligation, confidence=riga.confidence)


def _number(riga: Riga) -> Field[Any]:
    """What counts is a number; any other digits are a code, whose zeros matter."""
    counts = riga.name.startswith(("numero_", "progressivo_")) or riga.name == TOTAL
    return (Number if counts else Digits)(*_common(riga), confidence=riga.confidence)


def _text(riga: Riga) -> Field[Any]:
    if riga.name.startswith("non_documentato"):
        return Undocumented(riga.start, riga.end, riga.obligation)
    return (FreeText if riga.record == BODY else Text)(*_common(riga), confidence=riga.confidence)


def _comma(riga: Riga) -> Field[Any]:
    kind = Quantity if riga.name.startswith("quantita") else CommaAmount
    if riga.size < kind.decimals + 2:
        it = f"un importo con la virgola ha almeno {kind.decimals + 2} colonne, qui ce ne sono {riga.size}"
        raise RigaErrata(riga.line, it, f"an amount with a comma has at least {kind.decimals + 2} columns")
    return kind(*_common(riga), confidence=riga.confidence)


def _date(kind: type[Date] | type[FullDate], size: int) -> Callable[[Riga], Field[Any]]:
    def make(riga: Riga) -> Field[Any]:
        if riga.size != size:
            it = f"una data di questo tipo ha {size} colonne, qui ce ne sono {riga.size}"
            raise RigaErrata(riga.line, it, f"a date of this type has {size} columns, here there are {riga.size}")
        return kind(*_common(riga), confidence=riga.confidence)

    return make


def _common(riga: Riga) -> tuple[int, int, str, str]:
    return riga.start, riga.end, riga.obligation, riga.description


KINDS: Mapping[str, Callable[[Riga], Field[Any]]] = {
    "filler": lambda riga: Filler(riga.start, riga.end, riga.obligation, confidence=riga.confidence),
    "const": _const,
    "alnum": _text,
    "num": _number,
    "code": _choice,
    "sign": _sign,
    "amount_cents": lambda riga: Cents(*_common(riga), confidence=riga.confidence),
    "amount_comma": _comma,
    "date_ddmmyy": _date(Date, 6),
    "date_yyyymmdd": _date(FullDate, 8),
}
# What a cell of each column may hold: whether it does, and what is wanted.
ADMITTED = {
    "flow": _like(_FLOW, "il tipo della testa, due lettere maiuscole o cifre", "the type of the header"),
    "direction": _one_of(DIRECTIONS),
    "record": _like(_RECORD, f"il tipo del record (14, o 40-01 con il sottotipo) o {BODY}", f"a record type or {BODY}"),
    "variant": _like(_VARIANT, "una parola, o niente", "a word, or nothing"),
    "name_it": (
        _name,
        "un nome di lettere minuscole, cifre e _, che non sia di altro (come «tipo» e «line»)",
        "will not do: lower-case letters, digits and _, and not the name of another thing (as “tipo” and “line”)",
    ),
    "start": (_column, f"una colonna fra 1 e {LENGTH}", f"is not a column between 1 and {LENGTH}"),
    "end": (_column, f"una colonna fra 1 e {LENGTH}", f"is not a column between 1 and {LENGTH}"),
    "type": _one_of(KINDS),
    "mandatory": _one_of((M, O, C)),
    "confidence": _one_of(("high", "medium", "low")),
}


# --- records ---------------------------------------------------------------------------------------------


def _record(rows: list[Riga]) -> type[Record]:
    """The record of some rows. Raises `RigaErrata`."""
    fields: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for riga in rows:
        repeats = riga.kind == "filler" or riga.name.startswith("non_documentato")
        name = f"{re.sub(r'_[0-9]+$', '', riga.name)}_{riga.start}" if repeats else riga.name
        if name in fields:
            it = f"name_it: {riga.name} c'è già alla riga {lines[name]}: dare al campo un altro nome"
            raise RigaErrata(riga.line, it, f"name_it: {riga.name} is already in row {lines[name]}: name it otherwise")
        fields[name], lines[name] = KINDS[riga.kind](riga), riga.line
    first = rows[0]
    try:
        made: Any = type(f"{first.flow}{first.key}", (Record,), fields, variante=first.variant, source=first.source)
    except TracciatoErrato as error:
        told = f"record {first.record}, {error.field}"
        raise RigaErrata(lines[error.field], f"{told}: {error.it}", f"{told}: {error.en}") from error
    if not _typed(made, first.record):
        it = f"record {first.record}: ci vuole una costante tipo_record nelle colonne 2-3 che dica «{first.record}»"
        en = f"record {first.record}: a constant tipo_record in columns 2-3 must say “{first.record}”"
        raise RigaErrata(
            first.line, f"{it} (con un sottotipo, anche sub_tipo_record)", f"{en} (and sub_tipo_record too)"
        )
    return made  # type: ignore[no-any-return]


def _typed(cls: type[Record], tipo: str) -> bool:
    """Whether a record says its type where readers look for it; the lines of a body may have none."""
    spec = cls.BY_NAME.get("tipo_record")
    return tipo == BODY or (tipo == cls.TIPO and spec is not None and (spec.start, spec.end) == (2, 3))


def _check_header(header: type[Record], line: int) -> None:
    """What identifies a flow stands in the same columns in every header. Raises `RigaErrata`."""
    for name in IDENTITY:
        wanted, spec = Testa.BY_NAME[name], header.BY_NAME.get(name)
        dated = name != "data_creazione" or isinstance(spec, Date)
        if spec is None or (spec.start, spec.end) != (wanted.start, wanted.end) or not dated:
            it = f"la testa deve avere {name} nelle colonne {wanted.start}-{wanted.end}, come ogni flusso"
            raise RigaErrata(line, it, f"the header must have {name} in columns {wanted.start}-{wanted.end}")


# --- flows -----------------------------------------------------------------------------------------------


def _flow(key: Key, rows: list[Riga], known: Flow | None) -> Flow:
    name, direction = key
    given = {key: _record(list(group)) for key, group in groupby(_by_record(rows), key=lambda riga: riga.key)}
    lines = {riga.key: riga.line for riga in reversed(rows)}
    before = {} if known is None else dict(known.records)
    ends = {tipo: given.get(tipo) or before.get(tipo) for tipo in (name, "EF")}
    header, trailer = ends[name], ends["EF"]
    if header is None or trailer is None:
        lacking = [tipo for tipo, cls in ends.items() if cls is None]
        it, en = f"flusso {name}: mancano i record {', '.join(lacking)}", f"flow {name}: no record {', '.join(lacking)}"
        raise RigaErrata(rows[0].line, it, en)
    _check_header(header, lines.get(name, rows[0].line))
    body = {key: cls for key, cls in given.items() if key not in ends} or {
        key: cls for key, cls in before.items() if key not in ends
    }
    title = name if known is None else known.title
    return in_any_order(name, direction, title, {name: header, **body, "EF": trailer})


def _by_record(rows: list[Riga]) -> list[Riga]:
    """The rows of each record together, records in the order of the file and fields in that of the columns."""
    order = {key: at for at, key in enumerate(dict.fromkeys(riga.key for riga in rows))}
    return sorted(rows, key=lambda riga: (order[riga.key], riga.start))


def in_any_order(name: str, direction: str, title: str, records: Mapping[str, type[Record]]) -> Flow:
    """A flow whose order of records nobody tells: the first type of the body begins an order, the others follow."""
    body = [key for key in records if key not in (name, "EF", RAW)]
    states = {tipo_of(key): key for key in reversed(body)}  # of each type, its first key
    first = tipo_of(body[0]) if body else None
    begins = {} if first is None else {first: states[first]}
    return Flow(
        name=name,
        direction=direction,
        title=title,
        records=records,
        transitions={
            name: {**begins, "EF": "EF"},
            **{key: {**states, "EF": "EF"} for key in states.values()},
        },
        units=(),
        starts=frozenset(begins),
        classify=_by_likeness(records),
    )


def _by_likeness(records: Mapping[str, type[Record]]) -> Callable[[list[str], list[bytes], Context], list[str]]:
    """Of the variants of a type, the one that a record has fewest faults as: the first of equals."""
    variants: dict[str, list[str]] = {}
    for key in records:
        variants.setdefault(tipo_of(key), []).append(key)

    def classify(keys: list[str], raws: list[bytes], context: Context) -> list[str]:
        return [_likest(variants.get(tipo_of(key), [key]), raw, key) for key, raw in zip(keys, raws, strict=True)]

    def _likest(names: list[str], raw: bytes, key: str) -> str:
        return names[0] if len(names) == 1 else min(names, key=lambda name: len(records[name].faults(raw)))

    return classify
