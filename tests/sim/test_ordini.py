"""The same messages in any order, in any files, end in the same state."""

from __future__ import annotations

import os
from collections import deque
from itertools import islice

import pytest

from ledger.stati import ALLA_BANCA
from reconcile import esiti, ricevute
from reconcile.abbinamento import recalls
from tests.ledger.memoria import memory, raw
from tests.ledger.sala import StillClock
from tests.sim import corsa, ordini


@pytest.mark.parametrize("seed", range(4))
def test_the_same_messages_in_any_order_end_in_the_same_state(seed):
    assert ordini.check(seed, most=60) == 60


def test_an_order_walked_in_the_tree_leaves_the_books_as_it_does_alone():
    for ordine, _ in islice(ordini.Mazzo(2).deal(), 30, 120, 30):
        walked = [*raw(ordini._stage()).iterdump()]
        alone = memory(StillClock(ordini.MORNING), ordini._template()[0])
        for file in ordine:
            ordini._read(alone, file)
        assert walked == [*raw(alone).iterdump()]


@pytest.mark.parametrize(
    ("where", "what", "instead"),
    [
        (esiti, "_outlived", lambda *_: False),
        (esiti, "recalls", lambda *_: [each for each in recalls(*_) if each.stato in ALLA_BANCA]),
        (ricevute, "_answered", lambda *_: True),
    ],
)
def test_an_engine_that_lets_the_last_word_win_is_found_out(monkeypatch, where, what, instead):
    monkeypatch.setattr(where, what, instead)
    with pytest.raises(AssertionError, match="--orders"):
        for seed in range(20):
            ordini.check(seed, most=12)


@pytest.mark.skipif("CBI_SOAK" not in os.environ, reason="an hour: make soak")
def test_a_hundred_thousand_orders():
    deque(corsa.shuffles(), maxlen=0)
