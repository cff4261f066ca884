"""What arrives: every file in `in/new` is read once, routed supporto by supporto, and put where it belongs.

A file that somebody may still be writing waits; an archive is as many files as it holds. For each file: its bytes into
the archive; then one transaction with all that it says and what became of it, keyed by its digest; then the move to
`in/done` or `in/quarantine`. A crash before the commit changes nothing; one after it finds the digest already known,
applies nothing again and only moves the file. What was refused in a file (wrong company, a fault) leaves no mark: the
same file, given again after the cause is cured, is read for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from ledger import archivio, aziende, journal, outcomes
from ledger.home import Home
from ledger.ports import Ports, sweep
from reconcile.conto import Arrivo, Conto
from spool.albero import Ramo, branches, plant, ramo
from spool.archivi import contents, signed
from spool.dispatch import recover, tidy
from spool.lettura import Hostile, Unsettled, read_foreign
from spool.linee import signers
from spool.nomi import READY, waits, why_hostile
from spool.quarantena import quarantine, shelve
from spool.smistamento import Letto, Reason, reason, sort

if TYPE_CHECKING:
    from spool.linee import Firmatari

ELABORATO, GIA_RICEVUTO, RIFIUTATO = "elaborato", "gia_ricevuto", "rifiutato"
FATTO, QUARANTENA, FALLITO, ATTESA = "fatto", "quarantena", "fallito", "attesa"


class Taken(Exception):
    """A file that was looked at is not there any more: another process has moved it."""


@dataclass(frozen=True)
class SupportoRicevuto:
    """What became of one supporto (or sidecar) of a file: `verdetto` is elaborato, gia_ricevuto or rifiutato.

    `conto` are its sums, `motivi` say why it was refused; `codici` are those of an ER: why the bank refuses the
    flow that it names.
    """

    numero: int
    tipo: str
    nome_supporto: str
    verdetto: str
    conto: Conto = field(default_factory=Conto)
    motivi: tuple[Reason, ...] = ()
    codici: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileRicevuto:
    """What became of one file, or of one in an archive (`nome` is ARCHIVE/MEMBER): `verdetto` is fatto, quarantena,
    fallito (left in `in/new`, try again) or attesa (left there: somebody may still be writing it).

    `path` is where it is now; of one in an archive, where the archive is.
    """

    nome: str
    sia: str
    abi: str
    verdetto: str
    sha256: str = ""
    path: Path | None = None
    supporti: tuple[SupportoRicevuto, ...] = ()
    motivi: tuple[Reason, ...] = ()

    @property
    def conto(self) -> Conto:
        """The sums of the whole file."""
        return sum((s.conto for s in self.supporti), Conto())


def receive(home: Home, *, quiet: int = 0) -> list[FileRicevuto]:
    """All of `arrivals` at once."""
    return list(arrivals(home, quiet=quiet))


def arrivals(home: Home, *, quiet: int = 0) -> Iterator[FileRicevuto]:
    """Reads all that the banks have left in `in/new`, one file after another, in constant memory; gives what became of
    each. A file that cannot be read now stays where it is, and the others go on.

    A file is not read until nobody has written to it for `quiet` seconds, unless its NAME.ok is there. Raises Refused
    or OSError, before anything is read, when the settings say that files are signed and not by whom.
    """
    plant_all(home)
    sweep_all(home)
    with home.read() as conn:
        companies = {azienda.sia: azienda.id for azienda in aziende.list_(conn)}
    firmatari = signers(home)
    if waiting := all_waiting(home):
        recover(home)  # what a crash cut halfway has left all the same, if it is what these files answer
    for branch, name in waiting:
        who = firmatari.get((branch.sia, branch.abi))
        yield from _attempt(home, branch, name, companies.get(branch.sia), quiet, who)
    tidy(home)


def all_waiting(home: Home) -> list[tuple[Ramo, str]]:
    """The names to be looked at in every `in/new`, with their branch. Changes nothing."""
    disk = home.ports.disk
    folders = [(branch, branch.into("new")) for branch in branches(disk, home.spool_dir)]
    return [
        (branch, name)
        for branch, folder in folders
        if disk.exists(folder)
        for name in disk.listdir(folder)
        if not waits(name)
    ]


def plant_all(home: Home) -> None:
    """Makes the folders that are missing, of the banks of the ledger and of any other branch there is."""
    with home.read() as conn:
        known = [ramo(home.spool_dir, sia, abi) for sia, abi in outcomes.banks(conn)]
    for branch in [*known, *branches(home.ports.disk, home.spool_dir)]:
        plant(home.ports.disk, branch)


def sweep_all(home: Home) -> None:
    """Takes away what whoever was killed was writing, in the home and in every branch."""
    tmp = (branch.out("tmp") for branch in branches(home.ports.disk, home.spool_dir))
    for folder in (home.path, home.archive_dir, home.audit_dir, *tmp):
        sweep(home.ports, folder)


def _attempt(
    home: Home, branch: Ramo, name: str, company: int | None, quiet: int, firmatari: Firmatari | None
) -> list[FileRicevuto]:
    try:
        return _receive_file(home, branch, name, company, quiet, firmatari)
    except Unsettled:
        return [FileRicevuto(name, branch.sia, branch.abi, ATTESA)]
    except Taken:
        return []
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not home.ports.disk.exists(branch.into("new") / name):
            return []  # another process took it
        why = reason("RIC-000", f"errore del disco: {error}", f"disk error: {error}")
        return [FileRicevuto(name, branch.sia, branch.abi, FALLITO, motivi=(why,))]


def _receive_file(
    home: Home, branch: Ramo, name: str, company: int | None, quiet: int, firmatari: Firmatari | None
) -> list[FileRicevuto]:
    """Receives one file of `in/new`, or all that it holds. Raises `OSError` when the disk fails, `Unsettled` when it
    is not complete, `Taken` when it is not there any more; then nothing of it has been lost."""
    looked = _look(branch, name, _still_since(home.ports, branch, name, quiet))
    try:
        pieces = _pieces(name, looked, firmatari, home.ports)
    except Hostile as hostile:
        return [_refuse(home, branch, name, looked, reason("RIC-001", hostile.it, hostile.en))]
    if company is None:
        it = f"nessuna azienda con codice SIA {branch.sia} in questo archivio"
        return [_refuse(home, branch, name, looked, reason("RIC-002", it, f"no company {branch.sia} in this home"))]
    received = [_receive_piece(home, branch, company, piece, data) for piece, data in pieces]
    noted = [why if file.nome == name else {**why, "file": file.nome} for file in received for why in file.motivi]
    path = _put_away(home, branch, name, looked, noted)
    return [replace(file, path=path) for file in received]


def _still_since(ports: Ports, branch: Ramo, name: str, quiet: int) -> datetime | None:
    """The instant after which nobody may have written to a file; None where that is no matter."""
    ready = not quiet or ports.disk.exists(branch.into("new") / (name + READY))
    return None if ready else ports.clock.now() - timedelta(seconds=quiet)


def _look(branch: Ramo, name: str, still_since: datetime | None = None) -> bytes | Hostile:
    """What lies in `in/new` under a name: its bytes, or why they are not to be read."""
    if why := why_hostile(name):
        return Hostile(*why)
    try:
        return read_foreign(branch.into("new") / name, still_since=still_since)
    except Hostile as hostile:
        return hostile


def _pieces(
    name: str, looked: bytes | Hostile, firmatari: Firmatari | None, ports: Ports
) -> Iterator[tuple[str, bytes]]:
    if isinstance(looked, Hostile):
        raise looked
    if firmatari is not None:
        _require_signed(looked, firmatari, ports.clock.now())
    return contents(name, looked)


def _require_signed(data: bytes, firmatari: Firmatari, at: datetime) -> None:
    from spool import firmato

    if not signed(data):
        raise Hostile("non è firmato, come tutto da questa banca deve essere", "not signed, as all from this bank is")
    firmato.require(data, firmatari, at)


def _receive_piece(home: Home, branch: Ramo, company: int, name: str, data: bytes) -> FileRicevuto:
    sha256 = archivio.store(home, data)
    letti = sort(branch, name.rpartition("/")[2], data)
    supporti = tuple(_commit(home, branch, name, company, data, sha256, letti))
    motivi = tuple(m for s in supporti for m in s.motivi)
    verdetto = QUARANTENA if motivi else FATTO
    return FileRicevuto(name, branch.sia, branch.abi, verdetto, sha256, None, supporti, motivi)


def _refuse(home: Home, branch: Ramo, name: str, looked: bytes | Hostile, why: Reason) -> FileRicevuto:
    path = _put_away(home, branch, name, looked, [why])
    return FileRicevuto(name, branch.sia, branch.abi, QUARANTENA, path=path, motivi=(why,))


def _put_away(home: Home, branch: Ramo, name: str, looked: bytes | Hostile, noted: Sequence[Reason]) -> Path:
    """Moves a file where it belongs; returns where it is now. Raises `Taken` when it is not what was looked at: another
    process has moved that, and what the bank has left under its name since nobody has read. The right to write keeps
    other processes away between the last look and the move."""
    with home.begin():
        if _look(branch, name) != looked:
            raise Taken
        disk = home.ports.disk
        return quarantine(disk, branch, name, noted) if noted else shelve(disk, branch, name)


def _commit(
    home: Home,
    branch: Ramo,
    name: str,
    company: int,
    data: bytes,
    sha256: str,
    letti: Iterable[Letto],
) -> list[SupportoRicevuto]:
    """Applies what was read, once, and records what became of it, in one transaction."""
    with home.begin() as conn:
        known = outcomes.received_file(conn, company, sha256)
        file_id, before = known or (
            outcomes.add_file(
                conn,
                home.ports,
                azienda=company,
                abi=branch.abi,
                nome=name,
                sha256=sha256,
                dimensione=len(data),
            ),
            {},
        )
        done = {s["numero"]: s for s in before.get("supporti", [])}
        arrivo = Arrivo(company, branch.abi, file_id, name)
        results = [_apply(conn, home.ports, arrivo, letto, letto.numero in done) for letto in letti]
        news = [s for s in results if s.verdetto == ELABORATO]
        if news or not known:
            for supporto in news:
                done[supporto.numero] = _to_keep(supporto)
            outcomes.set_file(conn, file_id, {"supporti": [done[n] for n in sorted(done)]})
            _journal(conn, home.ports, arrivo, sha256, len(data), results)
    return results


def _apply(conn: Connection, ports: Ports, arrivo: Arrivo, letto: Letto, known: bool) -> SupportoRicevuto:
    who = (letto.numero, letto.tipo, letto.nome_supporto)
    if known:
        return SupportoRicevuto(*who, GIA_RICEVUTO)
    if letto.action is None:
        return SupportoRicevuto(*who, RIFIUTATO, motivi=letto.motivi)
    return SupportoRicevuto(*who, ELABORATO, conto=letto.action(conn, ports, arrivo), codici=letto.codici)


def _to_keep(supporto: SupportoRicevuto) -> Mapping[str, Any]:
    return {
        "numero": supporto.numero,
        "tipo": supporto.tipo,
        "nome_supporto": supporto.nome_supporto,
        "conto": {**vars(supporto.conto)},
    }


def _journal(
    conn: Connection,
    ports: Ports,
    arrivo: Arrivo,
    sha256: str,
    size: int,
    results: Iterable[SupportoRicevuto],
) -> None:
    journal.append(
        conn,
        azienda_id=arrivo.azienda_id,
        tipo="file_ricevuto",
        soggetto=f"file:{arrivo.file_id}",
        dati={
            "nome": arrivo.nome_file,
            "abi": arrivo.abi,
            "sha256": sha256,
            "dimensione": size,
            "supporti": [{**_to_keep(s), "verdetto": s.verdetto} for s in results],
        },
        at=ports.clock.now(),
    )
