"""How many small distinte a minute are imported, signed and sent, each of them durable before the next.

    python -m bench.dispatch [DISTINTE [FOLDER]]

Ri.Ba. of one to three orders; the database in a file, synchronised in full; one user, who signs them one by one having
given the password once. Beside each stage, in the same run and on the same disk, what the machine takes to do as many
commits, files written and folders made durable and nothing else: the ratio is what the engine costs on top of that. No
figure here is a test.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bench import casa
from ledger import distinte, firme
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import real_ports, today
from ledger.stati import Stato
from ledger.utenti import Prova
from spool.dispatch import INOLTRATA, dispatch_ready

DURABLE = {"commits": "commit", "files": "write_new", "folders": "fsync_dir"}  # what is counted, by what is asked


@dataclass
class Counting:
    """The real disk, and how many times it was asked to make something durable."""

    asked: Counter[str] = field(default_factory=Counter)

    def __getattr__(self, name: str) -> Any:
        real = getattr(real_ports().disk, name)

        def call(*args: Any) -> Any:
            self.asked[name] += 1
            return real(*args)

        return call


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else ".") as folder:
        disk = Counting()
        home, azienda = casa.create(Path(folder) / "home", replace(real_ports(), disk=disk))
        event.listen(home.engine, "commit", lambda _conn: disk.asked.update([DURABLE["commits"]]))
        made = casa.supporti(today(home.ports))
        flows, whole = list(islice(made, many)), b"".join(islice(made, many))
        stages: dict[str, Callable[[], object]] = {
            "import, one file": lambda: import_file(home, whole, "uno.cbi", azienda),
            "import, a file each": lambda: [import_file(home, each, "tanti.cbi", azienda) for each in flows],
            "sign": lambda: sign(home, azienda, many),
            "dispatch": lambda: sent(home, many),
        }
        lines = {name: measured(stage, disk, Path(folder) / name) for name, stage in stages.items()}
        for name, line in lines.items():
            print(told(name, many, *line))
        each = [sum(figures) for figures in zip(*(lines[name] for name in list(lines)[1:]), strict=True)]
        print(told("in all, a file each", many, *each))


def sign(home: Home, azienda: int, many: int) -> None:
    with home.read() as conn:
        waiting = distinte.list_(conn, azienda_id=azienda, stato=Stato.DA_SPEDIRE)
    prova = Prova(casa.PASSWORD)
    for distinta in waiting[:many]:
        firme.sign(home, distinta.id, casa.LOGIN, prova, vista=distinta.sha256)


def sent(home: Home, many: int) -> None:
    if [each.verdetto for each in dispatch_ready(home)] != [INOLTRATA] * many:
        sys.exit("not all were sent")


def measured(stage: Callable[[], object], disk: Counting, folder: Path) -> tuple[float, ...]:
    """Seconds of the stage by the clock and of the processor, seconds of what it asked of the disk alone, and how many
    times it asked for each thing."""
    disk.asked.clear()
    began, used = time.perf_counter(), time.process_time()
    stage()
    seconds, used = time.perf_counter() - began, time.process_time() - used
    asked = [disk.asked[name] for name in DURABLE.values()]
    began = time.perf_counter()
    bare(folder, *asked)
    return (seconds, used, time.perf_counter() - began, *asked)


def bare(folder: Path, commits: int, writes: int, folders: int) -> None:
    """So many commits of a row, files of 1,200 bytes written, made durable and renamed, folders made durable."""
    folder.mkdir()
    disk, data = real_ports().disk, bytes(1200)
    base = sqlite3.connect(folder / "base.db", isolation_level=None)
    for each in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "CREATE TABLE riga (dati BLOB)"):
        base.execute(each)
    for _ in range(commits):
        base.execute("INSERT INTO riga VALUES (?)", (data,))
    base.close()
    for n in range(writes):
        disk.write_new(folder / f"{n}.tmp", data)
        disk.rename(folder / f"{n}.tmp", folder / f"{n}")
    for _ in range(folders):
        disk.fsync_dir(folder)


def told(name: str, many: int, seconds: float, used: float, alone: float, *asked: float) -> str:
    durable = ", ".join(f"{n / many:.1f} {what}" for n, what in zip(asked, DURABLE, strict=True))
    figures = f"{60 * many / seconds:7,.0f} a minute  {1000 * used / many:5.1f} ms of processor each"
    return f"{name:20} {figures}  disk alone {60 * many / alone:7,.0f}  ratio {alone / seconds:.2f}  ({durable} each)"


if __name__ == "__main__":
    main()
