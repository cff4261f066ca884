"""Which disposizione an esito speaks of, or why none: a pure choice among candidates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

from cbi.flows.proprieta import CAUSALI_DI_RICHIAMO
from ledger.outcomes import Candidata
from ledger.stati import ALLA_BANCA, MAI_PARTITE, Evento, Stato

EVENTO = {
    "paid": Evento.PAGA,
    "paid_late": Evento.PAGA,
    "unpaid": Evento.INSOLVI,
    "rejected": Evento.STORNA,
    "recalled": Evento.RICHIAMA,
}

MOTIVI = {
    "nessuna_disposizione": (
        "nessuna disposizione ha questa chiave",
        "no order has this key",
    ),
    "altra_banca": (
        "la disposizione con questa chiave è stata inviata a un'altra banca",
        "the order with this key was sent to another bank",
    ),
    "importo_diverso": ("l'importo non è quello della disposizione", "the amount is not the order's"),
    "scadenza_diversa": ("la scadenza non è quella della disposizione", "the due date is not the order's"),
    "piu_candidate": ("più disposizioni corrispondono", "more than one order matches"),
    "stato_non_ammette": (
        "lo stato della disposizione non ammette questo esito",
        "the state of the order does not allow this outcome",
    ),
    "causale_sconosciuta": ("la causale dell'esito non è nota", "the outcome's causale is not known"),
    "file_sconosciuto": (
        "la ricevuta nomina un file, o un suo contenuto, che non è stato inviato",
        "the receipt names a file, or a content of it, that was not sent",
    ),
    "supporto_sconosciuto": (
        "nessuna distinta inviata a questa banca ha questo nome supporto",
        "no distinta sent to this bank has this support name",
    ),
    "ricevuta_contraria": (
        "lo stato della distinta non ammette questa ricevuta",
        "the state of the distinta does not allow this receipt",
    ),
}
"""Why something that arrived was not applied: code, Italian, English."""


class HasKeys(Protocol):
    """What of an esito counts for the choice: amounts in cents."""

    @property
    def effetto(self) -> str: ...
    @property
    def importo(self) -> int: ...
    @property
    def scadenza(self) -> date | None: ...


def choose(esito: HasKeys, abi: str, candidates: Sequence[Candidata]) -> Candidata | str:
    """The one disposizione that the esito of bank `abi` speaks of, or the code of the reason in `MOTIVI`.

    `candidates` are those of the company and of the kind with the same key, oldest first. An order refused with its
    distinta does not compete with the one sent again in its place, even if that was refused too; a recall never
    competes with the order it recalls, but stands for it when the order itself is not in the ledger.
    """
    if esito.effetto not in EVENTO:
        return "causale_sconosciuta"
    if not candidates:
        return "nessuna_disposizione"
    of_bank = [c for c in candidates if c.abi == abi]
    if not of_bank:
        return "altra_banca"
    exact = [c for c in of_bank if c.importo == esito.importo and c.scadenza == esito.scadenza]
    if not exact:
        same_amount = any(c.importo == esito.importo for c in of_bank)
        return "scadenza_diversa" if same_amount else "importo_diverso"
    left = [c for c in exact if c.stato not in MAI_PARTITE]
    orders = [c for c in left if c.causale not in CAUSALI_DI_RICHIAMO] or left
    alive = [c for c in orders if c.stato is not Stato.SCARTATA] or orders[-1:]
    if not alive:
        return "stato_non_ammette"
    return alive[0] if len(alive) == 1 else "piu_candidate"


def recalls(esito: HasKeys, abi: str, candidates: Iterable[Candidata]) -> list[Candidata]:
    """The requests of recall that the esito answers: it says recalled, they have its keys and await an
    answer."""
    return [
        c
        for c in candidates
        if esito.effetto == "recalled"
        and c.causale in CAUSALI_DI_RICHIAMO
        and (c.abi, c.importo, c.scadenza) == (abi, esito.importo, esito.scadenza)
        and c.stato in ALLA_BANCA
    ]
