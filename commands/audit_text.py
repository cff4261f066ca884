"""How the audit is told: which event does not hold, why, and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from commands.common import Ctx
from commands.tables import print_json, say, warn

if TYPE_CHECKING:
    from ledger.journal import Guasto
    from ledger.ricostruzione import Differenza
    from ledger.verifica import Verdetto

# What is wrong with an event, in words.
MOTIVI = {
    "numero": (
        "qui ci si aspettava questo numero e ce n'è un altro: un evento è stato tolto, aggiunto o spostato",
        "another number is where this one was expected: an event was taken out, put in or moved",
    ),
    "prima": (
        "non segue l'evento che lo precede: uno dei due è stato sostituito, tolto o scambiato",
        "it does not follow the event before it: one of the two was replaced, taken out or swapped",
    ),
    "dati": (
        "i suoi dati non sono scritti come il giornale li scrive: sono stati cambiati",
        "its data are not written as the journal writes them: they were changed",
    ),
    "hash": (
        "il suo contenuto non corrisponde alla sua impronta: è stato cambiato",
        "its content does not match its hash: it was changed",
    ),
    "rifatto": (
        "non è l'evento di cui parla il checkpoint: il giornale è stato riscritto da un punto in poi",
        "it is not the event that the checkpoint speaks of: the journal was written again from some point on",
    ),
    "coda": (
        "manca, e un checkpoint dice che c'era: la fine del giornale è stata tagliata",
        "it is missing, and a checkpoint says that it was there: the end of the journal was cut off",
    ),
    "checkpoint": (
        "nomina un checkpoint che non torna con gli eventi prima, o con le chiavi di questo archivio",
        "it names a checkpoint that does not agree with the events before, or with the keys of this home",
    ),
    "struttura": (
        "il file del database è rovinato: indici e righe non concordano",
        "the file of the database is damaged: indexes and rows do not agree",
    ),
}


def print_verdetti(ctx: Ctx, verdetti: Sequence[Verdetto], form: str) -> None:
    """A line for each company, with what to do when something is wrong or cannot be seen."""
    if form == "json":
        print_json([verdetto_json(ctx, verdetto) for verdetto in verdetti])
        return
    for verdetto in verdetti:
        if verdetto.cammino.guasto is not None:
            print_fault(ctx, verdetto, verdetto.cammino.guasto)
        else:
            _print_sound(ctx, verdetto)
    uncovered = [verdetto.sia for verdetto in verdetti if verdetto.sound and not verdetto.garantiti]
    if uncovered:
        names = ", ".join(uncovered)
        warn(
            ctx,
            f"{names}: nessun checkpoint: non si può vedere se la fine del giornale è stata tagliata o riscritta.",
            f"{names}: no checkpoint: whether the end of the journal was cut off or written again cannot be seen.",
        )
        warn(
            ctx,
            "  = Prenderne uno con cbi audit checkpoint, e conservarlo altrove.",
            "  = Take one with cbi audit checkpoint, and keep it elsewhere.",
        )


def _print_sound(ctx: Ctx, verdetto: Verdetto) -> None:
    good, head = verdetto.cammino.eventi, verdetto.cammino.testa
    say(ctx, f"{verdetto.sia}: {good} eventi integri, testa {head}", f"{verdetto.sia}: {good} events hold, head {head}")
    if verdetto.garantiti:
        upto = verdetto.garantiti
        say(ctx, f"  garantiti da un checkpoint fino all'evento {upto}", f"  a checkpoint answers up to event {upto}")


def print_fault(ctx: Ctx, verdetto: Verdetto, guasto: Guasto) -> None:
    """Which event does not hold, why, and what to do."""
    it, en = MOTIVI[guasto.motivo]
    say(ctx, f"{verdetto.sia}: evento {guasto.numero}: {it}", f"{verdetto.sia}: event {guasto.numero}: {en}")
    if guasto.dopo:
        upto = guasto.dopo
        say(ctx, f"  garantiti da un checkpoint fino all'evento {upto}", f"  a checkpoint answers up to event {upto}")
    warn(
        ctx,
        "  = Non usare questo archivio: copiarlo com'è per chi indaga, e ripristinare una copia di sicurezza.",
        "  = Do not use this home: copy it as it is for whoever investigates, and restore a backup.",
    )


def verdetto_json(ctx: Ctx, verdetto: Verdetto) -> dict[str, Any]:
    """A verdict as a plain object."""
    guasto = verdetto.cammino.guasto
    fault = guasto and {
        "numero": guasto.numero,
        "motivo": guasto.motivo,
        "messaggio": ctx.say(*MOTIVI[guasto.motivo]),
        "garantiti": guasto.dopo,
    }
    return {
        "sia": verdetto.sia,
        "eventi": verdetto.cammino.eventi,
        "testa": verdetto.cammino.testa,
        "garantiti": verdetto.garantiti,
        "guasto": fault,
    }


def print_differenze(ctx: Ctx, found: Mapping[str, Sequence[Differenza]], form: str) -> None:
    """A line for each difference between the journal and the books, by company."""
    if form == "json":
        print_json({sia: [asdict(each) for each in differences] for sia, differences in found.items()})
        return
    for sia, differences in found.items():
        for each in differences:
            say(ctx, f"{sia}: {difference(ctx, each)}", f"{sia}: {difference(ctx, each)}")
        if not differences:
            say(ctx, f"{sia}: i libri sono quelli del giornale", f"{sia}: the books are those of the journal")
        else:
            warn(
                ctx,
                "  = I libri sono stati cambiati senza passare dal programma: fa fede il giornale, se è integro.",
                "  = The books were changed behind the program's back: the journal is right, if it holds.",
            )


def difference(ctx: Ctx, each: Differenza) -> str:
    """A difference between the journal and the books, on one line."""
    if each.tabella == "journal":
        return ctx.say(
            f"tipo di evento che questa versione non conosce: {each.chiave}",
            f"a type of event that this version does not know: {each.chiave}",
        )
    where = " ".join(filter(None, (each.tabella, each.chiave, each.campo)))
    told, kept = (json.dumps(value, ensure_ascii=False) for value in (each.giornale, each.libri))
    return ctx.say(f"{where}: nel giornale {told}, nei libri {kept}", f"{where}: journal {told}, books {kept}")
