"""One process does the jobs at their hours: it ends when asked, it is alone, and what it leaves half done is done
again."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

import pytest

from ledger import lavori
from ledger.errors import Refused
from ledger.home import Home
from ledger.lavori import FALLITO, IN_CORSO, INTERROTTO, RIUSCITO, Chiave
from ledger.ports import ROME, real_ports
from spool import agenda, misure, registro, turno
from spool.agenda import appointments, keep
from spool.lavori import LAVORI, Fatto, Lavoro, Parte
from tests.console import ROOT, cbi
from tests.spool import casa

PATIENCE_SECONDS = 30

SLOW = """
import pathlib, sys, time
import spool.lavori as jobs
from spool.lavori import Fatto, Lavoro, Parte

def slow():
    pathlib.Path(sys.argv[2], "begun").touch()
    time.sleep({seconds})
    pathlib.Path(sys.argv[2], "ended").touch()
    return Fatto()

def after():
    pathlib.Path(sys.argv[2], "another").touch()
    return Fatto()

jobs.LAVORI = {{
    "slow": Lavoro("slow", "lento", "slow", "0 4 * * *", lambda home: [Parte(slow), Parte(after)]),
    "next": Lavoro("next", "dopo", "next", "0 4 * * *", lambda home: [Parte(after)]),
}}
from cli import main
main()
"""


def wait_for(true: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_SECONDS * 20):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


@contextmanager
def running(home: Home, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """`cbi run` in a process of its own, in the middle of a job that lasts so long."""
    argv = [sys.executable, "-c", SLOW.format(seconds=seconds), "--home", str(home.path), "run"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "CBI_LANG": "en"}
    process = subprocess.Popen(argv, cwd=ROOT, env=environ, stderr=subprocess.PIPE)
    try:
        wait_for(lambda: (home.path / "begun").exists() or process.poll() is not None)
        yield process
    finally:
        process.kill()
        process.communicate()


def runs(home: Home) -> dict[tuple[str, str], int]:
    with home.read() as conn:
        return lavori.counts(conn)


# --- how it ends ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_job_in_hand_end_and_nothing_else_begin(home: Home, number: signal.Signals) -> None:
    with running(home, 1.0) as process:
        process.send_signal(number)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, err
    assert [(home.path / each).exists() for each in ("begun", "ended", "another")] == [True, True, False]
    assert runs(home) == {("slow", RIUSCITO): 1}
    assert [json.loads(line)["event"] for line in err.splitlines()] == [
        "al_lavoro",
        "in_chiusura",
        "riuscito",
        "finito",
    ]


def test_a_second_signal_does_not_wait(home: Home) -> None:
    with running(home, PATIENCE_SECONDS) as process:
        process.terminate()
        stderr = process.stderr
        assert stderr is not None
        wait_for(lambda: b"in_chiusura" in stderr.readline())
        process.terminate()
        assert process.wait(timeout=PATIENCE_SECONDS) == -signal.SIGTERM
    assert runs(home) == {("slow", IN_CORSO): 1}


def test_a_second_run_is_told_who_is_at_work_and_the_machine_lets_go_when_that_one_is_killed(home: Home) -> None:
    with running(home, PATIENCE_SECONDS) as process:
        with misure.served(home, "127.0.0.1", 0) as port:  # as that of the first one would be
            refused = cbi("--home", home.path, "run", "--metrics-port", port, lang="en")
        assert refused.code == 3 and refused.err.startswith("LAVORO-001")
        assert f":{process.pid} (machine:process), since " in refused.err
        held = turno.of(home)
        assert held is not None and held.chi.endswith(f":{process.pid}")
        assert cbi("--home", home.path, "run", "--once", "receive").code == 0  # for cron, it is no second run
        process.kill()
        process.wait()
    assert turno.of(home) is None
    assert runs(home)["slow", IN_CORSO] == 1
    with turno.turno(home):  # free again
        pass
    (done,) = agenda.once(home, [LAVORI["receipts"]], log(home))
    assert isinstance(done, lavori.Corsa) and done.esito == RIUSCITO
    assert runs(home)["slow", INTERROTTO] == 1


def test_two_in_one_process_are_one_too_many(home: Home) -> None:
    with turno.turno(home), pytest.raises(Refused, match="LAVORO-001"), turno.turno(home):
        pass
    (home.path / turno.FILE).write_bytes(b"\xff not ours")
    assert turno.of(home) is None
    with turno.turno(home):
        assert turno.of(home) is not None


# --- what is run, and when --------------------------------------------------------------------------------------------


def log(home: Home, stream: io.StringIO | None = None) -> registro.Registro:
    return registro.open_(stream or io.StringIO(), home.ports.clock)


def on(home: Home, at: str) -> Home:
    home.ports.clock.at = datetime.fromisoformat(at).replace(tzinfo=ROME)  # type: ignore[attr-defined]
    return home


def done(home: Home, nome: str, at: str, esito: str = RIUSCITO) -> None:
    with on(home, at).begin() as conn:
        lavori.end(conn, home.ports, lavori.begin(conn, home.ports, Chiave(nome), "qui:1"), esito, {})


@pytest.mark.parametrize(
    ("nome", "last", "now", "due"),
    [
        ("receive", "2026-11-02T08:00", "2026-11-02T08:01", "2026-11-02T08:05"),
        ("checkpoint", "2026-11-02T04:10", "2026-11-02T08:00", "2026-11-03T04:10"),
        ("checkpoint", "2026-11-01T04:10", "2026-11-02T08:00", "2026-11-02T04:10"),  # the machine was off in the night
        ("checkpoint", "2026-03-28T04:10", "2026-03-29T01:00", "2026-03-29T04:10"),  # clocks go forward
        ("checkpoint", "2026-10-24T04:10", "2026-10-25T01:00", "2026-10-25T04:10"),  # and back
        ("receipts", "2026-11-06T08:00", "2026-11-06T09:00", "2026-11-09T08:00"),  # over a Saturday and a Sunday
        ("expiries", "2026-11-02T08:00", "2026-11-02T09:00", "2026-11-09T08:00"),
    ],
)
def test_a_job_is_next_run_at_its_hour_of_rome_or_is_due_already(
    home: Home, nome: str, last: str, now: str, due: str
) -> None:
    done(home, nome, last)
    (found,) = appointments(on(home, now), [LAVORI[nome]])
    assert found.prossima == datetime.fromisoformat(due).replace(tzinfo=ROME)


def test_what_never_ran_or_was_cut_short_is_run_at_once_and_what_failed_at_its_hour(home: Home) -> None:
    done(home, "checkpoint", "2026-11-02T04:10", INTERROTTO)
    done(home, "retention", "2026-11-02T04:40", FALLITO)
    found = appointments(
        on(home, "2026-11-02T09:00"), [LAVORI[each] for each in ("receive", "checkpoint", "retention")]
    )
    now = home.ports.clock.now()
    assert [each.prossima <= now for each in found] == [True, True, False]


def test_every_job_has_an_hour_and_says_what_it_does_in_both_languages(home: Home) -> None:
    found = appointments(home, [*LAVORI.values()])
    assert [each.lavoro.nome for each in found] == [*LAVORI]
    assert all(each.lavoro.it and each.lavoro.en for each in found)


def test_one_that_fails_stops_neither_the_others_nor_itself(home: Home) -> None:
    ran: SimpleQueue[str] = SimpleQueue()
    wake: SimpleQueue[object] = SimpleQueue()

    def fail() -> Fatto:
        ran.put("fails")
        raise ValueError

    def parts(_home: Home) -> list[Parte]:
        raise ValueError

    jobs = [
        Lavoro("fails", "", "", "0 4 * * *", lambda home: [Parte(fail)]),
        Lavoro("cannot", "", "", "0 4 * * *", parts),
        Lavoro("works", "", "", "0 4 * * *", lambda home: [Parte(lambda: ran.put("works") or Fatto())]),
    ]
    stream, machine = io.StringIO(), Home.open(home.path, real_ports())
    measured: list[int] = []

    def after() -> None:
        measured.append(1)
        if len(measured) == 2:
            wake.put("enough")
            raise OSError(28, "No space left on device")

    worker = Thread(target=keep, args=(machine, jobs, log(machine, stream), after), kwargs={"wake": wake})
    worker.start()
    worker.join(PATIENCE_SECONDS)
    assert not worker.is_alive() and {ran.get(timeout=1), ran.get(timeout=1)} == {"fails", "works"}
    assert runs(home) == {("fails", FALLITO): 1, ("works", RIUSCITO): 1}
    said: list[dict[str, Any]] = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert {each.get("lavoro") for each in said if each["level"] == "error"} == {"fails", "cannot", "works"}
    assert "disco: No space left on device" in {each.get("perche") for each in said}


def test_what_a_home_missed_is_done_once_when_somebody_comes(signed: Path, tmp_path: Path) -> None:
    home = casa.copy(signed, tmp_path / "home")
    wake: SimpleQueue[object] = SimpleQueue()
    machine = Home.open(home.path, real_ports())
    jobs = [LAVORI["dispatch"]]
    keep(machine, jobs, log(machine), lambda: wake.put("enough"), wake=wake)
    assert len(casa.left(home)) == 1 and runs(home) == {("dispatch", RIUSCITO): 1}
