"""The code tables that ship with the package, and the newer ones that a user may put in their place.

A table is a CSV file with a heading; `tabelle/tabelle.toml` says of each what it is, how old it is, where it comes
from and what its columns hold. Nothing here is global: rules look codes up in the `Tabelle` that the caller chose.
"""

from __future__ import annotations

import csv
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

BUILT_IN = files("cbi.validators").joinpath("tabelle")
MANIFEST = "tabelle.toml"
REGIONI = "codice regione T0 (13-14)"

Riga = Mapping[str, str]


class TabellaErrata(ValueError):
    """A table that cannot take the place of ours: which file, which line of it (1-based), why."""

    def __init__(self, file: str, line: int, it: str, en: str) -> None:
        super().__init__(f"{file}:{line}: {en}")
        self.file, self.line, self.it, self.en = file, line, it, en


@dataclass(frozen=True)
class Tabella:
    """A table: its rows, and how old it is where that is known."""

    name: str
    title_it: str
    title_en: str
    source: str
    as_of: date | None
    rows: tuple[Riga, ...]


@cache
def manifest() -> Mapping[str, Mapping[str, Any]]:
    """What each table is, by its name: the sections of `tabelle.toml`."""
    return tomllib.loads(BUILT_IN.joinpath(MANIFEST).read_text(encoding="utf-8"))


@cache
def tabella(name: str) -> Tabella:
    """A table of the package."""
    text = BUILT_IN.joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return _tabella(name, tuple(csv.DictReader(text.splitlines())), {})


def _tabella(name: str, rows: tuple[Riga, ...], told: Mapping[str, Any]) -> Tabella:
    """`told` is what a newer table says of itself; it is not as old as ours."""
    known = manifest()[name]
    about = told if told else known
    return Tabella(
        name=name,
        title_it=known["title_it"],
        title_en=known["title_en"],
        source=about.get("source", known["source"]),
        as_of=about.get("date"),
        rows=rows,
    )


CAUSALI_ABI = frozenset(row["code"].encode() for row in tabella("causali_abi").rows)


@cache
def er_codes() -> Mapping[str, Riga]:
    """The diagnostic codes with which banks refuse a flow, by code."""
    return {row["code"]: row for row in tabella("er_codes").rows}


@cache
def er_unforeseen() -> Mapping[str, Mapping[str, str]]:
    """The diagnostic codes that no rule has: why, and what to do, in both languages."""
    return tomllib.loads(files("cbi.validators").joinpath("er.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Tabelle:
    """The tables in use: those of the package, but for the `newer` ones that stand in their place."""

    newer: Mapping[str, Tabella] = field(default_factory=dict)

    def tabella(self, name: str) -> Tabella:
        """The table of that name. Raises `KeyError` when there is none."""
        return self.newer.get(name) or tabella(name)

    @cached_property
    def tributi(self) -> Mapping[bytes, Riga]:
        """Tax codes and contribution codes, by code."""
        return {row["code"].encode(): row for row in self.tabella("f24_tributi").rows}

    @cached_property
    def uffici(self) -> frozenset[bytes]:
        """The codes of the offices of the Agenzia delle entrate."""
        return frozenset(row["office_code"].encode() for row in self.tabella("f24_uffici").rows)

    @cached_property
    def regioni(self) -> frozenset[bytes]:
        """The codes of regions and autonomous provinces."""
        rows = self.tabella("f24_codes").rows
        return frozenset(row["code"].encode() for row in rows if row["field"] == REGIONI)


IN_DOTAZIONE = Tabelle()


# --- newer tables ------------------------------------------------------------------------------------------


def replaceable() -> list[str]:
    """The names of the tables that may be replaced."""
    return [name for name, about in manifest().items() if about.get("newer")]


def load(folder: Traversable) -> Tabelle:
    """The tables of the package, but for those that are in `folder`, a `pathlib.Path` or the like.

    There a table has the name and the columns that it has here; a `tabelle.toml` beside it may say its `date` and
    `source`, in a section of its name. Raises `TabellaErrata`, and `OSError` when the folder cannot be read.
    """
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".csv"))
    known = {f"{name}.csv": name for name in replaceable()}
    stranger = next((name for name in names if name not in known), None)
    if stranger is not None or not names:
        raise TabellaErrata(
            stranger or "*.csv",
            1,
            f"nessuna tabella con questo nome; si sostituiscono: {', '.join(known)}",
            f"no table of this name; those that can be replaced: {', '.join(known)}",
        )
    told = _told(folder.joinpath(MANIFEST), known.values())
    rows = {known[name]: _read(known[name], folder.joinpath(name)) for name in names}
    about = {name: {"source": str(folder), **told.get(name, {})} for name in rows}
    return Tabelle({name: _tabella(name, found, about[name]) for name, found in rows.items()})


def _told(path: Traversable, names: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
    """What a folder says of its tables, checked."""
    if not path.is_file():
        return {}
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TabellaErrata(MANIFEST, 1, f"non è TOML: {error}", f"not TOML: {error}") from error
    for name, about in told.items():
        sound = isinstance(about, dict) and type(about.get("date", date.min)) is date
        if name not in names or not sound or not isinstance(about.get("source", ""), str):
            it = f"[{name}]: attesi una tabella che si sostituisce, `date` (una data) e `source` (un testo)"
            en = f"[{name}]: expected a table that can be replaced, `date` (a date) and `source` (a text)"
            raise TabellaErrata(MANIFEST, 1, it, en)
    return told


def _read(name: str, path: Traversable) -> tuple[Riga, ...]:
    """The rows of a newer table. Raises `TabellaErrata` at the first that is not sound."""
    file = path.name
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
        reader = csv.DictReader(lines, strict=True)
        numbered = [(reader.line_num, row) for row in reader]
    except UnicodeDecodeError as error:
        raise TabellaErrata(file, 1, "il testo non è in UTF-8", "the text is not UTF-8") from error
    except csv.Error as error:
        raise TabellaErrata(file, reader.reader.line_num, f"non è CSV: {error}", f"not CSV: {error}") from error
    columns = ",".join(manifest()[name]["columns"])
    if ",".join(reader.fieldnames or ()) != columns:
        raise TabellaErrata(file, 1, f"la prima riga dev'essere: {columns}", f"the first line must be: {columns}")
    if not numbered:
        raise TabellaErrata(file, 1, "la tabella non ha righe", "the table has no rows")
    for number, it, en in _faults(name, numbered):
        raise TabellaErrata(file, number, it, en)
    return tuple(row for _, row in numbered)


def _faults(name: str, numbered: Sequence[tuple[int, Riga]]) -> Iterator[tuple[int, str, str]]:
    """What is wrong with the rows of a table, each with its line: cells and keys."""
    patterns = {column: re.compile(pattern) for column, pattern in manifest()[name]["columns"].items()}
    seen: dict[tuple[str, ...], int] = {}
    for number, row in numbered:
        if len(row) != len(patterns) or None in row.values():
            yield number, f"attese {len(patterns)} colonne", f"expected {len(patterns)} columns"
            continue
        for column, pattern in patterns.items():
            if not pattern.fullmatch(row[column]):
                it = f"{column}: «{row[column]}» non è nel formato {pattern.pattern}"
                yield number, it, f"{column}: “{row[column]}” is not in the format {pattern.pattern}"
        key = tuple(row[column] for column in manifest()[name]["key"])
        if key in seen:
            what = " ".join(key)
            yield number, f"«{what}» è già alla riga {seen[key]}", f"“{what}” is already at line {seen[key]}"
        seen.setdefault(key, number)


# --- looking up --------------------------------------------------------------------------------------------


def search(rows: Iterable[Riga], words: str, columns: Sequence[str]) -> list[Riga]:
    """The rows in whose columns every word occurs, whatever its case and accents.

    Those whose first column is what was searched for come first.
    """
    wanted = _plain(words)
    found = [row for row in rows if all(word in _plain(" ".join(row[c] for c in columns)) for word in wanted.split())]
    return sorted(found, key=lambda row: _plain(row[columns[0]]) != wanted)


def _plain(text: str) -> str:
    """Without accents, in lower case."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(char for char in parts if not unicodedata.combining(char)).casefold().strip()
