"""Import: from a file of the company to distinte, one for each supporto.

All or nothing: the contents are in the archive before the database says so, and the database says it in one
transaction. No supporto is passed over in silence; each has one of the verdicts of `verdetti.Codice`:

- importata: no errors; it waits for signatures (Da spedire);
- ordini_gia_visti: no errors, but orders seen before; it waits for a person to say that they are meant
  (Inserita, see `firme.approve`), so that no double leaves unnoticed;
- con_errori: kept with its diagnostics; it cannot leave;
- file_gia_importato: the same bytes were imported before; nothing is done;
- supporto_gia_presente: another supporto of the same SIA, ABI, type and name is on its way, or went;
- mittente_altrui: the SIA of its header is not that of the company;
- da_banca: it comes from a bank, and is for `cbi receive`;
- non_gestito: a kind of flow that the ledger does not know how to follow.

The last four are refused: only the file is kept. A blank sender is filled in. What leaves is the supporto in
its canonical form, and those very bytes are checked again by themselves: the list of the defects of a file has
an end, and a defect beyond it must not let a supporto pass for sound.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

import cbi
from cbi.flows.riba import Disposizione, disposizioni
from cbi.validators.diagnostics import Diagnostic
from ledger import archivio, aziende, distinte, journal
from ledger.aziende import Azienda
from ledger.canonico import canonical
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import Ports
from ledger.schema import DIAGNOSTICA, DISPOSIZIONE, DISTINTA, FILE
from ledger.stati import Evento, Stato
from ledger.verdetti import Codice, Doppio, ImportReport, Verdetto

LARGEST_FILE = 256 * 1024 * 1024
MOST_DIAGNOSTICS = 1000  # kept for each supporto; all are counted
BATCH = 1000
CHI = "import"
ROME = ZoneInfo("Europe/Rome")  # where the day of an import is that of the bank
ORIGINE = "azienda"
Found: TypeAlias = dict[int | None, list[Diagnostic]]  # by ordinal of the supporto; None: the file


def import_file(home: Home, source: Path | bytes, nome: str, azienda_id: int, *, dry_run: bool = False) -> ImportReport:
    """Import a file of a company; with `dry_run` say what would become of it and change nothing.

    `nome` is what the file is called in reports. Raises Refused, with exit code 8, when it cannot be read
    (IMPORTA-001) or is larger than 256 MiB (IMPORTA-002); OSError when the home cannot be written.
    """
    nome = nome.encode("utf-8", "replace").decode()  # a name that is not text would not go into the database
    data = source if isinstance(source, bytes) else _read(home, source)
    oggi = home.ports.clock.now().astimezone(ROME).date()
    found = _lint(data, nome, oggi)
    keep = _digest if dry_run else partial(archivio.store, home)
    sha256 = keep(data)
    with home.begin() as conn:
        job = _Import(conn, home.ports, aziende.get(conn, azienda_id), nome, oggi, keep)
        report = job.file(data, sha256, found)
        if dry_run:
            conn.rollback()
    return report


def _read(home: Home, path: Path) -> bytes:
    try:
        with home.ports.disk.open_read(path) as stream:
            data = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Refused(
            "IMPORTA-001",
            f"Il file {path} non si può leggere: {error.strerror}.",
            f"The file {path} cannot be read: {error.strerror}.",
            exit_code=8,
        ) from error
    if len(data) > LARGEST_FILE:
        raise Refused(
            "IMPORTA-002",
            f"Il file {path} supera i {LARGEST_FILE // 1024**2} MiB.",
            f"The file {path} is larger than {LARGEST_FILE // 1024**2} MiB.",
            hint_it="Dividerlo in più file, ciascuno con supporti interi.",
            hint_en="Split it into several files, each of whole supporti.",
            exit_code=8,
        )
    return data


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _lint(data: bytes, nome: str, oggi: date) -> Found:
    found: Found = {}
    for diagnostica in cbi.lint(BytesIO(data), nome, on=oggi):
        found.setdefault(diagnostica.distinta or None, []).append(diagnostica)
    return found


def _as_it_leaves(supporto: cbi.Supporto, nome: str, oggi: date) -> list[Diagnostic]:
    """What the checks say of the supporto as it would leave, at its lines in the file it came in."""
    return [
        replace(note, line=note.line + supporto.line - 1, distinta=supporto.numero)
        for notes in _lint(supporto.canonical, nome, oggi).values()
        for note in notes
    ]


def _errors(diagnostiche: Iterable[Diagnostic]) -> int:
    return sum(diagnostica.severity == "error" for diagnostica in diagnostiche)


@dataclass(frozen=True)
class _Import:
    """The work on one file, inside its transaction, on the day `oggi` of Rome.

    `keep` puts a content in the archive and names it.
    """

    conn: Connection
    ports: Ports
    azienda: Azienda
    nome: str
    oggi: date
    keep: Callable[[bytes], str]

    def file(self, data: bytes, sha256: str, found: Found) -> ImportReport:
        before = self._imported_before(sha256)
        if before is not None:
            verdetto = Verdetto(0, Codice.FILE_GIA_IMPORTATO, distinta_id=before)
            return ImportReport(self.nome, sha256, (verdetto,), ())
        file_id = self._file_row(data, sha256)
        self._diagnostics(file_id, None, found.get(None, ()))
        verdetti, diagnostiche = [], list(found.get(None, ()))
        for supporto in cbi.read_supporti(BytesIO(data)):
            verdetto, notes = self._supporto(file_id, supporto, found.get(supporto.numero, []))
            verdetti.append(verdetto)
            diagnostiche += notes
        self._conclude(file_id, sha256, len(data), verdetti)
        return ImportReport(self.nome, sha256, tuple(verdetti), tuple(diagnostiche))

    def _imported_before(self, sha256: str) -> int | None:
        """The first distinta made of these bytes; a file that gave none may be tried again."""
        query = (
            select(DISTINTA.c.id)
            .join(FILE, FILE.c.id == DISTINTA.c.file_id)
            .where(FILE.c.azienda_id == self.azienda.id, FILE.c.origine == ORIGINE, FILE.c.sha256 == sha256)
        )
        return self.conn.scalar(query.order_by(DISTINTA.c.id).limit(1))

    def _file_row(self, data: bytes, sha256: str) -> int:
        key = {"azienda_id": self.azienda.id, "origine": ORIGINE, "sha256": sha256}
        known = self.conn.scalar(select(FILE.c.id).filter_by(**key))
        if known is not None:
            return int(known)
        values = {**key, "nome": self.nome, "dimensione": len(data), "dati": "{}", "at": self.ports.clock.now()}
        return int(self.conn.execute(FILE.insert().values(**values).returning(FILE.c.id)).scalar_one())

    def _supporto(
        self, file_id: int, supporto: cbi.Supporto, notes: list[Diagnostic]
    ) -> tuple[Verdetto, list[Diagnostic]]:
        seen = Verdetto(
            supporto.numero,
            Codice.NON_GESTITO,
            flusso=supporto.flow,
            nome_supporto=supporto.identita[3],
            abi=supporto.identita[1],
            mittente=supporto.identita[0],
            numero_disposizioni=len(supporto.ordini),
        )
        if supporto.direction != "to_bank":
            return replace(seen, codice=Codice.DA_BANCA), notes
        if supporto.flow != "RIBA":
            return seen, notes
        if seen.mittente not in ("", self.azienda.sia):
            return replace(seen, codice=Codice.MITTENTE_ALTRUI), notes
        standing = distinte.find_by_supporto(self.conn, self.azienda.id, seen.abi, seen.nome_supporto, supporto.tipo)
        if standing is not None and standing.alive:
            taken = replace(seen, codice=Codice.SUPPORTO_GIA_PRESENTE, distinta_id=standing.id)
            return taken, notes
        leaving, notes = self._ready_to_leave(supporto, notes)
        # A sender that could not be filled in is a fault, even if a profile should call it a mere warning.
        errori = _errors(notes) or int(not leaving.identita[0])
        seen = replace(seen, errori=errori, mittente_aggiunto=not seen.mittente and not errori)
        return self._distinta(file_id, leaving, seen, notes), notes

    def _ready_to_leave(self, supporto: cbi.Supporto, notes: list[Diagnostic]) -> tuple[cbi.Supporto, list[Diagnostic]]:
        """The supporto with its sender, and what the checks say of the bytes that would leave."""
        if not supporto.identita[0]:
            filled = _with_sender(supporto, self.azienda.sia)
            return (supporto, notes) if filled is None else (filled, _as_it_leaves(filled, self.nome, self.oggi))
        if _errors(notes):
            return supporto, notes
        leaving = _as_it_leaves(supporto, self.nome, self.oggi)
        return supporto, notes + [note for note in leaving if note.severity == "error"]

    def _distinta(self, file_id: int, supporto: cbi.Supporto, seen: Verdetto, notes: list[Diagnostic]) -> Verdetto:
        leaving = supporto.raw if seen.errori else supporto.canonical
        values = {
            "azienda_id": self.azienda.id,
            "file_id": file_id,
            "numero_supporto": supporto.numero,
            "line": supporto.line,
            "flusso": supporto.flow,
            "tipo": supporto.tipo,
            "abi": seen.abi,
            "nome_supporto": seen.nome_supporto,
            "data_creazione": supporto.identita[2],
            "sha256": self.keep(leaving),
            "numero_disposizioni": len(supporto.ordini),
            "totale": 0,
            "stato": Stato.INSERITA,
            "at": self.ports.clock.now(),
        }
        insert = DISTINTA.insert().values(**values).returning(DISTINTA.c.id)
        distinta_id = int(self.conn.execute(insert).scalar_one())
        totale = 0 if seen.errori else self._orders(distinta_id, supporto)
        self.conn.execute(DISTINTA.update().where(DISTINTA.c.id == distinta_id).values(totale=totale))
        self._diagnostics(file_id, distinta_id, notes)
        identity = {key: values[key] for key in _IDENTITY}
        distinte.begin_iter(
            self.conn, self.ports, distinta_id, chi=CHI, dati={"file": self.nome, "file_id": file_id, **identity}
        )
        return self._judge(distinta_id, replace(seen, distinta_id=distinta_id, totale=totale))

    def _judge(self, distinta_id: int, seen: Verdetto) -> Verdetto:
        """The first step of the distinta: on to the signatures, aside with its errors, or still."""
        if seen.errori:
            self._apply(distinta_id, Evento.SEGNALA, {"errori": seen.errori})
            return replace(seen, codice=Codice.CON_ERRORI)
        aziende.add_banca(self.conn, self.ports, self.azienda.id, seen.abi, "")
        doppi = tuple(
            Doppio(mine.numero, mine.numero_ricevuta, before.distinta_id, before.numero)
            for mine, before in distinte.doubles(self.conn, distinta_id)
        )
        if doppi:
            return replace(seen, codice=Codice.ORDINI_GIA_VISTI, doppi=doppi)
        self._apply(distinta_id, Evento.CONVALIDA, {})
        return replace(seen, codice=Codice.IMPORTATA)

    def _apply(self, distinta_id: int, evento: Evento, dati: dict[str, Any]) -> None:
        distinte.apply(self.conn, self.ports, distinta_id, evento, chi=CHI, dati=dati)

    def _orders(self, distinta_id: int, supporto: cbi.Supporto) -> int:
        """Insert the orders, a batch at a time; returns their total in cents."""
        owner = {"azienda_id": self.azienda.id, "distinta_id": distinta_id, "stato": Stato.INSERITA}
        orders, totale = disposizioni(supporto), 0
        while batch := [{**owner, **_columns(order)} for order in islice(orders, BATCH)]:
            self.conn.execute(DISPOSIZIONE.insert(), batch)
            totale += sum(order["importo"] for order in batch)
        return totale

    def _diagnostics(self, file_id: int, distinta_id: int | None, notes: Iterable[Diagnostic]) -> None:
        rows = [
            {
                "file_id": file_id,
                "distinta_id": distinta_id,
                "codice": note.code,
                "gravita": note.severity,
                "line": note.line,
                "dati": canonical(note.to_dict()),
            }
            for note in islice(notes, MOST_DIAGNOSTICS)
        ]
        if rows:
            self.conn.execute(DIAGNOSTICA.insert(), rows)

    def _conclude(self, file_id: int, sha256: str, size: int, verdetti: list[Verdetto]) -> None:
        dati = {
            "nome": self.nome,
            "sha256": sha256,
            "dimensione": size,
            "verdetti": [
                {"numero": verdetto.numero, "codice": verdetto.codice, "distinta_id": verdetto.distinta_id}
                for verdetto in verdetti
            ],
        }
        self.conn.execute(FILE.update().where(FILE.c.id == file_id).values(dati=canonical(dati)))
        journal.append(
            self.conn,
            azienda_id=self.azienda.id,
            tipo="file_importato",
            soggetto=f"file:{file_id}",
            dati=dati,
            at=self.ports.clock.now(),
        )


def _with_sender(supporto: cbi.Supporto, sia: str) -> cbi.Supporto | None:
    """The supporto with its sender filled in; None when header or trailer cannot be rewritten."""
    try:
        header = _rewritten(supporto.header, mittente=sia)
        coda = None if supporto.coda is None else _rewritten(supporto.coda, mittente=sia)
    except cbi.ValoreErrato:
        return None
    return replace(supporto, header=header, coda=coda)


def _rewritten(record: cbi.Record, **values: str) -> cbi.Record:
    return type(record).from_fields({**record.fields(), **values})


_IDENTITY = ("flusso", "tipo", "abi", "nome_supporto", "data_creazione")

# Columns of the table that are attributes of a cbi order.
_COLUMNS = (
    "numero",
    "line",
    "causale",
    "importo",
    "scadenza",
    "numero_ricevuta",
    "debitore",
    "codice_fiscale",
    "abi",
    "cab",
    "conto_assuntrice",
    "codice_cliente",
    "riferimento",
    "raw",
)


def _columns(order: Disposizione) -> dict[str, Any]:
    return {name: getattr(order, name) for name in _COLUMNS}
