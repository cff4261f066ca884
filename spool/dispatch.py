"""What leaves: each signed distinta is put into its bank's folder once, under one name, whatever crashes.

The protocol, in two transactions:

1. the intent (which distinta, which digest, which name) is journaled and committed before the disk is touched;
2. holding the write transaction of the ledger: bytes to `out/tmp`, fsync, rename to `out/new`, fsync of the
   folder, then the intent is done and the distinta Inoltrata, in one commit.

A crash leaves either nothing or a pending intent. `recover` looks for each pending one in the folders and
does the second step again: a file that has left is never written twice, a half-written one in `out/tmp` is
never trusted. After a failed fsync the intent is uncertain, and only a person closes it (`spool.resolve`): what
the disk could not keep once is never trusted again. The write transaction is also what keeps two processes
from completing the same intent at once.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from itertools import product
from pathlib import Path

from sqlalchemy import Connection

from ledger import archivio, distinte, intenti
from ledger.distinte import Distinta
from ledger.errors import Refused
from ledger.home import Home
from ledger.intenti import Intento
from ledger.ports import Disk, FsyncFailed, today
from ledger.stati import Evento, di_distinta, next_state
from spool import orari
from spool.albero import Ramo, branches, plant, ramo
from spool.nomi import outgoing_name
from spool.orari import Orari, Ritardo

INOLTRATA = "inoltrata"
COMPLETATA = "completata"
GIA_INOLTRATA = "gia_inoltrata"
RITIRATA = "ritirata"
FALLITA = "fallita"
ATTENDE = "attende"
INCERTA = "incerta"

CHIUSI = {intenti.COMPIUTO: GIA_INOLTRATA, intenti.RITIRATO: RITIRATA, intenti.INCERTO: INCERTA}
"""What is said of an intent that another process has closed meanwhile."""


@dataclass(frozen=True)
class Inoltro:
    """What became of one distinta: `verdetto` is one of the words above; `path` is where the flow is now.

    `error` says why when the intent was withdrawn, when the attempt failed (it stays pending: try again) or when it is
    uncertain (a person decides); `dal` is the day that it waits for, because the bank would not take it before, or
    because of its `ritardo`; one that is late may leave all the same.
    """

    distinta_id: int
    nome_file: str
    verdetto: str
    path: Path | None = None
    error: Refused | OSError | None = None
    dal: date | None = None
    ritardo: Ritardo | None = None


def dispatch_ready(home: Home) -> list[Inoltro]:
    """Completes what a crash left pending, then dispatches every distinta with all its signatures.

    One that fails does not stop the others: its `verdetto` says so.
    """
    done = recover(home)
    with home.read() as conn:
        ready = _ready(home, conn, done)
    return done + [_attempt(home, each) if each.verdetto == INOLTRATA else each for each in ready]


def would_dispatch(home: Home) -> list[Inoltro]:
    """What `dispatch_ready` would try to do. Changes nothing."""
    with home.read() as conn:
        pending = [Inoltro(i.distinta_id, i.nome_file, COMPLETATA) for i in intenti.pending(conn)]
        return pending + _ready(home, conn, pending)


def _ready(home: Home, conn: Connection, begun: list[Inoltro]) -> list[Inoltro]:
    """What is to become of every distinta that has all its signatures and was not begun."""
    apart = {inoltro.distinta_id for inoltro in begun}
    return dues(home, conn, (each for each in distinte.ready(conn) if each.id not in apart))


def due(home: Home, conn: Connection, distinta: Distinta) -> Inoltro:
    """What is to become of one distinta, as `dues` says."""
    (inoltro,) = dues(home, conn, [distinta])
    return inoltro


def dues(home: Home, conn: Connection, found: Iterable[Distinta]) -> list[Inoltro]:
    """What is to become of distinte that have all their signatures: each leaves, waits for its day or for a person; or
    fails, when the hours of its bank cannot be read."""
    doubtful = {intento.distinta_id: intento for intento in intenti.uncertain(conn)}
    hours = cache(partial(orari.read, home))
    return [
        _uncertain(doubtful[each.id]) if each.id in doubtful else _due(home, conn, each, hours)  # a person decides
        for each in found
    ]


def _due(home: Home, conn: Connection, distinta: Distinta, hours: Callable[[], Orari]) -> Inoltro:
    dal = distinte.not_before(conn, distinta)
    if dal is not None and today(home.ports) < dal:
        return Inoltro(distinta.id, "", ATTENDE, dal=dal)
    try:
        late = orari.ritardo(hours(), conn, distinta, home.ports.clock.now())
    except (Refused, OSError) as error:
        return Inoltro(distinta.id, "", FALLITA, error=error)
    if late is not None and late.attende:
        return Inoltro(distinta.id, "", ATTENDE, dal=late.dal, ritardo=late)
    return Inoltro(distinta.id, "", INOLTRATA, ritardo=late)


def dispatch(home: Home, distinta_id: int) -> Inoltro:
    """Dispatches one distinta. Raises `Refused` when its state does not allow it, its day has not come (INOLTRO-001),
    it is too late for today (INOLTRO-010), it may have left already (INOLTRO-002) or its bytes are not those signed,
    `OSError` when the disk fails (the intent stays pending, `recover` completes it).
    """
    return _complete(home, _intend(home, distinta_id), INOLTRATA)


def recover(home: Home) -> list[Inoltro]:
    """Completes or withdraws every pending intent, once, and leaves the uncertain ones alone."""
    with home.read() as conn:
        pending = intenti.pending(conn)
    return [_attempt_to_complete(home, intento) for intento in pending]


def tidy(home: Home) -> list[Path]:
    """Moves the flows whose fate is known out of `out/new` and `out/sent`: to `confirmed` or to `rejected`."""
    disk, moved = home.ports.disk, list[Path]()
    with home.read() as conn:
        for branch, folder in product(branches(disk, home.spool_dir), ("new", "sent")):
            fates = intenti.folders_of(conn, branch.sia, branch.abi, disk.listdir(branch.out(folder)))
            moved += [
                branch.out(fate) / name
                for name, fate in fates.items()
                if _move(disk, branch.out(folder) / name, branch.out(fate) / name)
            ]
    for target in dict.fromkeys(path.parent for path in moved):
        with suppress(OSError):
            disk.fsync_dir(target)
    return moved


def _move(disk: Disk, source: Path, target: Path) -> bool:
    """Whether the file could be moved. Where it lies decides nothing: the next run tries again."""
    try:
        disk.rename(source, target)
    except OSError:
        return False
    return True


def _attempt(home: Home, ready: Inoltro) -> Inoltro:
    try:
        return replace(dispatch(home, ready.distinta_id), ritardo=ready.ritardo)
    except (Refused, OSError) as error:
        return _meanwhile(home, ready.distinta_id) or Inoltro(ready.distinta_id, "", FALLITA, error=error)


def _meanwhile(home: Home, distinta_id: int) -> Inoltro | None:
    """What became of a distinta since it was found ready, if anything: another process has sent it, or it waits."""
    with home.read() as conn:
        if (left := intenti.done_of(conn, distinta_id)) is not None:
            return Inoltro(distinta_id, left.nome_file, GIA_INOLTRATA)
        now = due(home, conn, distinte.get(conn, distinta_id))
    return None if now.verdetto == INOLTRATA else now


def _attempt_to_complete(home: Home, intento: Intento) -> Inoltro:
    try:
        return _complete(home, intento, COMPLETATA)
    except (Refused, OSError) as error:
        return Inoltro(intento.distinta_id, intento.nome_file, FALLITA, error=error)


def _intend(home: Home, distinta_id: int) -> Intento:
    """The pending intent of the distinta, committed: the one there is, or a new one."""
    with home.begin() as conn:
        match intenti.standing(conn, distinta_id):
            case intenti.APERTO, pending:
                return pending
            case intenti.INCERTO, doubtful:
                raise intenti.in_doubt(doubtful)
        distinta = distinte.get(conn, distinta_id)
        next_state(di_distinta(distinta.flusso), distinta.stato, Evento.INOLTRA)
        distinte.require_complete(distinta)
        _require_due(_due(home, conn, distinta, partial(orari.read, home)))
        archivio.load(home, distinta.sha256)
        volta, nome = intenti.sequence(conn, distinta), distinta.nome_supporto
        name = outgoing_name(distinta.flusso, distinta.data_creazione, nome, distinta.sha256, volta)
        return intenti.intend(conn, home.ports, distinta, name)


def _uncertain(intento: Intento) -> Inoltro:
    return Inoltro(intento.distinta_id, intento.nome_file, INCERTA, error=intenti.in_doubt(intento))


def _require_due(inoltro: Inoltro) -> None:
    if inoltro.error is not None:
        raise inoltro.error
    if inoltro.dal is None:
        return
    n, dal = inoltro.distinta_id, f"{inoltro.dal:%d/%m/%Y}"
    why = ("INOLTRO-001", f"La banca accetta la distinta {n} dal {dal}.", f"The bank takes distinta {n} from {dal} on.")
    if inoltro.ritardo is not None:
        why = (
            "INOLTRO-010",
            f"Per oggi è tardi: la distinta {n} parte il {dal}.",
            f"Late: distinta {n} goes on {dal}.",
        )
    raise Refused(
        *why,
        hint_it="Parte da sé con il primo inoltro da quel giorno: cbi dispatch",
        hint_en="It leaves by itself with the first dispatch from that day on: cbi dispatch",
    )


def _complete(home: Home, intento: Intento, verdetto: str) -> Inoltro:
    failed = list[FsyncFailed]()
    try:
        with home.begin() as conn:
            return _completed(home, conn, intento, verdetto, failed)
    except Refused:
        if not failed:
            raise
        # Nor could the doubt be made durable. It only matters while the machine is on, and may say what is not so.
        with home.begin(lasting=False) as conn:
            if closed := CHIUSI.get(intenti.state(conn, intento.id)):
                return Inoltro(intento.distinta_id, intento.nome_file, closed)
            return _doubt(home, conn, intento, failed[0])


def _completed(home: Home, conn: Connection, intento: Intento, verdetto: str, failed: list[FsyncFailed]) -> Inoltro:
    """What became of an intent, in the transaction that says so; a fsync that failed is told in `failed` too."""
    if closed := CHIUSI.get(intenti.state(conn, intento.id)):
        return Inoltro(intento.distinta_id, intento.nome_file, closed)
    try:
        path = _place(home, ramo(home.spool_dir, intento.sia, intento.abi), intento)
    except Refused as refused:
        intenti.withdraw(conn, home.ports, intento, why=refused.it)
        return Inoltro(intento.distinta_id, intento.nome_file, RITIRATA, error=refused)
    except FsyncFailed as error:
        failed.append(error)
        return _doubt(home, conn, intento, error)
    dati = {"file": intento.nome_file, "sha256": intento.sha256}
    distinte.apply(conn, home.ports, intento.distinta_id, Evento.INOLTRA, chi="spool", dati=dati)
    intenti.done(conn, home.ports, intento)
    return Inoltro(intento.distinta_id, intento.nome_file, verdetto, path)


def _doubt(home: Home, conn: Connection, intento: Intento, failed: FsyncFailed) -> Inoltro:
    intenti.doubt(conn, home.ports, intento, errno=errno.errorcode.get(failed.errno or 0, "?"))
    return _uncertain(intento)


def _place(home: Home, branch: Ramo, intento: Intento) -> Path:
    """Where the flow is, durably: where it had got to, or in `out/new`. Raises Refused when the bytes signed are no
    longer there, FsyncFailed when it may not last."""
    disk = home.ports.disk
    left = plant(disk, branch).where_left(disk, intento.nome_file)
    path = left or _deliver(disk, branch, intento.nome_file, archivio.load(home, intento.sha256))
    disk.fsync_dir(path.parent)
    return path


def _deliver(disk: Disk, branch: Ramo, name: str, data: bytes) -> Path:
    tmp, new = branch.out("tmp") / name, branch.out("new") / name
    if disk.exists(tmp):
        disk.remove(tmp)
    disk.write_new(tmp, data)
    disk.rename(tmp, new)
    return new
