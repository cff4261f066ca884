"""The verdicts of an import: what became of each supporto of a file, and how to say it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cbi.validators.diagnostics import Diagnostic


class Codice(StrEnum):
    """The verdict on a supporto; what each means is told in `ledger.importa`."""

    IMPORTATA = "importata"
    ORDINI_GIA_VISTI = "ordini_gia_visti"
    CON_ERRORI = "con_errori"
    NON_CREATA = "non_creata"
    TROPPI_ERRORI = "troppi_errori"
    FILE_GIA_IMPORTATO = "file_gia_importato"
    SUPPORTO_GIA_PRESENTE = "supporto_gia_presente"
    MITTENTE_ALTRUI = "mittente_altrui"
    DA_BANCA = "da_banca"
    NON_GESTITO = "non_gestito"


class Finale(StrEnum):
    """How an import as a whole ended, in the words of bank portals."""

    ELABORATO = "Elaborato"
    CON_ERRORI = "Con errori"
    NON_BLOCCANTI = "Con errori non bloccanti"
    FALLITO = "Fallito"
    VERIFICATO = "Verificato"


CREATE = (Codice.IMPORTATA, Codice.ORDINI_GIA_VISTI, Codice.CON_ERRORI)
"""The verdicts of which a distinta comes."""


@dataclass(frozen=True)
class Doppio:
    """An order (`numero`) seen before, as number `prima` of distinta `distinta_id` (None: it is loose)."""

    numero: int
    chiave: str
    distinta_id: int | None
    prima: int


@dataclass(frozen=True)
class Verdetto:
    """What became of a supporto: `numero` its ordinal in the file, from 1 (0 for the file as a whole);
    `distinta_id` the distinta made of it, or the earlier one that stands in its way; `totale` in cents."""

    numero: int
    codice: Codice
    flusso: str = ""
    nome_supporto: str = ""
    abi: str = ""
    distinta_id: int | None = None
    numero_disposizioni: int = 0
    totale: int = 0
    mittente: str = ""
    mittente_aggiunto: bool = False
    nome_chiesto: str = ""  # its own name, when it was given another because that one is taken
    errori: int = 0
    doppi: tuple[Doppio, ...] = ()

    def message(self, lang: str) -> str:
        """The verdict in words, in "it" or "en"."""
        words = MESSAGES[self.codice][lang != "it"].format(v=self)
        return f"{words}{RENAMED[lang != 'it'].format(v=self)}" if self.nome_chiesto else words


@dataclass(frozen=True)
class ImportReport:
    """What became of a file: `sha256` its name in the archive; the verdicts; all that the checks said."""

    nome: str
    sha256: str
    verdetti: tuple[Verdetto, ...]
    diagnostiche: tuple[Diagnostic, ...]
    verifica: bool = False  # nothing was changed: it was only to be verified

    @property
    def finale(self) -> Finale:
        """How it ended: the worst of what became of its supporti."""
        created = [verdetto for verdetto in self.verdetti if verdetto.codice in CREATE]
        if self.verifica:
            return Finale.VERIFICATO
        if not created:
            return Finale.FALLITO
        if len(created) < len(self.verdetti) or any(
            diagnostica.severity == "error" for diagnostica in self.diagnostiche
        ):
            return Finale.CON_ERRORI
        notices = any(diagnostica.severity == "warning" for diagnostica in self.diagnostiche)
        if notices or any(v.doppi or v.mittente_aggiunto or v.nome_chiesto for v in created):
            return Finale.NON_BLOCCANTI
        return Finale.ELABORATO

    @property
    def clean(self) -> bool:
        """Whether every supporto was imported and may be signed at once."""
        faults = any(diagnostica.severity == "error" for diagnostica in self.diagnostiche)
        codes = [verdetto.codice for verdetto in self.verdetti]
        return bool(codes) and not faults and all(code is Codice.IMPORTATA for code in codes)


MESSAGES: dict[Codice, tuple[str, str]] = {
    Codice.IMPORTATA: ("importata, da firmare", "imported, to be signed"),
    Codice.ORDINI_GIA_VISTI: (
        "ha disposizioni già viste, è ferma: per confermarla cbi distinte approve {v.distinta_id} --user U",
        "holds orders seen before, it waits: to confirm it cbi distinte approve {v.distinta_id} --user U",
    ),
    Codice.CON_ERRORI: (
        "con errori ({v.errori}): conservata, non può partire; correggerla, o correggere il file e importarlo di nuovo",
        "with errors ({v.errori}): kept, it cannot leave; edit it, or correct the file and import it again",
    ),
    Codice.NON_CREATA: (
        "non creata: ha errori ({v.errori}); il file è conservato",
        "not created: it has errors ({v.errori}); the file is kept",
    ),
    Codice.TROPPI_ERRORI: (
        "non creata: ha troppi errori ({v.errori}); correggere il file e importarlo di nuovo",
        "not created: it has too many errors ({v.errori}); correct the file and import it again",
    ),
    Codice.FILE_GIA_IMPORTATO: (
        "questo stesso file è già stato importato (distinta {v.distinta_id}): non è cambiato nulla",
        "this very file was imported before (distinta {v.distinta_id}): nothing has changed",
    ),
    Codice.SUPPORTO_GIA_PRESENTE: (
        "rifiutata: un supporto con lo stesso nome è già nella distinta {v.distinta_id}",
        "refused: a supporto of the same name is already in distinta {v.distinta_id}",
    ),
    Codice.MITTENTE_ALTRUI: (
        "rifiutata: il mittente {v.mittente} non è il codice SIA dell'azienda",
        "refused: the sender {v.mittente} is not the company's SIA code",
    ),
    Codice.DA_BANCA: (
        "viene da una banca: si acquisisce con cbi receive",
        "it comes from a bank: take it in with cbi receive",
    ),
    Codice.NON_GESTITO: (
        "rifiutata: le disposizioni del flusso {v.flusso} non si possono seguire; il file è conservato",
        "refused: the orders of flow {v.flusso} cannot be followed; the file is kept",
    ),
}
RENAMED = (
    "; rinominata, il nome {v.nome_chiesto} è già usato",
    "; renamed, the name {v.nome_chiesto} is taken",
)
