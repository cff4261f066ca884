"""A life: three companies, three banks, some months, two processes and all that goes wrong; from a seed, one life.

The companies have a backlog to send and go on importing, changing, throwing away and signing; two processes dispatch
and receive at once; banks carry off and answer while they do. At its end nothing goes wrong any more, all is done, and
what the banks got, what they said and what the books hold are compared with the dictionaries of `banche`.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, TypeAlias

from sqlalchemy import Connection, select

from ledger import distinte, firme, intenti, journal, operazioni, replica, ricostruzione
from ledger.distinte import Distinta
from ledger.errors import Refused
from ledger.home import Home
from ledger.importa import import_file
from ledger.schema import DISPOSIZIONE, FILE, INTENTO
from ledger.verdetti import Codice
from spool import dispatch, receive, stato
from spool.resolve import resolve
from tests.ledger.sala import PASSWORD, CountingRandom
from tests.sim.banche import Banche, Chiave, state_of
from tests.sim.scena import AZIENDE, BACKLOG, BANCHE, CHI, PRIMO, PROCESSI, Base, Orologio, base, flusso, staged
from tests.sim.turni import Turni

GIORNI = (0, 1, 2, 3, 7, 14, 30, 45, 60, 90)  # from the first: when somebody is at work
NEW = 0.3  # of a process on a day: a company has something new to send
MADE_AGAIN = 10  # of so many lives one has its books made again from the journal


Passo: TypeAlias = Callable[[Home], None]


class NotYet(Exception):
    """Somebody has to ask again another day."""


@dataclass
class Pratica:
    """What somebody has to see through, step by step; a step that a crash cut is done again, and is none the worse."""

    turni: Turni
    passi: deque[Passo]
    taken: bool = False  # somebody is at it

    def __enter__(self) -> None:
        self.taken = True

    def __exit__(self, *_error: object) -> None:
        self.taken = False

    def go_on(self, home: Home) -> None:
        while self.passi:
            self.passi[0](home)
            self.turni.point("told")  # whoever dies now does not know that it was done
            self.passi.popleft()


@dataclass(frozen=True)
class Figure:
    """What a life was: `digest` is that of its journals and its folders."""

    dispatched: int
    received: int
    seen: Counter[str]
    digest: str


class Vita:
    """One life, from its seed."""

    def __init__(self, seed: int, of: Base) -> None:
        self.draw, self.of = Random(seed), of
        self.seed, self.disco = seed, of.disco.copy()
        self.orologio, self.caso = Orologio(of.orologio.at), CountingRandom(of.caso.last)
        of.basi.put(of.image)
        self.signed = {**of.signed}
        self.wanted = Counter((sia, abi, data) for (sia, abi, _), data in of.signed.items())
        self.number = of.next_number
        self.pratiche: list[Pratica] = []
        self.asked: set[str] = set()  # names of files of uncertain dispatches
        self.turni = Turni(self.draw, self.disco, lambda: self.banche.act())
        homes = {n: of.home(n, self.turni, self.disco, self.orologio, self.caso) for n in (*PROCESSI, "fuori")}
        self.homes, self.fuori = homes, homes["fuori"]
        pairs = [(sia, abi) for sia in AZIENDE for abi in BANCHE]
        self.banche = Banche(self.draw, self.disco, self.fuori.spool_dir, pairs, self._known)

    def live(self) -> Figure:
        with staged(self.disco):
            for giorno in GIORNI:
                self._day(PRIMO + timedelta(giorno))
            self._peace(PRIMO + timedelta(GIORNI[-1]))
            return self._judged()

    # --- days ---------------------------------------------------------------------------------------------------------

    def _day(self, oggi: date) -> None:
        """Whoever dies on a day begins again where it was."""
        self.banche.oggi = oggi
        self.orologio.at = datetime.fromisoformat(f"{oggi}T07:30:00+00:00")
        work = {nome: self._tasks(home) for nome, home in self.homes.items() if nome in PROCESSI}
        self.banche.speak(self.draw.randint(0, 12))
        while any(work.values()):
            self.turni.run(**{nome: _all(tasks) for nome, tasks in work.items() if tasks})
        for branch in self.banche.rami:
            if self.draw.random() < 0.8:
                self.banche.collect(branch)

    def _tasks(self, home: Home) -> deque[Callable[[], None]]:
        tasks = [lambda: self._dispatch(home), lambda: self._receive(home), lambda: self._people(home)]
        self.draw.shuffle(tasks)
        return deque(tasks)

    def _peace(self, oggi: date) -> None:
        """No more faults: until there is nothing left to do."""
        self.turni.calm = True
        for again in range(1, 100):
            oggi += timedelta(30)
            before = (len(self.banche.due), len(self.pratiche), self.banche.got.total())
            self._day(oggi)
            while self.banche.speak(50):
                self._receive(self.fuori)
            for branch in self.banche.rami:
                self.banche.collect(branch)
            if again > 2 and before == (0, 0, self.banche.got.total()):
                return
        raise AssertionError("it never ends")

    # --- what processes do --------------------------------------------------------------------------------------------

    def _dispatch(self, home: Home) -> None:
        for each in dispatch.dispatch_ready(home):
            if each.verdetto == dispatch.INCERTA:
                self._doubt(each.distinta_id, each.nome_file)
            # Without an error: uncertain meanwhile, and a person found that it had not left.
            assert each.verdetto != dispatch.RITIRATA or each.error is None, each
            assert each.verdetto != dispatch.FALLITA or isinstance(each.error, OSError), each

    def _receive(self, home: Home) -> None:
        for each in receive.arrivals(home):
            assert each.verdetto != receive.FALLITO or [m["code"] for m in each.motivi] == ["RIC-000"], each

    def _people(self, home: Home) -> None:
        if not self.turni.calm and self.draw.random() < NEW:
            self.pratiche.append(self._new())
        for pratica in [*self.pratiche]:
            if pratica.taken:
                continue
            with suppress(OSError, NotYet), pratica:
                pratica.go_on(home)
        self.pratiche = [each for each in self.pratiche if each.passi]

    # --- what people see through --------------------------------------------------------------------------------------

    def _new(self) -> Pratica:
        """Something new to send; at times with it what a bank refused, as it was."""
        sia, abi, passi, whole = self.draw.choice(AZIENDE), self.draw.choice(BANCHE), [], b""
        for _ in range(self.draw.randint(1, 3)):
            nome, numbers = f"NUOVA-{self.number}", range(self.number, self.number + self.draw.randint(1, 2))
            self.number = numbers.stop
            data = flusso(sia, abi, nome, numbers, self.banche.oggi)
            edited = flusso(sia, abi, nome, numbers, self.banche.oggi, importo=777)
            whole += data
            passi += self.draw.choice([
                [self._sign((sia, abi, nome), data)],
                [self._sign((sia, abi, nome), data)],
                [self._edit((sia, abi, nome)), self._sign((sia, abi, nome), edited)],
                [self._delete((sia, abi, nome))],
            ])  # fmt: skip
        for chiave in [each for each in self.banche.refused if each[0] == sia and self._is_over(each)]:
            self.banche.refused.remove(chiave)
            data = self.signed[chiave]
            whole += data
            passi.append(self._sign(chiave, data))
        file = f"{self.number}.cbi"
        return Pratica(self.turni, deque([lambda home: self._import(home, sia, whole, file), *passi]))

    def _is_over(self, chiave: Chiave) -> bool:
        """Whether a bank has let go all that it had to say of a refused distinta, before today, and the company knows
        that it was refused. (A receipt names a flow by its nome supporto: one of the same day might be of either.)"""
        due = any((chiave, word) in each.words for each in self.banche.due for word in ("ricevi", "scarta"))
        if due or self.banche.dated[chiave] >= self.banche.oggi:
            return False
        with self.fuori.read() as conn:
            found = self._distinta(conn, chiave)
        return found.stato == "Scartata"

    def _import(self, home: Home, sia: str, data: bytes, file: str) -> None:
        report = import_file(home, data, file, AZIENDE.index(sia) + 1, chi=(CHI, PASSWORD))
        assert {each.codice for each in report.verdetti} <= {Codice.IMPORTATA, Codice.FILE_GIA_IMPORTATO}, report

    def _sign(self, chiave: Chiave, data: bytes) -> Passo:
        def sign(home: Home) -> None:
            with home.read() as conn:
                found = self._distinta(conn, chiave)
            if found.stato == "Da spedire":
                firme.sign(home, found.id, CHI, PASSWORD)
                self.wanted[chiave[0], chiave[1], data] += 1
                self.signed[chiave] = data

        return sign

    def _edit(self, chiave: Chiave) -> Passo:
        def edit(home: Home) -> None:
            with home.read() as conn:
                found = self._distinta(conn, chiave)
            operazioni.edit(home, found.id, {"importo": "7.77"}, CHI, PASSWORD)

        return edit

    def _delete(self, chiave: Chiave) -> Passo:
        def delete(home: Home) -> None:
            with home.read() as conn:
                found = self._distinta(conn, chiave)
            if found.stato != "Eliminata":
                operazioni.delete(home, found.id, CHI, PASSWORD)

        return delete

    def _doubt(self, distinta_id: int, nome: str) -> None:
        """The disk did not confirm a dispatch: somebody asks the bank."""
        if nome in self.asked:
            return
        self.asked.add(nome)

        def ask(home: Home) -> None:
            with home.read() as conn:
                mine = distinte.get(conn, distinta_id)
                if intenti.uncertain_of(conn, distinta_id) is None:
                    return
            left = (AZIENDE[mine.azienda_id - 1], mine.abi, nome) in self.banche.names
            try:
                resolve(home, distinta_id, CHI, PASSWORD, left=left)
            except Refused as refused:
                if refused.code in ("INOLTRO-004", "INOLTRO-005"):  # the bank was about to collect it
                    raise NotYet from refused
                raise

        self.pratiche.append(Pratica(self.turni, deque([ask])))

    def _known(self, nome: str) -> bool:
        """Whether the company knows if it has sent a file: not so while its dispatch is uncertain, or about to be."""
        if nome not in self.turni.doubted:
            return True
        with self.fuori.read() as conn:
            return conn.scalar(select(INTENTO.c.stato).where(INTENTO.c.nome_file == nome)) == intenti.COMPIUTO

    def _distinta(self, conn: Connection, chiave: Chiave) -> Distinta:
        sia, abi, nome = chiave
        found = distinte.find_by_supporto(conn, AZIENDE.index(sia) + 1, abi, nome)
        assert found is not None, chiave
        return found

    # --- the end ------------------------------------------------------------------------------------------------------

    def _judged(self) -> Figure:
        """What the banks got, what they said, and what the books hold."""
        assert self.banche.got == self.wanted, _difference(self.banche.got, self.wanted)
        home = self.fuori
        sums = [(each.sia, each.abi, sum_) for each in stato.status(home, self.banche.oggi).rami for sum_ in each.somme]
        assert all(sum_.torna for *_, sum_ in sums), [each for each in sums if not each[2].torna]
        heads = []
        with home.read() as conn:
            assert not intenti.pending(conn)
            assert not intenti.uncertain(conn)
            for n, sia in enumerate(AZIENDE, 1):
                known = set(
                    conn.scalars(select(FILE.c.sha256).where(FILE.c.azienda_id == n, FILE.c.origine == "banca"))
                )
                assert known == self.banche.dropped[sia]
                self._states(conn, n, sia)
                assert journal.verify(conn, n) is None
                if self.seed % MADE_AGAIN == 0:
                    assert ricostruzione.check(conn, n) == []
                heads.append(journal.head(conn, n)[1])
        if self.seed % MADE_AGAIN == 0:
            assert all(each.sound for each in replica.check(home))
        digest = hashlib.sha256(repr(heads).encode())
        for path, data in self.disco.files():
            digest.update(f"{path} {hashlib.sha256(data).hexdigest()}\n".encode())
        files = sum(len(each) for each in self.banche.dropped.values())
        return Figure(self.banche.got.total(), files, self.turni.seen, digest.hexdigest())

    def _states(self, conn: Connection, azienda_id: int, sia: str) -> None:
        told = {chiave: [state_of(words) for words in times] for chiave, times in self.banche.said.items()}
        orders: dict[int, set[str]] = {}
        here = select(DISPOSIZIONE.c.distinta_id, DISPOSIZIONE.c.stato).where(DISPOSIZIONE.c.azienda_id == azienda_id)
        for distinta_id, state in conn.execute(here):
            orders.setdefault(distinta_id, set()).add(state)
        found: dict[Chiave, list[tuple[str, str]]] = {}
        for each in distinte.list_(conn, azienda_id=azienda_id):
            if each.stato != "Eliminata":
                (order,) = orders[each.id]
                found.setdefault((sia, each.abi, each.nome_supporto), []).append((str(each.stato), order))
        told = {chiave: times for chiave, times in told.items() if chiave[0] == sia}
        assert found == told, {
            key: (found.get(key), told.get(key)) for key in {*found, *told} if found.get(key) != told.get(key)
        }


def _all(tasks: deque[Callable[[], None]]) -> Callable[[], None]:
    def work() -> None:
        while tasks:
            tasks[0]()
            tasks.popleft()

    return work


def _difference(got: Counter[Any], wanted: Counter[Any]) -> dict[str, Any]:
    return {"twice or not wanted": got - wanted, "missing": wanted - got}


def live(seed: int, backlog: int = BACKLOG) -> Figure:
    """The life of a seed."""
    return Vita(seed, base(backlog)).live()
