"""The same messages of a bank in any order and in any files end in the same state.

A set of messages, drawn from a seed, speaks of a few distinte: receipts, refusals of the whole, outcomes of each order,
the contradictory ones too, outcomes of nobody, some of them twice. They come in an order drawn anew, one or more to a
file; each time on a home as it was before any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from random import Random
from typing import TypeAlias

from banksim.risposte import SPESE_PAGATA, Decisione, Esito, conferma, flusso_esiti, ricevuta, scarto, stray
from cbi.flows.riba import disposizioni
from ledger import aziende, firme, home, journal, utenti
from ledger.distinte import list_
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import Ports
from reconcile.conto import Conto
from spool.albero import Ramo, ramo
from spool.dispatch import dispatch_ready
from spool.receive import _commit, plant_all
from spool.smistamento import Letto, sort
from tests.ledger.memoria import ROOT, give_back, memory, raw
from tests.ledger.sala import PARTITA_IVA, PASSWORD, CountingRandom, StillClock
from tests.sim.banche import CAUSALI, read
from tests.sim.disco import Disco, Porta
from tests.sim.scena import AZIENDE, BANCHE, CHI, PRIMO, flusso, staged

SIA = AZIENDE[0]
DISTINTE = ((BANCHE[0], 1), (BANCHE[0], 3), (BANCHE[1], 2))  # bank, orders
FEWEST, MOST = 6, 10  # messages
GROUPS, TOGETHER = 4, 0.4  # ways of putting them into files; how often one goes with the one before
VERIFIED = 50  # of so many orderings one has its journal verified

Stati: TypeAlias = tuple[list[tuple[str, str]], list[tuple[str, str]], list[tuple[str, str]]]


@dataclass(frozen=True)
class Messaggio:
    """What a bank lets go, as `name`; one that `joins` may share a file with others."""

    ramo: Ramo
    name: str
    data: bytes
    joins: bool = True


@dataclass(frozen=True)
class Busta:
    """A file of messages, as read."""

    ramo: Ramo
    name: str
    data: bytes
    letti: list[Letto]


class Mazzo:
    """The messages of a seed, to be dealt again and again."""

    def __init__(self, seed: int) -> None:
        self.draw = Random(seed)
        made = [self._one() for _ in range(self.draw.randint(FEWEST, MOST - 2))]
        made += self.draw.sample(made, 2)
        self.groups = [[_opened(file) for file in self._grouped(made)] for _ in range(GROUPS)]

    def deal(self) -> tuple[Stati, Conto]:
        """The messages in some order, in some files: what they lead to, and the sums of all of them."""
        files = self.draw.choice(self.groups)
        files = self.draw.sample(files, len(files))
        template, disco = _template()
        copied = _seen(memory(StillClock(MORNING), template), disco)
        conto = sum((_read(copied, file) for file in files), Conto())
        found = _states(copied)
        if self.draw.random() < 1 / VERIFIED:
            with copied.read() as conn:
                assert journal.verify(conn, 1) is None
        give_back(copied)
        return found, conto

    def _grouped(self, made: list[Messaggio]) -> list[list[Messaggio]]:
        files: list[list[Messaggio]] = []
        for each in self.draw.sample(made, len(made)):
            last = files[-1] if files else []
            if last and last[0].ramo == each.ramo and last[0].joins and each.joins and self.draw.random() < TOGETHER:
                last.append(each)
            else:
                files.append([each])
        return files

    def _one(self) -> Messaggio:
        n, giorno = self.draw.randrange(len(DISTINTE)), PRIMO + timedelta(self.draw.randint(1, 90))
        name, data, what = *_sent()[n], self.draw.choice(("ack", "CN", "ER", *CAUSALI, *CAUSALI))
        branch = ramo(ROOT / "spool", SIA, DISTINTE[n][0])
        if what == "ack":
            return Messaggio(branch, f"{name}.ack", ricevuta(name, data), joins=False)
        if what in CAUSALI:
            return Messaggio(branch, "esiti.cbi", self._outcomes(data, what, giorno))
        made = conferma(read(data), giorno) if what == "CN" else scarto(read(data), giorno, ["050"])
        return Messaggio(branch, "cornice.cbi", made)

    def _outcomes(self, data: bytes, causale: str, giorno: date) -> bytes:
        supporto = read(data)
        pairs = [*zip(supporto.ordini, disposizioni(supporto), strict=True)]
        some = self.draw.sample(pairs, self.draw.randint(1, len(pairs)))
        esiti = [Esito(ordine, each, causale, SPESE_PAGATA) for ordine, each in some]
        if self.draw.random() < 0.1:
            esiti.append(stray(esiti[0], importo=1))
        return flusso_esiti(Decisione(supporto, tuple(esiti), {causale: f"PM{giorno:%y%m%d}"}), causale, giorno)


MORNING = datetime.fromisoformat(f"{PRIMO}T07:00:00+00:00")


def check(seed: int, times: int) -> None:
    """Deal the messages of a seed so many times. AssertionError, with the seed, when two
    orders end differently."""
    mazzo = Mazzo(seed)
    first, _ = mazzo.deal()
    for _ in range(times - 1):
        found, conto = mazzo.deal()
        assert found == first, f"again: python -m tests.sim --orders {seed}; {found} != {first}"
        assert conto.squares()


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
            flusso(SIA, abi, f"D{n}", range(10 * n, 10 * n + many), PRIMO) for n, (abi, many) in enumerate(DISTINTE, 1)
        ]
        assert import_file(made, b"".join(flows), "tutte.cbi", azienda).clean
        with made.read() as conn:
            ids = [each.id for each in list_(conn)]
        for each in ids:
            firme.sign(made, each, CHI, PASSWORD)
        dispatch_ready(made)
    return made, disco


@cache
def _sent() -> list[tuple[str, bytes]]:
    """Name and bytes of the file of each distinta, in their order."""
    files = [(path.rpartition("/")[2], data) for path, data in _template()[1].files() if "/out/new/" in path]
    return sorted(files, key=lambda each: read(each[1]).identita[3])


def _seen(made: Home, disco: Disco) -> Home:
    return Home(
        made.path, Ports(made.ports.clock, Porta(disco, lambda _call, _path: None), CountingRandom()), made.engine
    )


def _opened(file: list[Messaggio]) -> Busta:
    first, data = file[0], b"".join(each.data for each in file)
    return Busta(first.ramo, first.name, data, sort(first.ramo, first.name, data))


def _read(at: Home, file: Busta) -> Conto:
    done = _commit(at, file.ramo, file.name, 1, file.data, sha256(file.data).hexdigest(), file.letti)
    return sum((each.conto for each in done), Conto())


def _states(at: Home) -> Stati:
    queries = (
        "SELECT nome_supporto, stato FROM distinta",
        "SELECT chiave, stato FROM disposizione",
        "SELECT DISTINCT chiave, causale FROM esito",
    )
    distinte, ordini, esiti = (sorted(raw(at).execute(query).fetchall()) for query in queries)
    return distinte, ordini, esiti
