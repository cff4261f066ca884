"""The sums of a reconciliation: nothing that was received is missing from them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Conto:
    """What became of what a file brought. Esiti: `ricevuti = applicati + gia_applicati + eccezioni`,
    always."""

    ricevuti: int = 0
    applicati: int = 0
    gia_applicati: int = 0
    eccezioni: int = 0
    promemoria: int = 0
    movimenti: int = 0
    movimenti_gia_presenti: int = 0

    def squares(self) -> bool:
        """Whether every esito received is counted once."""
        return self.ricevuti == self.applicati + self.gia_applicati + self.eccezioni

    def __add__(self, other: Conto) -> Conto:
        mine, yours = vars(self), vars(other)
        return Conto(**{name: mine[name] + yours[name] for name in mine})


@dataclass(frozen=True)
class Arrivo:
    """Where something came from: the company it is for, the bank (`abi`) that sent it, the file that
    brought it."""

    azienda_id: int
    abi: str
    file_id: int
    nome_file: str
