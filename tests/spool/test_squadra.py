"""Several processes share the jobs of a home on a server: each is done by one of them, and what one that is killed was
doing is taken up by another."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from cli import cbi as cli
from ledger import database, lavori, replica, squadra
from ledger.errors import Refused
from ledger.home import Home
from ledger.lavori import IN_CORSO, INTERROTTO, RIUSCITO
from ledger.ports import real_ports
from spool import registro
from spool.lavori import LAVORI
from spool.squadra import share
from tests.console import ROOT
from tests.ledger.sala import furnish
from tests.server import Server
from tests.spool import casa

PATIENCE_SECONDS = 120
SILENT_SECONDS = 6  # of a process that works on a machine with much else to do
QUICK = [f"rapido-{n}" for n in range(8)]

# A process of the team whose minutes are seconds, with jobs that are due once. The first that would put a flow where
# its bank collects it stops there, with the right to write in its hands; a job that is long waits to be let go.
MEMBER = f"""
import pathlib, os, sys, time
import ledger.ports, ledger.squadra
ledger.squadra.SILENT_SECONDS = {SILENT_SECONDS}
import spool.lavori as jobs
from spool.lavori import LAVORI, Fatto, Lavoro, Parte

home = pathlib.Path(sys.argv[2])
rename = ledger.ports._Disk.rename

def stop_there(disk, source, target):
    if target.parent.name == "new" and not (home / "begun").exists():
        (home / "begun").write_text(str(os.getpid()))
        time.sleep({PATIENCE_SECONDS})
    rename(disk, source, target)

def done_once(nome, enough):
    def work():
        (home / nome).open("x").close()
        while not enough():
            time.sleep(0.1)
        return Fatto()
    return Lavoro(nome, nome, nome, "0 0 29 2 *", lambda _home: [Parte(work)])

ledger.ports._Disk.rename = stop_there
jobs.LAVORI = {{"dispatch": LAVORI["dispatch"], "lungo": done_once("lungo", (home / "go").exists)}}
jobs.LAVORI |= {{nome: done_once(nome, lambda: True) for nome in {QUICK}}}
import spool.squadra
spool.squadra.EVERY_MINUTE = "* * * * * *"
from cli import main
main()
"""


def wait_for(true: Callable[[], Any]) -> None:
    for _ in range(PATIENCE_SECONDS * 10):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it never came")


@contextmanager
def at_work(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    argv = [sys.executable, "-c", MEMBER, "--home", str(home.path), "run", "--shared"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "CBI_LANG": "en"}
    process = subprocess.Popen(argv, cwd=ROOT, env=environ, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def shared(server: Server, tmp_path: Path) -> Iterator[Home]:
    """A home on a server, with three signed distinte."""
    url = server.blank()
    home = casa.build(
        tmp_path / "home", [casa.flow(f"RIBA-{n}", range(n * 4, n * 4 + 3)) for n in range(1, 4)], url=url
    )
    yield home
    home.close()
    server.drop(url)


def outcomes(home: Home) -> Counter[tuple[str, str]]:
    with home.read() as conn:
        return Counter(lavori.counts(conn))


def members(home: Home) -> int:
    with home.read() as conn:
        return squadra.at_work(conn)


def test_each_job_is_done_by_one_and_what_a_killed_one_was_doing_by_another(
    shared: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(squadra, "SILENT_SECONDS", SILENT_SECONDS)
    begun = shared.path / "begun"
    with ExitStack() as stack:
        team = [stack.enter_context(at_work(shared)) for _ in range(2)]
        wait_for(lambda: begun.exists() and begun.read_text())
        team.append(stack.enter_context(at_work(shared)))
        (dead,) = (each for each in team if each.pid == int(begun.read_text()))
        dead.kill()
        wait_for(lambda: outcomes(shared)["dispatch", RIUSCITO])
        wait_for(lambda: {*QUICK} <= {nome for nome, esito in outcomes(shared) if esito == RIUSCITO})
        assert outcomes(shared)["lungo", IN_CORSO] == 1  # one is busy with it, and the other goes on
        wait_for(lambda: members(shared) == 2)
        told = CliRunner().invoke(cli, ["--home", str(shared.path), "--lang", "en", "jobs"])
        assert "Processes that share them: 2." in told.output, told.output
        (shared.path / "go").touch()
        said = b""
        for each in team:
            each.terminate()
            said += each.communicate(timeout=PATIENCE_SECONDS)[1]
    assert sorted(each.returncode for each in team) == [-signal.SIGKILL, 0, 0], said
    assert outcomes(shared) == {("dispatch", INTERROTTO): 1} | {
        (nome, RIUSCITO): 1 for nome in ("dispatch", "lungo", *QUICK)
    }
    assert sorted(casa.distinta_states(shared).values()) == ["Inoltrata"] * 3
    assert len({path.name for path in casa.left(shared)}) == len(casa.left(shared)) == 3
    assert all(each.sound for each in replica.check(shared))  # the tables of the queue are nobody's books
    assert [json.loads(line)["event"] for line in said.splitlines()].count("finito") == 2


def test_the_queue_of_another_version_is_made_anew_unless_it_is_in_use(server: Server, tmp_path: Path) -> None:
    home = furnish(tmp_path / "home", url=server.database()).home
    tables = "CREATE TABLE procrastinate_workers (last_heartbeat timestamptz)"

    def set_up(version: str) -> None:
        with home.begin() as conn:
            squadra.set_up(conn, version, tables)

    set_up("1.0")
    set_up("1.0")
    set_up("2.0")
    with home.begin() as conn:
        conn.execute(text(f"INSERT INTO {squadra.SCHEMA}.procrastinate_workers VALUES (now())"))
    set_up("2.0")
    with pytest.raises(Refused, match=r"LAVORO-006.*2\.0"):
        set_up("3.0")
    with home.begin() as conn:
        conn.execute(text(f"UPDATE {squadra.SCHEMA}.procrastinate_workers SET last_heartbeat = '2020-01-01'"))
    set_up("3.0")
    Home.create(home.path, real_ports(), database.address(real_ports().disk, home.path)).close()


def test_a_home_in_a_file_is_one_process_work(home: Home) -> None:
    run = ["--home", str(home.path), "run", "--shared"]
    refused = CliRunner().invoke(cli, run)
    assert isinstance(refused.exception, Refused) and refused.exception.code == "LAVORO-004"
    assert CliRunner().invoke(cli, [*run, "--once"]).exit_code == 2


def test_without_the_library_one_is_told_how_to_install_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    database.keep_address(home.ports, home.path, "postgresql://nessuno@/nulla")
    monkeypatch.setitem(sys.modules, "procrastinate", None)
    with pytest.raises(Refused, match="LAVORO-005"):
        share(home, [*LAVORI.values()], registro.open_(io.StringIO(), home.ports.clock), lambda: None)
