"""Signatures against an oracle: what the rules say, worked out as naively as they are written, on every case there is
of a small world, and in homes where people sign day after day."""

import os
import random
from datetime import UTC, datetime, timedelta
from itertools import combinations, combinations_with_replacement, product
from typing import NamedTuple

import pytest

from ledger import distinte, firme, poteri, utenti
from ledger.errors import Refused
from ledger.importa import import_file
from ledger.ports import ROME
from ledger.poteri import Potere, Soglia, enough, weigh
from tests.ledger.flussi import order, riba
from tests.ledger.sala import PASSWORD, furnish

SOAK = "CBI_SOAK" in os.environ
soak = pytest.mark.skipif(not SOAK, reason="a minute: make soak")


# --- the oracle: it knows nothing of the engine ---------------------------------------------------------------------


class Persona(NamedTuple):
    """A power, each threshold as (amount, second weight) or None; cents signed before, today and this month."""

    kind: str  # normal | none | rules
    weight: int = 0
    per_distinta: tuple | None = None
    per_day: tuple | None = None
    per_month: tuple | None = None
    today: int = 0
    month: int = 0


def oracle_weight(persona, amount):
    if persona.kind == "normal":
        return 100
    if persona.kind == "none":
        return 0
    second_weights = []
    if persona.per_distinta is not None:
        threshold, second = persona.per_distinta
        if amount > threshold:
            second_weights.append(second)
    if persona.per_day is not None:
        threshold, second = persona.per_day
        if persona.today + amount > threshold:
            second_weights.append(second)
    if persona.per_month is not None:
        threshold, second = persona.per_month
        if persona.month + amount > threshold:
            second_weights.append(second)
    if second_weights:
        second_weights.sort()
        return second_weights[0]
    return persona.weight


def oracle_sends(people, amount):
    total = 0
    for persona in people:
        total = total + oracle_weight(persona, amount)
    return total >= 100


# --- the engine, asked the same ---------------------------------------------------------------------------------------


def power(persona):
    if persona.kind != "rules":
        return {"normal": poteri.NORMALE, "none": poteri.NESSUNO}[persona.kind]
    limits = (persona.per_distinta, persona.per_day, persona.per_month)
    return Potere(persona.weight, *(limit and Soglia(*limit) for limit in limits))


def sends(people, amount):
    """The weights of those whose signature counts, and whether they send."""
    pesi = {}
    for login, (persona, potere) in enumerate(people):
        peso = weigh(potere, amount, persona.today, persona.month).peso
        if peso:
            pesi[str(login)] = peso
    return pesi, enough(pesi)


# --- one person: every power, every amount ----------------------------------------------------------------------------

AMOUNTS = (0, 1, 99, 100, 101, 250)
LIMITS = (None, *product((0, 100, 250), (0, 25, 100)))
SIGNED = ((0, 0), (0, 100), (100, 100), (1, 250))
WEIGHTS = (1, 33, 50, 99, 100)


def persons(weights):
    for today, month in SIGNED:
        yield Persona("normal", today=today, month=month)
        yield Persona("none", today=today, month=month)
        for weight, *limits in product(weights, LIMITS, LIMITS, LIMITS):
            yield Persona("rules", weight, *limits, today, month)


@pytest.mark.parametrize("weights", [(50,), pytest.param(WEIGHTS, marks=[pytest.mark.long, soak])])
def test_the_weight_of_every_power_at_every_amount(weights):
    cases = 0
    for persona in persons(weights):
        potere = power(persona)
        for amount in AMOUNTS:
            assert weigh(potere, amount, persona.today, persona.month).peso == oracle_weight(persona, amount)
            cases += 1
    assert cases == len(AMOUNTS) * len(SIGNED) * (2 + len(weights) * len(LIMITS) ** 3)


# --- up to six people: every group of them, every subset that signs, every amount -------------------------------------

PROFILES = (
    Persona("normal"),
    Persona("none"),
    Persona("rules", 1),
    Persona("rules", 33),
    Persona("rules", 50),
    Persona("rules", 99),
    Persona("rules", 50, per_distinta=(100, 0)),
    Persona("rules", 67, per_day=(150, 34), today=50, month=50),
    Persona("rules", 100, per_month=(200, 17), today=0, month=100),
    Persona("rules", 60, (99, 40), (150, 20), (200, 10), 50, 99),
    Persona("rules", 10, per_distinta=(100, 90)),
    Persona("rules", 34, (0, 16), (101, 0), None, 1, 1),
)
GROUP_AMOUNTS = (0, 100, 101)


def groups(most):
    return [group for size in range(1, most + 1) for group in combinations_with_replacement(PROFILES, size)]


def compare(found):
    """Each subset of each group, at each amount, as many cases as that."""
    powers = {persona: power(persona) for persona in PROFILES}
    cases = 0
    for group in found:
        people = [(persona, powers[persona]) for persona in group]
        for size in range(len(people) + 1):
            for signers in combinations(people, size):
                naive = [persona for persona, _ in signers]
                for amount in GROUP_AMOUNTS:
                    pesi, sent = sends(signers, amount)
                    assert sent == oracle_sends(naive, amount), (naive, amount)
                    assert sum(pesi.values()) == sum(oracle_weight(persona, amount) for persona in naive)
                    cases += 1
    return cases


def test_every_group_of_three_people_in_every_subset_at_every_amount():
    assert compare(groups(3)) == len(GROUP_AMOUNTS) * (12 * 2 + 78 * 4 + 364 * 8)


PARTS = 4


@pytest.mark.long
@soak
@pytest.mark.parametrize("part", range(PARTS))
def test_every_group_of_six_people_in_every_subset_at_every_amount(part):
    """Of 18,563 groups, all the subsets at three amounts: 2,870,784 cases in all."""
    assert compare(groups(6)[part::PARTS]) > 700_000


# --- people at work ---------------------------------------------------------------------------------------------------


class Story:
    """Six people sign the same few distinte over three days; the oracle keeps its own list of who signed what, when."""

    START = datetime(2026, 3, 30, 20, 30, tzinfo=UTC)  # the last days of a month, an hour and a half before midnight

    def __init__(self, path, seed):
        self.dice = random.Random(seed)
        self.people = {f"u{n}": self.someone() for n in range(self.dice.randint(1, 6))}
        self.sala = furnish(path, dict.fromkeys(self.people, 100))
        self.home, self.now = self.sala.home, self.START
        self.home.ports.clock.now = lambda: self.now
        with self.home.begin() as conn:
            for login, persona in self.people.items():
                utente = utenti.named(conn, self.sala.azienda_id, login)
                poteri.assign(conn, self.home.ports, self.sala.azienda_id, utente.id, power(persona), chi="capo")
        self.amounts = {}
        for number in range(1, 6):
            amount = self.dice.choice((1, 99, 100, 101, 250))
            data = riba(order(number, amount), nome=f"S{number}")
            import_file(self.home, data, f"{number}.cbi", self.sala.azienda_id)
            self.amounts[number] = amount
        self.signed = []  # (login, distinta, weight, when)

    def someone(self):
        return self.dice.choice(PROFILES)._replace(today=0, month=0)

    def step(self):
        self.now += timedelta(minutes=self.dice.choice((1, 10, 45, 300)))
        login, number = self.dice.choice(sorted(self.people)), self.dice.choice(sorted(self.amounts))
        expected = self.expected(login, number)
        try:
            found = firme.sign(self.home, number, login, PASSWORD).total_weight
        except Refused as error:
            found = error.code
        assert found == expected, (login, number, self.now)

    def expected(self, login, number):
        """What must come of a signature: the weight reached, or the code of the refusal."""
        here = [signature for signature in self.signed if signature[1] == number]
        if sum(weight for _, _, weight, _ in here) >= 100:
            return "FIRMA-002"
        if login in [who for who, _, _, _ in here]:
            return "FIRMA-003"
        today = month = 0
        local = self.now.astimezone(ROME)
        for who, which, _, when in self.signed:
            then = when.astimezone(ROME)
            if who == login and (then.year, then.month) == (local.year, local.month):
                month += self.amounts[which]
                if then.day == local.day:
                    today += self.amounts[which]
        weight = oracle_weight(self.people[login]._replace(today=today, month=month), self.amounts[number])
        if weight == 0:
            return "FIRMA-005"
        self.signed.append((login, number, weight, self.now))
        return weight + sum(weight for _, _, weight, _ in here)


@pytest.mark.parametrize("seed", range(200 if SOAK else 6))
def test_people_sign_day_after_day_as_the_oracle_says(tmp_path, seed):
    story = Story(tmp_path / "casa", seed)
    for _ in range(40):
        story.step()
    with story.home.read() as conn:
        for number in story.amounts:
            weights = [weight for _, which, weight, _ in story.signed if which == number]
            assert distinte.get(conn, number).completa == (sum(weights) >= 100)
    story.home.close()
