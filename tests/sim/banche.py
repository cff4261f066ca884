"""The banks of a life, and the oracle of it: plain dictionaries of what each bank got and of what each said.

A bank carries off what it finds, thinks of it (`PIANI`), and lets its words go in files: late, again, joined with
others, in an archive, cut short first, to the wrong company.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random

from banksim.risposte import SPESE_PAGATA, Decisione, Esito, conferma, flusso_esiti, ricevuta, scarto
from cbi import Supporto, read_supporti
from cbi.flows.riba import disposizioni
from spool.albero import Ramo, ramo
from tests.ledger.modello import DETTA, PAROLE
from tests.sim.disco import Disco

ACK, CN, ER = "ack", "CN", "ER"
CAUSALI = {"30010": "paga", "30009": "storna", "42010": "insolvi", "30008": "richiama"}

# What a bank says of a distinta, and how often; in no order, since each word takes a time of its own.
PIANI: dict[tuple[str, ...], int] = {
    (): 240,
    (ACK,): 10,
    (CN,): 6,
    (CN, "30010"): 5,
    (ACK, "42010"): 3,
    ("30010",): 2,
    (ER,): 3,
    (CN, ER): 2,
    (ACK, CN, ER, ER): 1,
    ("30010", "42010"): 2,
    ("30010", "30009"): 1,
    ("30008", "30010"): 1,
    (CN, ER, "30010"): 1,
    (ER, "42010", "30010"): 1,
    ("30010", "30010", ACK): 1,
}
LATE = (0, 0, 0, 1, 1, 2, 5, 20, 60)  # days
AGAIN, JOINED, ZIPPED, CUT, ASTRAY = 0.12, 0.2, 0.05, 0.06, 0.03  # of what goes

Chiave = tuple[str, str, str]  # company, bank, nome supporto


@dataclass(frozen=True)
class Parola:
    """A word that a bank lets go on a day: `words` are what it says, of the distinta `chiave`, which came
    as the file `about`."""

    giorno: date
    ramo: Ramo
    nome: str
    data: bytes
    words: tuple[tuple[Chiave, str], ...]
    about: str
    joins: bool = False


class Banche:
    """All the banks, with what they know. `due` are the words that have not gone yet; none goes about a file that the
    company does not know (`known`) whether it has sent: it asks the bank first."""

    def __init__(
        self, draw: Random, disco: Disco, spool: Path, pairs: list[tuple[str, str]], known: Callable[[str], bool]
    ) -> None:
        self.draw, self.disco, self.known = draw, disco, known
        self.rami = [ramo(spool, sia, abi) for sia, abi in pairs]
        self.oggi = date.min
        self.due: list[Parola] = []
        self.got: Counter[tuple[str, str, bytes]] = Counter()  # by company, bank, bytes
        self.names: set[tuple[str, str, str]] = set()
        self.dropped: dict[str, set[str]] = defaultdict(set)  # digests of what was left, by company
        self.said: dict[Chiave, list[set[str]]] = defaultdict(list)  # of each time that a distinta was presented
        self.refused: list[Chiave] = []  # the company may present them again
        self.dated: dict[Chiave, date] = {}  # the day of the last word planned
        self.files = 0

    def act(self) -> None:
        """A bank does something: it carries off what one company has left for it, or lets one word go."""
        if self.draw.random() < 0.5:
            self.collect(self.draw.choice(self.rami))
        else:
            self.speak(1)

    def collect(self, branch: Ramo) -> None:
        """Carry off all that is in `out/new` of a branch."""
        new, sent = branch.out("new"), branch.out("sent")
        for name in self.disco.names(new):
            data = self.disco.read(new / name)
            self.disco.rename(new / name, sent / name)
            self._receive(branch, name, data)
        for folder in (sent, new):
            self.disco.sync(folder)

    def speak(self, most: int) -> int:
        """Let up to so many of the words go whose day has come; how many went."""
        ripe = [each for each in self.due if each.giorno <= self.oggi and self.known(each.about)]
        self.draw.shuffle(ripe)
        said = 0
        while ripe and said < most:
            together = [ripe.pop()]
            while together[0].joins and self.draw.random() < JOINED:
                others = [each for each in ripe if each.joins and each.ramo == together[0].ramo]
                if not others:
                    break
                together.append(others[0])
                ripe.remove(others[0])
            for each in together:
                self.due.remove(each)
            self._drop(together)
            said += 1
        return said

    def _receive(self, branch: Ramo, name: str, data: bytes) -> None:
        assert (branch.sia, branch.abi, name) not in self.names, f"{name} arrived twice"
        self.names.add((branch.sia, branch.abi, name))
        self.got[branch.sia, branch.abi, data] += 1
        chiave = (branch.sia, branch.abi, read(data).identita[3])
        self.said[chiave].append(set())
        piano = self.draw.choices([*PIANI], [*PIANI.values()])[0]
        for what in piano:
            self.due.append(self._word(branch, chiave, name, data, what))
        if ER in piano and not set(piano) & set(CAUSALI):
            self.refused.append(chiave)

    def _word(self, branch: Ramo, chiave: Chiave, name: str, data: bytes, what: str) -> Parola:
        giorno = self.oggi + timedelta(self.draw.choice(LATE))
        self.dated[chiave] = max(giorno, self.dated.get(chiave, giorno))
        words = ((chiave, {ACK: "ricevi", CN: "ricevi", ER: "scarta", **CAUSALI}[what]),)
        if what == ACK:
            return Parola(giorno, branch, f"{name}.ack", ricevuta(name, data), words, name)
        return Parola(giorno, branch, "", _said(data, what, giorno), words, name, joins=True)

    def _drop(self, together: list[Parola]) -> None:
        """One file, of one or more words: whole, or cut short and then again another day."""
        first, data, chance = together[0], b"".join(each.data for each in together), self.draw.random
        taken = bool(first.nome) and self.disco.exists(first.ramo.into("new") / first.nome)
        if taken or chance() < CUT:
            if not taken:
                self._leave(first.ramo, first.nome or self._name(), data[: self.draw.randint(1, len(data) - 1)])
            self.due += [replace(each, giorno=self.oggi + timedelta(1)) for each in together]
            return
        if chance() < ASTRAY:
            others = [each for each in self.rami if each.sia != first.ramo.sia]
            self._leave(self.draw.choice(others), self._name(), data)
        if chance() < AGAIN:
            again = self.oggi + timedelta(self.draw.choice(LATE))
            self.due.append(Parola(again, first.ramo, first.nome, data, (), first.about, first.joins))
        zipped = not first.nome and chance() < ZIPPED
        self._leave(first.ramo, first.nome or self._name(), data, zipped=zipped)
        for chiave, word in (each for one in together for each in one.words):
            self.said[chiave][-1].add(word)

    def _leave(self, branch: Ramo, name: str, data: bytes, *, zipped: bool = False) -> None:
        path = branch.into("new") / (f"{name}.zip" if zipped else name)
        self.disco.create(path, _zip(name, data) if zipped else data, synced=True)
        self.disco.sync(path.parent)
        self.dropped[branch.sia].add(hashlib.sha256(data).hexdigest())

    def _name(self) -> str:
        self.files += 1
        return f"{self.files:06d}.cbi"


def state_of(words: set[str]) -> tuple[str, str]:
    """What a distinta of one order, and its order, are after these words, in whatever order they came: the strongest
    prevails."""
    of_the_order = [word for word in PAROLE["RIBA"] if word in words]
    if not of_the_order:
        both = "Ricevuta Banca" if "ricevi" in words else "Inoltrata"
        return both, both
    order = DETTA[of_the_order[-1]]
    return "Scartata" if order == "Scartata" else "Elaborata", order


@cache
def read(data: bytes) -> Supporto:
    return next(read_supporti(BytesIO(data)))


@cache
def _said(data: bytes, what: str, giorno: date) -> bytes:
    supporto = read(data)
    if what == CN:
        return conferma(supporto, giorno)
    if what == ER:
        return scarto(supporto, giorno, ["050"])
    pairs = zip(supporto.ordini, disposizioni(supporto), strict=True)
    esiti = tuple(Esito(ordine, each, what, SPESE_PAGATA) for ordine, each in pairs)
    return flusso_esiti(Decisione(supporto, esiti, {what: f"PM{supporto.identita[3][-8:]}"}), what, giorno)


def _zip(name: str, data: bytes) -> bytes:
    kept = BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), data)
    return kept.getvalue()
