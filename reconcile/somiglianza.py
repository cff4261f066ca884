"""How like an order an esito is: field by field, with whole weights and no tolerance that is not written here.

Pure, and of the two alone: what other outcomes say, and in which order they came, does not count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from cbi.flows.transliterate import plain
from cbi.validators.calendari import is_banking_day, next_banking_day


class Grado(StrEnum):
    """How a field of an esito compares with that of an order. DUBBIO: different, and near enough to be a mistake;
    MANCA: one of the two does not say it."""

    UGUALE = "uguale"
    SIMILE = "simile"
    DUBBIO = "dubbio"
    DIVERSO = "diverso"
    MANCA = "manca"


class Paragonabile(Protocol):
    """What is compared, of an esito and of an order: amounts in cents; `chiave` "" for none; `abi` and `cab` are those
    of the counterparty."""

    @property
    def chiave(self) -> str: ...
    @property
    def importo(self) -> int: ...
    @property
    def scadenza(self) -> date | None: ...
    @property
    def codice_fiscale(self) -> str | None: ...
    @property
    def codice_cliente(self) -> str | None: ...
    @property
    def controparte(self) -> str: ...
    @property
    def coordinate(self) -> tuple[str | None, str | None]: ...


@dataclass(frozen=True)
class Detto:
    """What an esito says of the order that it speaks of; `spese` in cents, 0 for none. `di_mandato`: the key is that of
    a mandate, which orders of other days have too."""

    chiave: str
    importo: int
    scadenza: date | None
    codice_fiscale: str | None
    codice_cliente: str | None
    controparte: str
    coordinate: tuple[str | None, str | None]
    spese: int = 0
    di_mandato: bool = False


Prove = Mapping[str, Grado]

PESI: Mapping[str, Mapping[Grado, int]] = {
    "chiave": {Grado.UGUALE: 40, Grado.SIMILE: 25, Grado.DUBBIO: -25, Grado.DIVERSO: -25},
    "importo": {Grado.UGUALE: 25, Grado.SIMILE: 20, Grado.DIVERSO: -60},
    "scadenza": {Grado.UGUALE: 15, Grado.SIMILE: 12, Grado.DUBBIO: -30, Grado.DIVERSO: -30},
    "codice_fiscale": {Grado.UGUALE: 25, Grado.DIVERSO: -25},
    "codice_cliente": {Grado.UGUALE: 15, Grado.DIVERSO: -15},
    "controparte": {Grado.UGUALE: 15, Grado.SIMILE: 10, Grado.DIVERSO: -20},
    "coordinate": {Grado.UGUALE: 5, Grado.SIMILE: 2, Grado.DIVERSO: -3},
}
"""What each field counts for, or against. What is missing counts for nothing."""

SOGLIA = 60  # from here on an order is likely
DISTACCO = 25  # by how much it must be ahead of the next one
POCHI_GIORNI = 10  # between the due date and another one that may stand for it: less than from one rent to the next


def compare(esito: Detto, ordine: Paragonabile) -> Prove:
    """How each field of an esito compares with that of an order."""
    return {
        "chiave": _key(esito.chiave, ordine.chiave),
        "importo": _amount(esito, ordine.importo),
        "scadenza": _due(esito, ordine.scadenza),
        "codice_fiscale": _code(esito.codice_fiscale, ordine.codice_fiscale),
        "codice_cliente": _code(esito.codice_cliente, ordine.codice_cliente),
        "controparte": _name(esito.controparte, ordine.controparte),
        "coordinate": _coordinates(esito.coordinate, ordine.coordinate),
    }


def score(prove: Prove) -> int:
    """The sum of the weights of a comparison."""
    return sum(PESI[campo].get(grado, 0) for campo, grado in prove.items())


def _key(said: str, ours: str) -> Grado:
    if not said or not ours:
        return Grado.MANCA
    if said == ours:
        return Grado.UGUALE
    return Grado.SIMILE if _one_slip(said, ours) else Grado.DIVERSO


def _one_slip(one: str, two: str) -> bool:
    """Whether two texts of the same length differ by one character, or by two next to each other changed places."""
    wrong = [n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b]
    if len(one) != len(two) or len(wrong) > 2:
        return False
    first, last = wrong[0], wrong[-1] + 1
    return len(wrong) == 1 or (last - first == 2 and one[first:last] == two[first:last][::-1])


def _amount(esito: Detto, ours: int) -> Grado:
    if esito.importo == ours:
        return Grado.UGUALE
    return Grado.SIMILE if esito.spese and esito.importo + esito.spese == ours else Grado.DIVERSO


def _due(esito: Detto, ours: date | None) -> Grado:
    said = esito.scadenza
    if said is None or ours is None:
        return Grado.MANCA
    if said == ours:
        return Grado.UGUALE
    if said == banking(ours):
        return Grado.SIMILE
    near = abs((said - ours).days) <= POCHI_GIORNI and not esito.di_mandato
    return Grado.DUBBIO if near else Grado.DIVERSO


def banking(day: date) -> date:
    """The day itself if banks are open on it, or the next one on which they are: where a due date moves."""
    return day if is_banking_day(day) else next_banking_day(day)


def due_on(day: date) -> list[date]:
    """The due dates that a bank may tell as this day: itself, and the days just before on which banks are closed."""
    days = [day]
    while is_banking_day(day) and not is_banking_day(days[-1] - _DAY):
        days.append(days[-1] - _DAY)
    return days


_DAY = timedelta(days=1)


def _code(said: str | None, ours: str | None) -> Grado:
    if not said or not ours:
        return Grado.MANCA
    return Grado.UGUALE if said.strip().upper() == ours.strip().upper() else Grado.DIVERSO


def _name(said: str, ours: str) -> Grado:
    one, two = words(said), words(ours)
    if not one or not two:
        return Grado.MANCA
    if one == two:
        return Grado.UGUALE
    return Grado.SIMILE if _cut_short("".join(one), "".join(two)) or sorted(one) == sorted(two) else Grado.DIVERSO


SHORTEST = 8  # of a name cut short, without blanks: less than that might begin anybody's


def _cut_short(one: str, two: str) -> bool:
    """Whether one of two names is the other, cut short."""
    short, long = sorted((one, two), key=len)
    return len(short) >= SHORTEST and long.startswith(short)


FORME = frozenset(["SRL", "SPA", "SNC", "SAS", "SRLS", "SAPA", "SCARL", "SCRL", "SS", "SCPA", "COOP", "DITTA"])
_POINTS = re.compile(r"[.']")
_OTHER = re.compile(r"[^A-Z0-9]+")


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """The words of a name that tell who it is: without accents, points, and the form of the company."""
    text = _POINTS.sub("", "".join(map(plain, name)).upper())
    found = tuple(word for word in _OTHER.split(text) if word and word not in FORME)
    return found or tuple(word for word in _OTHER.split(text) if word)


def _coordinates(said: tuple[str | None, str | None], ours: tuple[str | None, str | None]) -> Grado:
    if not said[0] or not ours[0]:
        return Grado.MANCA
    if said == ours:
        return Grado.UGUALE
    return Grado.SIMILE if said[0] == ours[0] else Grado.DIVERSO


# --- rules ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Regola:
    """A way in which banks are known to change what they say: the degrees that some fields must have, one at least of
    `uno_di` that must be equal, and the fields that may not be different. `da_solo`: one thing that is said is wrong,
    and of every other order two must be (`wrong`)."""

    nome: str
    it: str
    en: str
    vuole: Mapping[str, tuple[Grado, ...]]
    uno_di: tuple[str, ...] = ()
    da_solo: bool = False

    def holds(self, prove: Prove) -> bool:
        """Whether a comparison is one of those."""
        wanted = all(prove[campo] in gradi for campo, gradi in self.vuole.items())
        known = not self.uno_di or any(prove[campo] is Grado.UGUALE for campo in self.uno_di)
        return wanted and known and not any(prove[campo] is Grado.DIVERSO for campo in DEL_DEBITORE)


DEL_DEBITORE = ("codice_fiscale", "codice_cliente", "controparte")
_UGUALE, VICINO = (Grado.UGUALE,), (Grado.UGUALE, Grado.SIMILE)

REGOLE: tuple[Regola, ...] = (
    Regola(
        "scadenza_spostata",
        "la scadenza cade a banche chiuse e la banca la dice al primo giorno in cui aprono",
        "it falls due when banks are closed, and the bank tells the first day on which they open",
        {"chiave": _UGUALE, "importo": _UGUALE, "scadenza": (Grado.SIMILE,)},
    ),
    Regola(
        "al_netto",
        "l'importo è quello della disposizione meno le spese che la banca dichiara",
        "the amount is the order's, less the fees that the bank declares",
        {"chiave": _UGUALE, "importo": (Grado.SIMILE,), "scadenza": VICINO},
    ),
    Regola(
        "chiave_storpiata",
        "la chiave ha una cifra sbagliata, o due scambiate; importo, scadenza e debitore sono quelli",
        "the key has one wrong digit, or two that changed places; amount, due date and debtor are the same",
        {"chiave": (Grado.SIMILE,), "importo": VICINO, "scadenza": VICINO},
        ("codice_fiscale", "codice_cliente"),
    ),
    Regola(
        "senza_chiave",
        "la chiave manca; importo, scadenza e codice del debitore sono quelli",
        "the key is missing; amount, due date and the code of the debtor are the same",
        {"chiave": (Grado.MANCA,), "importo": VICINO, "scadenza": VICINO},
        ("codice_fiscale", "codice_cliente"),
    ),
    Regola(
        "scadenza_vicina",
        "chiave, importo e debitore sono quelli; la banca dice un giorno entro dieci dalla scadenza",
        "key, amount and debtor are the same; the bank tells a day within ten of the due date",
        {"chiave": _UGUALE, "importo": _UGUALE, "scadenza": (Grado.DUBBIO,)},
        ("codice_fiscale", "codice_cliente"),
        da_solo=True,
    ),
    Regola(
        "chiave_altrui",
        "la chiave, storpiata, è di un'altra disposizione; importo, scadenza e debitore sono quelli di questa",
        "the key, with a slip in it, is another order's; amount, due date and debtor are those of this one",
        {"chiave": (Grado.DUBBIO,), "importo": VICINO, "scadenza": VICINO},
        ("codice_fiscale", "codice_cliente"),
        da_solo=True,
    ),
)
"""In order: one order alone that a rule holds for is taken, whatever others are like."""


def rule_for(prove: Prove, *, da_solo: bool = False) -> str:
    """The name of the first rule that holds of a comparison, "" for none; `da_solo`: of every other order at least
    `DISTANTE` things are wrong."""
    admitted = (regola for regola in REGOLE if da_solo or not regola.da_solo)
    return next((regola.nome for regola in admitted if regola.holds(prove)), "")


DISTANTE = 2
"""How many things must be wrong of every other order, where of one a single thing is."""


def wrong(prove: Prove) -> int:
    """How many of four things an esito says otherwise than an order: key, amount, due date, debtor."""
    apart = sum(prove[campo] in (Grado.DUBBIO, Grado.DIVERSO) for campo in ("chiave", "importo", "scadenza"))
    return apart + any(prove[campo] is Grado.DIVERSO for campo in DEL_DEBITORE)
