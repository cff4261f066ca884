"""A ledger room for the tests: a home with a company and its signers, and ports that tests can bend."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from ledger import aziende, database, utenti
from ledger.home import Home
from ledger.ports import Ports, real_ports

SIA = "A1B2C"
PARTITA_IVA = "00009990011"
PASSWORD = "una frase lunga assai"
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # argon2id at its lowest cost


@dataclass
class StillClock:
    """A clock that moves one second at each look."""

    at: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@dataclass
class CountingRandom:
    """Tokens in order; no two alike within a home."""

    last: int = 0

    def token(self) -> str:
        self.last += 1
        return f"{self.last:032x}"


class Fault(OSError):
    """The disk said no, because the test wanted it to."""


class FailingDisk:
    """The real disk, until call number `fail_at` (from 1); that one and all after it fail."""

    def __init__(self, fail_at: int | None = None) -> None:
        self._disk = real_ports().disk
        self.fail_at = fail_at
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._disk, name)

        def call(*args: Any) -> Any:
            self.calls += 1
            if self.fail_at is not None and self.calls >= self.fail_at:
                raise Fault(5, f"{name} failed at call {self.calls}")
            return method(*args)

        return call


@dataclass
class Sala:
    """A home with company `azienda_id`; `users` are their logins and weights, all with `PASSWORD`."""

    home: Home
    azienda_id: int
    clock: StillClock = field(default_factory=StillClock)


def ports(disk: Any = None, clock: StillClock | None = None) -> Ports:
    return Ports(clock or StillClock(), disk or real_ports().disk, CountingRandom())


@cache
def _empty() -> Path:
    """A home with nothing in it, made once: making its tables takes longer than most tests."""
    path = Path(tempfile.mkdtemp()) / "home"
    Home.create(path, ports()).close()
    return path


def blank(path: Path, doors: Ports) -> Home:
    """A new home with nothing in it, in a folder that may be there, empty."""
    shutil.copytree(_empty(), path, dirs_exist_ok=True)
    return Home.open(path, doors)


def furnish(path: Path, users: dict[str, int] | None = None, disk: Any = None, url: str = "") -> Sala:
    """A new home with one company and its users; at `url`, if given, are its empty tables."""
    shutil.copytree(_empty(), path)
    if url:
        (path / database.FILE).unlink()
        database.keep_address(ports(), path, url)
    home = Home.open(path, ports(disk))
    with home.begin() as conn:
        azienda_id = aziende.create(conn, home.ports, sia=SIA, nome="Ferramenta Prova srl", codice_fiscale=PARTITA_IVA)
        for login, peso in (users or {}).items():
            utenti.create(conn, home.ports, azienda_id, login=login, peso=peso, password=PASSWORD)
    return Sala(home, azienda_id)
