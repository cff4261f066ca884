"""How long a page of movements takes, by each filter that the command offers, among as many as wanted.

    python -m bench.movimenti [MOVEMENTS [FOLDER]]

The rows are put straight into the tables of a scratch home: twenty accounts, a thousand days, a movement in ten said
again, those of the last fifty days still to be ticked. What is built stays in FOLDER, if there is one, and is
used again (ten million movements are three GB). A figure is the processor time of one look at a page of a hundred, the
best of three: what a command takes to begin is apart. No figure here is a test.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, insert, select, text

from bench import casa
from bench.replay import hasty_home
from ledger import movimenti
from ledger.home import Home
from ledger.ports import real_ports
from ledger.ricerca import Filtro, Posto
from ledger.schema import FILE, MOVIMENTO, RAPPORTO, SCHEDA

FIRST, DAYS, ACCOUNTS, LOOKS = date(2024, 1, 1), 1_000, 20, 3
STATEMENTS = DAYS * ACCOUNTS
AT = datetime(2026, 11, 2, tzinfo=UTC)
# Numbers that look drawn at random and are the same each time; every movement knows its day and account by its id.
ROWS = f"""
INSERT INTO movimento (id, rapporto_id, scheda_id, gemello_id, line, data_valuta, data_contabile, segno, importo,
                       causale, riferimento, tipo_riferimento, descrizione, spuntato_at, spuntato_da)
WITH RECURSIVE
    numbers(id) AS (SELECT :first UNION ALL SELECT id + 1 FROM numbers WHERE id < :last),
    some(id, n, statement) AS (SELECT id, id - (id % 10 = 9), (id / 10) % {STATEMENTS} FROM numbers)
SELECT id, 1 + statement, 1 + statement % {ACCOUNTS}, CASE WHEN n < id THEN n END, id,
       date('{FIRST}', '+' || (statement / {ACCOUNTS} + n % 3) || ' days'),
       date('{FIRST}', '+' || (statement / {ACCOUNTS}) || ' days'),
       CASE WHEN n % 7 < 3 THEN 'D' ELSE 'C' END, 100 + (n * 2654435761) % 9999900,
       CAST(n * 40507 % 90 + 10 AS TEXT), CASE WHEN n % 50 = 0 THEN 'FLUSSO-' || n / 500 END,
       CASE WHEN n % 50 = 0 THEN 'NROSUPCBI' END, 'BONIFICO DA CLIENTE INVENTATO ' || n,
       CASE WHEN statement < {STATEMENTS} * 19 / 20 THEN '2026-11-02T00:00:00.000000Z' END,
       CASE WHEN statement < {STATEMENTS} * 19 / 20 THEN 'bianchi' END
FROM some
"""


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(dir=".") as scratch:
        path = Path(sys.argv[2] if len(sys.argv) > 2 else scratch) / "home"
        if not path.exists():
            began = time.process_time()
            build(path, wanted)
            print(f"{wanted:,} movements put in, in {time.process_time() - began:.0f} s of processor", flush=True)
        home = Home.open(path, real_ports())
        with home.read() as conn:
            print(f"{conn.scalar(select(func.count(MOVIMENTO.c.id))):,} movements", flush=True)
            for name, look in looks(conn):
                print(f"{name:60} {min(measured(look) for _ in range(LOOKS)):9.1f} ms", flush=True)
        home.close()


def measured(look: Callable[[], object]) -> float:
    """Milliseconds of processor time."""
    began = time.process_time()
    look()
    return 1000 * (time.process_time() - began)


def looks(conn: Connection) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is looked for, and how."""
    middle, day, third = FIRST + timedelta(DAYS // 2), timedelta(1), FIRST + timedelta(DAYS // 3)
    every = Filtro(spuntati=None)
    said = {
        "not ticked": Filtro(),
        "not ticked, an account": Filtro(scheda_id=3),
        "ticked": Filtro(spuntati=True),
        "all of them": every,
        "a company": replace(every, azienda_id=1),
        "an account": replace(every, scheda_id=3),
        "ten days of booking": replace(every, contabile_dal=middle, contabile_al=middle + 10 * day),
        "ten days of booking, an account": replace(every, scheda_id=3, contabile_dal=middle),
        "ten days of value": replace(every, valuta_dal=middle, valuta_al=middle + 10 * day),
        "ten days of value, an account": replace(every, scheda_id=3, valuta_dal=middle, valuta_al=middle + 10 * day),
        "a day of value, not ticked": Filtro(valuta_dal=middle, valuta_al=middle),
        "between two amounts": replace(every, importo_da=50_000_00, importo_a=50_100_00),
        "between two amounts, an account": replace(every, scheda_id=3, importo_da=50_000_00, importo_a=50_100_00),
        "an amount that is not there": replace(every, importo_da=99, importo_a=99),
        "two amounts and ten days": replace(
            every, importo_da=10_00, importo_a=90_000_00, contabile_dal=middle, contabile_al=middle + 10 * day
        ),
        "a sign": replace(every, segno="D"),
        "a causale": replace(every, causali=("48",)),
        "a causale, an account": replace(every, causali=("48",), scheda_id=3),
        "two causali, ten days": replace(
            every, causali=("48", "26"), contabile_dal=third, contabile_al=third + 10 * day
        ),
        "a causale that is not there": replace(every, causali=("ZZ",)),
        "a text that is in many": replace(every, testo="cliente inventato 1"),
        "a text that is in few, ten days": replace(
            every, testo="inventato 10", contabile_dal=middle, contabile_al=middle + 10 * day
        ),
        "a flow that some speak of": replace(every, supporto="FLUSSO-77"),
        "a flow that is not there": replace(every, supporto="FLUSSO-NESSUNO"),
        "a distinta": replace(every, distinta_id=1),
    }
    for name, filtro in said.items():
        yield name, lambda filtro=filtro: movimenti.page(conn, filtro, None, 101)
    yield "from the middle", lambda: movimenti.page(conn, every, Posto(str(middle), 5), 101)
    yield "a text that is in none", lambda: movimenti.page(conn, replace(every, testo="nessuno lo dice"), None, 101)
    yield (
        "totals of an account and ten days",
        lambda: movimenti.totals(
            conn, replace(every, scheda_id=3, contabile_dal=middle, contabile_al=middle + 10 * day)
        ),
    )
    yield "totals of those not ticked", lambda: movimenti.totals(conn, Filtro())
    yield "totals of all", lambda: movimenti.totals(conn, every)


def build(path: Path, wanted: int) -> None:
    """A home with so many movements; indexes are made when all are there, which is the same and sooner."""
    home, azienda = hasty_home(path)
    with home.begin() as conn:
        file = {"id": 1, "azienda_id": azienda, "origine": "banca", "abi": casa.ABI, "sha256": "0" * 64}
        conn.execute(insert(FILE).values(**file, nome="rh.cbi", dimensione=1, dati="{}", at=AT))
        for n in range(ACCOUNTS):
            mine = {"abi": casa.ABI, "cab": "02477", "conto": f"{n:012}", "divisa": "EUR"}
            conn.execute(insert(SCHEDA).values(id=n + 1, azienda_id=azienda, genere="conto", **mine, at=AT))
        conn.execute(insert(RAPPORTO), list(statements(azienda)))
        for index in MOVIMENTO.indexes:
            index.drop(conn)
    for first in range(10, wanted + 10, 1_000_000):
        with home.begin() as conn:
            conn.execute(text(ROWS), {"first": first, "last": min(first + 1_000_000, wanted + 10) - 1})
    with home.begin() as conn:
        for index in MOVIMENTO.indexes:
            index.create(conn)
    home.close()


def statements(azienda: int) -> Iterator[dict[str, object]]:
    """A statement of each account for each day."""
    for n in range(STATEMENTS):
        day, account = FIRST + timedelta(n // ACCOUNTS), n % ACCOUNTS
        yield {
            "id": n + 1,
            "azienda_id": azienda,
            "scheda_id": account + 1,
            "file_id": 1,
            "line": n + 1,
            "tipo": "RH",
            "nome_supporto": f"RH{n}",
            "abi": casa.ABI,
            "cab": "02477",
            "conto": f"{account:012}",
            "divisa": "EUR",
            "data": day,
            "saldo_iniziale": 0,
            "saldo_finale": 0,
            "at": AT,
        }


if __name__ == "__main__":
    main()
