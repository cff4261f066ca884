"""Powers of signature: what a user's signature weighs, by the amount signed now, today and this month.

A power is a weight, and up to three thresholds; the arithmetic is pure (`weigh`), and what it is given comes from the
signatures kept (`signed`), within the transaction that records the next one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import chain, combinations
from typing import Any, TypeAlias

from sqlalchemy import Connection, and_, bindparam, case, select

from ledger import journal
from ledger.canonico import canonical
from ledger.distinte import SOGLIA, signature_counts
from ledger.errors import Refused
from ledger.ports import ROME, Ports
from ledger.schema import DISTINTA, FIRMA, POTERE, UTENTE, total

PERIODI = ("distinta", "giorno", "mese")
MOST_PEOPLE, MOST_QUORUMS = 12, 5
MOST_CENTS = 10**17  # of a threshold: more than any total comes to, and it fits where totals are kept
Quorum: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Soglia:
    """Above `importo` (cents; strictly above) a signature weighs `peso` (0..100) instead."""

    importo: int
    peso: int


@dataclass(frozen=True)
class Potere:
    """What a signature weighs, 0..100: `peso`, or the weight of a threshold exceeded.

    Thresholds are on the distinta being signed, and on the totals of the day and of the month with it. A power
    without thresholds of weight 100 is the normal one, of weight 0 is none at all.
    """

    peso: int
    distinta: Soglia | None = None
    giorno: Soglia | None = None
    mese: Soglia | None = None

    @classmethod
    def of(cls, dati: Mapping[str, Any]) -> Potere:
        """The power that `dati` told; Refused (POTERE-001) when it is none."""
        try:
            soglie = {periodo: Soglia(**soglia) for periodo, soglia in dati.get("soglie", {}).items()}
            return check(cls(dati["peso"], **soglie))
        except (AttributeError, KeyError, TypeError) as error:
            raise _bad() from error

    @property
    def soglie(self) -> Iterator[tuple[str, Soglia]]:
        """The thresholds there are, each with its period."""
        for periodo, soglia in zip(PERIODI, (self.distinta, self.giorno, self.mese), strict=True):
            if soglia is not None:
                yield periodo, soglia

    @property
    def dati(self) -> dict[str, Any]:
        """The power as the journal and the tables write it: `peso`, and `soglie` by period."""
        return {"peso": self.peso, "soglie": {periodo: asdict(soglia) for periodo, soglia in self.soglie}}


NORMALE, NESSUNO = Potere(100), Potere(0)


@dataclass(frozen=True)
class Peso:
    """What a signature weighs (0..100), and the periods whose threshold it exceeds."""

    peso: int
    superate: tuple[str, ...] = ()


@dataclass(frozen=True)
class Firmato:
    """Cents that a user has signed in a day and in a month."""

    giorno: int
    mese: int


def weigh(potere: Potere, importo: int, giorno: int, mese: int) -> Peso:
    """What a signature on a distinta of `importo` weighs, for who has signed `giorno` that day and `mese` that month.

    All are cents; the totals are without this distinta, and each is compared with it added. An amount equal to the
    threshold does not exceed it. Of several thresholds exceeded the smallest weight holds.
    """
    reached = dict(zip(PERIODI, (importo, giorno + importo, mese + importo), strict=True))
    above = [(periodo, soglia.peso) for periodo, soglia in potere.soglie if reached[periodo] > soglia.importo]
    return Peso(min((peso for _, peso in above), default=potere.peso), tuple(periodo for periodo, _ in above))


def enough(pesi: Mapping[str, int], not_alone: Collection[str] = ()) -> bool:
    """Whether signatures, weights by login, send a distinta: 100 together, and not of one person alone who is among
    `not_alone`."""
    alone = len(pesi) == 1 and not pesi.keys() - set(not_alone)
    return sum(pesi.values()) >= SOGLIA and not alone


def quorums(given: Mapping[str, int], others: Mapping[str, int], not_alone: Collection[str] = ()) -> list[Quorum]:
    """The sets of others whose signatures, with those given, send a distinta: none holds another, the smallest first.

    Of the 12 whose signatures weigh most, and at most 5 sets: enough for a person to choose from.
    """
    able = [login for login in others if others[login]]
    people = sorted(able, key=lambda login: (-others[login], login))[:MOST_PEOPLE]
    found: list[Quorum] = []
    for some in chain.from_iterable(combinations(people, size) for size in range(1, len(people) + 1)):
        superfluous = any(set(each) <= set(some) for each in found)
        if not superfluous and enough({**given, **{login: others[login] for login in some}}, not_alone):
            found.append(some)
        if len(found) == MOST_QUORUMS:
            break
    return found


def left(potere: Potere, firmato: Firmato) -> dict[str, int]:
    """Cents that can still be signed below each threshold there is, by period; 0 when it has been reached."""
    spent = {"distinta": 0, "giorno": firmato.giorno, "mese": firmato.mese}
    return {periodo: max(0, soglia.importo - spent[periodo]) for periodo, soglia in potere.soglie}


def check(potere: Potere) -> Potere:
    """The power itself; Refused (POTERE-001) for a weight out of 0..100, a threshold below zero, or thresholds on a
    power that weighs nothing."""
    numbers = [(potere.peso, 100), *((soglia.peso, 100) for _, soglia in potere.soglie)]
    numbers += [(soglia.importo, MOST_CENTS) for _, soglia in potere.soglie]
    whole = all(type(number) is int and 0 <= number <= most for number, most in numbers)
    if not whole or (potere.peso == 0 and potere != NESSUNO):
        raise _bad()
    return potere


def assign(conn: Connection, ports: Ports, azienda_id: int, utente_id: int, potere: Potere, *, chi: str) -> None:
    """Give a user of a company a power in place of the one they have, in the caller's transaction, and journal it.

    It counts from the next signature on: those given keep the weight they had. Refused as by `check`.
    """
    dati = check(potere).dati
    mine = (UTENTE.c.id == utente_id, UTENTE.c.azienda_id == azienda_id)
    login = conn.execute(select(UTENTE.c.login).where(*mine)).scalar_one()
    row = {"peso": potere.peso, "soglie": canonical(dati["soglie"])}
    if not conn.execute(POTERE.update().where(POTERE.c.utente_id == utente_id).values(**row)).rowcount:
        conn.execute(POTERE.insert().values(utente_id=utente_id, **row))
    journal.append(
        conn,
        azienda_id=azienda_id,
        tipo="potere_assegnato",
        soggetto=f"utente:{login}",
        dati={"chi": chi, **dati},
        at=ports.clock.now(),
    )


def of(conn: Connection, utente_id: int) -> Potere:
    """The power of a user; none at all for who was never given one."""
    row = conn.execute(_OF, {"utente_id": utente_id}).one_or_none()
    return NESSUNO if row is None else Potere.of({"peso": row.peso, "soglie": json.loads(row.soglie)})


def signed(conn: Connection, utente_id: int, at: datetime) -> Firmato:
    """What a user has signed in the day and in the month of the instant `at`, on the calendars of Rome.

    The totals of the distinte that a signature of theirs counts on: not those that have changed since, nor those
    thrown away.
    """
    today = at.astimezone(ROME).date()
    month = today.replace(day=1)
    tomorrow, next_month = today + timedelta(days=1), (month + timedelta(days=31)).replace(day=1)
    days = {"today": today, "tomorrow": tomorrow, "month": month, "next_month": next_month}
    starts = {name: datetime.combine(day, time(), ROME).astimezone(UTC) for name, day in days.items()}
    giorno, mese = conn.execute(_SIGNED, {"utente_id": utente_id, **starts}).one()
    return Firmato(int(giorno), int(mese))


# Asked at every signature: made once.
_OF = select(POTERE).where(POTERE.c.utente_id == bindparam("utente_id"))
_OF_THE_DAY = case(
    (and_(FIRMA.c.at >= bindparam("today"), FIRMA.c.at < bindparam("tomorrow")), FIRMA.c.totale), else_=0
)
_SIGNED = (
    select(total(_OF_THE_DAY), total(FIRMA.c.totale))
    .join(DISTINTA, DISTINTA.c.id == FIRMA.c.distinta_id)
    .where(FIRMA.c.utente_id == bindparam("utente_id"), signature_counts())
    .where(FIRMA.c.at >= bindparam("month"), FIRMA.c.at < bindparam("next_month"))
)


def _bad() -> Refused:
    return Refused(
        "POTERE-001",
        "Il potere di firma non è valido.",
        "The power of signature is not valid.",
        hint_it="Il peso va da 0 (nessun potere) a 100; ogni soglia ha un importo in centesimi e un peso da 0 a 100.",
        hint_en="The weight is from 0 (no power) to 100; each threshold has an amount in cents and a weight from 0 to "
        "100.",
    )
