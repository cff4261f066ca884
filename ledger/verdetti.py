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
    FILE_GIA_IMPORTATO = "file_gia_importato"
    SUPPORTO_GIA_PRESENTE = "supporto_gia_presente"
    MITTENTE_ALTRUI = "mittente_altrui"
    DA_BANCA = "da_banca"
    NON_GESTITO = "non_gestito"


@dataclass(frozen=True)
class Doppio:
    """An order (`numero`) seen before, as number `prima` of distinta `distinta_id`."""

    numero: int
    numero_ricevuta: str
    distinta_id: int
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
    errori: int = 0
    doppi: tuple[Doppio, ...] = ()

    def message(self, lang: str) -> str:
        """The verdict in words, in "it" or "en"."""
        return MESSAGES[self.codice][lang != "it"].format(v=self)


@dataclass(frozen=True)
class ImportReport:
    """What became of a file: `sha256` its name in the archive; the verdicts; all that the checks said."""

    nome: str
    sha256: str
    verdetti: tuple[Verdetto, ...]
    diagnostiche: tuple[Diagnostic, ...]

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
        "con errori ({v.errori}): conservata, non può partire; correggere il file e importarlo di nuovo",
        "with errors ({v.errori}): kept, it cannot leave; correct the file and import it again",
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
        "rifiutata: il flusso {v.flusso} non è ancora gestito; il file è conservato",
        "refused: flow {v.flusso} is not handled yet; the file is kept",
    ),
}
