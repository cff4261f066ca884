"""An export: rows taken out of the books into a file, whole or not at all, and the event that tells of it.

The bytes are written beside their place; then, in one transaction, the event is written and the file takes its name.
What a crash leaves between the two is a file that no event tells of: its rows are exported again, none is lost.

Movements that leave may be ticked in that same transaction, by events of their own (`ledger.spunta`).

The last event of a profile tells how far it has come: that is the memory of `nuove`, what was not exported before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from itertools import chain
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO

from sqlalchemy import Connection, select

import cbi
from ledger import archivio, journal, spunta
from ledger.celle import covered, in_part
from ledger.errors import Refused
from ledger.estratti import PAROLE, Riga, Scelta, Tipo
from ledger.fogli import DIALETTI, FORMATI
from ledger.home import Home
from ledger.ports import beside
from ledger.profilo import Funzione
from ledger.richieste import CBI, Richiesta
from ledger.schema import JOURNAL
from ledger.spunta import Segno
from ledger.utenti import Segreto
from ledger.varco import Lavoro, macchina, varco

COPERTI = {Tipo.CONTO: in_part, Tipo.TESTO: covered}
CHI, EVENTO = "esportazione", "righe_esportate"
SPUNTATO = Segno(spunta=True)


@dataclass(frozen=True)
class Esportato:
    """What left: how many rows and bytes, with which digest, to which file (None: standard output, or nothing to
    write); the rows are those after number `dopo` and up to `fino`. `uguale` is whether it is the same as the last
    time, None where that was not asked; `spuntati` how many movements were ticked."""

    righe: int
    dopo: int
    fino: int
    sha256: str = ""
    dimensione: int = 0
    path: Path | None = None
    uguale: bool | None = None
    spuntati: int = 0


@dataclass(frozen=True)
class Modo:
    """How it is exported: in the name of which profile of the company ("": of none), only what is new, or the last time
    once more; whether a file that is there may be replaced; by whom, with what proves them (None: a job)."""

    profilo: str = ""
    nuove: bool = False
    ancora: bool = False
    force: bool = False
    dry_run: bool = False
    chi: tuple[str, Segreto] | None = None


SOLITO = Modo()


def export(home: Home, azienda_id: int, richiesta: Richiesta, to: Path | BinaryIO, modo: Modo = SOLITO) -> Esportato:
    """Export some rows of a company into a file (in a folder, under the name of the request) or a stream. With
    `modo.nuove` nothing is written when nothing is new; in a dry run nothing ever is.

    Raises Refused as the gate does, for what a profile cannot be asked (ESPORTA-007, ESPORTA-008, ESPORTA-009), a file
    that is there (ESPORTA-002), too many rows (ESPORTA-010), ticks by a user who does not see every account
    (ESPORTA-012) or a content that is not as it was stored (ARCHIVIO-001, ARCHIVIO-002); OSError.
    """
    path = None if not isinstance(to, Path) else to / richiesta.file if to.is_dir() else to
    if path is not None and home.ports.disk.exists(path) and not (modo.force or modo.dry_run):
        raise _there(path)
    with home.read() as conn:
        before = last(conn, azienda_id, modo.profilo) if modo.profilo else None
        scelta = _window(richiesta, modo, before)
        found = _Passate(richiesta.estratto.fonte.righe(home, conn, azienda_id, _names(richiesta), scelta), scelta.dopo)
        to_tick = _to_tick(home, conn, azienda_id, richiesta, scelta) if richiesta.spunta and not modo.ancora else ()
        if modo.dry_run or (modo.nuove and found.none):
            return replace(found.counted(), spuntati=spunta.would_mark(conn, to_tick, SPUNTATO))
        parts = found.digested(_bytes(home, richiesta, found))
        with _aside(home, path or to, parts) as put, _gate(home, azienda_id, modo) as lavoro:
            if modo.profilo and last(lavoro.conn, azienda_id, modo.profilo) != before:
                raise _meanwhile(modo.profilo)
            _note(lavoro, richiesta, modo, path, found.told())
            if to_tick and lavoro.profilo.conti is not None:
                raise _of_all_accounts()
            ticked = spunta.mark(lavoro, to_tick, SPUNTATO, da=f"{CHI} {modo.profilo}".rstrip())
            put()
    same = before is not None and before["sha256"] == found.told().sha256
    return replace(found.told(path, same if modo.ancora else None), spuntati=ticked)


def _to_tick(home: Home, conn: Connection, azienda_id: int, richiesta: Richiesta, scelta: Scelta) -> Iterator[int]:
    """The movements whose rows leave: the same rows again, as the reader of them still sees them."""
    for riga in richiesta.estratto.fonte.righe(home, conn, azienda_id, (), scelta):
        yield riga.id


@contextmanager
def _aside(home: Home, to: Path | BinaryIO, parts: Iterable[bytes]) -> Iterator[Callable[[], None]]:
    """Some bytes kept aside, all of them, until what is given puts them in their place; or they are no more."""
    disk = home.ports.disk
    if not isinstance(to, Path):
        with TemporaryFile() as kept:
            kept.writelines(parts)
            kept.seek(0)
            yield partial(_pour, kept, to)
        return

    def put() -> None:
        disk.rename(scratch, to)
        disk.fsync_dir(to.parent)

    scratch = beside(home.ports, to)
    try:
        disk.write_parts(scratch, parts)
        yield put
    finally:
        if disk.exists(scratch):
            disk.remove(scratch)


def _pour(kept: IO[bytes], to: BinaryIO) -> None:
    """All of it, to whoever reads at the other end: what nobody took has not left."""
    copyfileobj(kept, to)
    to.flush()


def last(conn: Connection, azienda_id: int, profilo: str) -> dict[str, Any] | None:
    """What the last event of a profile tells; None when it has none."""
    mine = (JOURNAL.c.azienda_id == azienda_id, JOURNAL.c.tipo == EVENTO, JOURNAL.c.soggetto == f"{CHI}:{profilo}")
    text = conn.scalar(select(JOURNAL.c.dati).where(*mine).order_by(JOURNAL.c.numero.desc()).limit(1))
    return None if text is None else dict(json.loads(text))


def _window(richiesta: Richiesta, modo: Modo, before: dict[str, Any] | None) -> Scelta:
    """Which rows: all of them, those that are new, or those of the last time."""
    if (modo.nuove or modo.ancora) and not modo.profilo:
        raise _of_profiles()
    if modo.nuove:
        _require_lasting(richiesta)
    if before is None:
        if modo.ancora:
            raise _never(modo.profilo)
        return richiesta.scelta()
    if (modo.nuove or modo.ancora) and before["filtri"] != richiesta.filtri:
        raise _changed(modo.profilo)
    if modo.ancora:
        return richiesta.scelta(before["dopo"], before["fino"])
    return richiesta.scelta(before["fino"] if modo.nuove else 0)


def _names(richiesta: Richiesta) -> tuple[str, ...]:
    return () if richiesta.formato == CBI else richiesta.nomi


class _Passate:
    """Rows as they go by: how many, up to which number, how many bytes they become and with which digest."""

    def __init__(self, righe: Iterator[Riga], dopo: int) -> None:
        first = next(righe, None)
        self.none = first is None
        self._righe: Iterable[Riga] = () if first is None else chain((first,), righe)
        self._count, self._dopo, self._fino, self._size, self._hash = 0, dopo, dopo, 0, hashlib.sha256()

    def __iter__(self) -> Iterator[Riga]:
        for riga in self._righe:
            self._count, self._fino = self._count + 1, riga.id
            yield riga

    def digested(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """The parts, as they go by."""
        for part in parts:
            self._size += len(part)
            self._hash.update(part)
            yield part

    def counted(self) -> Esportato:
        """How many there are, of which nothing becomes anything."""
        for _ in self:
            pass
        return Esportato(self._count, self._dopo, self._fino)

    def told(self, path: Path | None = None, uguale: bool | None = None) -> Esportato:
        """What has gone by."""
        digest = self._hash.hexdigest()
        return Esportato(self._count, self._dopo, self._fino, digest, self._size, path, uguale)


def _bytes(home: Home, richiesta: Richiesta, righe: Iterable[Riga]) -> Iterator[bytes]:
    """The bytes that some rows become."""
    if richiesta.formato == CBI:
        return _supporti(home, righe)
    whole = (riga.celle for riga in righe)
    cells = whole if richiesta.in_chiaro else _in_part(whole, richiesta.nomi)
    return FORMATI[richiesta.formato].scrivi(richiesta.nomi, cells, DIALETTI[richiesta.dialetto])


def _in_part(rows: Iterable[tuple[Any, ...]], nomi: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """The cells of some rows, accounts told in part: also those that are in other texts."""
    ways = [COPERTI.get(PAROLE[nome].tipo) for nome in nomi]
    for row in rows:
        yield tuple(way(each) if way and each else each for way, each in zip(ways, row, strict=True))


def _supporti(home: Home, righe: Iterable[Riga]) -> Iterator[bytes]:
    """The supporti in which the records of some rows stand, each once, as they came; of a row that is a whole content,
    that content."""
    seen: set[tuple[str, int]] = set()
    here, pieces = "", list[cbi.Supporto]()
    for riga in righe:
        if riga.sha256 is None or (riga.sha256, 0) in seen:
            continue
        if riga.line is None:
            seen.add((riga.sha256, 0))
            yield archivio.load(home, riga.sha256)
            continue
        if riga.sha256 != here:
            here, pieces = riga.sha256, list(cbi.read_supporti(BytesIO(archivio.load(home, riga.sha256))))
        for each in pieces:
            if each.line <= riga.line <= each.end_line and (here, each.line) not in seen:
                seen.add((here, each.line))
                yield each.raw


def _gate(home: Home, azienda_id: int, modo: Modo) -> AbstractContextManager[Lavoro]:
    if modo.chi is None:
        return macchina(home, azienda_id, CHI)
    return varco(home, azienda_id, *modo.chi, funzione=Funzione.RECONCILE)


def _note(lavoro: Lavoro, richiesta: Richiesta, modo: Modo, path: Path | None, fatto: Esportato) -> None:
    told = richiesta.model_dump(include={"formato", "dialetto", "colonne", "in_chiaro"}, mode="json")
    journal.append(
        lavoro.conn,
        azienda_id=lavoro.azienda_id,
        tipo="righe_esportate",
        soggetto=f"{CHI}:{modo.profilo}",
        dati={
            "chi": lavoro.chi,
            "filtri": richiesta.filtri,
            **told,
            "file": "" if path is None else path.name,
            "dopo": fatto.dopo,
            "fino": fatto.fino,
            "righe": fatto.righe,
            "dimensione": fatto.dimensione,
            "sha256": fatto.sha256,
        },
        at=lavoro.ports.clock.now(),
    )


# --- what is said -----------------------------------------------------------------------------------------------------


def _require_lasting(richiesta: Richiesta) -> None:
    """Refused (ESPORTA-007) when what a row is chosen by may change after it was passed over."""
    fonte = richiesta.estratto.fonte
    by = [*richiesta.solo, *([fonte.giorno] if richiesta.dal or richiesta.al else [])]
    changing = [name for name in by if name in fonte.mutano]
    if changing:
        names = ", ".join(changing)
        raise Refused(
            "ESPORTA-007",
            f"Solo le righe nuove non si può, con un filtro su ciò che cambia ({names}): una riga saltata oggi non "
            "uscirebbe più, anche se domani lo passasse.",
            f"Only new rows cannot be, with a filter on what changes ({names}): a row left out today would never "
            "leave, even if it passed tomorrow.",
            hint_it="Togliere il filtro, o esportare tutte le righe.",
            hint_en="Remove the filter, or export all the rows.",
        )


def _of_profiles() -> Refused:
    return Refused(
        "ESPORTA-008",
        "Ciò che è già uscito si ricorda per profilo: senza profilo non c'è.",
        "What has already left is remembered profile by profile: without one there is none.",
        hint_it="Salvare la richiesta con --save NOME, poi: cbi export --profile NOME",
        hint_en="Save the request with --save NAME, then: cbi export --profile NAME",
    )


def _never(profilo: str) -> Refused:
    return Refused(
        "ESPORTA-008",
        f"Il profilo «{profilo}» non ha ancora esportato nulla.",
        f'The profile "{profilo}" has exported nothing yet.',
    )


def _changed(profilo: str) -> Refused:
    return Refused(
        "ESPORTA-009",
        f"Il profilo «{profilo}» non sceglie più le righe che sceglieva: quelle saltate allora andrebbero perse.",
        f'The profile "{profilo}" no longer chooses the rows that it chose: those left out then would be lost.',
        hint_it="Dargli un altro nome, o esportare una volta tutte le righe.",
        hint_en="Give it another name, or export all the rows once.",
    )


def _meanwhile(profilo: str) -> Refused:
    return Refused(
        "ESPORTA-011",
        f"Intanto il profilo «{profilo}» è stato esportato da un altro comando: nulla è stato scritto.",
        f'Meanwhile the profile "{profilo}" was exported by another command: nothing was written.',
        hint_it="Ripetere il comando.",
        hint_en="Run the command again.",
    )


def _of_all_accounts() -> Refused:
    return Refused(
        "ESPORTA-012",
        "Spunta ciò che esporta solo chi vede tutti i conti: il file li ha tutti.",
        "Only who sees every account ticks what is exported: the file has all of them.",
        hint_it="Esportare senza --tick, o farlo fare a chi li vede tutti.",
        hint_en="Export without --tick, or have it done by somebody who sees them all.",
    )


def _there(path: Path) -> Refused:
    return Refused(
        "ESPORTA-002",
        f"{path} c'è già: chi lo legge non l'ha ancora preso.",
        f"{path} is there already: whoever reads it has not taken it yet.",
        hint_it="Per sostituirlo: --force",
        hint_en="To replace it: --force",
    )
