"""A home ready to send, ports that can be made to fail, and a portrait of all that matters in a home."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import randrange
from typing import Any

from sqlalchemy import event, select

from banksim import __main__ as sim
from banksim.dati import SIA, conto, partita_iva, presentazione
from ledger import aziende, distinte, firme, movimenti, outcomes, utenti
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import Ports, real_ports
from ledger.ricerca import Filtro
from ledger.schema import DISPOSIZIONE, ESITO, INTENTO, ITER, JOURNAL, MOVIMENTO
from spool.albero import Ramo, ramo
from tests.ledger.sala import blank

OGGI = date(2026, 11, 2)
SCADENZE = (date(2026, 11, 30), date(2026, 12, 31))
CONTI = {abi: conto(abi, "02477", "100000004711") for abi in ("03069", "02008")}
PASSWORD = "una-frase-lunga-di-prova"


class Crash(BaseException):
    """The machine stopped here."""


@dataclass
class Clock:
    """Advances a second each time it is read."""

    at: datetime = datetime(2026, 11, 2, 8, tzinfo=UTC)

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


CHANGES = ("write_new", "rename", "fsync_dir", "mkdir", "remove")
"""The calls that change the disk: a crash at any other leaves what a crash after the change before it leaves."""


def crash_points(calls: list[str], mode: str) -> list[int]:
    """The calls, from 1, where a crash of that mode leaves a state of its own."""
    return [n for n, name in enumerate(calls, 1) if name in (("write_new",) if mode == "torn" else CHANGES)]


def some(points: Sequence[int], one_in: int = 4) -> Sequence[int]:
    """One in so many of the calls, others at every run (in CI always the same ones); all of them in a soak."""
    if "CBI_SOAK" in os.environ:
        return points
    return points[0 if os.environ.get("CI") else randrange(min(one_in, len(points))) :: one_in]


@dataclass
class Disk:
    """The real disk, until the n-th call (`fail_at`, from 1): which fails before, after or halfway
    through."""

    fail_at: int = 0
    mode: str = "before"
    error: Callable[[], BaseException] = Crash
    calls: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        real = getattr(real_ports().disk, name)

        def call(*args: Any) -> Any:
            self.calls.append(name)
            if len(self.calls) != self.fail_at:
                return real(*args)
            if self.mode == "torn" and name == "write_new":
                args[0].write_bytes(args[1][: len(args[1]) // 2])
            if self.mode == "after":
                real(*args)
            raise self.error()

        return call


def ports(disk: Any = None) -> Ports:
    return Ports(Clock(), disk or real_ports().disk, real_ports().random)


def build(path: Path, flows: list[bytes], *, signed: bool = True, url: str = "") -> Home:
    """A home with a company, two banks and one signer of weight 100, the flows imported and (if so)
    signed."""
    home = Home.create(path, ports(), url) if url else blank(path, ports())
    with home.begin() as conn:
        azienda = aziende.create(
            conn, home.ports, sia=SIA, nome="CONSERVE INVENTATE SRL", codice_fiscale=partita_iva(9_999)
        )
        for abi, account in CONTI.items():
            aziende.add_banca(conn, home.ports, azienda, abi, f"BANCA {abi}")
            aziende.add_conto(conn, home.ports, azienda, account["iban"])
        utenti.create(conn, home.ports, azienda, login="bianchi", peso=100, password=PASSWORD)
    for n, flow in enumerate(flows, 1):
        report = import_file(home, flow, f"flusso-{n}.cbi", azienda)
        assert report.clean, report
    if signed:
        with home.read() as conn:
            ids = [d.id for d in distinte.list_(conn)]
        for distinta_id in ids:
            firme.sign(home, distinta_id, "bianchi", PASSWORD)
    return home


def flow(nome: str, numbers: range, abi: str = "03069", oggi: date = OGGI) -> bytes:
    return presentazione(nome, CONTI[abi], numbers, oggi, SCADENZE)


def copy(template: Path, target: Path, disk: Any = None) -> Home:
    """A copy of a home, seen through a disk."""
    shutil.copytree(template, target)
    return Home.open(target, ports(disk))


def branch(home: Home, abi: str = "03069") -> Ramo:
    return ramo(home.spool_dir, SIA, abi)


def drop(home: Home, name: str, data: bytes, abi: str = "03069") -> Path:
    path = branch(home, abi).into("new") / name
    path.write_bytes(data)
    return path


@contextmanager
def crash_at_commit(home: Home, n: int) -> Iterator[None]:
    """The machine stops just before the n-th commit of the home."""
    seen = 0

    def stop(_conn: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == n:
            raise Crash

    event.listen(home.engine, "commit", stop)
    try:
        yield
    finally:
        event.remove(home.engine, "commit", stop)


def answers(home: Home, day: date = date(2027, 1, 4), *, seed: int = 1, strays: bool = False) -> None:
    """The simulated banks answer: receipts, outcomes, statements, all left in `in/new`."""
    sim.receipts(home.spool_dir, day, ack=["02008"])
    sim.outcomes(home.spool_dir, day, seed=seed, strays=strays)
    sim.statement(home.spool_dir, day, seed=seed)


def order_states(home: Home) -> list[tuple[str, int, str]]:
    """(numero ricevuta, cents, state) of every order."""
    with home.read() as conn:
        query = select(DISPOSIZIONE.c.chiave, DISPOSIZIONE.c.importo, DISPOSIZIONE.c.stato)
        return sorted((r, i, str(s)) for r, i, s in conn.execute(query))


def distinta_states(home: Home) -> dict[str, str]:
    with home.read() as conn:
        return {d.nome_supporto: str(d.stato) for d in distinte.list_(conn)}


def portrait(home: Home) -> dict[str, Any]:
    """All that must be the same whatever crashed on the way: states, rows, folders; not ids nor instants."""
    with home.read() as conn:
        esiti = conn.execute(select(ESITO.c.chiave, ESITO.c.causale, ESITO.c.importo, ESITO.c.verdetto))
        moves = conn.execute(select(ITER.c.evento, ITER.c.da, ITER.c.a))
        kept = {
            "esiti": sorted(map(tuple, esiti)),
            "iter": sorted(map(tuple, moves)),
            "eccezioni": sorted(e.motivo for e in outcomes.eccezioni(conn)),
            "promemoria": sorted((p.causale, p.importo, p.esiti) for p in outcomes.promemoria(conn)),
            "movimenti": sorted(
                (m.importo, m.segno, m.distinta, m.esiti, m.descrizione) for m in movimenti.each(conn, Filtro())
            ),
            "file": sorted((f.nome, json.dumps(json.loads(f.dati), sort_keys=True)) for f in outcomes.files(conn)),
            "intenti": sorted(map(tuple, conn.execute(select(INTENTO.c.nome_file, INTENTO.c.stato)))),
            "journal": sorted(conn.scalars(select(JOURNAL.c.tipo))),
        }
        movements = conn.execute(select(MOVIMENTO.c.id)).all()
    return kept | {
        "n_movimenti": len(movements),
        "ordini": order_states(home),
        "distinte": distinta_states(home),
        "cartelle": folders(home),
    }


def folders(home: Home) -> dict[str, bytes]:
    """Every file of the spool with its bytes, by its path from the root."""
    return {str(p.relative_to(home.spool_dir)): p.read_bytes() for p in home.spool_dir.rglob("*") if p.is_file()}


def left(home: Home) -> list[Path]:
    """The files that have left, wherever they are now; what lies in `out/tmp` has not."""
    return [p for p in home.spool_dir.glob("*/*/out/*/*") if p.parent.name != "tmp"]


def recall(nome: str, numbers: range, abi: str = "03069") -> bytes:
    """A flow asking back the orders of those numbers."""
    import cbi
    from banksim.dati import ordine

    orders = []
    for n, number in enumerate(numbers):
        (_, head), *rest = ordine(number, CONTI[abi], SCADENZE[n % len(SCADENZE)])
        orders.append([("14/richiamo", head | {"causale": "30100", "segno": "+"}), *rest])
    header = {"mittente": SIA, "ricevente": abi, "data_creazione": OGGI, "nome_supporto": nome}
    return cbi.compose("RIBA", "to_bank", header, orders)


def extend(path: Path, *flows: bytes) -> Home:
    """The home with more flows imported, the doubles in them accepted, all signed."""
    home = Home.open(path, ports())
    for flow in flows:
        for verdetto in import_file(home, flow, "ancora.cbi", 1).verdetti:
            distinta_id = verdetto.distinta_id or 0
            if verdetto.codice == "ordini_gia_visti":
                firme.approve(home, distinta_id, "bianchi", PASSWORD)
            firme.sign(home, distinta_id, "bianchi", PASSWORD)
    return home
