"""The power goes: a command is stopped at each change that it makes to the disk, every disk that may be found then is
made, and the operator goes on from there. `python -m tests.faults.ordine --help`."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from ledger import database
from ledger.ports import real_ports
from tests.faults import giudice
from tests.faults.case import CASE, PORTATI
from tests.faults.comando import Chance, Clock, typed
from tests.faults.disco import Albero, Disco, Killed, lay, tree
from tests.faults.passi import PASSI, Passo

DATABASE = ("home/cbi.db", "home/cbi.db-wal")
DELIVERED, CARRIED = "banca/da-noi", f"banca/{PORTATI}"
Libri = dict[str, bytes]
MOST_RESTARTS = 3


@dataclass(frozen=True)
class Stato:
    """A disk that may be found when the power has gone, the n-th of all; `libri` are the files of the database. With
    `killed`, that change was the last of a process that was killed, and the power went while the operator went on."""

    passo: str
    n: int
    albero: Albero
    libri: Libri
    killed: int

    def command(self) -> str:
        """What does just this again."""
        poi = f" --uccisa {self.killed}" if self.killed else ""
        return f"python -m tests.faults.ordine --passo '{self.passo}'{poi} --stato {self.n}"


class Corrente:
    """A command on a home, in this process, and how it ends when the power does not go."""

    def __init__(self, officina: Path, passo: Passo, engines: list[Engine]) -> None:
        self.passo, self.engines, self.root = passo, engines, officina / "q"
        model = officina / "modelli" / passo.case
        if not model.exists():
            model.mkdir(parents=True)
            CASE[passo.case](model)
            (model / "fatti").mkdir()
            self._let_go()
        self.model, self.books = tree(model), _books(model)
        self.states: list[Stato] = []
        self._seen = set[bytes]()
        self._lay(self.model, self.books)
        disco = Disco(self.root, self._moment)
        typed(passo.argv, self.root, passo.at, *passo.segreti, disk=disco)
        self.changes, self.expected = disco.changes, self._look(passo.ritirano)
        if wrong := giudice.faults(self.expected, self.expected):
            raise RuntimeError(f"{passo.nome}: {wrong}")

    def resumed(self, killed: int) -> list[Stato]:
        """The disks that may be found when the process is killed at that change, and the power goes while the operator
        goes on; but for those seen before."""
        self.states = []
        self._lay(self.model, self.books)
        disco, chance, passo = Disco(self.root, self._moment, killed), Chance(), self.passo
        with suppress(Killed):
            typed(passo.argv, self.root, passo.at, *passo.segreti, disk=disco, chance=chance)
        self._let_go()
        disco.last, self.states = 0, []
        if not (passo.guarda and self._done(())):
            at = passo.at + timedelta(hours=1)
            typed(passo.ancora or passo.argv, self.root, at, *passo.segreti, disk=disco, chance=chance)
        return [replace(each, killed=killed) for each in self.states]

    def _moment(self, disco: Disco) -> None:
        """Were the power to go now: every disk that may be found, unless it was already."""
        books = _books(self.root)
        for albero in chain.from_iterable((each, carried_off(each)) for each in disco.left()):
            key = _digest(books, albero)
            if key not in self._seen:
                self._seen.add(key)
                self.states.append(Stato(self.passo.nome, len(self.states), albero, books, 0))

    def judge(self, stato: Stato) -> list[str]:
        """What is wrong after the operator has gone on from there; nothing, it is hoped."""
        self._lay(stato.albero, stato.libri)
        wrong: list[str] = []
        for restart in range(1, MOST_RESTARTS + 1):
            at = self.passo.at + timedelta(hours=restart)
            if not (self.passo.guarda and self._done(self.passo.ritirano)):
                typed(self.passo.ancora or self.passo.argv, self.root, at, *self.passo.segreti)
            wrong = giudice.faults(self._look(self.passo.ritirano), self.expected)
            if not wrong:
                return []
        return wrong

    def _done(self, banks: Iterable[str]) -> bool:
        """What an operator sees who looks whether it was done."""
        return not giudice.faults(self._look(banks), self.expected)

    def _lay(self, albero: Albero, books: Libri) -> None:
        self._let_go()
        if self.root.exists():
            shutil.rmtree(self.root)
        self.root.mkdir(parents=True)
        lay(self.root, albero)
        for name, data in books.items():
            (self.root / name).write_bytes(data)

    def _look(self, banks: Iterable[str]) -> dict[str, Any]:
        ports = replace(real_ports(), clock=Clock(self.passo.at + timedelta(minutes=30)))
        return giudice.look(self.root, ports, banks=banks)

    def _let_go(self) -> None:
        for engine in self.engines:
            engine.dispose()


def remembering() -> list[Engine]:
    """From now on an engine is kept for the next home in the same place; those there are."""
    made: list[Engine] = []
    known: dict[Any, Engine] = {}
    connect = database.connect

    def again(home: Path, url: str = "", *, foreign_keys: bool = True) -> Engine:
        key = (home, url, foreign_keys)
        if key not in known:
            known[key] = connect(home, url, foreign_keys=foreign_keys)
            made.append(known[key])
        return known[key]

    database.connect = again
    return made


def carried_off(albero: Albero) -> Albero:
    """The same disk, when the bank at the end of a line has carried off what was delivered before the power went."""
    taken = {name: name.replace(DELIVERED, CARRIED) for name in albero if name.startswith(f"{DELIVERED}/")}
    gone = {new: albero[name] for name, new in taken.items() if not Path(name).name.startswith(".")}
    left = {name: data for name, data in albero.items() if taken.get(name) not in gone}
    return {**left, CARRIED: None, **gone} if gone else albero


def _books(root: Path) -> Libri:
    """The database as it lies: what is not committed in it does not count, and SQLite knows."""
    return {name: (root / name).read_bytes() for name in DATABASE if (root / name).exists()}


def _digest(books: Libri, albero: Albero) -> bytes:
    found = hashlib.sha256()
    for name, data in [*books.items(), *sorted(albero.items())]:
        found.update(name.encode() + (b"/" if data is None else hashlib.sha256(data).digest()))
    return found.digest()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passo", action="append", choices=list(PASSI), help="only this command; may be repeated")
    parser.add_argument("--stato", type=int, help="only this disk of those that may be found, from 0")
    parser.add_argument("--ogni", type=int, default=1, help="one disk in so many")
    parser.add_argument("--due", action="store_true", help="killed first at each change, then the power goes")
    parser.add_argument("--uccisa", type=int, help="killed first at this change only, from 1")
    given = parser.parse_args()
    from tests.faults.case import quick

    quick()
    engines, bad = remembering(), 0
    memory = Path("/dev/shm")
    officina = Path(tempfile.mkdtemp(prefix="cbi-ordine-", dir=memory if memory.is_dir() else None))
    try:
        for nome in given.passo or ORDERED:
            corrente = Corrente(officina, PASSI[nome], engines)
            disks = 0
            for stato in _asked(corrente, given):
                disks += 1
                if wrong := corrente.judge(stato):
                    bad += 1
                    print(stato.command(), *(each[-500:] for each in wrong), sep="\n    ", flush=True)
            print(f"{nome}: {corrente.changes} changes, {disks} disks", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(officina)
    return 1 if bad else 0


def _asked(corrente: Corrente, given: argparse.Namespace) -> Iterator[Stato]:
    """The disks that are to be judged."""
    found: Iterable[Stato] = corrente.states
    if given.due or given.uccisa:  # those before it as well: what they show is not shown again
        kills = range(1, (given.uccisa or corrente.changes) + 1)
        found = chain.from_iterable(map(corrente.resumed, kills))
    if given.uccisa:
        found = (each for each in found if each.killed == given.uccisa)
    if given.stato is not None:
        found = (each for each in found if each.n == given.stato)
    return islice(found, 0, None, given.ogni)


ORDERED = (
    *("dispatch", "sign", "receive", "deliver", "fetch", "import", "distinte create", "audit checkpoint", "audit key"),
    *("run --once archive, poco", "run --once archive, un mese"),
)
"""The commands whose files and books have to agree: what leaves, what comes in, what is kept."""

if __name__ == "__main__":
    sys.exit(main())
