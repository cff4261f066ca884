"""Which disposizione an esito speaks of, or why none: a pure choice among candidates.

By the exact keys first (`choose`); where they find nothing, by what else the two say (`liken`), by several orders of
one debtor together (`add_up`). A choice depends on the esito and the orders alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations
from typing import Any, Protocol

from cbi.flows.proprieta import CAUSALI_DI_RICHIAMO
from ledger.outcomes import Candidata
from ledger.stati import ALLA_BANCA, MAI_PARTITE, Evento, Stato
from reconcile.somiglianza import (
    DISTACCO,
    DISTANTE,
    SOGLIA,
    VICINO,
    Detto,
    Grado,
    Prove,
    compare,
    rule_for,
    score,
    wrong,
)


class Classe(StrEnum):
    """How sure a match is. ESATTO: by its keys; REGOLA: as a rule says that banks change them; PROBABILE: more like one
    order than like any other; A_MANO: a person said so."""

    ESATTO = "esatto"
    REGOLA = "regola"
    PROBABILE = "probabile"
    A_MANO = "a_mano"


EVENTO = {
    "paid": Evento.PAGA,
    "paid_late": Evento.PAGA,
    "unpaid": Evento.INSOLVI,
    "rejected": Evento.STORNA,
    "recalled": Evento.RICHIAMA,
    "executed": Evento.ORDINA,
    "receipted": Evento.QUIETANZA,
    "accepted": Evento.ACCETTA,
    "refused": Evento.RIFIUTA,
    "revoked": Evento.REVOCA,
}
"""What an effect does to an order; the others are not known."""

DI_SUA_INIZIATIVA = frozenset({"new_mandate", "changed", "info"})
"""The effects of what banks say of mandates without having been asked."""

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
    "debitore_diverso": (
        "chiave, importo e scadenza sono di una disposizione di un altro debitore",
        "key, amount and due date are those of an order of another debtor",
    ),
    "piu_candidate": ("più disposizioni corrispondono", "more than one order matches"),
    "stato_non_ammette": (
        "lo stato della disposizione non ammette questo esito",
        "the state of the order does not allow this outcome",
    ),
    "parziale": (
        "è una parte dell'importo della disposizione: si attende il resto",
        "part of the amount of the order: the rest is awaited",
    ),
    "sciolto": (
        "l'abbinamento è stato sciolto a mano",
        "the match was undone by hand",
    ),
    "corpo_non_noto": (
        "la banca dice qualcosa di questa distinta in righe di cui non c'è un tracciato pubblico",
        "the bank says something of this distinta in lines that no public document explains",
    ),
    "iniziativa_banca": (
        "la banca lo comunica di sua iniziativa: non risponde a una disposizione",
        "the bank tells it of its own accord: it answers no order",
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
        return "iniziativa_banca" if esito.effetto in DI_SUA_INIZIATIVA else "causale_sconosciuta"
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
    """The requests of recall that the esito answers: it says recalled, they have its keys and await an answer. If none
    does, the last that was refused: the bank carried it out all the same, and might have said so first."""
    mine = [
        c
        for c in candidates
        if esito.effetto == "recalled"
        and c.causale in CAUSALI_DI_RICHIAMO
        and (c.abi, c.importo, c.scadenza) == (abi, esito.importo, esito.scadenza)
    ]
    answered = any(c.stato is Stato.RICHIAMATA for c in mine)
    refused = [] if answered else [c for c in mine if c.stato is Stato.SCARTATA]
    return [c for c in mine if c.stato in ALLA_BANCA] or refused[-1:]


# --- where the keys find nothing --------------------------------------------------------------------------------------

NO_SUCH_KEY = "nessuna_disposizione"
STRANGER = "debitore_diverso"
SEARCHED = (NO_SUCH_KEY, "altra_banca", "importo_diverso", "scadenza_diversa", STRANGER)
"""The reasons after which an order is looked for by what else it says."""

TOGETHER = 8  # orders of a debtor that are tried together, at most: 247 ways
CUMULO = "cumulo"


@dataclass(frozen=True)
class Scelta:
    """The orders that an esito speaks of, how sure that is, and why; `motivo` says why none was taken, "" when one was.

    A likely choice has orders and a reason: it is taken only where the company wants it so. `viste` are the orders that
    were looked at, the most alike first.
    """

    ordini: tuple[Candidata, ...] = ()
    classe: Classe | None = None
    prove: dict[str, Any] | None = None
    motivo: str = ""
    viste: tuple[Candidata, ...] = ()


def liken(esito: Detto, candidates: Sequence[Candidata], motivo: str, *, tutti: bool = True) -> Scelta:
    """The one order that a rule holds for, or that is likely; `motivo` is why the keys found none.

    Two that are as good are two: none is taken. A key that is some order's own is another's with a slip in it only
    where the rest leaves no doubt: numbers follow one another. `tutti`: every order of the amount is among the
    candidates; if not, no rule holds that asks of the others.
    """
    compared = [(each, compare(esito, each)) for each in _competing(candidates)]
    if motivo != NO_SUCH_KEY:
        compared = [(each, _own_key(prove)) for each, prove in compared]
    compared.sort(key=lambda pair: (-score(pair[1]), pair[0].id))
    viste = tuple(each for each, _ in compared)
    da_solo = tutti and sum(wrong(prove) < DISTANTE for _, prove in compared) == 1
    ruled = [(each, prove) for each, prove in compared if rule_for(prove, da_solo=da_solo)]
    if len(ruled) == 1:
        order, prove = ruled[0]
        return Scelta((order,), Classe.REGOLA, told(prove, regola=rule_for(prove, da_solo=da_solo)), "", viste)
    if ruled:
        return Scelta(motivo="piu_candidate", viste=viste)
    if compared and _likely(compared):
        order, prove = compared[0]
        return Scelta((order,), Classe.PROBABILE, told(prove), motivo, viste)
    return Scelta(motivo=motivo, viste=viste)


def stranger(esito: Detto, ordine: Candidata) -> bool:
    """Whether an esito that has the keys of an order speaks of another debtor: neither by its codes nor by its name is
    it the same. Orders of one amount and day that follow one another are told apart by nothing else."""
    prove = compare(esito, ordine)
    apart = prove["codice_fiscale"] is Grado.DIVERSO and prove["controparte"] is Grado.DIVERSO
    return apart and prove["codice_cliente"] is not Grado.UGUALE


def _own_key(prove: Prove) -> Prove:
    return prove if prove["chiave"] is not Grado.SIMILE else {**prove, "chiave": Grado.DUBBIO}


def _competing(candidates: Sequence[Candidata]) -> list[Candidata]:
    """As in `choose`: what never left is no candidate, a recall and an order that was refused give way to another."""
    left = [each for each in candidates if each.stato not in MAI_PARTITE]
    orders = [each for each in left if each.causale not in CAUSALI_DI_RICHIAMO] or left
    return [each for each in orders if each.stato is not Stato.SCARTATA] or orders


def _likely(compared: Sequence[tuple[Candidata, Prove]]) -> bool:
    points = [score(prove) for _, prove in compared]
    ahead = len(points) == 1 or points[0] - points[1] >= DISTACCO
    return ahead and points[0] >= SOGLIA and compared[0][1]["importo"] is not Grado.DIVERSO


def add_up(esito: Detto, candidates: Sequence[Candidata], scelta: Scelta) -> Scelta:
    """The orders of one debtor that make the amount of an esito together; `scelta` when there are none, or several
    ways.

    All those of a due date are a rule, some of them are likely. An order that the esito names by its key is among them.
    """
    mine = [each for each in _competing(candidates) if _same_debtor(compare(esito, each))]
    if not 1 < len(mine) <= TOGETHER:
        return scelta
    named = {each.id for each in mine if each.chiave == esito.chiave and esito.chiave}
    ways = [
        some
        for size in range(2, len(mine) + 1)
        for some in combinations(sorted(mine, key=lambda each: each.id), size)
        if sum(each.importo for each in some) in (esito.importo, esito.importo + esito.spese)
        and named <= {each.id for each in some}
    ]
    if len(ways) != 1:
        return scelta
    whole = len(ways[0]) == len(mine)
    prove = {"regola": CUMULO, "insieme": [each.id for each in ways[0]]}
    if whole:
        return Scelta(ways[0], Classe.REGOLA, prove, "", tuple(mine))
    return Scelta(ways[0], Classe.PROBABILE, prove, scelta.motivo, tuple(mine))


def _same_debtor(prove: Prove) -> bool:
    codes = ("codice_fiscale", "codice_cliente")
    known = any(prove[campo] is Grado.UGUALE for campo in codes)
    strange = any(prove[campo] is Grado.DIVERSO for campo in (*codes, "controparte"))
    return known and not strange and prove["scadenza"] in VICINO


def told(prove: Prove, **more: Any) -> dict[str, Any]:
    """A comparison as it is kept: the degree of each field, the points, the rule if one holds."""
    return {**{campo: str(grado) for campo, grado in prove.items()}, "punti": score(prove), **more}
