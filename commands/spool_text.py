"""How the state of the spool is shown: tables for people, plain objects for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from commands.common import Ctx
from commands.tables import day, print_json, print_table, say, warn
from ledger import intenti
from spool.stato import ARCHIVIO, ATTESA

if TYPE_CHECKING:
    from spool.stato import Somma, Stato, StatoRamo

CARTELLE = {
    "in/new": ">in/new",
    ATTESA: ">attesa",
    "in/done": ">in/done",
    "in/quarantine": ">in/quarantine",
    **{f"out/{folder}": f">out/{folder}" for folder in ("tmp", "new", "sent", "confirmed", "rejected")},
    ARCHIVIO: ">Archivio",
}
PARTI = {
    "done": ("letti", "read"),
    "quarantine": ("in quarantena", "in quarantine"),
    "new": ("da leggere", "to be read"),
    ARCHIVIO: ("in archivio", "in the archive"),
    "importati": ("importati", "imported"),
    "gia_ricevuti": ("già ricevuti", "already received"),
    "rifiutati": ("rifiutati", "refused"),
    "applicati": ("applicati", "applied"),
    "gia_applicati": ("già applicati", "already applied"),
    "eccezioni": ("eccezioni", "exceptions"),
    "file": ("file", "files"),
    "supporti": ("supporti", "supporti"),
    "esiti": ("esiti", "outcomes"),
}


def print_status(ctx: Ctx, stato: Stato, form: str) -> None:
    """The folders of each bank, the sums, and what a person has to look at."""
    if form == "json":
        print_json(_status_json(stato))
        return
    rows = [
        (r.sia, r.abi, *(str(r.cartelle[name]) for name in CARTELLE), str(len(r.aperti)), str(len(r.incerti)))
        for r in stato.rami
    ]
    print_table(ctx, "Spool", ("SIA", "Banca", *CARTELLE.values(), ">Aperti", ">Incerti"), rows)
    sums = [(r.sia, r.abi, _sum(ctx, s), ctx.say(*_holds(s))) for r in stato.rami for s in r.somme]
    print_table(ctx, ctx.say("Somme", "Sums"), ("SIA", "Banca", "Somma", "Torna"), sums)
    for ramo in stato.rami:
        _print_troubles(ctx, ramo)
    if stato.ritardi:
        late = [(str(e.distinta_id), e.abi, e.nome_supporto, day(e.inoltrata), day(e.attesa)) for e in stato.ritardi]
        headings = ("Distinta", "Banca", "Nome", "Inoltrata", "Attesa entro")
        print_table(ctx, ctx.say("Ricevute in ritardo", "Late receipts"), headings, late)
        say(ctx, "  = Chiedere alla banca se ha il flusso.", "  = Ask the bank whether it has the flow.")


def _sum(ctx: Ctx, somma: Somma) -> str:
    parts = " + ".join(f"{many} {ctx.say(*PARTI[part])}" for part, many in somma.parti.items())
    return f"{somma.totale} {ctx.say(*PARTI[somma.nome])} = {parts}"


def _holds(somma: Somma) -> tuple[str, str]:
    return ("sì", "yes") if somma.torna else ("NO", "NO")


def _print_troubles(ctx: Ctx, ramo: StatoRamo) -> None:
    where = f"{ramo.sia}/{ramo.abi}"
    for somma in ramo.somme:
        it, en = PARTI[somma.nome]
        for name in somma.mancano:
            warn(ctx, f"{where}: {it}: non torna {name}", f"{where}: {en}: {name} does not add up")
        for name in somma.estranei:
            warn(
                ctx, f"{where}: {it}: il registro non conosce {name}", f"{where}: {en}: the ledger does not know {name}"
            )
    if ramo.fuori_somma:
        n = ramo.fuori_somma
        it = f"{where}: in quarantena altri {n} file, fuori dalle somme: mai letti, o già contati altrove"
        say(ctx, it, f"{where}: {n} more files in quarantine, in no sum: never read, or counted elsewhere")
    for intento in ramo.incerti:
        doubt = intenti.in_doubt(intento)
        warn(ctx, doubt.it, doubt.en)
        warn(ctx, f"  = {doubt.hint_it}", f"  = {doubt.hint_en}")


def _status_json(stato: Stato) -> dict[str, Any]:
    return {
        "torna": stato.torna,
        "rami": [
            {**asdict(ramo), "somme": [{**asdict(somma), "torna": somma.torna} for somma in ramo.somme]}
            for ramo in stato.rami
        ],
        "ritardi": [
            {**asdict(each), "inoltrata": each.inoltrata.isoformat(), "attesa": each.attesa.isoformat()}
            for each in stato.ritardi
        ],
    }
