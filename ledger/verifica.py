"""The audit: every chain of a home walked from its first event, against the checkpoints there are.

Without a checkpoint a chain tells whether events were changed, taken out, put in or swapped, but not whether its end
was cut off or it was made again from some event on; with one it tells that too, up to the event that it names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, select

from ledger import aziende, checkpoint, database, journal, sigilli
from ledger.aziende import Azienda
from ledger.checkpoint import Checkpoint
from ledger.errors import Refused
from ledger.home import Home
from ledger.journal import Cammino, Event, Guasto
from ledger.schema import JOURNAL


@dataclass(frozen=True)
class Verdetto:
    """What came of the chain of one company, and the last event that a checkpoint answers for (0: none)."""

    sia: str
    cammino: Cammino
    garantiti: int

    @property
    def sound(self) -> bool:
        return self.cammino.guasto is None


def verify(home: Home, given: Iterable[Checkpoint] = (), sia: str | None = None) -> list[Verdetto]:
    """Walk the chain of every company, or of one, against the checkpoints of the home and those given.

    Raises Refused when a checkpoint is not authentic (CHECKPOINT-001 to 003), or the company is not there
    (AZIENDA-005).
    """
    keys = sigilli.public_keys(home)
    given = list(given)
    for each in given:
        checkpoint.require_signed(each, keys)
    with home.read() as conn:
        known = [aziende.find(conn, sia)] if sia else aziende.list_(conn)
        chains = {azienda.sia: azienda.id for azienda in known}
        if sia is None:
            chains |= dict.fromkeys((each.sia for each in given), 0) | _strangers(conn, chains) | chains
    # The files before the chains: a checkpoint taken meanwhile would speak of events that are not in view yet.
    witnesses = {each: testimone(home, each, given) for each in chains}
    with home.read() as conn:
        if database.damaged(conn, JOURNAL.name):
            return [Verdetto(each, Cammino(0, journal.GENESIS, Guasto(0, "struttura")), 0) for each in chains]
        return [witnesses[each].hear(each, journal.events(conn, chains[each])) for each in chains]


def attest(home: Home, azienda: Azienda) -> Checkpoint:
    """A checkpoint of a chain that holds. Raises Refused as `verify` and `sigilli.take` do, and when it does not hold
    (CHECKPOINT-004): a signature on what was altered would lend it credit."""
    (verdetto,) = verify(home, sia=azienda.sia)
    if not verdetto.sound:
        raise Refused(
            "CHECKPOINT-004",
            f"Il giornale di {azienda.sia} è stato alterato: non si firma.",
            f"The journal of {azienda.sia} was altered: it is not signed.",
            hint_it="Che cosa non torna: cbi audit verify",
            hint_en="What is wrong: cbi audit verify",
        )
    return sigilli.take(home, azienda)


def testimone(home: Home, sia: str, given: Iterable[Checkpoint] = ()) -> Testimone:
    """The checkpoints that a home keeps of a company, and those given, as witnesses. Raises as `verify` does."""
    kept = sigilli.stored(home, sia)
    keys = sigilli.public_keys(home)  # after: a key is told before it signs
    for each in kept:
        checkpoint.require_signed(each, keys)
    return Testimone([each for each in [*kept, *given] if each.sia == sia], keys)


def _strangers(conn: Connection, chains: Mapping[str, int]) -> dict[str, int]:
    """Chains of no company: events that somebody gave to another one."""
    ids = conn.scalars(select(JOURNAL.c.azienda_id).distinct().order_by(JOURNAL.c.azienda_id))
    return {f"?{each}": each for each in ids if each not in chains.values()}


@dataclass
class Testimone:
    """Checkpoints of one company, authentic ones, as witnesses of its chain."""

    checkpoints: Iterable[Checkpoint]
    keys: Mapping[str, bytes]
    said: dict[int, set[str]] = field(default_factory=dict)
    heard: int = 0  # the last event that a checkpoint answers for
    last: str = ""  # the last checkpoint that the chain itself names

    def __post_init__(self) -> None:
        for each in self.checkpoints:
            self.said.setdefault(each.numero, set()).add(each.testa)

    def hear(self, sia: str, events: Iterable[Event]) -> Verdetto:
        """Walk a chain and compare it; what the first bad event is."""
        cammino = journal.walk(events, self._accuse)
        beyond = max(self.said, default=0) > cammino.eventi or cammino.eventi == 0
        if cammino.guasto is None and beyond:
            cammino = replace(cammino, guasto=Guasto(cammino.eventi + 1, "coda"))
        if cammino.guasto is not None:
            cammino = replace(cammino, guasto=replace(cammino.guasto, dopo=self.heard))
        return Verdetto(sia, cammino, self.heard)

    def _accuse(self, event: Event) -> str:
        if event["tipo"] == sigilli.TIPO and not self._follows(event, json.loads(event["dati"])):
            return "checkpoint"
        if event["numero"] in self.said:
            if self.said[event["numero"]] != {event["hash"]}:
                return "rifatto"
            self.heard = event["numero"]
        return ""

    def _follows(self, event: Event, dati: Any) -> bool:
        """Whether the checkpoint that an event names speaks of the event before, and comes after the one it should."""
        try:
            named, after = checkpoint.read(dati["riga"]), dati["precedente"]
            checkpoint.require_signed(named, self.keys)
        except (Refused, TypeError, KeyError):
            return False
        before, self.last = self.last, named.riga
        return (named.numero, named.testa, after) == (event["numero"] - 1, event["prima"], before)
