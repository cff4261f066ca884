"""An uncertain dispatch, decided by a person: the bank has the flow, or it has not.

Who has asked the bank says which; the folders may only contradict them. Nothing is deleted: a file that has not left
goes back to `out/tmp`, where no bank collects, under a name that no dispatch writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ledger import archivio, distinte, intenti
from ledger.errors import Refused
from ledger.home import Home
from ledger.intenti import Intento
from ledger.ports import Disk
from ledger.profilo import Funzione
from ledger.stati import Evento
from ledger.utenti import Segreto
from ledger.varco import varco_di
from spool.albero import Ramo, free, plant, ramo

INCERTO = ".incerto"
"""What the name of a file that has not left ends with, in `out/tmp`."""


@dataclass(frozen=True)
class Deciso:
    """What was decided of a distinta: whether it has left (`partita`), in what state it is (`stato`), and where its
    file is now, None when there was none."""

    distinta_id: int
    nome_file: str
    partita: bool
    stato: str
    path: Path | None


def resolve(
    home: Home, distinta_id: int, utente: str, password: Segreto, *, left: bool, dry_run: bool = False
) -> Deciso:
    """Close the uncertain dispatch of a distinta: it has `left`, and is Inoltrata, or it has not, and may leave again
    under another name.

    Raises Refused: as the gate does (UTENTE-005 to UTENTE-011), when nothing is uncertain (INOLTRO-003), when the file
    is not where a bank would have found it with the bytes signed (INOLTRO-004), or is where only a bank puts it
    (INOLTRO-005); OSError when the disk fails, and then it is still uncertain.
    """
    with varco_di(home, distinta_id, utente, password, funzione=Funzione.DISPATCH, dry_run=dry_run) as lavoro:
        intento = intenti.require_uncertain(lavoro.conn, distinta_id)
        branch, disk = ramo(home.spool_dir, intento.sia, intento.abi), home.ports.disk
        if left:
            path: Path | None = _where_signed(disk, branch, intento)
            dati = {"file": intento.nome_file, "sha256": intento.sha256}
            distinte.apply(lavoro.conn, lavoro.ports, distinta_id, Evento.INOLTRA, chi=lavoro.chi, dati=dati)
            intenti.done(lavoro.conn, lavoro.ports, intento, chi=lavoro.chi)
        else:
            _require_not_collected(disk, branch, intento)
            path = None if dry_run else _put_aside(disk, plant(disk, branch), intento.nome_file)
            why = "deciso: non è partito"
            intenti.withdraw(lavoro.conn, lavoro.ports, intento, why=why, chi=lavoro.chi)
        stato = distinte.get(lavoro.conn, distinta_id).stato
    return Deciso(distinta_id, intento.nome_file, left, stato, path)


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
