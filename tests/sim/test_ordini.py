"""The same messages in any order, in any files, end in the same state."""

from __future__ import annotations

import os
from collections import deque

import pytest

from reconcile import esiti
from tests.sim import corsa, ordini


@pytest.mark.parametrize("seed", range(4))
def test_the_same_messages_in_any_order_end_in_the_same_state(seed):
    ordini.check(seed, 50)


def test_an_engine_that_lets_the_last_word_win_is_found_out(monkeypatch):
    monkeypatch.setattr(esiti, "_outlived", lambda *_: False)
    with pytest.raises(AssertionError, match="--orders"):
        for seed in range(20):
            ordini.check(seed, 10)


@pytest.mark.skipif("CBI_SOAK" not in os.environ, reason="an hour: make soak")
def test_a_hundred_thousand_orders():
    deque(corsa.shuffles(), maxlen=0)
