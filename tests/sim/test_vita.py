"""Whatever crashes and whatever banks send, in any order: each distinta leaves once, and all that comes in is accounted
for."""

from __future__ import annotations

import os
from collections import deque

import pytest

from spool.albero import Ramo
from tests.sim import corsa, turni
from tests.sim.scena import sweep
from tests.sim.vita import live

FEW = 2  # distinte to begin with, for each company and bank


@pytest.fixture(scope="module", autouse=True)
def swept():
    yield
    sweep()


@pytest.mark.parametrize("seed", [1, 10])  # of the second the books are made again too
def test_each_leaves_once_and_all_that_comes_in_is_accounted_for(seed):
    found = live(seed, FEW)
    assert found.dispatched >= 9 * FEW
    assert found.received > 0
    assert found.seen["dies"] + found.seen["stops"] > 0


def test_a_seed_makes_the_same_life(monkeypatch):
    monkeypatch.setattr("tests.sim.vita.GIORNI", (0, 1))
    assert live(3, FEW) == live(3, FEW)


def test_an_engine_that_does_not_look_whether_a_file_has_left_is_found_out(monkeypatch):
    monkeypatch.setattr("tests.sim.vita.GIORNI", (0, 1))
    monkeypatch.setattr(turni, "EVENTI", {"another": 2, "bank": 6, "dies": 1})
    monkeypatch.setattr(Ramo, "where_left", lambda *_: None)
    with pytest.raises(AssertionError, match="twice"):
        for seed in range(20):
            live(seed, FEW)


def test_a_life_that_fails_says_how_to_live_it_again(monkeypatch, capsys):
    monkeypatch.setattr("tests.sim.vita.live", lambda _seed: pytest.fail("so"))
    with pytest.raises(pytest.fail.Exception):
        corsa.life(77)
    assert "python -m tests.sim 77\n" in capsys.readouterr().err


@pytest.mark.skipif("CBI_SOAK" not in os.environ, reason="hours: make soak")
def test_a_million_dispatches():
    deque(corsa.lives(), maxlen=0)
