"""A home to measure with: an invented company, one signer, and distinte of a few orders, as many as wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import count, cycle, islice
from pathlib import Path

from banksim.dati import SIA, conto, partita_iva, presentazione
from ledger import aziende, utenti
from ledger.home import Home
from ledger.ports import Ports

ABI, LOGIN, PASSWORD = "03069", "bianchi", "una-frase-lunga-di-prova"
CONTO = conto(ABI, "02477", "100000004711")


def create(path: Path, ports: Ports) -> tuple[Home, int]:
    """A home with a company, a bank and a user whose signature is enough; the id of the company."""
    home = Home.create(path, ports)
    with home.begin() as conn:
        azienda = aziende.create(conn, ports, sia=SIA, nome="PROVE DI CARICO SRL", codice_fiscale=partita_iva(9_999))
        aziende.add_conto(conn, ports, azienda, CONTO["iban"])
        utenti.create(conn, ports, azienda, login=LOGIN, peso=100, password=PASSWORD)
    return home, azienda


def supporti(oggi: date, sizes: Iterable[int] = (1, 2, 3)) -> Iterator[bytes]:
    """Ri.Ba. supporti of so many orders each, in turn, without end; no order comes twice."""
    numbers, scadenze = count(1), (oggi + timedelta(300), oggi + timedelta(330))
    for n, size in enumerate(cycle(sizes), 1):
        yield presentazione(f"MISURA-{n:07d}", CONTO, list(islice(numbers, size)), oggi, scadenze)
