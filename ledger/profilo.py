"""What a user may do: the functions, the accounts, the hours, and how their word counts when rules are changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from cbi.validators.calendari import is_banking_day
from ledger.canonico import canonical
from ledger.errors import Refused
from ledger.ports import ROME

_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class Funzione(StrEnum):
    """What the gate asks for. ADMINISTER is given by `Profilo.amministra`, the others by `Profilo.funzioni`."""

    IMPORT = "import"
    COMPOSE = "compose"
    SIGN = "sign"
    DISPATCH = "dispatch"
    RECONCILE = "reconcile"
    AUDIT = "audit"
    REPRESENT = "represent"  # the capogruppo, in its collegate
    ADMINISTER = "administer"


class Diritto(StrEnum):
    """The right to change users, powers and rules: alone, or with another person."""

    NESSUNO = "nessuno"
    CONGIUNTO = "congiunto"
    INDIVIDUALE = "individuale"


OPERATIVE = tuple(each for each in Funzione if each is not Funzione.ADMINISTER)
SERVONO = 100  # what the rights of those who approve a change must reach
VALE = {Diritto.NESSUNO: 0, Diritto.CONGIUNTO: 50, Diritto.INDIVIDUALE: 100}


@dataclass(frozen=True)
class Profilo:
    """The rights of a user.

    `funzioni` are names of `Funzione`; `conti` IBANs, None for all the accounts there are and will be; `dalle` and
    `alle` the hours of Rome between which the user may enter, "HH:MM", None for any; `festivi`, whether also on the
    days on which banks are closed; `scadenza`, the days that a password lasts, None for ever; `amministra`, a
    `Diritto`.
    """

    funzioni: tuple[str, ...] = OPERATIVE
    conti: tuple[str, ...] | None = None
    dalle: str | None = None
    alle: str | None = None
    festivi: bool = True
    scadenza: int | None = None
    amministra: str = Diritto.NESSUNO

    @classmethod
    def of(cls, values: dict[str, Any]) -> Profilo:
        """The profile that a plain object tells, as it is in the journal; KeyError when something is missing."""
        told: dict[str, Any] = {each.name: values[each.name] for each in fields(cls)}
        conti = None if told["conti"] is None else tuple(told["conti"])
        return cls(**{**told, "funzioni": tuple(told["funzioni"]), "conti": conti})

    @classmethod
    def read(cls, text: str) -> Profilo:
        """The profile that a text of the database holds."""
        return cls.of(json.loads(text))

    @property
    def plain(self) -> dict[str, Any]:
        """The profile as a plain object, the same for equal rights."""
        conti = None if self.conti is None else sorted(set(self.conti))
        funzioni = sorted({str(each) for each in self.funzioni})
        return {**asdict(self), "funzioni": funzioni, "conti": conti, "amministra": str(self.amministra)}

    @property
    def text(self) -> str:
        """The profile as the database keeps it."""
        return canonical(self.plain)

    @property
    def amministratore(self) -> bool:
        return self.vale > 0

    @property
    def vale(self) -> int:
        """What the approval of a change by this user counts, of the 100 that are needed."""
        return VALE[Diritto(self.amministra)]

    def allows(self, funzione: str) -> bool:
        """Whether the gate opens for a function."""
        return self.amministratore if funzione == Funzione.ADMINISTER else funzione in self.funzioni

    def open_at(self, at: datetime) -> bool:
        """Whether the user may enter at an instant: by the clock and the calendar of Rome."""
        here = at.astimezone(ROME)
        within = self.dalle is None or self.alle is None or self.dalle <= here.strftime("%H:%M") < self.alle
        return within and (self.festivi or is_banking_day(here.date()))


TUTTO = Profilo(amministra=Diritto.INDIVIDUALE)  # all rights at once


def check(profilo: Profilo, conti: Iterable[str]) -> None:
    """Refused for a profile that means nothing: a function that is not there (PROFILO-001), hours that are not (002),
    an account that the company has not (003), a password that lasts no days (004), a right that is not there (005).

    `conti` are the IBANs of the company.
    """
    known = ", ".join(OPERATIVE)
    _each(profilo.funzioni, OPERATIVE, "PROFILO-001", "La funzione {} non esiste.", "There is no function {}.", known)
    hours = (profilo.dalle, profilo.alle)
    if hours != (None, None) and not _window(*hours):
        raise Refused(
            "PROFILO-002",
            f"L'orario dalle {profilo.dalle} alle {profilo.alle} non va bene.",
            f"The hours from {profilo.dalle} to {profilo.alle} will not do.",
            hint_it="Due ore dello stesso giorno, come 08:30 e 18:00.",
            hint_en="Two hours of the same day, such as 08:30 and 18:00.",
        )
    mine = list(conti)
    words = ("Il conto {} non è dell'azienda.", "Account {} is not of the company.")
    _each(profilo.conti or (), mine, "PROFILO-003", *words, ", ".join(mine) or "-")
    if profilo.scadenza is not None and profilo.scadenza < 1:
        raise Refused(
            "PROFILO-004",
            f"Una password non può durare {profilo.scadenza} giorni.",
            f"A password cannot last {profilo.scadenza} days.",
        )
    words = ("Il diritto {} non esiste.", "There is no right {}.")
    _each((profilo.amministra,), tuple(Diritto), "PROFILO-005", *words, ", ".join(Diritto))


def _each(given: Iterable[str], known: Iterable[str], code: str, it: str, en: str, hint: str) -> None:
    for each in given:
        if each not in known:
            there = (f"Ci sono: {hint}.", f"There are: {hint}.")
            raise Refused(code, it.format(each), en.format(each), hint_it=there[0], hint_en=there[1])


def _window(dalle: str | None, alle: str | None) -> bool:
    return bool(dalle and alle and _HOUR.fullmatch(dalle) and _HOUR.fullmatch(alle) and dalle < alle)
