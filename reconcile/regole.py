"""The company's own rules for movements, as `regole.toml` of the home tells them: what a movement must say, and what is
then done with it. The first that fits decides; a text is looked for in one pass, whatever the rule says."""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from ledger import ricerca, spunta
from ledger.errors import Refused
from ledger.home import Home
from ledger.ricerca import Aperto
from ledger.spunta import PER_EVENTO, Segno
from ledger.varco import Lavoro

FILE, TABELLA = "regole.toml", "movimenti"
CHI = "regole"

Sia = Annotated[str, Field(pattern=r"^[A-Z0-9]{5}$")]
Testo = Annotated[str, Field(min_length=1)]
Euro = Annotated[str, Field(pattern=r"^[0-9]{1,13}\.[0-9]{2}$")]

CONDIZIONI = ("causali", "segno", "testo", "minimo", "massimo", "conto")
EFFETTI = ("spunta", "etichetta", "contropartita")


class Regola(BaseModel):
    """A rule: its name; what a movement must say, all of it (one of some causali, a sign, a text in which * stands for
    anything, an amount between two, the number of the account); whether it is then ticked, labelled, put against an
    account of the books."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    nome: Testo
    causali: list[Testo] = Field(default_factory=list)
    segno: Literal["C", "D"] | None = None
    testo: Testo | None = None
    minimo: Euro | None = None
    massimo: Euro | None = None
    conto: Testo | None = None
    spunta: Literal[True] | None = None
    etichetta: Testo | None = None
    contropartita: Testo | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Regola:
        """A rule without conditions would fit everything; one without effects does nothing."""
        if not any(getattr(self, name) for name in CONDIZIONI) or not any(getattr(self, name) for name in EFFETTI):
            raise ValueError("regola")
        return self

    @property
    def segna(self) -> Segno:
        return Segno(self.spunta, self.etichetta, self.contropartita)

    def fits(self, movimento: Aperto) -> bool:
        """Whether a movement says all that the rule wants."""
        return (
            (not self.causali or movimento.causale in self.causali)
            and self.segno in (None, movimento.segno)
            and self.conto in (None, movimento.conto)
            and (self.minimo is None or _cents(self.minimo) <= movimento.importo)
            and (self.massimo is None or movimento.importo <= _cents(self.massimo))
            and (self.testo is None or found_in(self.testo, words(movimento)))
        )


_REGOLE: TypeAdapter[dict[Sia, list[Regola]]] = TypeAdapter(dict[Sia, list[Regola]])


@dataclass
class Applicata:
    """What a rule did: how many movements, what they come to in cents with their sign, the ids of the first ones."""

    nome: str
    movimenti: int = 0
    totale: int = 0
    primi: tuple[int, ...] = ()

    def took(self, movimento: Aperto) -> None:
        self.movimenti += 1
        self.totale += movimento.importo if movimento.segno == "C" else -movimento.importo
        self.primi += (movimento.id,) if len(self.primi) < SHOWN else ()


SHOWN = 5


def read(home: Home) -> Mapping[str, Sequence[Regola]]:
    """The rules of every company, by SIA, in the order in which they are tried. Raises Refused when the file is not
    TOML (REGOLA-001) or says what it should not (REGOLA-002)."""
    path = home.path / FILE
    if not home.ports.disk.exists(path):
        return {}
    try:
        told = tomllib.loads(home.ports.disk.read(path).decode("utf-8"))
        found = _REGOLE.validate_python(told.get(TABELLA, {}))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(
            "REGOLA-001",
            f"{path} non è un file TOML: {error}.",
            f"{path} is not a TOML file: {error}.",
            hint_it="La forma del file è in docs/conti.md.",
            hint_en="The form of the file is in docs/conti.md.",
        ) from error
    except ValidationError as error:
        raise _wrong(error) from error
    for sia, rules in found.items():
        names = [each.nome for each in rules]
        for name in names:
            if names.count(name) > 1:
                raise _refused(f"{sia} «{name}»", "due regole hanno lo stesso nome", "two rules have the same name")
    return found


def apply(lavoro: Lavoro, rules: Sequence[Regola]) -> list[Applicata]:
    """Try the rules on every movement of the company at work that is not ticked, and do what they say; what each did,
    in their order. Doing it again does nothing."""
    done = [Applicata(rule.nome) for rule in rules]
    waiting: dict[int, list[int]] = defaultdict(list)
    for movimento in ricerca.open_ones(lavoro.conn, lavoro.azienda_id) if rules else ():
        n = next((n for n, rule in enumerate(rules) if rule.fits(movimento)), None)
        if n is None or not rules[n].segna.changes(movimento):
            continue
        done[n].took(movimento)
        waiting[n].append(movimento.id)
        if len(waiting[n]) == PER_EVENTO:
            _mark(lavoro, rules[n], waiting.pop(n))
    for n in sorted(waiting):
        _mark(lavoro, rules[n], waiting[n])
    return done


def _mark(lavoro: Lavoro, rule: Regola, ids: list[int]) -> None:
    spunta.mark(lavoro, ids, rule.segna, da=f"regola {rule.nome}")


def words(movimento: Aperto) -> str:
    """All that a movement says in words, capital, with single blanks."""
    apart = (value for each in json.loads(movimento.dettagli or "[]") for value in each.values())
    return " ".join(" ".join((movimento.descrizione, *apart)).upper().split())


def found_in(pattern: str, text: str) -> bool:
    """Whether the pieces of a pattern, between the *, are in a text one after the other; capitals do not matter."""
    at = 0
    for piece in pattern.upper().split("*"):
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def _cents(euro: str) -> int:
    return int(re.sub(r"\D", "", euro))


_WHY = {
    "missing": ("manca", "missing"),
    "extra_forbidden": ("non è una chiave di una regola", "not a key of a rule"),
    "string_pattern_mismatch": ("non ha la forma giusta", "not of the right form"),
    "value_error": (
        f"serve almeno una condizione ({', '.join(CONDIZIONI)}) e un effetto ({', '.join(EFFETTI)})",
        f"at least one condition ({', '.join(CONDIZIONI)}) and one effect ({', '.join(EFFETTI)}) are needed",
    ),
}
_VALUE = ("valore non ammesso", "value not admitted")


def _wrong(error: ValidationError) -> Refused:
    first: Mapping[str, Any] = error.errors(include_url=False)[0]
    where = [str(each + 1) if isinstance(each, int) else str(each) for each in first["loc"] if each != "[key]"]
    return _refused(" ".join(where), *_WHY.get(first["type"], _VALUE))


def _refused(where: str, it: str, en: str) -> Refused:
    return Refused(
        "REGOLA-002",
        f"{FILE}, [[{TABELLA}]] {where}: {it}.",
        f"{FILE}, [[{TABELLA}]] {where}: {en}.",
        hint_it='Gli importi si scrivono "1234.50"; le chiavi di una regola sono in docs/conti.md.',
        hint_en='Amounts are written "1234.50"; the keys of a rule are in docs/conti.md.',
    )
