"""How what banks said of orders is shown: tables for people, plain objects for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from commands.common import Ctx
from commands.tables import amount, day, euro, print_json, print_table, say
from ledger.resoconti import Resoconto
from reconcile.risposte import TECNICHE, significato

if TYPE_CHECKING:
    from ledger.partite import Insoluto, Partita

EFFETTI = {
    "paid": ("pagati", "paid"),
    "paid_late": ("pagati in ritardo", "paid late"),
    "unpaid": ("insoluti", "unpaid"),
    "rejected": ("stornati", "rejected"),
    "recalled": ("richiamati", "recalled"),
    "executed": ("eseguiti", "executed"),
    "receipted": ("quietanzati", "receipted"),
    "accepted": ("accettati", "accepted"),
    "refused": ("rifiutati", "refused"),
    "revoked": ("revocati", "revoked"),
}


def print_partite(ctx: Ctx, found: Sequence[Partita], form: str) -> None:
    """The flows of outcomes that came."""
    if form == "json":
        print_json([_partita_json(each) for each in found])
    elif found:
        headings = (
            ">File",
            "Banca",
            "Supporto",
            "Creata",
            "Effetto",
            ">Esiti",
            ">Riconc.",
            ">Totale",
            ">Spese",
            "Mov.",
        )
        rows = [_partita_cells(ctx, each) for each in found]
        print_table(ctx, ctx.say("Flussi di esiti", "Flows of outcomes"), headings, rows)
    else:
        say(ctx, "Nessun flusso di esiti.", "No flow of outcomes.")


def _partita_cells(ctx: Ctx, partita: Partita) -> tuple[str, ...]:
    return (
        str(partita.file_id),
        partita.abi,
        f"{partita.flusso} {partita.nome_supporto}",
        day(partita.data_creazione),
        ", ".join(ctx.say(*EFFETTI.get(each, (each, each))) for each in partita.effetti),
        str(partita.esiti),
        str(partita.riconciliati),
        euro(partita.totale, ctx.lang),
        euro(partita.spese, ctx.lang),
        "; ".join(f"{day(when)} {sign} {euro(cents, ctx.lang)}" for when, sign, cents in partita.movimenti) or "-",
    )


def _partita_json(partita: Partita) -> dict[str, Any]:
    return {
        "file_id": partita.file_id,
        "file": partita.file,
        "abi": partita.abi,
        "nome_supporto": partita.nome_supporto,
        "flusso": partita.flusso,
        "data_creazione": partita.data_creazione and partita.data_creazione.isoformat(),
        "effetti": list(partita.effetti),
        "esiti": partita.esiti,
        "riconciliati": partita.riconciliati,
        "totale": amount(partita.totale),
        "spese": amount(partita.spese),
        "movimenti": [
            {"data_contabile": when.isoformat(), "segno": sign, "importo": amount(cents)}
            for when, sign, cents in partita.movimenti
        ],
    }


def print_insoluti(ctx: Ctx, found: Iterable[Insoluto], oggi: date) -> None:
    """The orders that came back, for people: what does not fit on a screen is in the other forms."""
    headings = ("Disp.", "Flusso", "Debitore", ">Importo", "Scadenza", ">Giorni", "Perché", ">Spese", ">Tornate")
    rows = [
        (
            str(each.disposizione_id),
            f"{each.flusso} {each.banca}",
            each.controparte,
            euro(each.importo, ctx.lang),
            day(each.scadenza),
            _days(each, oggi),
            f"{_reason(each)}{ctx.say(' (tecnica)', ' (technical)') if _technical(each) else ''}",
            "-" if each.spese is None else euro(each.spese, ctx.lang),
            f"{each.tornate}/{each.del_debitore}",
        )
        for each in found
    ]
    if rows:
        print_table(ctx, ctx.say("Insoluti", "Unpaid orders"), headings, rows)
    else:
        say(ctx, "Nessun insoluto.", "Nothing came back.")


def _days(insoluto: Insoluto, oggi: date) -> str:
    """How long ago it fell due."""
    return str(max(0, (oggi - insoluto.scadenza).days)) if insoluto.scadenza else "-"


def _technical(insoluto: Insoluto) -> bool:
    return insoluto.causale in TECNICHE.get(insoluto.flusso, ())


def _reason(insoluto: Insoluto) -> str:
    causale = insoluto.causale or ""
    return significato(insoluto.flusso, causale) or causale


def insoluti_report(ctx: Ctx, found: Iterable[Insoluto], oggi: date) -> Resoconto:
    """The orders that came back, with the days since they fell due."""
    columns = (
        "Disp.",
        "Flusso",
        "Banca",
        "Debitore",
        "Codice fiscale",
        "Riferimento",
        "Importo",
        "Scadenza",
        "Contabile",
        "Giorni",
        "Stato",
        "Causale",
        "Perché",
        "Tecnica",
        "Spese",
        "Del debitore",
        "Tornate",
    )
    rows = [_insoluto_row(ctx, each, oggi) for each in found]
    return Resoconto(("Insoluti", "Unpaid orders"), columns, rows)


def _insoluto_row(ctx: Ctx, insoluto: Insoluto, oggi: date) -> tuple[str, ...]:
    return (
        str(insoluto.disposizione_id),
        insoluto.flusso,
        insoluto.banca,
        insoluto.controparte,
        insoluto.codice_fiscale or insoluto.codice_cliente or "",
        insoluto.riferimento or "",
        amount(insoluto.importo),
        insoluto.scadenza.isoformat() if insoluto.scadenza else "",
        insoluto.contabile.isoformat() if insoluto.contabile else "",
        _days(insoluto, oggi),
        insoluto.stato,
        insoluto.causale or "",
        _reason(insoluto),
        ctx.say("sì", "yes") if _technical(insoluto) else "no",
        "" if insoluto.spese is None else amount(insoluto.spese),
        str(insoluto.del_debitore),
        str(insoluto.tornate),
    )
