"""What is uncertain of a dispatch, or of its delivery on a line, decided by a person: the bank has the flow, or it has
not.

Who has asked the bank says which; the folders may only contradict them. Nothing is deleted: a file that has not left
goes back to `out/tmp`, where no bank collects, under a name that no dispatch writes; one that was not delivered stays
in `out/new`, for the next delivery.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from ledger import archivio, distinte, intenti
from ledger.errors import Refused
from ledger.home import Home
from ledger.intenti import Intento
from ledger.ports import Disk
from ledger.profilo import Funzione
from ledger.stati import Evento
from ledger.utenti import Segreto
from ledger.varco import Lavoro, varco_di
from spool import affido, consegna
from spool.albero import Ramo, free, plant, ramo

INCERTO = ".incerto"
"""What the name of a file that has not left ends with, in `out/tmp`."""

CONSEGNATA, NON_CONSEGNATA = "consegnata", "non consegnata"


@dataclass(frozen=True)
class Deciso:
    """What was decided of a distinta: whether the bank has it (`partita`), in what state it is (`stato`), and where its
    file is now, None when there was none. `consegna` when it had left, and only its delivery was uncertain."""

    distinta_id: int
    nome_file: str
    partita: bool
    stato: str
    path: Path | None
    consegna: bool = False


def resolve(
    home: Home, distinta_id: int, utente: str, password: Segreto, *, left: bool, dry_run: bool = False
) -> Deciso:
    """Close what is uncertain of a distinta. Its dispatch: it has `left`, and is Inoltrata, or it has not, and may
    leave again under another name. Its delivery, cut at the very end: the bank has it, or the next one gives it anew.

    Raises Refused: as the gate does (UTENTE-005 to UTENTE-011), when nothing is uncertain (INOLTRO-003), when the file
    is not where a bank would have found it with the bytes signed (INOLTRO-004), or is where only a bank puts it
    (INOLTRO-005); OSError when the disk fails, and then it is still uncertain.
    """
    with varco_di(home, distinta_id, utente, password, funzione=Funzione.DISPATCH, dry_run=dry_run) as lavoro:
        cut = _cut(home, lavoro.conn, distinta_id)
        if cut is None:
            return _dispatch(home, lavoro, intenti.require_uncertain(lavoro.conn, distinta_id), left, dry_run)
        intenti.delivered(lavoro.conn, lavoro.ports, cut, esito=CONSEGNATA if left else NON_CONSEGNATA, chi=lavoro.chi)
        stato = distinte.get(lavoro.conn, distinta_id).stato
    branch = ramo(home.spool_dir, cut.sia, cut.abi)
    if not dry_run:
        _as_told(home, branch, cut, left)
    return Deciso(distinta_id, cut.nome_file, left, stato, branch.where_left(home.ports.disk, cut.nome_file), True)


# --- a dispatch -------------------------------------------------------------------------------------------------------


def _dispatch(home: Home, lavoro: Lavoro, intento: Intento, left: bool, dry_run: bool) -> Deciso:
    branch, disk = ramo(home.spool_dir, intento.sia, intento.abi), home.ports.disk
    if left:
        path: Path | None = _where_signed(disk, branch, intento)
        dati = {"file": intento.nome_file, "sha256": intento.sha256}
        distinte.apply(lavoro.conn, lavoro.ports, intento.distinta_id, Evento.INOLTRA, chi=lavoro.chi, dati=dati)
        intenti.done(lavoro.conn, lavoro.ports, intento, chi=lavoro.chi)
    else:
        _require_not_collected(disk, branch, intento)
        path = None if dry_run else _put_aside(disk, plant(disk, branch), intento.nome_file)
        why = "deciso: non è partito"
        intenti.withdraw(lavoro.conn, lavoro.ports, intento, why=why, chi=lavoro.chi)
    stato = distinte.get(lavoro.conn, intento.distinta_id).stato
    return Deciso(intento.distinta_id, intento.nome_file, left, stato, path)


def _where_signed(disk: Disk, branch: Ramo, intento: Intento) -> Path:
    """Where the file is that has left, with the bytes signed; Refused (INOLTRO-004) with what was found instead."""
    path = branch.where_left(disk, intento.nome_file)
    if path is not None and archivio.digest(disk.read(path)) == intento.sha256:
        return path
    found = (f"{path} con altri byte", f"{path} with other bytes") if path else ("nessun file", "no file")
    raise Refused(
        "INOLTRO-004",
        f"{intento.nome_file}: cercato fra ciò che è partito, trovato {found[0]}.",
        f"{intento.nome_file}: looked for among what has left, found {found[1]}.",
        hint_it="Se la banca l'ha ricevuto intero, metterne una copia in out/sent; altrimenti: --not-left",
        hint_en="If the bank has all of it, put a copy into out/sent; otherwise: --not-left",
    )


def _require_not_collected(disk: Disk, branch: Ramo, intento: Intento) -> None:
    path = branch.where_left(disk, intento.nome_file)
    if path is not None and path.parent != branch.out("new"):
        raise Refused(
            "INOLTRO-005",
            f"La banca ha ritirato {intento.nome_file}: è in {path.parent}.",
            f"The bank has collected {intento.nome_file}: it is in {path.parent}.",
            hint_it="È partito: --left. Se la banca dice di no, spostare prima il file fuori dallo spool.",
            hint_en="It has left: --left. If the bank says no, first move the file out of the spool.",
        )


def _put_aside(disk: Disk, branch: Ramo, name: str) -> Path | None:
    """Moves what lies in `out/tmp` and `out/new` under this name to where nobody takes it; where it is now."""
    aside = None
    for path in (branch.out("tmp") / name, branch.out("new") / name):
        if disk.exists(path):
            aside = free(disk, branch.out("tmp"), name + INCERTO)
            disk.rename(path, aside)
    for folder in ("tmp", "new"):
        disk.fsync_dir(branch.out(folder))
    return aside


# --- a delivery -------------------------------------------------------------------------------------------------------


def _cut(home: Home, conn: Connection, distinta_id: int) -> Intento | None:
    """What has left of a distinta, when its delivery was begun and is not over; None otherwise."""
    intento, disk = intenti.done_of(conn, distinta_id), home.ports.disk
    if intento is None:
        return None
    nota = affido.nota_di(home.ports, ramo(home.spool_dir, intento.sia, intento.abi), intento)
    return intento if disk.exists(nota.path) and disk.exists(nota.file) else None


def _as_told(home: Home, branch: Ramo, intento: Intento, delivered: bool) -> None:
    """Does what the journal has already: a crash before the end leaves the question open, and it is asked again."""
    if delivered:
        consegna.move_to_sent(home.ports.disk, branch, intento.nome_file)
    affido.nota_di(home.ports, branch, intento).forget()
    home.ports.disk.fsync_dir(branch.out("tmp"))
