"""How fast a home is made again from its archive and its journal, and in how much memory.

    python -m bench.replay EVENTS [FOLDER]

A home of so many events is built by the engine itself (distinte of one to three orders, signed, sent, received by the
bank, paid or not), exported as `cbi audit export --into` does, and made again by `cbi replay`, in a process of its own.
Building is cheap: nothing is made durable and the password costs nothing; what is replayed is the same. The home in
FOLDER is built once and used again. No figure here is a test.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from itertools import islice
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import event, func, select

import cbi
from banksim.risposte import conferma, decide, flusso_esiti
from bench import casa
from bench.measure import measured
from ledger import esporta, firme, utenti
from ledger.importa import import_file
from ledger.ports import real_ports, today
from ledger.schema import JOURNAL
from spool.albero import Ramo, ramo
from spool.dispatch import dispatch_ready
from spool.receive import arrivals

ROUND = 500  # distinte in a file of the company
CAUSALI = ("30010", "42010")


def main() -> None:
    wanted = int(sys.argv[1])
    with tempfile.TemporaryDirectory(dir=".") as scratch:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(scratch)
        home, archive = folder / "home", folder / "archive"
        if not archive.exists():
            said("built", *built(home, wanted, archive))
        replayed(archive, Path(scratch) / "again")


def built(path: Path, wanted: int, archive: Path) -> tuple[int, float]:
    """Build a home of at least so many events and export it; how many there are, and in how many seconds."""
    began = time.perf_counter()
    utenti.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    ports = replace(real_ports(), disk=Hasty())
    home, azienda = casa.create(path, ports)
    event.listen(home.engine, "connect", _hasty)
    home.engine.dispose()
    made, events = casa.supporti(today(ports)), 0
    while events < wanted:
        data = b"".join(islice(made, ROUND))
        ids = [each.distinta_id for each in import_file(home, data, "misura.cbi", azienda).verdetti]
        for each in ids:
            firme.sign(home, each or 0, casa.LOGIN, casa.PASSWORD)
        dispatch_ready(home)
        answer(ramo(home.spool_dir, casa.SIA, casa.ABI), data, f"{ids[0]}", today(ports))
        for _ in arrivals(home):
            pass
        with home.read() as conn:
            events = int(conn.scalar(select(func.max(JOURNAL.c.numero))) or 0)
    esporta.archive(home, archive)
    home.close()
    return events, time.perf_counter() - began


def answer(branch: Ramo, data: bytes, name: str, oggi: date) -> None:
    """What a bank says of a file of the company: that it has its flows, and what came of each order."""
    supporti = list(cbi.read_supporti(BytesIO(data)))
    drop(branch, f"CN-{name}.cbi", (conferma(each, oggi) for each in supporti))
    decisions = [decide(each, seed=1) for each in supporti]
    for causale in CAUSALI:
        flows = (flusso_esiti(each, causale, oggi) for each in decisions if each.of(causale))
        drop(branch, f"ESITI-{causale}-{name}.cbi", flows)


def drop(branch: Ramo, name: str, flows: Iterator[bytes]) -> None:
    (branch.into("new") / name).write_bytes(b"".join(flows))


class Hasty:
    """The real disk, that makes nothing durable."""

    def __init__(self) -> None:
        self._disk = real_ports().disk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._disk, name)

    def write_new(self, path: Path, data: bytes, mode: int = 0) -> None:
        self._disk.write_soon(path, data)

    def fsync_dir(self, path: Path) -> None:
        pass


def _hasty(connection: SqliteConnection, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


def replayed(archive: Path, into: Path) -> None:
    with (archive / esporta.JOURNAL_FILE).open("rb") as stream:
        events = sum(1 for _ in stream)
    run = measured("replay", str(archive), "--into", str(into))
    said("replayed", events, run.seconds, f"{run.processor:.0f} s of processor, peak {run.peak:.0f} MiB")
    run = measured("--home", str(into), "replay", "--check")
    said("checked", events, run.seconds, f"{run.processor:.0f} s of processor, peak {run.peak:.0f} MiB")


def said(what: str, events: int, seconds: float, more: str = "") -> None:
    print(f"{what:10}{events:9,} events  {seconds:7.1f} s  {events / seconds:6,.0f} a second  {more}", flush=True)


if __name__ == "__main__":
    main()
