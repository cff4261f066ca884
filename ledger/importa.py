"""Import: from a file of the company to distinte, one for each supporto.

All or nothing: the contents are in the archive before the database says so, and the database says it in one
transaction. No supporto is passed over in silence; each has one of the verdicts of `verdetti.Codice`:

- importata: no errors; it waits for signatures (Da spedire);
- ordini_gia_visti: no errors, but orders seen before; it waits for a person to say that they are meant
  (Inserita, see `firme.approve`), so that no double leaves unnoticed;
- con_errori: kept with its diagnostics; it cannot leave;
- non_creata: it has errors, and none was to be made of it (`Opzioni.con_errori`);
- troppi_errori: it has more than 20 errors: no distinta is made of it, whatever the options;
- file_gia_importato: the same bytes were imported before; nothing is done;
- supporto_gia_presente: another supporto of the same SIA, ABI, type and name is on its way, or went, and this one
  was not to be given another name (`Opzioni.rinomina`);
- mittente_altrui: the SIA of its header is not that of the company;
- da_banca: it comes from a bank, and is for `cbi receive`;
- non_gestito: a kind of flow whose orders cannot be told one by one.

Where no distinta is made only the file is kept. A blank sender is filled in. What leaves is the supporto in
its canonical form, and those very bytes are checked again by themselves: the list of the defects of a file has
an end, and a defect beyond it must not let a supporto pass for sound.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, select

import cbi
from cbi.flows.ordini import GENERI
from cbi.validators.diagnostics import Diagnostic
from ledger import aziende, deposito, distinte, journal, visibili
from ledger.aziende import Azienda
from ledger.canonico import canonical
from ledger.composizione import Composta, checked, errors
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import Ports, today
from ledger.profilo import Funzione
from ledger.schema import DIAGNOSTICA, DISTINTA, FILE
from ledger.stati import Stato
from ledger.utenti import Segreto
from ledger.varco import Lavoro, macchina, varco
from ledger.verdetti import Codice, Doppio, ImportReport, Verdetto

LARGEST_FILE = 256 * 1024 * 1024
MOST_ERRORS = 20  # with more, no distinta is made
CHI = "import"
ORIGINE = "azienda"
Found: TypeAlias = dict[int | None, list[Diagnostic]]  # by ordinal of the supporto; None: the file


@dataclass(frozen=True)
class Opzioni:
    """What bank portals let one choose: make distinte even of supporti with errors, and give another name to a supporto
    whose own is taken."""

    con_errori: bool = True
    rinomina: bool = False


SOLITE = Opzioni()
# Asked of every file: made once.
_GIVEN = (FILE.c.azienda_id == bindparam("azienda_id"), FILE.c.origine == ORIGINE, FILE.c.sha256 == bindparam("sha256"))
_KNOWN = select(FILE.c.id).where(*_GIVEN)
_BEFORE = (
    select(DISTINTA.c.id)
    .join(FILE, FILE.c.id == DISTINTA.c.file_id)
    .where(*_GIVEN, DISTINTA.c.stato != Stato.ELIMINATA)
    .order_by(DISTINTA.c.id)
    .limit(1)
)
_NEW_FILE = FILE.insert().returning(FILE.c.id)
_CONCLUDE = FILE.update().where(FILE.c.id == bindparam("file")).values(dati=bindparam("dati"), at=bindparam("at"))


def import_file(
    home: Home,
    source: Path | bytes,
    nome: str,
    azienda_id: int,
    *,
    opzioni: Opzioni = SOLITE,
    dry_run: bool = False,
    chi: tuple[str, Segreto] | None = None,
) -> ImportReport:
    """Import a file of a company; with `dry_run` only verify: say what would become of it and change nothing.

    `nome` is what the file is called in reports, `chi` the user who imports it and what proves them; None for a job.
    Raises Refused, with exit code 8, when it cannot be read (IMPORTA-001) or is larger than 256 MiB (IMPORTA-002); as
    the gate does, and when some of it is of an account that the user may not see (CONTO-002); OSError when the home
    cannot be written.
    """
    nome = nome.encode("utf-8", "replace").decode()  # a name that is not text would not go into the database
    data = source if isinstance(source, bytes) else _read(home, source)
    oggi = today(home.ports)
    found = _lint(data, nome, oggi)
    with _gate(home, azienda_id, chi, dry_run) as lavoro:
        sha256 = lavoro.keep(data)
        azienda = aziende.get(lavoro.conn, azienda_id)
        report = _Import(lavoro, azienda, nome, oggi, opzioni, data, found).file(sha256)
    return replace(report, verifica=dry_run)


def _gate(
    home: Home, azienda_id: int, chi: tuple[str, Segreto] | None, dry_run: bool
) -> AbstractContextManager[Lavoro]:
    if chi is None:
        return macchina(home, azienda_id, CHI, dry_run=dry_run)
    return varco(home, azienda_id, *chi, funzione=Funzione.IMPORT, dry_run=dry_run)


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


def _lint(data: bytes, nome: str, oggi: date) -> Found:
    found: Found = {}
    for diagnostica in checked(data, nome, oggi):
        found.setdefault(diagnostica.distinta or None, []).append(diagnostica)
    return found


@dataclass(frozen=True)
class _Import:
    """The work on one file, inside its transaction, on the day `oggi` of Rome; `found` is what the checks say of it."""

    lavoro: Lavoro
    azienda: Azienda
    nome: str
    oggi: date
    opzioni: Opzioni
    data: bytes
    found: Found

    @property
    def conn(self) -> Connection:
        return self.lavoro.conn

    @property
    def ports(self) -> Ports:
        return self.lavoro.ports

    def file(self, sha256: str) -> ImportReport:
        before = self._imported_before(sha256)
        if before is not None:
            verdetto = Verdetto(0, Codice.FILE_GIA_IMPORTATO, distinta_id=before)
            return ImportReport(self.nome, sha256, (verdetto,), ())
        file_id = self._file_row(sha256)
        self._diagnostics(file_id, self.found.get(None, ()))
        verdetti, diagnostiche = [], list(self.found.get(None, ()))
        for supporto in cbi.read_supporti(BytesIO(self.data)):
            verdetto, notes = self._supporto(file_id, sha256, supporto, self.found.get(supporto.numero, []))
            verdetti.append(verdetto)
            diagnostiche += notes
        self._conclude(file_id, sha256, verdetti)
        return ImportReport(self.nome, sha256, tuple(verdetti), tuple(diagnostiche))

    def _imported_before(self, sha256: str) -> int | None:
        """The first distinta made of these bytes that is still there; a file that gave none may be tried again."""
        return self.conn.scalar(_BEFORE, {"azienda_id": self.azienda.id, "sha256": sha256})

    def _file_row(self, sha256: str) -> int:
        key = {"azienda_id": self.azienda.id, "sha256": sha256}
        known = self.conn.scalar(_KNOWN, key)
        if known is not None:
            return int(known)
        values = {**key, "origine": ORIGINE, "nome": self.nome, "dimensione": len(self.data), "dati": "{}"}
        return int(self.conn.execute(_NEW_FILE, {**values, "at": self.ports.clock.now()}).scalar_one())

    def _supporto(
        self, file_id: int, sha256: str, supporto: cbi.Supporto, notes: list[Diagnostic]
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
        if supporto.flow not in GENERI or (supporto.declaration.free and not supporto.ordini):
            return seen, notes
        if seen.mittente not in ("", self.azienda.sia):
            return replace(seen, codice=Codice.MITTENTE_ALTRUI), notes
        leaving, taken = self._with_free_name(supporto)
        if taken is not None:
            return replace(seen, codice=Codice.SUPPORTO_GIA_PRESENTE, distinta_id=taken), notes
        leaving, notes = self._ready_to_leave(leaving, notes, changed=leaving is not supporto)
        # A sender that could not be filled in is a fault, even if a profile should call it a mere warning.
        errori = errors(notes) or int(not leaving.identita[0])
        seen = replace(seen, errori=errori, mittente_aggiunto=not seen.mittente and not errori)
        nome = leaving.identita[3]
        if nome != seen.nome_supporto:
            seen = replace(seen, nome_supporto=nome, nome_chiesto=seen.nome_supporto)
        if errori > MOST_ERRORS or (errori and not self.opzioni.con_errori):
            codice = Codice.TROPPI_ERRORI if errori > MOST_ERRORS else Codice.NON_CREATA
            self._diagnostics(file_id, notes)
            return replace(seen, codice=codice), notes
        return self._distinta(file_id, sha256, leaving, seen, notes), notes

    def _with_free_name(self, supporto: cbi.Supporto) -> tuple[cbi.Supporto, int | None]:
        """The supporto under a name that is free; with its own, the distinta that holds it."""
        _, banca, _, nome = supporto.identita
        standing = distinte.find_by_supporto(self.conn, self.azienda.id, banca, nome, supporto.tipo)
        if standing is None or not standing.alive:
            return supporto, None
        free = deposito.free_name(self.lavoro, banca, supporto.tipo, nome) if self.opzioni.rinomina else ""
        renamed = _rewritten(supporto, nome_supporto=free) if free else None
        return (supporto, standing.id) if renamed is None else (renamed, None)

    def _ready_to_leave(
        self, supporto: cbi.Supporto, notes: list[Diagnostic], *, changed: bool
    ) -> tuple[cbi.Supporto, list[Diagnostic]]:
        """The supporto with its sender, and what the checks say of the bytes that would leave."""
        if not supporto.identita[0]:
            filled = _rewritten(supporto, mittente=self.azienda.sia)
            return (supporto, notes) if filled is None else (filled, self._as_it_leaves(filled))
        if changed:
            return supporto, self._as_it_leaves(supporto)
        if errors(notes):
            return supporto, notes
        return supporto, notes + [note for note in self._as_it_leaves(supporto) if note.severity == "error"]

    def _as_it_leaves(self, supporto: cbi.Supporto) -> list[Diagnostic]:
        """What the checks say of the supporto as it would leave, at its lines in the file it came in."""
        leaving = supporto.canonical
        found = self.found if leaving == self.data else _lint(leaving, self.nome, self.oggi)
        return [
            replace(note, line=note.line + supporto.line - 1, distinta=supporto.numero)
            for notes in found.values()
            for note in notes
        ]

    def _distinta(
        self, file_id: int, sha256: str, supporto: cbi.Supporto, seen: Verdetto, notes: list[Diagnostic]
    ) -> Verdetto:
        composta = Composta(supporto, supporto.raw if seen.errori else supporto.canonical, tuple(notes))
        distinta_id = deposito.new(
            self.lavoro,
            composta,
            origine="I",
            nascita=distinte.IMPORTA,
            dati={"file": self.nome, "file_sha256": sha256},
            file_id=file_id,
            numero_supporto=supporto.numero,
            line=supporto.line,
        )
        visibili.require_result(self.conn, self.lavoro.profilo, distinta_id)
        seen = replace(seen, distinta_id=distinta_id, totale=composta.totale)
        doppi = tuple(
            Doppio(mine.numero, mine.chiave, before.distinta_id, before.numero)
            for mine, before in deposito.judge(self.lavoro, distinta_id, seen.errori)
        )
        codice = Codice.CON_ERRORI if seen.errori else Codice.ORDINI_GIA_VISTI if doppi else Codice.IMPORTATA
        return replace(seen, codice=codice, doppi=doppi)

    def _diagnostics(self, file_id: int, notes: Iterable[Diagnostic]) -> None:
        rows = [deposito.diagnostic_row(note, file_id, None) for note in islice(notes, deposito.MOST_DIAGNOSTICS)]
        if rows:
            self.conn.execute(DIAGNOSTICA.insert(), rows)

    def _conclude(self, file_id: int, sha256: str, verdetti: list[Verdetto]) -> None:
        dati = {
            "nome": self.nome,
            "sha256": sha256,
            "dimensione": len(self.data),
            "verdetti": [
                {"numero": verdetto.numero, "codice": verdetto.codice, "distinta_id": verdetto.distinta_id}
                for verdetto in verdetti
            ],
        }
        at = self.ports.clock.now()
        self.conn.execute(_CONCLUDE, {"file": file_id, "dati": canonical(dati), "at": at})
        journal.append(
            self.conn,
            azienda_id=self.azienda.id,
            tipo="file_importato",
            soggetto=f"file:{file_id}",
            dati=dati,
            at=at,
        )


def as_it_left(supporto: cbi.Supporto, sia: str, nome: str) -> bytes:
    """The bytes that an import made of a sound supporto of company `sia`: under the name that it was given, and with a
    sender."""
    if supporto.identita[3] != nome:
        supporto = _rewritten(supporto, nome_supporto=nome) or supporto
    if not supporto.identita[0]:
        supporto = _rewritten(supporto, mittente=sia) or supporto
    return supporto.canonical


def _rewritten(supporto: cbi.Supporto, **values: str) -> cbi.Supporto | None:
    """The supporto with other values in its header and trailer; None when they cannot be rewritten."""
    try:
        header = _with(supporto.header, values)
        coda = None if supporto.coda is None else _with(supporto.coda, values)
    except cbi.ValoreErrato:
        return None
    made = replace(supporto, header=header, coda=coda)
    return replace(made, raw=made.canonical)


def _with(record: cbi.Record, values: dict[str, str]) -> cbi.Record:
    return type(record).from_fields({**record.fields(), **values})
