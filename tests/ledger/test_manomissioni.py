"""Tampering with the journal: whatever is changed, taken out, put in, swapped or made again is found.

The chains are of 10,000 events, in memory. What stands before the first touched event is as it was, so the walk gets
there with the number and the hash that it would have had: it is enough to look at the touched event, and at the one
after it, in that light. That makes it possible to try every one of them.
"""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime

import pytest

from docs import verifica as esterna
from ledger import checkpoint, sigilli, verifica
from ledger.canonico import canonical
from ledger.checkpoint import Checkpoint
from ledger.journal import GENESIS, event_hash, fault, verify, walk
from tests.ledger.giornale import TEXTS, chain, flipped, linked

SIZE = 10_000
SEED = bytes(range(32))
KEY = checkpoint.public(SEED)
KEYS = {checkpoint.key_id(KEY): KEY}
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DICE = random.Random(20260302)
EVENTS = chain(SIZE)


def before(at: int) -> str:
    return EVENTS[at - 1]["hash"] if at else GENESIS


def taken(events, numero) -> Checkpoint:
    return checkpoint.make(SEED, "A1B2C", numero, events[numero - 1]["hash"], AT)


def first_bad(events, *checkpoints):
    """Number, reason and last event answered for, as the engine says it; the example verifier must say the same."""
    verdetto = verifica.Testimone(checkpoints, KEYS).hear("A1B2C", events)
    said = {"A1B2C": {}} if checkpoints else {}
    for each in checkpoints:
        said["A1B2C"].setdefault(each.numero, set()).add(each.testa)
    other, *_absent = esterna.verify([canonical(event) for event in events], said, KEYS)
    guasto = verdetto.cammino.guasto
    assert (other.good, other.head, other.fault) == (
        verdetto.cammino.eventi,
        verdetto.cammino.testa,
        guasto.motivo if guasto else "",
    )
    return guasto and (guasto.numero, guasto.motivo, guasto.dopo)


# --- every one of them ------------------------------------------------------------------------------------------------


def test_the_chain_that_is_tampered_with_is_sound():
    assert walk(EVENTS).guasto is None


def test_a_flipped_bit_is_found_in_every_event_and_in_every_byte_of_some():
    some = {(at, column, DICE.randrange(len(EVENTS[at][column].encode()))) for at in range(SIZE) for column in TEXTS}
    every = {
        (at, column, byte) for at in range(0, SIZE, 400) for column in TEXTS for byte in range(len(EVENTS[at][column]))
    }
    for at, column, byte in some | every:
        event = flipped(EVENTS[at], column, byte, 1 << DICE.randrange(8))
        assert fault(event, at + 1, before(at)), (at, column, byte)


@pytest.mark.long
@pytest.mark.skipif("CBI_SOAK" not in os.environ, reason="minutes: make soak")
@pytest.mark.parametrize("part", range(16))
def test_a_flipped_bit_is_found_in_every_byte_of_every_event(part):
    """Each bit of each byte of each text of each event: one change at a time, all of them."""
    for at in range(part, SIZE, 16):
        for column in TEXTS:
            for byte in range(len(EVENTS[at][column].encode())):
                for bit in range(8):
                    event = flipped(EVENTS[at], column, byte, 1 << bit)
                    assert fault(event, at + 1, before(at)), (at, column, byte, bit)


def test_another_number_or_another_company_is_found_in_every_event():
    for at, event in enumerate(EVENTS):
        assert fault({**event, "numero": event["numero"] ^ 1 << DICE.randrange(40)}, at + 1, before(at)) == "numero"
        assert fault({**event, "azienda_id": 2}, at + 1, before(at)) == "hash"


def test_the_deletion_of_every_event_is_found_renumbered_or_not():
    for at, event in enumerate(EVENTS[1:]):
        assert fault(event, at + 1, before(at)) == "numero"
        assert fault({**event, "numero": at + 1}, at + 1, before(at)) == "prima"
        forged = {**event, "numero": at + 1, "prima": before(at)}
        assert fault(forged, at + 1, before(at)) == "hash"
        assert fault({**forged, "hash": event_hash(forged)}, at + 1, before(at)) == ""  # and then the next one tells
        assert at + 2 == SIZE or fault({**EVENTS[at + 2], "numero": at + 2}, at + 2, event_hash(forged)) == "prima"


def test_the_swap_of_every_pair_of_neighbours_is_found_renumbered_or_not():
    for at, event in enumerate(EVENTS[1:]):
        assert fault(event, at + 1, before(at)) == "numero"
        assert fault({**event, "numero": at + 1}, at + 1, before(at)) == "prima"


def test_the_swap_of_events_far_apart_is_found():
    for _ in range(SIZE):
        one, other = sorted(DICE.sample(range(SIZE), 2))
        assert fault({**EVENTS[other], "numero": one + 1}, one + 1, before(one)) in ("prima", "hash")


def test_an_event_put_in_anywhere_is_found_even_when_it_is_well_made():
    for at in range(SIZE):
        (forged,) = linked([{**EVENTS[at], "soggetto": "distinta:0"}], at + 1, before(at))
        assert fault(forged, at + 1, before(at)) == ""
        assert fault(EVENTS[at], at + 2, forged["hash"]) == "numero"
        assert fault({**EVENTS[at], "numero": at + 2}, at + 2, forged["hash"]) == "prima"


def test_a_change_of_a_fact_that_leaves_its_text_well_made_is_found_in_every_event():
    for at, event in enumerate(EVENTS):
        assert fault({**event, "dati": '{"totale":1}'}, at + 1, before(at)) == "hash"


# --- what only a checkpoint tells -------------------------------------------------------------------------------------


@pytest.mark.parametrize("da", [1, 5_000, SIZE])
def test_a_chain_made_again_from_some_event_is_found_by_a_checkpoint_at_or_after_it(da):
    again = EVENTS[: da - 1] + linked(
        [{**EVENTS[da - 1], "at": "2026-03-02T09:00:00.000009Z"}, *EVENTS[da:]], da, before(da - 1)
    )
    assert walk(again).guasto is None
    assert all(new["hash"] != old["hash"] for new, old in zip(again[da - 1 :], EVENTS[da - 1 :], strict=True))
    assert verifica.Testimone([taken(EVENTS, SIZE)], KEYS).hear("A1B2C", again).cammino.guasto.motivo == "rifatto"
    if da > 1:
        early = verifica.Testimone([taken(EVENTS, da - 1)], KEYS).hear("A1B2C", again)
        assert early.sound  # that one speaks of what was not touched
        assert early.garantiti == da - 1


SMALL = chain(30)


@pytest.mark.parametrize("da", range(1, 31))
def test_in_a_chain_made_again_the_first_checkpoint_that_differs_is_named_and_the_last_that_agrees(da):
    again = SMALL[: da - 1] + linked([{**each, "at": AT.isoformat()} for each in SMALL[da - 1 :]], da, link(da))
    agree, differ = range(3, da, 5), [at for at in range(3, 31, 5) if at >= da]
    found = first_bad(again, *(taken(SMALL, at) for at in range(3, 31, 5)))
    assert found == ((differ[0], "rifatto", max(agree, default=0)) if differ else None)


def link(numero):
    return SMALL[numero - 2]["hash"] if numero > 1 else GENESIS


@pytest.mark.parametrize("kept", range(30))
def test_a_tail_cut_off_is_seen_only_with_a_checkpoint_beyond_it(kept):
    cut = SMALL[:kept]
    if kept:
        assert first_bad(cut) is None
        assert first_bad(cut, taken(SMALL, kept)) is None
        assert first_bad(cut, taken(SMALL, 30), taken(SMALL, 1)) == (kept + 1, "coda", 1)
    else:
        assert verifica.Testimone([], KEYS).hear("A1B2C", cut).cammino.guasto.motivo == "coda"


def test_the_example_verifier_says_the_same_of_whatever_is_done_to_a_chain():
    def spoil(events):
        at = DICE.randrange(len(events))
        event = events[at]
        column = DICE.choice(TEXTS)
        size = len(event[column].encode())
        return DICE.choice(
            [
                lambda: [
                    *events[:at],
                    flipped(event, column, DICE.randrange(size), 1 << DICE.randrange(8)),
                    *events[at + 1 :],
                ],
                lambda: [*events[:at], *events[at + 1 :]],
                lambda: [*events[:at], *reversed(events[at : at + 2]), *events[at + 2 :]],
                lambda: [*events[:at], event, *events[at:]],
                lambda: [*events[:at], {**event, "dati": DICE.choice(WRONG)}, *events[at + 1 :]],
                lambda: (
                    events[:at] + linked([{**each, "at": AT.isoformat()} for each in events[at:]], at + 1, link(at + 1))
                ),
                lambda: linked([*events[:at], {**event, "dati": DICE.choice(WRONG)}, *events[at + 1 :]]),
                lambda: events[: at + 1],
            ]
        )()

    seen = set()
    for _ in range(600):
        witnesses = [taken(SMALL, at) for at in DICE.sample(range(1, 31), DICE.randrange(4))]
        found = first_bad(spoil(SMALL), *witnesses)
        seen.add(found and found[1])
    assert seen == {None, "numero", "prima", "dati", "hash", "rifatto", "coda"}


WRONG = [
    *('{"a": 1}', '{"b":1,"a":1}', '{"a":1.5}', '{"a":NaN}', '{"a":1,"a":1}', '{"a":-0}', '{"a":"è"}', '{"a":1e999}'),
    *("", "{", "[" * 100_000, '{"a":' + "9" * 5000 + "}"),
]


# --- checkpoints that the chain itself names --------------------------------------------------------------------------


def with_checkpoint(events, seed=SEED, **changes):
    """A chain that names a checkpoint at its end, as `cbi audit checkpoint` leaves it."""
    made = checkpoint.make(seed, "A1B2C", len(events), events[-1]["hash"], AT)
    return named(events, {"riga": made.riga, "precedente": "", **changes})


def named(events, dati):
    event = {**events[-1], "tipo": sigilli.TIPO, "soggetto": "azienda:A1B2C", "dati": canonical(dati)}
    return events + linked([event], len(events) + 1, events[-1]["hash"])


def test_a_chain_made_again_by_who_has_not_the_key_contradicts_the_checkpoints_that_it_names():
    sound = with_checkpoint(SMALL)
    assert first_bad(sound) is None
    again = linked([{**each, "at": AT.isoformat()} for each in sound])
    assert first_bad(again) == (31, "checkpoint", 0)
    assert first_bad(with_checkpoint(SMALL, bytes(32))) == (31, "checkpoint", 0)


@pytest.mark.parametrize("dati", [{"riga": "x"}, {"riga": None}, {}, [], None, {"riga": taken(SMALL, 30).riga}])
def test_an_event_that_names_no_checkpoint_is_found(dati):
    assert first_bad(named(SMALL, dati)) == (31, "checkpoint", 0)


def test_each_checkpoint_named_follows_the_one_before():
    once = with_checkpoint(SMALL)
    first = taken(SMALL, 30).riga
    assert first_bad(with_checkpoint(once, precedente=first)) is None
    assert first_bad(with_checkpoint(once)) == (32, "checkpoint", 0)
    assert first_bad(named(once, {"riga": first, "precedente": first})) == (32, "checkpoint", 0)


# --- in the database --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", TEXTS)
def test_a_byte_of_the_database_that_is_no_longer_text_is_an_event_that_does_not_hold(sala, column):
    with sala.home.begin() as conn:
        conn.exec_driver_sql("DROP TRIGGER journal_no_update")
        conn.exec_driver_sql(
            f"UPDATE journal SET {column} = CAST(x'c3' || substr({column}, 2) AS TEXT) WHERE numero = 2"
        )
        guasto = verify(conn, sala.azienda_id)
    assert guasto is not None
    assert guasto.numero == 2
