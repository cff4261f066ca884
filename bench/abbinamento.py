"""How well outcomes find their orders, and how fast: on a portfolio of invented orders answered by a careless bank.

    python -m bench.abbinamento [--seed N] [--orders N] [--outcomes N] [--likely]

Each outcome is labelled with the orders that it is really of. Told: how many were matched, how many of these rightly
(precision), how many of those that have an order were matched rightly (recall); the time and the memory of receiving
them all. `--likely` is the company's option to take likely matches without a person. No figure here is a test.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import select

from banksim.danni import INSOLUTA, PAGATA, Detto, esiti, portafoglio, presentazione, risposta
from banksim.dati import SIA, conto, partita_iva
from ledger import aziende, distinte, firme, utenti
from ledger.aziende import ABBINA_PROBABILI, SI
from ledger.home import Home
from ledger.importa import import_file
from ledger.outcomes import ECCEZIONE_, eccezioni
from ledger.ports import real_ports
from ledger.schema import ABBINAMENTO, DISPOSIZIONE, ESITO
from spool.dispatch import dispatch_ready
from spool.receive import plant_all, receive

ABI = "03069"
CONTO = conto(ABI, "02477", "100000004711")
SENT, ANSWERED, AGAIN = date(2026, 11, 2), date(2027, 5, 4), date(2027, 5, 5)
PASSWORD = "una-frase-lunga-di-prova"
PER_FLOW = 5_000


@dataclass
class Misura:
    """How many outcomes there were, how many were matched and rightly, how many have an order; what went otherwise, by
    class or reason; whether each lies in one place; seconds and megabytes."""

    esiti: int = 0
    abbinati: int = 0
    giusti: int = 0
    con_ordine: int = 0
    sbagliati: Counter[str] = field(default_factory=Counter)
    attendono: Counter[str] = field(default_factory=Counter)
    classi: Counter[str] = field(default_factory=Counter)
    fuori_posto: int = 0
    secondi: float = 0
    processore: float = 0
    megabyte: int = 0

    @property
    def precisione(self) -> tuple[int, int]:
        return self.giusti, self.abbinati

    @property
    def richiamo(self) -> tuple[int, int]:
        return self.giusti, self.con_ordine


def measure(folder: Path, seed: int, orders: int, outcomes: int | None = None, *, likely: bool = False) -> Misura:
    """A home with so many orders, answered; what came of it."""
    ordini = portafoglio(seed, orders)
    home = _sent(folder / "home", [ordini[n : n + PER_FLOW] for n in range(0, orders, PER_FLOW)], likely=likely)
    said = esiti(seed, ordini, outcomes)
    labels: dict[tuple[str, int], Detto] = {}
    for day, detti in zip((ANSWERED, AGAIN), said, strict=True):
        for causale in (PAGATA, INSOLUTA):
            mine = [each for each in detti if each.causale == causale]
            for n in range(0, len(mine), PER_FLOW):
                name, some = f"E{causale}{day:%d%m%y}{n}", mine[n : n + PER_FLOW]
                labels |= {(name, place): each for place, each in enumerate(some)}
                new = home.spool_dir / SIA / ABI / "in" / "new" / f"{name}.cbi"
                new.write_bytes(risposta(name, CONTO, some, day))
    clock, processor = perf_counter(), process_time()
    files = receive(home)
    misura = Misura(secondi=perf_counter() - clock, processore=process_time() - processor)
    misura.megabyte = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    refused = [file.nome for file in files if file.motivi]
    if refused:
        raise SystemExit(f"not read: {refused}")
    _judge(home, labels, misura)
    home.close()
    return misura


def _sent(path: Path, flows: list[list], *, likely: bool) -> Home:
    home = Home.create(path, real_ports())
    with home.begin() as conn:
        codice = partita_iva(9_999)
        azienda = aziende.create(conn, home.ports, sia=SIA, nome="CONSERVE INVENTATE SRL", codice_fiscale=codice)
        aziende.add_conto(conn, home.ports, azienda, CONTO["iban"])
        utenti.create(conn, home.ports, azienda, login="bianchi", peso=100, password=PASSWORD)
        if likely:
            aziende.set_option(conn, home.ports, azienda, ABBINA_PROBABILI, SI, chi="bianchi")
    for n, flow in enumerate(flows):
        report = import_file(home, presentazione(f"RIBA-{n}", CONTO, flow, SENT), f"{n}.cbi", azienda)
        assert report.clean, report
    with home.read() as conn:
        ids = [each.id for each in distinte.list_(conn)]
    for each in ids:
        firme.sign(home, each, "bianchi", PASSWORD)
    plant_all(home)
    dispatch_ready(home)
    return home


def _judge(home: Home, labels: dict[tuple[str, int], Detto], misura: Misura) -> None:
    with home.read() as conn:
        numbers = {row.id: row.chiave for row in conn.execute(select(DISPOSIZIONE.c.id, DISPOSIZIONE.c.chiave))}
        several: dict[tuple[int, int], set[int]] = {}
        for row in conn.execute(select(ABBINAMENTO)):
            several.setdefault((row.file_id, row.line), set()).add(row.disposizione_id)
        waits = Counter(row.esito for row in eccezioni(conn))
        places: Counter[str] = Counter()
        for row in conn.execute(select(ESITO).order_by(ESITO.c.file_id, ESITO.c.line)):
            label = labels[row.nome_supporto, places[row.nome_supporto]]
            places[row.nome_supporto] += 1
            found = several.get((row.file_id, row.line), set())
            found |= {row.disposizione_id} if row.disposizione_id is not None else set()
            _count(misura, label, row, {int(numbers[each]) for each in found}, waits[row.id])


def _count(misura: Misura, label: Detto, row, found: set[int], waits: int) -> None:
    misura.esiti += 1
    misura.con_ordine += bool(label.di)
    lost = row.verdetto == ECCEZIONE_ and not found  # a part of an order that is whole waits no more
    misura.fuori_posto += waits > 1 or (waits == 1 and row.verdetto != ECCEZIONE_) or (waits == 0 and lost)
    if found and not waits:
        misura.abbinati += 1
        misura.giusti += found == label.di
        misura.classi[row.classe] += 1
        misura.sbagliati[row.classe] += found != label.di
    else:
        misura.attendono[row.classe or "-"] += bool(label.di)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.abbinamento")
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--orders", type=int, default=5_000)
    parser.add_argument("--outcomes", type=int)
    parser.add_argument("--likely", action="store_true")
    asked = parser.parse_args()
    for seed in asked.seed:
        with tempfile.TemporaryDirectory() as folder:
            found = measure(Path(folder), seed, asked.orders, asked.outcomes, likely=asked.likely)
        ratios = (f"{name} {a / b:.5f} ({a}/{b})" for name, (a, b) in _ratios(found))
        print(f"seed {seed}: {found.esiti} outcomes;", "; ".join(ratios))
        print(f"  matched {dict(found.classi)}, wrongly {dict(+found.sbagliati)}, waiting {dict(+found.attendono)}")
        print(f"  not in one place: {found.fuori_posto}; received in {found.secondi:.1f} s", end=" ")
        print(f"({found.processore:.1f} of processor), peak {found.megabyte} MB", flush=True)


def _ratios(found: Misura) -> list[tuple[str, tuple[int, int]]]:
    return [("precision", found.precisione), ("recall", found.richiamo)]


if __name__ == "__main__":
    main()
