"""No crash and no error of the disk loses or doubles a flow: a slice of all that `make soak` tries.

Every point is a real command in a real process, stopped or failed by the machine itself (see `corsa`)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click
import pytest

from cli import cbi
from ledger.ports import put
from tests.console import ROOT
from tests.faults import giudice, guasti
from tests.faults.corsa import MOST_RESTARTS
from tests.faults.passi import NOT_HERE, PASSI
from tests.spool import casa

needs_a_compiler = pytest.mark.skipif(guasti.GCC is None, reason="no C compiler to make the shim with")
soak = pytest.mark.skipif("CBI_SOAK" not in os.environ, reason="takes half an hour of a processor")
ENOUGH = 5000
PARTS = 4  # that several processors share
KILLS, ERRORS = ("uccisa",), ("troncata", "scrittura", "lettura", "corta", "fsync")


def tried(*words: str) -> list[dict[str, Any]]:
    """What came of the faults asked for."""
    command = [sys.executable, "-m", "tests.faults.corsa", "--json", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def assert_nothing_lost_nor_doubled(points: list[dict[str, Any]]) -> None:
    assert points
    wrong = [(each["comando"], each["mali"]) for each in points if each["mali"]]
    assert wrong == []
    assert max(each["riavvii"] for each in points) <= MOST_RESTARTS


@needs_a_compiler
def test_a_dispatch_stopped_or_failed_at_any_call_loses_and_doubles_nothing() -> None:
    points = tried("--passo", "dispatch", "--ogni", "21")
    assert {each["genere"] for each in points} == {*guasti.GENERI, "seconda"}
    assert_nothing_lost_nor_doubled(points)
    assert any(each["incerta"] for each in points)  # of a fsync that failed a person decides


@pytest.mark.parametrize("call", ["write_new", "rename"])
def test_what_could_not_be_written_is_taken_away(tmp_path: Path, call: str) -> None:
    disk = casa.Disk(fail_at=1 + ("write_new", "rename").index(call), mode="torn", error=lambda: OSError(28, "full"))
    with pytest.raises(OSError, match="full"):
        put(casa.ports(disk), tmp_path / "a", b"1234")
    assert disk.calls[-2:] == [call, "remove"]
    assert list(tmp_path.iterdir()) == []


@needs_a_compiler
@soak
@pytest.mark.long
@pytest.mark.parametrize("parte", range(PARTS))
@pytest.mark.parametrize(("generi", "ogni"), [(KILLS, 1), (ERRORS, 7)], ids=["killed", "failed"])
def test_every_command_stopped_at_every_call(generi: tuple[str, ...], ogni: int, parte: int) -> None:
    passi = [*PASSI][parte::PARTS]
    words = [word for nome in passi for word in ("--passo", nome)]
    points = tried(*words, *(word for genere in generi for word in ("--genere", genere)), "--ogni", str(ogni))
    assert {each["passo"] for each in points} == {*passi}
    assert len(points) > ENOUGH / PARTS / 2 / ogni**2  # some commands make few calls
    assert_nothing_lost_nor_doubled(points)


@needs_a_compiler
@soak
@pytest.mark.long
@pytest.mark.parametrize(("passo", "ogni"), [("dispatch", 3), ("fetch", 2), ("deliver", 2), ("receive", 11)])
def test_a_second_stop_while_the_operator_tries_again(passo: str, ogni: int) -> None:
    assert_nothing_lost_nor_doubled(tried("--passo", passo, "--genere", "seconda", "--ogni", str(ogni)))


# --- the harness itself -----------------------------------------------------------------------------------------------


def leaves(command: click.Command, name: str = "") -> set[str]:
    """The names of all the commands there are."""
    if not isinstance(command, click.Group):
        return {name}
    context = click.Context(command)
    inside = ((each, command.get_command(context, each)) for each in command.list_commands(context))
    return {leaf for each, found in inside if found is not None for leaf in leaves(found, f"{name} {each}".strip())}


def test_every_command_that_writes_is_stopped_or_it_is_said_why_not() -> None:
    """A new command that writes wants a row of `PASSI`, and a home where it has something to do."""
    known = leaves(cbi)
    stopped = {name for name in known for passo in PASSI.values() if f"{passo.argv} ".startswith(f"{name} ")}
    assert stopped | NOT_HERE.keys() == known
    assert not stopped & NOT_HERE.keys()


SAID = """
import os, sys
from pathlib import Path
from tests.faults.guasti import CHANGES, Guasto, counted, count
root = Path(sys.argv[1])
count(root, CHANGES)
if len(sys.argv) > 2:
    Guasto(sys.argv[2], CHANGES, *map(int, sys.argv[3:])).arm(root)
Path("/dev/null").write_text("of no account")
try:
    for name in "ab":
        with open(root / name, "wb") as stream:
            stream.write(b"0123456789")
            stream.flush()
            os.fsync(stream.fileno())
        (root / name).rename(root / (name + name))
except OSError as error:
    sys.exit(error.errno)
print(*counted(), sep="\\n")
"""
CALLS = ["open /a", "write /a", "fsync /a", "rename /aa", "open /b", "write /b", "fsync /b", "rename /bb"]


def machine(root: Path, *words: object) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "LD_PRELOAD": str(guasti.compiled()), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SAID, root, *words]
    return subprocess.run(list(map(str, command)), env=environ, capture_output=True, text=True, check=False)


@needs_a_compiler
@pytest.mark.parametrize(
    ("come", "n", "errore", "sempre", "status", "left"),
    [
        ("uccisa", 2, 0, 0, -signal.SIGKILL, {"a": 10}),
        ("uccisa", 4, 0, 0, -signal.SIGKILL, {"aa": 10}),
        ("troncata", 2, 0, 0, -signal.SIGKILL, {"a": 5}),
        ("errore", 7, 28, 0, 28, {"aa": 10, "b": 10}),
        ("corta", 2, 122, 1, 122, {"a": 5}),
    ],
)
def test_the_machine_fails_at_the_call_it_is_told(
    tmp_path: Path, come: str, n: int, errore: int, sempre: int, status: int, left: dict[str, int]
) -> None:
    assert machine(tmp_path, come, n, errore, sempre).returncode == status
    assert {path.name: path.stat().st_size for path in tmp_path.iterdir()} == left


@needs_a_compiler
def test_calls_are_told_one_by_one_and_those_elsewhere_are_not(tmp_path: Path) -> None:
    assert machine(tmp_path).stdout.split("\n")[:-1] == CALLS


@pytest.mark.parametrize("sempre", [False, True])
def test_each_call_fails_in_every_way_when_they_are_crossed(sempre: bool) -> None:
    found = list(guasti.faults("scrittura", 10, crossed=True))
    assert len(found) == 80
    assert Counter(each.n for each in found if each.sempre is sempre) == dict.fromkeys(range(1, 11), 4)
    assert {each.errore for each in guasti.faults("scrittura", 10)} == set(guasti.GENERI["scrittura"].errori)


def test_the_judge_tells_what_is_lost_what_is_doubled_and_what_is_other() -> None:
    good = {"partiti": ["03069/out/ A.cbi 1", "02008/out/ B.cbi 2"], "libri": {"file": ["1"]}, "giornale": True}
    assert giudice.faults(good, good) == []
    assert "perso: 2" in giudice.faults({**good, "partiti": good["partiti"][:1]}, good)
    twice = {**good, "partiti": [*good["partiti"], "03069/out/ A-2.cbi 1"]}
    assert "doppio: 03069/out/ 1" in giudice.faults(twice, good)
    assert giudice.faults({**good, "libri": {"file": ["1", "2"]}}, good)
    for name in ("somme", "incerti"):
        assert giudice.faults({**good, name: ["x"]}, good)
    assert giudice.faults({**good, "giornale": False}, good)
