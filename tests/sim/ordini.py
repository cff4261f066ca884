"""The same messages of a bank in any order and in any files end in the same state.

A set of messages, drawn from a seed, speaks of a few distinte: receipts, refusals of the whole, outcomes of each order,
the contradictory ones too, outcomes of nobody, some of them twice; one distinta asks back orders of another, and the
silence of the bank may be taken for payment meanwhile. They are put into files in several ways, one or more
to a file, and the files come in every order, or in every order after a beginning drawn from the seed. Orders that begin
alike are walked as a tree: what a file did is undone when all that may follow it has been seen. Each ends where plain
dictionaries say that the messages lead to.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import islice
from random import Random
from typing import Any, TypeAlias

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from banksim.risposte import SPESE_PAGATA, Decisione, Esito, conferma, flusso_esiti, ricevuta, scarto, stray
from cbi.flows.riba import disposizioni
from ledger import aziende, firme, home, journal, operazioni, utenti
from ledger.distinte import list_, orders
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import Ports
from ledger.rifacimento import Testata
from ledger.varco import macchina
from reconcile.silenzio import CHI as CHI_TACE
from reconcile.silenzio import presume
from spool.albero import Ramo, ramo
from spool.dispatch import dispatch_ready
from spool.receive import _commit, plant_all
from spool.smistamento import Letto, sort
from tests.ledger.memoria import ROOT, memory, raw
from tests.ledger.modello import DETTA, PAROLE
from tests.ledger.sala import PARTITA_IVA, PASSWORD, CountingRandom, StillClock
from tests.sim.banche import ACK, CAUSALI, CN, ER, read
from tests.sim.disco import Disco, Porta
from tests.sim.scena import AZIENDE, BANCHE, CHI, PRIMO, flusso, staged

SIA = AZIENDE[0]
DISTINTE = {"D1": (BANCHE[0], 1), "D2": (BANCHE[0], 3), "D3": (BANCHE[1], 2)}  # bank, orders
RICHIAMO, CHIESTE = "R2", 2  # the distinta that asks back so many orders of D2, the first of them
SILENZIO, SILENT = "silenzio", 0.4  # in how many sets
FEWEST, MOST = 6, 10  # messages
ABOUT = 2  # distinte that a set speaks of
GROUPS, TOGETHER = 4, 0.4  # ways of putting them into files; how often one goes with the one before
WHOLE = 6  # files that are seen in every order
BEGINNINGS, LAST = 3, 4  # of more files: so many beginnings, and after each every order of the last ones
VERIFIED = 50  # of so many orders one has its journal verified
MORNING = datetime.fromisoformat(f"{PRIMO}T07:00:00+00:00")
LATER = MORNING + timedelta(150)  # all orders fell due long before

Parola: TypeAlias = tuple[str, str, str]  # nome supporto, key of an order or "" for the whole, event


@dataclass(frozen=True)
class Messaggio:
    """What a bank lets go, as `name`, and what it says so; one that `joins` may share a file with others."""

    ramo: Ramo
    name: str
    data: bytes
    parole: tuple[Parola, ...]
    joins: bool = True


@dataclass(frozen=True)
class Busta:
    """A file of messages, and as read. Two alike are the same."""

    ramo: Ramo
    name: str
    data: bytes
    letti: list[Letto] = field(compare=False)
    parole: tuple[Parola, ...] = field(compare=False)

    def __str__(self) -> str:
        return f"{self.ramo.abi}/{self.name}: " + ", ".join(" ".join(filter(None, each)) for each in self.parole)


Ordine: TypeAlias = tuple[Busta, ...]


@dataclass(frozen=True)
class Fine:
    """Where messages lead to: the states of distinte by nome supporto, of orders by that and their key; the outcomes
    kept, the order that each speaks of, the memos."""

    distinte: dict[str, str]
    ordini: dict[str, str]
    esiti: frozenset[tuple[Any, ...]]
    legami: frozenset[tuple[Any, ...]]
    promemoria: frozenset[tuple[Any, ...]]


SILENTLY = Messaggio(ramo(ROOT / "spool", SIA, BANCHE[0]), SILENZIO, b"", (("", SILENZIO, "presumi"),), joins=False)


class Mazzo:
    """The messages of a seed, and the files that they are put into."""

    def __init__(self, seed: int) -> None:
        self.draw = Random(seed)
        self.nomi = self.draw.sample([*_sent()], ABOUT)
        made = [self._one(n) for n in range(self.draw.randint(FEWEST, MOST - 2))]
        made += self.draw.sample(made, 2)
        self.silence = self.draw.random() < SILENT
        made += [SILENTLY] * self.silence
        self.parole = {parola for each in made for parola in each.parole}
        self.groups = [[_opened(file) for file in self._grouped(made)] for _ in range(GROUPS)]

    def deal(self) -> Iterator[tuple[Ordine, Fine]]:
        """The files of each group in one order after another, and where that leads."""
        at, known = _stage(), set[Ordine]()
        for files in self.groups:
            for ordine in self._orders(at, files):
                if ordine not in known:
                    known.add(ordine)
                    yield ordine, _fine(at, silence=self.silence)
                    if self.draw.random() < 1 / VERIFIED:
                        with at.read() as conn:
                            assert journal.verify(conn, 1) is None

    def _orders(self, at: Home, files: list[Busta]) -> Iterator[Ordine]:
        last = len(files) if len(files) <= WHOLE else LAST
        for _ in range(1 if last == len(files) else BEGINNINGS):
            drawn = self.draw.sample(files, len(files))
            begun, left = tuple(drawn[:-last]), drawn[-last:]
            with _undone(at):
                for each in begun:
                    _read(at, each)
                yield from _every(at, begun, left)

    def _grouped(self, made: list[Messaggio]) -> list[list[Messaggio]]:
        files: list[list[Messaggio]] = []
        for each in self.draw.sample(made, len(made)):
            last = files[-1] if files else []
            if last and last[0].ramo == each.ramo and last[0].joins and each.joins and self.draw.random() < TOGETHER:
                last.append(each)
            else:
                files.append([each])
        return files

    def _one(self, n: int) -> Messaggio:
        nome, giorno = self.draw.choice(self.nomi), PRIMO + timedelta(self.draw.randint(1, 90))
        what = self.draw.choice((ACK, CN, ER, ER, *CAUSALI))
        if nome == RICHIAMO and what in CAUSALI:
            nome = "D2"
        name, data = _sent()[nome]
        supporto = read(data)
        branch = ramo(ROOT / "spool", SIA, supporto.identita[1])
        if what in CAUSALI:
            return Messaggio(branch, "esiti.cbi", *self._outcomes(data, what, giorno, n))
        parole = ((nome, "", "scarta" if what == ER else "ricevi"),)
        if what == ACK:
            return Messaggio(branch, f"{name}.ack", ricevuta(name, data), parole, joins=False)
        made = conferma(supporto, giorno) if what == CN else scarto(supporto, giorno, ["050"])
        return Messaggio(branch, "cornice.cbi", made, parole)

    def _outcomes(self, data: bytes, causale: str, giorno: date, n: int) -> tuple[bytes, tuple[Parola, ...]]:
        supporto = read(data)
        pairs = [*zip(supporto.ordini, disposizioni(supporto), strict=True)]
        some = self.draw.sample(pairs, self.draw.randint(1, len(pairs)))
        esiti = [Esito(ordine, each, causale, SPESE_PAGATA) for ordine, each in some]
        parole = tuple((supporto.identita[3], each.numero_ricevuta, CAUSALI[causale]) for _, each in some)
        if self.draw.random() < 0.1:
            esiti.append(stray(esiti[0], importo=1))
        decisione = Decisione(supporto, tuple(esiti), {causale: f"PM{giorno:%m%d}{n:02d}"})
        return flusso_esiti(decisione, causale, giorno), parole


def check(seed: int, most: int | None = None) -> int:
    """Deal the messages of a seed in all orders, or in so many; how many those were. AssertionError, with the seed and
    the orders, when two end differently, or one not where the messages say."""
    mazzo = Mazzo(seed)
    distinte, ordini = told(mazzo.parole)
    again, seen, first = f"again: python -m tests.sim --orders {seed}", 0, None
    for ordine, fine in islice(mazzo.deal(), most):
        seen, first = seen + 1, first or (ordine, fine)
        assert (fine.distinte, fine.ordini) == (distinte, ordini), (
            f"{again}; {_words(ordine)}: {fine} != {distinte}, {ordini}"
        )
        assert fine == first[1], f"{again}; {_words(ordine)}: {fine}; {_words(first[0])}: {first[1]}"
    return seen


def told(parole: set[Parola]) -> tuple[dict[str, str], dict[str, str]]:
    """The states of distinte and orders after these words, in whatever order they came. Of an order the strongest word
    prevails. That on the whole stands for the orders of which nothing else was said. One that was asked back stays so
    unless the bank refused to be asked; silence comes last, and of those not asked back."""
    said: dict[str, set[str]] = defaultdict(set)
    for nome, chiave, evento in parole:
        said[chiave or nome].add(evento)
    chiavi = {nome: [each.numero_ricevuta for each in disposizioni(read(data))] for nome, (_, data) in _sent().items()}
    distinte, ordini = dict[str, str](), dict[str, str]()
    for nome in chiavi:
        words = said[nome]
        whole = "Scartata" if "scarta" in words else "Ricevuta Banca" if "ricevi" in words else "Inoltrata"
        for chiave in chiavi[nome]:
            good = PAROLE["RIBA"] if nome != RICHIAMO else ("richiama",)
            own = [DETTA[word] for word in good if word in said[chiave]]
            asked = nome == "D2" and chiave in chiavi[RICHIAMO] and "scarta" not in said[RICHIAMO]
            if not own and whole != "Scartata" and nome != RICHIAMO:
                own = ["Richiamo chiesto"] * asked or ["Presunta pagata"] * len(said[SILENZIO])
            ordini[f"{nome} {chiave}"] = (own or [whole])[-1]
        stati = {ordini[f"{nome} {chiave}"] for chiave in chiavi[nome]}
        distinte[nome] = whole if stati & {whole, "Richiamo chiesto"} else "Elaborata"
    return distinte, ordini


def _every(at: Home, begun: Ordine, left: Sequence[Busta]) -> Iterator[Ordine]:
    """Every order of what is left, after what has begun; the home is as it is at its end."""
    if not left:
        yield begun
    for each in dict.fromkeys(left):
        rest = [*left]
        rest.remove(each)
        with _undone(at):
            _read(at, each)
            yield from _every(at, (*begun, each), rest)


@cache
def _template() -> tuple[Home, Disco]:
    """A home whose distinte have left, and its disk."""
    disco = Disco()
    made = _seen(memory(StillClock(MORNING)), disco)
    for folder in (made.archive_dir, made.spool_dir):
        disco.mkdir(folder)
    with staged(disco):
        with made.begin() as conn:
            home._upgrade(conn)
            azienda = aziende.create(conn, made.ports, sia=SIA, nome="Prova", codice_fiscale=PARTITA_IVA)
            for abi in BANCHE:
                aziende.add_banca(conn, made.ports, azienda, abi, abi)
            utenti.create(conn, made.ports, azienda, login=CHI, peso=100, password=PASSWORD)
        plant_all(made)
        flows = [
            flusso(SIA, abi, nome, range(10 * n, 10 * n + many), PRIMO)
            for n, (nome, (abi, many)) in enumerate(DISTINTE.items(), 1)
        ]
        assert import_file(made, b"".join(flows), "tutte.cbi", azienda).clean
        with made.read() as conn:
            ids = {each.nome_supporto: each.id for each in list_(conn)}
            asked = [each.id for each in islice(orders(conn, ids["D2"]), CHIESTE)]
        for each in ids.values():
            firme.sign(made, each, CHI, PASSWORD)
        dispatch_ready(made)
        fatto = operazioni.recall(made, ids["D2"], CHI, PASSWORD, ordini=asked, testata=Testata(RICHIAMO, PRIMO))
        firme.sign(made, fatto.distinta_id or 0, CHI, PASSWORD)
        dispatch_ready(made)
    return made, disco


@cache
def _sent() -> dict[str, tuple[str, bytes]]:
    """Name and bytes of the file of each distinta, by its nome supporto."""
    files = [(path.rpartition("/")[2], data) for path, data in _template()[1].files() if "/out/new/" in path]
    return {read(file[1]).identita[3]: file for file in sorted(files)}


def _seen(made: Home, disco: Disco) -> Home:
    return Home(
        made.path, Ports(made.ports.clock, Porta(disco, lambda _call, _path: None), CountingRandom()), made.engine
    )


class Domanda(sqlite3.Cursor):
    """What is asked through a `Sospesa`, whose transaction has begun before."""

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        return self if sql.startswith("BEGIN") else super().execute(sql, *parameters)


class Sospesa(sqlite3.Connection):
    """A connection to a database that nobody else sees. What is committed through it waits, and can be undone."""

    def cursor(self, factory: Any = Domanda) -> Any:
        return super().cursor(factory)

    def commit(self) -> None: ...

    def rollback(self) -> None: ...


@cache
def _stage() -> Home:
    """A home whose distinte have left, of which nothing is ever committed."""
    template, disco = _template()
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(":memory:", factory=Sospesa, isolation_level=None),
        poolclass=StaticPool,
    )
    copied = _seen(Home(ROOT, Ports(StillClock(MORNING), template.ports.disk, CountingRandom()), engine), disco)
    raw(template).backup(raw(copied))
    raw(copied).execute("PRAGMA foreign_keys = ON")
    return copied


@cache
def _database() -> Any:
    """The driver's own connection of the stage."""
    return raw(_stage())


@contextmanager
def _undone(at: Home) -> Iterator[None]:
    """What is done meanwhile is undone afterwards, to the hands of the clock."""
    database, clock = _database(), at.ports.clock
    was = clock.at
    database.execute("SAVEPOINT prima")
    try:
        yield
    finally:
        database.execute("ROLLBACK TO prima")
        database.execute("RELEASE prima")
        clock.at = was


def _opened(file: list[Messaggio]) -> Busta:
    first, data = file[0], b"".join(each.data for each in file)
    parole = tuple(parola for each in file for parola in each.parole)
    letti = sort(first.ramo, first.name, data) if data else []
    return Busta(first.ramo, first.name, data, letti, parole)


def _read(at: Home, file: Busta) -> None:
    if file.name == SILENZIO:
        _keep_silent(at)
    else:
        done = _commit(at, file.ramo, file.name, 1, file.data, sha256(file.data).hexdigest(), file.letti)
        assert all(each.conto.squares() for each in done)


def _keep_silent(at: Home) -> None:
    late = Home(at.path, replace(at.ports, clock=StillClock(LATER)), at.engine)
    with macchina(late, 1, CHI_TACE) as lavoro:
        for abi in sorted({abi for abi, _ in DISTINTE.values()}):
            presume(lavoro, abi, "RIBA", 5)


def _fine(at: Home, *, silence: bool) -> Fine:
    """Where it led; after a silence, once there has been silence about all that came later."""
    with _undone(at):
        if silence:
            _keep_silent(at)
        distinte, ordini, *others = (_database().execute(query).fetchall() for query in FINE)
    return Fine(dict(distinte), dict(ordini), *map(frozenset, others))


# An outcome of another amount may be held for a part of it or not, according to what was known: it is an exception.
LEGAME = "esito e JOIN disposizione d ON d.id = e.disposizione_id AND d.importo = e.importo"
FINE = (
    "SELECT nome_supporto, stato FROM distinta",
    "SELECT d.nome_supporto || ' ' || o.chiave, o.stato FROM disposizione o JOIN distinta d ON d.id = o.distinta_id",
    "SELECT chiave, causale, importo, effetto FROM esito",
    f"SELECT e.chiave, e.causale, d.id FROM {LEGAME}",
    "SELECT nome_supporto, causale, importo, riferimento FROM promemoria",
)


def _words(ordine: Ordine) -> str:
    return "; ".join(map(str, ordine))
