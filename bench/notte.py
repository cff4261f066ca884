"""How long the nightly run takes, and in how much memory: outcomes and movements against many orders.

    python -m bench.notte [ORDERS[xTIMES] ...]

For each number of ORDERS (20,000 unless said) a home is built by the engine, cheaply, with so many orders sent to a
bank; then `cbi reconcile` reads, in a process of its own and everything durable, outcomes of a twentieth of them,
damaged as those of a careless bank are, some of every distinta, and movements of account, a tenth as many as the
orders. With TIMES the same outcomes and movements are then read among so many times the orders: the database makes
those of other distinte, like the first but for number and cents, of which nobody speaks. No figure here is a test.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import cbi
from banksim.danni import INSOLUTA, PAGATA, Detto, esiti, portafoglio, presentazione, risposta
from banksim.risposte import closing, movement, opening
from bench import casa
from bench.measure import measured
from bench.replay import hasty_home, signed
from ledger import database
from spool.albero import Ramo, ramo
from spool.dispatch import dispatch_ready

PER_FLOW, PER_DAY = 5_000, 500  # orders of a distinta, movements of a statement
SENT, ANSWERED = date(2026, 11, 2), date(2027, 5, 4)


def main() -> None:
    for asked in sys.argv[1:] or ["20000"]:
        orders, _, times = asked.partition("x")
        with tempfile.TemporaryDirectory(dir=".") as scratch:
            night(Path(scratch), int(orders), int(times or 1))


def night(scratch: Path, orders: int, times: int) -> None:
    """Measure a night of so many orders, and if `times` is more than one the same night among so many times them."""
    began = time.process_time()
    outcomes, movements = built(scratch / "home", orders)
    print(f"{orders:9,} orders sent, in {time.process_time() - began:.0f} s of processor", flush=True)
    if times > 1:
        shutil.copytree(scratch / "home", scratch / "grown")
        grow(scratch / "grown" / database.FILE, orders, times)
    for home, among in (("home", orders), ("grown", orders * times))[: 1 + (times > 1)]:
        run = measured("--home", f"{scratch / home}", "reconcile", "--format", "json")
        said = f"{outcomes:,} outcomes, {movements:,} movements: {run.seconds:.1f} s, {run.processor:.1f} of processor"
        print(f"{among:9,} orders  {said}, peak {run.peak:.0f} MiB, exit {run.code}", flush=True)


def grow(file: Path, orders: int, times: int) -> None:
    """Make so many times the orders, in as many times the distinte."""
    base = sqlite3.connect(file)
    (distinte,) = base.execute("SELECT max(id) FROM distinta").fetchone()
    for n in range(1, times):
        other = {"id": f"id + {n * distinte}", "nome_supporto": f"nome_supporto || '/{n}'"}
        again(base, "distinta", other, f"WHERE id <= {distinte}")
        order = {
            "id": f"id + {n * orders}",
            "distinta_id": f"distinta_id + {n * distinte}",
            "chiave": f"printf('%010d', chiave + {n * orders})",
            "importo": f"importo + {n}",
        }
        again(base, "disposizione", order, f"WHERE id <= {orders}")
        base.commit()
    base.close()


def again(base: sqlite3.Connection, table: str, other: Mapping[str, str], which: str) -> None:
    """Add to a table what it has, with some columns otherwise."""
    names = [row[1] for row in base.execute(f"PRAGMA table_info({table})")]
    columns = ", ".join(other.get(name, name) for name in names)
    base.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {columns} FROM {table} {which}")


def built(path: Path, orders: int) -> tuple[int, int]:
    """A home with so many orders at the bank, and its answers in `in/new`: how many outcomes and movements."""
    home, azienda = hasty_home(path)
    said: list[Detto] = []
    for n in range(0, orders, PER_FLOW):
        ordini = portafoglio(1, min(PER_FLOW, orders - n), n)
        signed(home, azienda, presentazione(f"RIBA-{n}", casa.CONTO, ordini, SENT))
        said += esiti(1, ordini, len(ordini) // 20)[0]
    dispatch_ready(home)
    branch = ramo(home.spool_dir, casa.SIA, casa.ABI)
    home.close()
    for causale in (PAGATA, INSOLUTA):
        mine = sorted((each for each in said if each.causale == causale), key=lambda each: each.ordine.scadenza)
        for n in range(0, len(mine), PER_FLOW):
            name = f"E{causale}{n}"
            drop(branch, name, risposta(name, casa.CONTO, mine[n : n + PER_FLOW], ANSWERED))
    for n, flow in enumerate(statements(orders // 10)):
        drop(branch, f"RH{n}", flow)
    return len(said), orders // 10


def drop(branch: Ramo, name: str, data: bytes) -> None:
    (branch.into("new") / f"{name}.cbi").write_bytes(data)


def statements(movements: int) -> Iterator[bytes]:
    """Daily statements of one account, so many movements in all."""
    balance = 0
    for day, first in enumerate(range(0, movements, PER_DAY)):
        oggi, many = SENT + timedelta(day), min(PER_DAY, movements - first)
        cents = [10_000 + (first + n) * 37 % 1_000_000 for n in range(many)]
        records = [("61", opening(casa.CONTO, oggi, balance))]
        for n, each in enumerate(cents, 1):
            records += movement(n, oggi, "48", "C", each, "", "", f"BONIFICO DA CLIENTE INVENTATO {first + n}")
        balance += sum(cents)
        records.append(("64", closing(oggi, balance)))
        header = {"mittente": casa.ABI, "ricevente": casa.SIA, "data_creazione": oggi, "nome_supporto": f"RH{day}"}
        yield cbi.compose("RH", "from_bank", header, [records])


if __name__ == "__main__":
    main()
