"""What an export is asked to be, by options or by a profile of `esportazioni.toml` in the home, checked either way.

[studio]                     # the name of the profile
cosa = "insoluti"            # one of `estratti.ESTRATTI`
formato = "csv"              # csv, xlsx, json, ndjson; testo of messages; cbi: the supporti, byte for byte
dialetto = "internazionale"  # or italiano
colonne = ["data_creazione", "controparte", "importo"]
solo = { banca = "03069" }
dal = 2026-01-01
in_chiaro = true             # account numbers whole
profilo = "01"               # the pp and
unita = "AM"                 # the uu of EXttppuu, the name of the file in a folder
spunta = true                # of movements: what leaves is ticked
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ledger.errors import Refused
from ledger.estratti import ESTRATTI, PAROLE, Estratto, Scelta, Tipo
from ledger.fogli import DIALETTI, FORMATI, ITALIANO
from ledger.home import Home
from ledger.messaggi import Taglio
from ledger.ports import put

FILE = "esportazioni.toml"
CBI, TESTO, MESSAGGI, MOVIMENTI = "cbi", "testo", "messaggi", "movimenti"
_BARE = re.compile(r"[A-Za-z0-9_-]+")  # a name that TOML takes without quotes
MOST = 100_000  # lines and columns that may be left out

Sigla: TypeAlias = Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")]
Nome: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$")]
Quante: TypeAlias = Annotated[int, Field(ge=0, le=MOST)]
Colonna: TypeAlias = Annotated[int, Field(ge=1, le=120)]


class Righe(BaseModel):
    """Which part of the lines of a message: see `messaggi.Taglio`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    senza_cornice: bool = False
    salta_prime: Quante = 0
    salta_ultime: Quante = 0
    contiene: str = ""
    colonne: tuple[Colonna, Colonna] | None = Field(default=None, strict=False)
    senza_spazi: bool = False
    rientro: Annotated[int, Field(ge=0, le=120)] = 0


class Richiesta(BaseModel):
    """What is taken out of the books, and how; `solo` are values that columns must have, as JSON would have them."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    cosa: Literal[*ESTRATTI]  # type: ignore[valid-type]
    formato: Literal[*FORMATI, CBI] = "csv"  # type: ignore[valid-type]
    dialetto: Literal[*DIALETTI] = ITALIANO  # type: ignore[valid-type]
    colonne: tuple[str, ...] = Field(default=(), strict=False)
    solo: Mapping[str, str] = {}
    dal: date | None = None
    al: date | None = None
    in_chiaro: bool = False
    profilo: Sigla = "00"
    unita: Sigla = "00"
    nome: Nome | None = None
    righe: Righe = Righe()
    spunta: bool = False

    @model_validator(mode="after")
    def _sound(self) -> Richiesta:
        """Each wrong thing by its place and its words, as `_WHY` has them."""
        for key, columns in (("colonne", self.colonne), ("solo", self.solo)):
            for column in columns:
                if column not in self.estratto.fonte.colonne:
                    raise ValueError(f"{key}:{column}")
        if len(set(self.colonne)) < len(self.colonne):
            raise ValueError("due_volte")
        for column, value in self.solo.items():
            try:
                _value(column, value)
            except (ValueError, InvalidOperation) as error:
                raise ValueError(f"solo_valore:{column}") from error
        if (self.formato == TESTO or self.righe != Righe()) and self.cosa != MESSAGGI:
            raise ValueError("testo")
        if self.formato == CBI and not self.in_chiaro:
            raise ValueError("cbi")
        if self.spunta and self.cosa != MOVIMENTI:
            raise ValueError("spunta")
        return self

    @property
    def estratto(self) -> Estratto:
        return ESTRATTI[self.cosa]

    @property
    def nomi(self) -> tuple[str, ...]:
        """The columns wanted, in order: those named, or all."""
        return self.colonne or tuple(self.estratto.fonte.colonne)

    @property
    def file(self) -> str:
        """What the file is called in a folder: EX, two letters of what it holds, two of the profile, two of the user or
        unit; or the name of the profile's choice."""
        extension = FORMATI[self.formato].estensione if self.formato in FORMATI else CBI
        return self.nome or f"EX{self.estratto.sigla}{self.profilo}{self.unita}.{extension}"

    def scelta(self, dopo: int = 0, fino: int | None = None) -> Scelta:
        """The rows wanted, of those after a number and up to another."""
        solo = {column: _value(column, value) for column, value in self.solo.items()}
        return Scelta(dopo, fino, self.dal, self.al, solo, Taglio(**self.righe.model_dump()))

    @property
    def filtri(self) -> dict[str, Any]:
        """What decides which rows are in, and which never will be."""
        return self.model_dump(include={"cosa", "solo", "dal", "al", "righe"}, mode="json")


def of(**options: Any) -> Richiesta:
    """A request of options. Raises Refused (ESPORTA-003) when it asks what cannot be."""
    try:
        return Richiesta.model_validate(options)
    except ValidationError as error:
        raise _wrong("", error) from error


def profiles(home: Home) -> dict[str, Richiesta]:
    """The profiles of a home by name. Raises Refused when the file is not TOML (ESPORTA-004) or a profile asks what
    cannot be (ESPORTA-003)."""
    return _read(_text(home))


def profile(home: Home, nome: str) -> Richiesta:
    """A profile of a home. Raises Refused as `profiles` does, and when there is none of that name (ESPORTA-005)."""
    found = profiles(home)
    if nome not in found:
        listed = ", ".join(found) or "-"
        raise Refused(
            "ESPORTA-005",
            f"In {home.path / FILE} non c'è un profilo «{nome}».",
            f'There is no profile "{nome}" in {home.path / FILE}.',
            hint_it=f"Ci sono: {listed}.",
            hint_en=f"There are: {listed}.",
        )
    return found[nome]


def save(home: Home, nome: str, richiesta: Richiesta) -> None:
    """Add a profile to the file of a home, below what is there. Raises Refused as `profiles` does, for a name that is
    taken (ESPORTA-006), or that is none (ESPORTA-003)."""
    before = _text(home)
    if nome in _read(before):
        raise Refused(
            "ESPORTA-006",
            f"In {home.path / FILE} c'è già un profilo «{nome}».",
            f'There is already a profile "{nome}" in {home.path / FILE}.',
            hint_it="Scegliere un altro nome, o cambiare il profilo nel file.",
            hint_en="Choose another name, or change the profile in the file.",
        )
    told = richiesta.model_dump(exclude_defaults=True)
    lines = [f"[{_key(nome)}]", *(f"{key} = {_toml(value)}" for key, value in told.items())]
    text = "\n".join([*([before.rstrip("\n"), ""] if before.strip() else []), *lines, ""])
    _read(text)
    put(home.ports, home.path / FILE, text.encode())


def _toml(value: Any) -> str:
    """A value as TOML writes it; strings of TOML and of JSON are the same but for what no profile holds."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def _key(text: str) -> str:
    return text if _BARE.fullmatch(text) else _toml(text)


def _text(home: Home) -> str:
    path = home.path / FILE
    if not home.ports.disk.exists(path):
        return ""
    try:
        return home.ports.disk.read(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_toml(error) from error


def _read(text: str) -> dict[str, Richiesta]:
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(error) from error
    found = {}
    for nome, keys in told.items():
        try:
            found[nome] = Richiesta.model_validate(keys)
        except ValidationError as error:
            raise _wrong(f"{FILE}: [{nome}] ", error) from error
    return found


def _not_toml(error: Exception) -> Refused:
    return Refused("ESPORTA-004", f"{FILE} non è un file TOML: {error}.", f"{FILE} is not a TOML file: {error}.")


def _value(column: str, text: str) -> Any:
    """What a column must be, from how it is written in JSON. Raises ValueError, InvalidOperation."""
    tipo = PAROLE[column].tipo
    if tipo is Tipo.IMPORTO:
        cents = Decimal(text).scaleb(2)
        if not cents.is_finite() or cents != int(cents):
            raise ValueError(text)
        return int(cents)
    if tipo is Tipo.INTERO:
        return int(text)
    if tipo is Tipo.GIORNO:
        return date.fromisoformat(text)
    if tipo is Tipo.ISTANTE:
        raise ValueError(text)
    return text


# --- what is said -----------------------------------------------------------------------------------------------------

_WHY = {
    "missing": ("manca", "is missing"),
    "extra_forbidden": ("non è una chiave di un profilo", "is not a key of a profile"),
    "string_pattern_mismatch": (
        "profilo e unita sono due lettere maiuscole o cifre, nome è di lettere, cifre, punti e trattini",
        "profilo and unita are two capital letters or digits, nome is of letters, digits, dots and dashes",
    ),
    "colonne": ("non c'è una colonna «{}»", 'there is no column "{}"'),
    "solo": ("non c'è una colonna «{}»", 'there is no column "{}"'),
    "solo_valore": (
        "il valore di «{}» non è del suo tipo: giorni AAAA-MM-GG, importi 1234.50",
        'the value of "{}" is not of its kind: days YYYY-MM-DD, amounts 1234.50',
    ),
    "due_volte": ("una colonna è nominata due volte", "a column is named twice"),
    "testo": (
        "il formato testo e le opzioni delle righe sono solo dei messaggi",
        "the format testo and the options of lines are of messages only",
    ),
    "spunta": ("si spuntano solo i movimenti", "only movements are ticked"),
    "cbi": (
        "il formato cbi dà i byte come sono, conti compresi: va chiesto in chiaro (--in-chiaro, in_chiaro = true)",
        "the format cbi gives the bytes as they are, accounts too: ask for that (--in-chiaro, in_chiaro = true)",
    ),
}


def _wrong(place: str, error: ValidationError) -> Refused:
    """The first thing that is wrong with a request, in words."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(each) for each in first["loc"])
    kind, _, about = str(first.get("ctx", {}).get("error", first["type"])).partition(":")
    known = str(first.get("ctx", {}).get("expected", ""))
    value = (f"valore non ammesso: {known}", f"value not admitted: {known}") if known else None
    it, en = _WHY.get(kind, value or ("valore non ammesso", "value not admitted"))
    where = f"{place}{key}: " if key else place
    cosa = first["input"]["cosa"] if kind in ("colonne", "solo", "solo_valore") else ""
    listed = ", ".join(ESTRATTI[cosa].fonte.colonne) if cosa else ""
    return Refused(
        "ESPORTA-003",
        f"{where}{it.format(about)}.",
        f"{where}{en.format(about)}.",
        hint_it=cosa and f"Le colonne di {cosa}: {listed}.",
        hint_en=cosa and f"The columns of {cosa}: {listed}.",
    )
