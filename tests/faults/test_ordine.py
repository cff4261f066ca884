"""Whatever the order in which the disk keeps what was written, nothing is lost nor doubled when the power goes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ledger import database, utenti
from ledger.ports import Disk
from spool import dispatch
from spool.albero import Ramo
from tests.faults.disco import Albero, Disco, tree
from tests.faults.ordine import ORDERED, Corrente, Stato, remembering
from tests.faults.passi import PASSI
from tests.ledger.sala import QUICK_HASHER

SOAK = "CBI_SOAK" in os.environ


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Engine]]:
    monkeypatch.setattr(utenti, "HASHER", QUICK_HASHER)
    monkeypatch.setattr(database, "connect", database.connect)  # put back as it was
    made = remembering()
    yield made
    for engine in made:
        engine.dispose()


def judged(corrente: Corrente, states: Iterable[Stato]) -> list[str]:
    return [f"{stato.command()}: {wrong}" for stato in states if (wrong := corrente.judge(stato))]


def killed_first(corrente: Corrente) -> Iterator[Stato]:
    """The disks that are left when the process is killed at any change (in a soak; else one in three), and the power
    goes while it is done again."""
    return chain.from_iterable(map(corrente.resumed, range(1, corrente.changes + 1, 1 if SOAK else 3)))


def test_every_disk_that_a_dispatch_may_leave(tmp_path: Path, engines: list[Engine]) -> None:
    corrente = Corrente(tmp_path, PASSI["sign"], engines)
    assert corrente.changes > 20
    assert len(corrente.states) > 15
    assert judged(corrente, corrente.states) == []


def test_every_disk_that_a_delivery_may_leave_also_of_one_killed_before(tmp_path: Path, engines: list[Engine]) -> None:
    corrente = Corrente(tmp_path, PASSI["deliver"], engines)
    assert judged(corrente, corrente.states) == []
    assert len(again := list(killed_first(corrente))) > 15
    assert judged(corrente, again[:: 1 if SOAK else 5]) == []


@pytest.mark.skipif(not SOAK, reason="half an hour of a processor")
@pytest.mark.long
@pytest.mark.parametrize("passo", ORDERED)
def test_every_disk_that_a_command_may_leave(tmp_path: Path, engines: list[Engine], passo: str) -> None:
    corrente = Corrente(tmp_path, PASSI[passo], engines)
    assert judged(corrente, corrente.states) == []
    assert judged(corrente, killed_first(corrente)) == []


def test_a_protocol_that_trusts_what_is_not_durable_is_found_out(
    tmp_path: Path, engines: list[Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    def hasty(disk: Disk, branch: Ramo, name: str, data: bytes) -> Path:
        path = branch.out("new") / name
        disk.write_soon(path, data)
        return path

    monkeypatch.setattr(dispatch, "_deliver", hasty)
    corrente = Corrente(tmp_path, PASSI["sign"], engines)
    assert any("perso" in each for stato in corrente.states[-8:] for each in corrente.judge(stato))


# --- the model --------------------------------------------------------------------------------------------------------


def disco(root: Path) -> tuple[Disco, Path]:
    (root / "tmp").mkdir()
    (root / "new").mkdir()
    return Disco(root, lambda _: None), root


def left(model: Disco) -> list[Albero]:
    return [{name: data for name, data in each.items() if data is not None} for each in model.left()]


def test_what_was_written_and_not_kept_may_be_there_in_part_or_not_at_all(tmp_path: Path) -> None:
    model, root = disco(tmp_path)
    model.write_soon(root / "tmp" / "a", b"1234")
    parts = (b"1234", b"", b"12", bytes(4))
    assert sorted(map(str, left(model))) == sorted(map(str, [{}, *({"tmp/a": part} for part in parts)]))
    model.sync()
    assert left(model) == [{"tmp/a": b"1234"}]


def test_a_file_is_in_one_of_the_places_where_it_has_been(tmp_path: Path) -> None:
    model, root = disco(tmp_path)
    model.write_new(root / "tmp" / "a", b"1")
    model.rename(root / "tmp" / "a", root / "new" / "a")
    assert left(model) == [{}, {"tmp/a": b"1"}, {"new/a": b"1"}]
    model.fsync_dir(root / "new")
    assert left(model) == [{"new/a": b"1"}]


def test_names_are_kept_each_by_itself_and_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    model, root = disco(tmp_path)
    for name in "ab":
        model.write_new(root / "tmp" / name, b"1")
    assert len(left(model)) == 4
    model.fsync_dir(root / "tmp")
    model.mkdir(root / "new" / "x")
    model.write_new(root / "new" / "x" / "c", b"1")
    model.fsync_dir(root / "new" / "x")
    assert len(left(model)) == 1  # the folder came to be before what is in it
    model.remove(root / "tmp" / "a")
    assert [sorted(each) for each in left(model)] == [["new/x/c", "tmp/a", "tmp/b"], ["new/x/c", "tmp/b"]]


def test_in_the_end_it_is_the_disk_that_there_is(tmp_path: Path) -> None:
    model, root = disco(tmp_path)
    model.write_parts(root / "tmp" / "a", iter([b"1", b"2"]))
    model.rename(root / "tmp", root / "altro")
    model.sync()
    assert list(model.left()) == [tree(root)] == [{"altro": None, "altro/a": b"12", "new": None}]
