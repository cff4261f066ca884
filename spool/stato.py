"""What lies in the folders of each bank, and whether all that came in is accounted for. It changes nothing.

Three sums are made for each bank, each from two places that know of each other only by what happened:

- files: those that the ledger knows, by digest, against those in the folders;
- supporti: those that the journal told, against those that the books have;
- outcomes: those that the files brought, against those kept, by verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ledger import archivio, attese, intenti, quadratura
from ledger.attese import Ritardo
from ledger.home import Home
from ledger.intenti import Intento
from ledger.outcomes import APPLICATO, ECCEZIONE_, GIA_APPLICATO
from ledger.ports import Disk
from ledger.quadratura import Ricevuto
from spool import pacchi
from spool.albero import IN, OUT, Ramo, branches
from spool.archivi import contents
from spool.lettura import Hostile, Unsettled, read_foreign
from spool.nomi import READY, waits
from spool.quarantena import NOTE
from spool.receive import ELABORATO, GIA_RICEVUTO, RIFIUTATO
from spool.smistamento import RICEVUTE

VERDETTI = {"applicati": APPLICATO, "gia_applicati": GIA_APPLICATO, "eccezioni": ECCEZIONE_}
ARCHIVIO, ATTESA = "archive", "in/attesa"


@dataclass(frozen=True)
class Somma:
    """A sum that should hold, `totale` = all the `parti`. `mancano` are the names of what is not accounted for, and
    `estranei` of what nobody knows."""

    nome: str
    totale: int
    parti: Mapping[str, int]
    mancano: tuple[str, ...] = ()
    estranei: tuple[str, ...] = ()

    @property
    def torna(self) -> bool:
        return self.totale == sum(self.parti.values()) and not self.mancano and not self.estranei


@dataclass(frozen=True)
class StatoRamo:
    """The branch of a company and a bank: files by folder, dispatches that are open and uncertain, the sums; and how
    many files in quarantine add nothing to them: never read (refused as they were), or counted elsewhere."""

    sia: str
    abi: str
    cartelle: Mapping[str, int]
    aperti: tuple[Intento, ...]
    incerti: tuple[Intento, ...]
    somme: tuple[Somma, ...]
    fuori_somma: int


@dataclass(frozen=True)
class Stato:
    """The whole spool, with the receipts that are late."""

    rami: tuple[StatoRamo, ...]
    ritardi: tuple[Ritardo, ...]

    @property
    def torna(self) -> bool:
        """Whether every sum holds."""
        return all(somma.torna for ramo in self.rami for somma in ramo.somme)


def status(home: Home, oggi: date) -> Stato:
    """The spool as it is on a day of Rome. Files are read, to know them by their digest."""
    disk = home.ports.disk
    rami = list(branches(disk, home.spool_dir))
    with home.read() as conn:
        known = list(quadratura.received(conn))
        aperti, incerti = intenti.pending(conn), intenti.uncertain(conn)
        ritardi = tuple(attese.overdue(conn, oggi))
    there = {ramo: list(_digests(disk, ramo)) for ramo in rami}
    places = {(ramo.sia, sha256): place for ramo in rami for place, _, sha256 in there[ramo]}
    noti = {(each.sia, each.sha256) for each in known}
    found = []
    for ramo in rami:
        mine = [each for each in known if (each.sia, each.abi) == (ramo.sia, ramo.abi)]
        strange = [str(path) for place, path, sha256 in there[ramo] if _unknown(ramo, place, sha256, noti)]
        somme = (_files(mine, places, strange), _supporti(mine), _esiti(mine))
        cartelle = folders(disk, ramo)
        summed = {sha256: path for _, path, sha256 in there[ramo] if _in_quarantine(ramo, path, sha256, places, noti)}
        fuori = cartelle["in/quarantine"] - len(set(summed.values()))
        found.append(StatoRamo(ramo.sia, ramo.abi, cartelle, _of(ramo, aperti), _of(ramo, incerti), somme, fuori))
    return Stato(tuple(found), ritardi)


def folders(disk: Disk, branch: Ramo) -> dict[str, int]:
    """How many files there are in each folder of a branch; in `in/attesa`, those of `in/new` that are not yet to be
    read."""
    new = set(_names(disk, branch.into("new")))
    waiting = {name for name in new if waits(name)}
    alone = [name for name in waiting if name.removesuffix(READY) not in new - waiting]
    counts = {f"in/{folder}": len(_counted(disk, branch.into(folder))) for folder in IN}
    counts |= {"in/new": len(new - waiting), ATTESA: len(alone)}
    counts |= {f"out/{folder}": len(_names(disk, branch.out(folder))) for folder in OUT}
    dated = [folder for side in ("in", "out") for folder in branch.archived(disk, side)]
    packed = [name for path in branch.packs(disk) for name in _packed(disk, path) if not name.endswith((NOTE, READY))]
    return counts | {ARCHIVIO: sum(len(_counted(disk, folder)) for folder in dated) + len(packed)}


def _names(disk: Disk, folder: Path) -> list[str]:
    return disk.listdir(folder) if disk.exists(folder) else []


def _counted(disk: Disk, folder: Path) -> list[str]:
    """The names of what came in, without the notes and the sidecars beside it."""
    return [name for name in _names(disk, folder) if not name.endswith((NOTE, READY))]


def _packed(disk: Disk, path: Path) -> list[str]:
    try:
        return pacchi.names(disk, path)
    except (pacchi.Broken, OSError):
        return []


def _of(ramo: Ramo, found: list[Intento]) -> tuple[Intento, ...]:
    return tuple(each for each in found if (each.sia, each.abi) == (ramo.sia, ramo.abi))


# --- files ------------------------------------------------------------------------------------------------------------


def _digests(disk: Disk, branch: Ramo) -> Iterator[tuple[str, Path, str]]:
    """The place, path and digest of every file received, and of each in an archive; what cannot be read is in no
    sum."""
    places = [(folder, branch.into(folder)) for folder in reversed(IN)]
    for place, folder in [*places, *((ARCHIVIO, folder) for folder in branch.archived(disk, "in"))]:
        for name in _counted(disk, folder):
            with suppress(Hostile, Unsettled, OSError):
                data = read_foreign(folder / name)
                yield from ((place, folder / name, sha256) for sha256 in _within(name, data))
    for path in branch.packs(disk):
        with suppress(pacchi.Broken, Hostile, OSError):
            for member, data in pacchi.read(disk, path):
                _, side, name = member.split("/", 2)
                if side == "in" and not name.endswith((NOTE, READY)):
                    yield from ((ARCHIVIO, path / member, sha256) for sha256 in _within(name, data))


def _within(name: str, data: bytes) -> Iterator[str]:
    """The digests of what a file holds: itself, or each file in an archive."""
    return (archivio.digest(piece) for _, piece in contents(name, data))


def _unknown(ramo: Ramo, place: str, sha256: str, noti: set[tuple[str, str]]) -> bool:
    """Whether a file was put away as read and the ledger does not know it."""
    return place in ("done", ARCHIVIO) and (ramo.sia, sha256) not in noti


def _in_quarantine(
    ramo: Ramo, path: Path, sha256: str, places: Mapping[tuple[str, str], str], noti: set[tuple[str, str]]
) -> bool:
    """Whether a file is one of those that the sum has in quarantine."""
    key, here = (ramo.sia, sha256), path.parent == ramo.into("quarantine")
    return here and key in noti and places[key] == "quarantine"


def _files(mine: list[Ricevuto], places: Mapping[tuple[str, str], str], strange: list[str]) -> Somma:
    where = Counter(places.get((each.sia, each.sha256)) for each in mine)
    missing = tuple(each.nome for each in mine if (each.sia, each.sha256) not in places)
    parti = {place: where[place] for place in ("done", "quarantine", "new", ARCHIVIO)}
    return Somma("file", len(mine), parti, missing, tuple(strange))


# --- supporti and outcomes --------------------------------------------------------------------------------------------


def _supporti(mine: list[Ricevuto]) -> Somma:
    told = Counter(verdetto for each in mine for _, verdetto in each.letti)
    parti = {
        "importati": sum(len(each.supporti) for each in mine),
        "gia_ricevuti": told[GIA_RICEVUTO],
        "rifiutati": told[RIFIUTATO],
    }
    missing = (each.nome for each in mine if _taken(each) != sorted(s["numero"] for s in each.supporti))
    return Somma("supporti", told.total(), parti, tuple(missing))


def _taken(each: Ricevuto) -> list[int]:
    return sorted(numero for numero, verdetto in each.letti if verdetto == ELABORATO)


def _esiti(mine: list[Ricevuto]) -> Somma:
    parti: Counter[str] = Counter(dict.fromkeys(VERDETTI, 0))
    brought, missing = 0, []
    for each in mine:
        kept = {parte: each.esiti[verdetto] for parte, verdetto in VERDETTI.items()}
        said = {parte: sum(s["conto"][parte] for s in each.supporti if s["tipo"] not in RICEVUTE) for parte in VERDETTI}
        parti.update(kept)
        parti.update({p: sum(s["conto"][p] for s in each.supporti if s["tipo"] in RICEVUTE) for p in VERDETTI})
        brought += sum(s["conto"]["ricevuti"] for s in each.supporti)
        missing += [each.nome] if kept != said else []
    return Somma("esiti", brought, dict(parti), tuple(missing))
