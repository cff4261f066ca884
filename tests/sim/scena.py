"""The stage of a life: a home whose database is a real one in a folder of memory, seen by several processes, each with
its own connections, over one disk that can stop."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import QueuePool

from banksim.dati import conto, ordine, partita_iva
from cbi import compose
from cbi.validators import prove
from cbi.validators.rules import Ruleset
from ledger import aziende, distinte, firme, home, utenti
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import Ports
from spool import receive, stato
from spool.receive import plant_all
from tests.ledger.sala import PASSWORD, QUICK_HASHER, CountingRandom
from tests.sim.disco import Disco, Porta
from tests.sim.turni import Turni

ROOT = Path("/home-in-memory")
AZIENDE = ("A1B2C", "Z9Y8X", "K5K5K")
BANCHE = ("03069", "02008", "05034")
CHI = "bianchi"
PRIMO = date(2026, 11, 2)
BACKLOG = 60  # distinte for each company and bank that are signed when a life begins
PROCESSI = ("uno", "due")


class Orologio:
    """A second goes by at each look."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def once(function: Any) -> Any:
    """What the checks make anew for each file, made once for all of them; what it is made of is kept with it."""
    known: dict[Any, Any] = {}

    def made(*of: Any) -> Any:
        key = tuple(each if isinstance(each, bytes) else id(each) for each in of)
        if key not in known:
            known[key] = of, function(*of)
        return known[key][1]

    return made


def flusso(sia: str, abi: str, nome: str, numbers: range, giorno: date, importo: int | None = None) -> bytes:
    """A Ri.Ba. supporto with the invented orders of those numbers; `importo`, in cents, if not their own."""
    header = {"mittente": sia, "ricevente": abi, "data_creazione": giorno, "nome_supporto": nome}
    return compose("RIBA", "to_bank", header, [_order(sia, abi, n, giorno, importo) for n in numbers])


def _order(sia: str, abi: str, number: int, giorno: date, importo: int | None) -> list[tuple[str, dict[str, object]]]:
    (kind, head), *rest = ordine(number, _conto(abi), giorno + timedelta(40 + number % 40))
    return [(kind, head | {"codice_azienda_creditrice": sia} | ({"importo": importo} if importo else {})), *rest]


@cache
def _conto(abi: str) -> dict[str, str]:
    return conto(abi, "02477", "100000004711")


# --- a database that several processes share --------------------------------------------------------------------------


class Basi:
    """The databases of the lives of this process of ours: one file, and an engine for each process of theirs. Engines
    are kept from life to life: they know how the statements are written."""

    def __init__(self) -> None:
        shm = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="cbi-sim-", dir=shm if shm.is_dir() else None))
        self.file = self.folder / "cbi.db"
        self.engines = {nome: self._engine() for nome in (*PROCESSI, "fuori")}

    def close(self) -> None:
        for engine in self.engines.values():
            engine.dispose()
        shutil.rmtree(self.folder, ignore_errors=True)

    def put(self, image: Path | None) -> None:
        """The file is that one, or none."""
        for engine in self.engines.values():
            engine.dispose()
        for suffix in ("", "-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)
        if image is not None:
            shutil.copyfile(image, self.file)

    def _engine(self) -> Engine:
        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(self.file, check_same_thread=False, isolation_level=None)
            for pragma in ("journal_mode = WAL", "synchronous = OFF", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {pragma}")
            return connection

        return create_engine("sqlite://", creator=connect, poolclass=QueuePool)


@dataclass(frozen=True)
class Casa(Home):
    """A home that is shared in turns: who writes waits for the right to, and may not live to commit."""

    turni: Turni = field(kw_only=True)

    @contextmanager
    def begin(self, *, lasting: bool = True) -> Iterator[Connection]:
        with self.turni.writing(), super().begin(lasting=lasting) as conn:
            yield conn
            self.turni.point("commit")


# --- the home as it is before a life ----------------------------------------------------------------------------------


class Base:
    """A home with companies, banks and signed distinte, to begin lives from: its database and its disk; `signed` are
    the bytes that await to leave, by company, bank and nome supporto."""

    def __init__(self, basi: Basi, backlog: int) -> None:
        self.basi, self.disco, self.signed = basi, Disco(), dict[tuple[str, str, str], bytes]()
        self.orologio, self.caso = Orologio(datetime.fromisoformat(f"{PRIMO}T07:00:00+00:00")), CountingRandom()
        basi.put(None)
        made = self.home("fuori", Turni(Random(0), self.disco, lambda: None), self.disco, self.orologio, self.caso)
        for folder in (made.archive_dir, made.spool_dir):
            self.disco.mkdir(folder)
        with made.begin() as conn:
            home._upgrade(conn)
            for n, sia in enumerate(AZIENDE):
                azienda = aziende.create(
                    conn, made.ports, sia=sia, nome=f"CONSERVE {sia}", codice_fiscale=partita_iva(9_000 + n)
                )
                for abi in BANCHE:
                    aziende.add_banca(conn, made.ports, azienda, abi, f"BANCA {abi}")
                    aziende.add_conto(conn, made.ports, azienda, _conto(abi)["iban"])
                utenti.create(conn, made.ports, azienda, login=CHI, peso=100, password=PASSWORD)
        plant_all(made)
        numbers = iter(range(1, 1_000_000))
        for n, sia in enumerate(AZIENDE, 1):
            whole = b""
            for abi in BANCHE:
                for _ in range(backlog):
                    number = next(numbers)
                    nome = f"ARRETRATO-{number}"
                    whole += (data := flusso(sia, abi, nome, range(number, number + 1), PRIMO))
                    self.signed[sia, abi, nome] = data
            assert not whole or import_file(made, whole, f"arretrati-{sia}.cbi", n).clean
        with made.read() as conn:
            ids = [each.id for each in distinte.list_(conn)]
        for each in ids:
            firme.sign(made, each, CHI, PASSWORD)
        self.next_number = next(numbers)
        for engine in basi.engines.values():
            engine.dispose()
        with sqlite3.connect(basi.file) as conn:
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.image = basi.folder / f"base-{backlog}.db"
        shutil.copyfile(basi.file, self.image)

    def home(self, nome: str, turni: Turni, disco: Disco, orologio: Orologio, caso: CountingRandom) -> Home:
        """The home as one process sees it."""
        ports = Ports(orologio, Porta(disco, turni.point), caso)
        return Casa(ROOT, ports, self.basi.engines[nome], turni=turni)


@cache
def _basi() -> Basi:
    return Basi()


@cache
def base(backlog: int) -> Base:
    """The beginning of lives, made once."""
    with staged(Disco()):
        return Base(_basi(), backlog)


def sweep() -> None:
    """What was in memory goes."""
    if _basi.cache_info().currsize:
        _basi().close()
        _basi.cache_clear()
        base.cache_clear()


@contextmanager
def staged(disco: Disco) -> Iterator[None]:
    """What does not go through the ports is made to: reading what others dropped. And what costs time and is no matter
    here is left out: passwords are quick, and what the checks prepare is prepared once."""

    def read_foreign(path: Path, *_limit: int, still_since: datetime | None = None) -> bytes:
        return disco.read(path)

    with ExitStack() as stack:
        for where in (receive, stato):
            stack.enter_context(patch.object(where, "read_foreign", read_foreign))
        stack.enter_context(patch.object(utenti, "HASHER", QUICK_HASHER))
        for where, name in ((prove, "groups_of"), (prove, "crossings_of"), (Ruleset, "for_sending")):
            stack.enter_context(patch.object(where, name, ONCE[name]))
        yield


ONCE = {
    "groups_of": once(prove.groups_of),
    "crossings_of": once(prove.crossings_of),
    "for_sending": once(Ruleset.for_sending),
}
os.register_at_fork(after_in_child=_basi.cache_clear)
