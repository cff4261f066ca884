"""The company's own rules for movements, as `regole.toml` of the home tells them: what a movement must say, and what is
then done with it: it is ticked, labelled, said to be of a distinta or of an order. The first that fits decides; a
text is looked for in one pass, whatever the rule says."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from ledger import movimenti, ricerca, riscontri, spunta
from ledger.errors import Refused
from ledger.home import Home
from ledger.ricerca import Aperto
from ledger.riscontri import Mossa
from ledger.spunta import PER_EVENTO, Segno
from ledger.varco import Lavoro

FILE, TABELLA = "regole.toml", "movimenti"
CHI = "regole"

Sia = Annotated[str, Field(pattern=r"^[A-Z0-9]{5}$")]
Testo = Annotated[str, Field(min_length=1)]
Euro = Annotated[str, Field(pattern=r"^[0-9]{1,13}\.[0-9]{2}$")]

CONDIZIONI = ("causali", "segno", "testo", "minimo", "massimo", "conto")
EFFETTI = ("spunta", "etichetta", "contropartita", "abbina")
GIORNI = 10  # between what a movement is of and its booking, where a rule does not say


class Regola(BaseModel):
    """A rule: its name; what a movement must say, all of it (one of some causali, a sign, a text in which * stands for
    anything, an amount between two, the number of the account); whether it is then ticked, labelled, put against an
    account of the books.

    With `abbina` it fits only a movement that names nothing and of whose amount there is one distinta, or order, alone,
    sent or due no more than `giorni` before: that is what the movement is of.
    """

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
    abbina: Literal["distinta", "disposizione"] | None = None
    giorni: Annotated[int, Field(ge=1, le=90)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Regola:
        """A rule without conditions would fit everything; one without effects does nothing."""
        if not any(getattr(self, name) for name in CONDIZIONI) or not any(getattr(self, name) for name in EFFETTI):
            raise ValueError("regola")
        return self

    def segna(self, riscontro: str | None = None) -> Segno:
        """What becomes of a movement that it fits, and is of that."""
        return Segno(self.spunta, self.etichetta, self.contropartita, riscontro)

    def fits(self, movimento: Aperto) -> bool:
        """Whether a movement says all that the rule wants."""
        return (
            (not self.causali or movimento.causale in self.causali)
            and self.segno in (None, movimento.segno)
            and self.conto in (None, movimento.conto)
            and (self.minimo is None or cents(self.minimo) <= movimento.importo)
            and (self.massimo is None or movimento.importo <= cents(self.massimo))
            and (self.testo is None or found_in(self.testo, words(movimento)))
        )


_REGOLE: TypeAdapter[dict[Sia, list[Regola]]] = TypeAdapter(dict[Sia, list[Regola]])


@dataclass
class Applicata:
    """What a rule did: of how many movements, or esiti, what they come to in cents with their sign, the ids of the
    first ones, and what each of these was found to be of."""

    nome: str
    quanti: int = 0
    totale: int = 0
    primi: tuple[int, ...] = ()
    riscontri: tuple[str, ...] = ()

    def took(self, which: int, cents: int, riscontro: str | None = None) -> None:
        self.quanti += 1
        self.totale += cents
        if len(self.primi) < SHOWN:
            self.primi += (which,)
            self.riscontri += () if riscontro is None else (riscontro,)


SHOWN = 5


def read(home: Home) -> Mapping[str, Sequence[Regola]]:
    """The rules of every company, by SIA, in the order in which they are tried. Raises Refused as `load` does."""
    return load(home, TABELLA, _REGOLE)


class Nominata(Protocol):
    """A rule of some table."""

    @property
    def nome(self) -> str: ...


R = TypeVar("R", bound=Nominata)


def load(home: Home, tabella: str, forma: TypeAdapter[dict[Sia, list[R]]]) -> Mapping[str, Sequence[R]]:
    """The rules of one table of the file, by company. Raises Refused when the file is not TOML (REGOLA-001) or says
    what it should not (REGOLA-002)."""
    path = home.path / FILE
    if not home.ports.disk.exists(path):
        return {}
    try:
        told = tomllib.loads(home.ports.disk.read(path).decode("utf-8"))
        found = forma.validate_python(told.get(tabella, {}))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(
            "REGOLA-001",
            f"{path} non è un file TOML: {error}.",
            f"{path} is not a TOML file: {error}.",
            hint_it="La forma del file è in docs/conti.md e docs/esiti.md.",
            hint_en="The form of the file is in docs/conti.md and docs/esiti.md.",
        ) from error
    except ValidationError as error:
        raise _wrong(tabella, error) from error
    for sia, rules in found.items():
        names = [each.nome for each in rules]
        for name in names:
            if names.count(name) > 1:
                raise _refused(
                    tabella, f"{sia} «{name}»", "due regole hanno lo stesso nome", "two rules have the same name"
                )
    return found


def apply(lavoro: Lavoro, rules: Sequence[Regola]) -> list[Applicata]:
    """Try the rules on every movement of the company at work that is not ticked, and do what they say; what each did,
    in their order. Doing it again does nothing. Two movements that would be of one thing are of none."""
    done = [Applicata(rule.nome) for rule in rules]
    waiting: dict[int, list[int]] = defaultdict(list)
    claims: dict[tuple[int, str], list[Aperto]] = defaultdict(list)
    for movimento in ricerca.open_ones(lavoro.conn, lavoro.azienda_id) if rules else ():
        n, riscontro = _first(lavoro, rules, movimento)
        if n is None or not rules[n].segna(riscontro).changes(movimento):
            continue
        if riscontro is not None:
            claims[n, riscontro].append(movimento)
            continue
        done[n].took(movimento.id, movimento.importo_con_segno)
        waiting[n].append(movimento.id)
        if len(waiting[n]) == PER_EVENTO:
            _mark(lavoro, rules[n], waiting.pop(n))
    for n in sorted(waiting):
        _mark(lavoro, rules[n], waiting[n])
    _match(lavoro, rules, claims, done)
    return done


def _first(lavoro: Lavoro, rules: Sequence[Regola], movimento: Aperto) -> tuple[int | None, str | None]:
    """The first rule that fits a movement, and what the movement then is of; None for none, and for nothing."""
    for n, rule in enumerate(rules):
        if rule.fits(movimento):
            found = _riscontro(lavoro, rule, movimento) if rule.abbina else None
            if found is not None or not rule.abbina:
                return n, found
    return None, None


def _riscontro(lavoro: Lavoro, rule: Regola, movimento: Aperto) -> str | None:
    """The one thing that a movement is of; None where there is none or several, where it names something by itself, or
    where somebody has said already what it is of, or that it is of nothing."""
    voce = None if movimento.riscontrato_da else movimenti.get(lavoro.conn, movimento.id)
    if voce is None or voce.riscontrato_da or voce.names:  # the former also of what says it again
        return None
    told = movimento.abi, movimento.conto, movimento.segno, movimento.importo, movimento.data_contabile
    mossa = Mossa(lavoro.azienda_id, *told, rule.giorni or GIORNI)
    look = riscontri.distinte if rule.abbina == "distinta" else riscontri.disposizioni
    found = look(lavoro.conn, mossa)
    return f"{rule.abbina}:{found[0]}" if len(found) == 1 else None


def _match(
    lavoro: Lavoro,
    rules: Sequence[Regola],
    claims: Mapping[tuple[int, str], Sequence[Aperto]],
    done: Sequence[Applicata],
) -> None:
    """Say what movements are of, where one movement alone would be of it."""
    wanted = Counter(riscontro for (_, riscontro), mine in claims.items() for _ in mine)
    for (n, riscontro), mine in claims.items():
        if wanted[riscontro] == 1:
            done[n].took(mine[0].id, mine[0].importo_con_segno, riscontro)
            _mark(lavoro, rules[n], [mine[0].id], riscontro)


def _mark(lavoro: Lavoro, rule: Regola, ids: list[int], riscontro: str | None = None) -> None:
    spunta.mark(lavoro, ids, rule.segna(riscontro), da=f"regola {rule.nome}")


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


def cents(euro: str) -> int:
    """The cents of an amount as rules write it."""
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


def _wrong(tabella: str, error: ValidationError) -> Refused:
    first: Mapping[str, Any] = error.errors(include_url=False)[0]
    where = [str(each + 1) if isinstance(each, int) else str(each) for each in first["loc"] if each != "[key]"]
    return _refused(tabella, " ".join(where), *_WHY.get(first["type"], _VALUE))


def _refused(tabella: str, where: str, it: str, en: str) -> Refused:
    return Refused(
        "REGOLA-002",
        f"{FILE}, [[{tabella}]] {where}: {it}.",
        f"{FILE}, [[{tabella}]] {where}: {en}.",
        hint_it='Gli importi si scrivono "1234.50"; le chiavi di una regola sono in docs/conti.md e docs/esiti.md.',
        hint_en='Amounts are written "1234.50"; the keys of a rule are in docs/conti.md and docs/esiti.md.',
    )
