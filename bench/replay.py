"""How fast a home is made again from its archive and its journal, and in how much memory.

    python -m bench.replay EVENTS [COMPANIES [FOLDER]]

A home of so many events is built by the engine itself (distinte of a few orders, signed, sent, received by the bank,
paid or not, some hundreds a day), exported as `cbi audit export --into` does, and made again by `cbi replay`, in a
process of its own. Building is cheap: nothing is made durable and the password costs nothing; what is replayed is the
same. With several COMPANIES the others are copies of the first, each with events, rows and a chain of its own. What is
built stays in FOLDER, if there is one, and is used again. No figure here is a test.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
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
from ledger import esporta, firme, journal, utenti
from ledger.canonico import canonical
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import Ports, real_ports, today
from ledger.schema import JOURNAL
from spool.albero import Ramo, ramo
from spool.dispatch import dispatch_ready
from spool.receive import arrivals

ROUND = 400  # distinte in a file of the company, one file a day
SIZES = (1, 5, 10, 24)  # orders of a distinta
CAUSALI = ("30010", "42010")


def main() -> None:
    wanted, companies = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory(dir=".") as scratch:
        folder = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(scratch)
        archive = folder / "archive"
        if not archive.exists():
            said("built", *built(folder / "home", wanted, archive))
        if companies > 1:
            archive = copied(archive, Path(scratch) / "copied", companies)
        replayed(archive, Path(scratch) / "again")


def built(path: Path, wanted: int, archive: Path) -> tuple[int, float]:
    """Build a home of at least so many events and export it; how many there are, and in how many seconds."""
    began = time.perf_counter()
    home, azienda = hasty_home(path)
    clock, made, events = home.ports.clock, casa.supporti(today(home.ports), SIZES), 0
    while events < wanted:
        clock.at += timedelta(days=1)
        data = b"".join(islice(made, ROUND))
        ids = signed(home, azienda, data)
        dispatch_ready(home)
        answer(ramo(home.spool_dir, casa.SIA, casa.ABI), data, f"{ids[0]}", today(home.ports))
        for _ in arrivals(home):
            pass
        with home.read() as conn:
            events = int(conn.scalar(select(func.max(JOURNAL.c.numero))) or 0)
    esporta.archive(home, archive)
    home.close()
    return events, time.perf_counter() - began


def hasty_home(path: Path) -> tuple[Home, int]:
    """A home in which nothing takes time to be made durable, and no password to be tried; the id of its company."""
    utenti.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    home, azienda = casa.create(path, Ports(Passing(), Hasty(), real_ports().random))
    event.listen(home.engine, "connect", _hasty)
    home.engine.dispose()
    return home, azienda


def signed(home: Home, azienda: int, data: bytes) -> list[int]:
    """Import a file of sound supporti and sign all of them; the ids of the distinte."""
    ids = [each.distinta_id or 0 for each in import_file(home, data, "misura.cbi", azienda).verdetti]
    for each in ids:
        firme.sign(home, each, casa.LOGIN, casa.PASSWORD)
    return ids


def copied(archive: Path, into: Path, companies: int) -> Path:
    """An archive of so many companies: the events of the first under other names and ids, and the same contents."""
    into.mkdir()
    (into / "archive").symlink_to((archive / "archive").resolve())
    with (into / esporta.JOURNAL_FILE).open("w") as out:
        for company in range(1, companies + 1):
            before = journal.GENESIS
            for line in (archive / esporta.JOURNAL_FILE).open():
                each = json.loads(line.replace(casa.SIA, f"A{company:04d}"))
                each["dati"] = canonical(moved(json.loads(each["dati"]), FAR * company))
                kind, _, name = each["soggetto"].partition(":")
                if name.isdecimal():
                    each["soggetto"] = f"{kind}:{int(name) + FAR * company}"
                each |= {"azienda_id": company, "prima": before}
                each["hash"] = before = journal.event_hash(each)
                out.write(f"{canonical(each)}\n")
    return into


FAR = 1_000_000  # between the ids of one company and those of the next
IDS = ("id", "file_id", "distinta", "distinta_id", "ordini")


def moved(value: Any, far: int, *, ids: bool = False) -> Any:
    """Data of an event with the ids in them moved so far."""
    match value:
        case dict():
            return {name: moved(each, far, ids=name in IDS) for name, each in value.items()}
        case list():
            return [moved(each, far, ids=ids) for each in value]
        case int() if ids:
            return value + far
    return value


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


@dataclass
class Passing:
    """A clock that advances a second at each look."""

    at: datetime = datetime(2026, 1, 2, 8, tzinfo=UTC)

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


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
