"""What a stop of the machine leaves on the disk of the simulator: what POSIX allows, and all of it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.sim.disco import Disco

A, B = Path("/a"), Path("/b")


@pytest.fixture
def disco():
    made = Disco()
    made.mkdir(A)
    made.mkdir(B)
    made.pending.clear()
    return made


def ends(disco, draws=100):
    """All the ends that a stop may leave."""
    found = set()
    for seed in range(draws):
        other = disco.copy()
        other.pending = {folder: {**names} for folder, names in disco.pending.items()}
        other.stop(Random(seed))
        found.add(frozenset(other.files()))
    return found


def test_what_was_synced_stays(disco):
    disco.create(A / "x", b"one", synced=True)
    disco.sync(A)
    assert ends(disco) == {frozenset({("/a/x", b"one")})}


def test_a_name_that_was_not_synced_may_be_lost(disco):
    disco.create(A / "x", b"one", synced=True)
    assert ends(disco) == {frozenset(), frozenset({("/a/x", b"one")})}


def test_bytes_that_were_not_synced_are_cut_anywhere(disco):
    disco.create(A / "x", b"one", synced=False)
    disco.sync(A)
    for seed in range(50):
        other = disco.copy()
        other.folders["/a"]["x"] = type(disco.folders["/a"]["x"])(b"one")
        other.pending = {"/a": {"x": other.folders["/a"]["x"]}}
        other.stop(Random(seed))
        assert b"one".startswith(other.read(A / "x"))


def test_a_file_that_was_renamed_is_here_or_there_or_both(disco):
    disco.create(A / "x", b"one", synced=True)
    disco.sync(A)
    disco.rename(A / "x", B / "y")
    here, there = ("/a/x", b"one"), ("/b/y", b"one")
    assert ends(disco) == {frozenset({here}), frozenset({there}), frozenset({here, there})}


def test_where_it_is_known_to_have_gone_it_has_come_to_the_other_side_too(disco):
    disco.create(A / "x", b"one", synced=True)
    disco.sync(A)
    disco.rename(A / "x", B / "y")
    disco.sync(A)
    assert ends(disco) == {frozenset({("/b/y", b"one")})}


def test_a_folder_that_is_lost_is_lost_with_what_it_holds(disco):
    disco.mkdir(A / "new")
    disco.create(A / "new" / "x", b"one", synced=True)
    disco.sync(A / "new")
    assert ends(disco) == {frozenset(), frozenset({("/a/new/x", b"one")})}
