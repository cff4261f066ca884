"""How long a drop of many small files from the banks takes, and in how much memory.

    python -m bench.drop [FILES ...]

For each number of FILES (1,000 and 10,000 unless said) a home is built by the engine, cheaply, with the distinte that
the files speak of; then `cbi reconcile` reads them in a process of its own, everything durable: receipts (half frames,
half sidecars), outcomes of one order, statements of a day. Time should grow as the files do, memory should not. No
figure here is a test.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from itertools import islice
from pathlib import Path

import cbi
from banksim.risposte import conferma, decide, flusso_esiti, rendiconto, ricevuta
from bench import casa
from bench.measure import measured
from bench.replay import hasty_home, signed
from ledger.ports import today
from spool.albero import ramo
from spool.dispatch import dispatch_ready

OF_EACH = {"receipt": 3, "outcome": 3, "statement": 4}  # of ten files


def main() -> None:
    for many in [int(each) for each in sys.argv[1:]] or [1_000, 10_000]:
        with tempfile.TemporaryDirectory(dir=".") as scratch:
            dropped = built(Path(scratch) / "home", many)
            run = measured("--home", f"{scratch}/home", "reconcile")
        each = f"{1000 * run.processor / dropped:.1f} ms of processor each, peak {run.peak:.0f} MiB"
        print(
            f"{dropped:7,} files  {run.seconds:6.1f} s  {60 * dropped / run.seconds:7,.0f} a minute  {each}", flush=True
        )


def built(path: Path, many: int) -> int:
    """A home with so many files in `in/new`; how many there are."""
    home, azienda = hasty_home(path)
    oggi, distinte = today(home.ports), many * OF_EACH["receipt"] // 10
    data = b"".join(islice(casa.supporti(oggi, (1,)), distinte))
    signed(home, azienda, data)
    left = {each.distinta_id: each.path for each in dispatch_ready(home)}
    branch = ramo(home.spool_dir, casa.SIA, casa.ABI)
    names = [path.name for _, path in sorted(left.items()) if path is not None]
    files = 0
    for name, content in answers(data, names, oggi, many * OF_EACH["statement"] // 10):
        (branch.into("new") / name).write_bytes(content)
        files += 1
    home.close()
    return files


def answers(data: bytes, names: list[str], oggi: date, statements: int) -> Iterator[tuple[str, bytes]]:
    """What a bank says of the distinte that left under these names, file by file, and its statements."""
    decisions = []
    for n, (name, supporto) in enumerate(zip(names, cbi.read_supporti(BytesIO(data)), strict=True)):
        whole = supporto.canonical
        yield (f"{name}.ack", ricevuta(name, whole)) if n % 2 else (f"CN-{n:05d}.cbi", conferma(supporto, oggi))
        decisione = decide(supporto, seed=1)
        causale = decisione.esiti[0].causale
        yield f"ESITI-{n:05d}.cbi", flusso_esiti(decisione, causale, oggi)
        decisions.append(decisione)
    for n in range(statements):
        some = decisions[n % len(decisions) :][:3]
        yield f"RH-{n:05d}.cbi", rendiconto(some, oggi + timedelta(n), casa.CONTO, 100_000)


if __name__ == "__main__":
    main()
