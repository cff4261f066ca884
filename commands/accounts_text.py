"""How accounts and their statements are shown: tables for people, plain objects for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from commands.common import Ctx
from commands.tables import account, amount, day, euro, print_json, print_json_list, print_table, say
from ledger.rapporti import Saldo, Scheda
from reconcile.continuita import ROTTURE, Rottura
from reconcile.scalari import Prospetto, Riga

GENERI = {
    "conto": ("conto corrente", "current account"),
    "anticipi": ("conto anticipi", "advances"),
    "portafoglio": ("portafoglio", "portfolio"),
    "titoli": ("dossier titoli", "securities"),
}


def print_accounts(ctx: Ctx, found: Sequence[Scheda], oggi: date, form: str, *, in_chiaro: bool) -> None:
    """The accounts with the last that their bank said, and the balances available in the days to come."""
    if form == "json":
        print_json([account_json(each, oggi, in_chiaro=in_chiaro) for each in found])
    elif found:
        headings = (">ID", "Banca", "Conto", "Genere", "Descrizione", "Ultimo estratto", ">Saldo", ">Liquido", "Stato")
        rows = [_cells(ctx, each, oggi, in_chiaro) for each in found]
        print_table(ctx, ctx.say("Rapporti", "Accounts"), headings, rows)
        for each in found:
            for when, cents in each.ultimo.liquidita if each.ultimo else ():
                at, sum_ = day(when), euro(cents, ctx.lang)
                say(ctx, f"{each.id}: liquido al {at}: {sum_}", f"{each.id}: available on {at}: {sum_}")
    else:
        say(ctx, "Nessun rapporto.", "No account.")


def _cells(ctx: Ctx, scheda: Scheda, oggi: date, in_chiaro: bool) -> tuple[str, ...]:
    ultimo = scheda.ultimo
    return (
        str(scheda.id),
        scheda.abi,
        account(scheda.conto, in_chiaro) or "",
        ctx.say(*GENERI[scheda.genere]),
        scheda.descrizione,
        f"{ultimo.tipo} {day(ultimo.data)}" if ultimo else "-",
        _euro(ctx, ultimo.saldo if ultimo else None),
        _euro(ctx, ultimo.saldo_liquido if ultimo else None),
        _state(ctx, scheda, oggi),
    )


def _euro(ctx: Ctx, cents: int | None) -> str:
    return "-" if cents is None else euro(cents, ctx.lang)


def _state(ctx: Ctx, scheda: Scheda, oggi: date) -> str:
    silent = scheda.closed_since(oggi)
    told = (
        (scheda.scelte.in_evidenza, ctx.say("in evidenza", "shown first")),
        (scheda.estero, ctx.say("estero", "abroad")),
        (scheda.scelte.a_mano, ctx.say("a mano", "by hand")),
        (scheda.scelte.chiuso, ctx.say("chiuso", "closed")),
        (silent, ctx.say(f"chiuso, tace dal {day(silent)}", f"closed, silent since {day(silent)}")),
    )
    return ", ".join(words for holds, words in told if holds)


def account_json(scheda: Scheda, oggi: date, *, in_chiaro: bool) -> dict[str, Any]:
    """An account as a plain object: amounts as decimal text, days and instants as ISO text."""
    silent = scheda.closed_since(oggi)
    return {
        "id": scheda.id,
        "sia": scheda.sia,
        "genere": scheda.genere,
        "abi": scheda.abi,
        "cab": scheda.cab,
        "conto": account(scheda.conto, in_chiaro),
        "divisa": scheda.divisa,
        "descrizione": scheda.descrizione,
        "ordine": scheda.scelte.ordine,
        "in_evidenza": scheda.scelte.in_evidenza,
        "estero": scheda.estero,
        "a_mano": scheda.scelte.a_mano,
        "chiuso": scheda.scelte.chiuso,
        "silenzio": scheda.scelte.silenzio,
        "tace_dal": silent.isoformat() if silent else None,
        "ultimo": None if scheda.ultimo is None else _last_json(scheda.ultimo),
    }


def _last_json(ultimo: Saldo) -> dict[str, Any]:
    return {
        "tipo": ultimo.tipo,
        "data": ultimo.data.isoformat(),
        "saldo": None if ultimo.saldo is None else amount(ultimo.saldo),
        "saldo_liquido": None if ultimo.saldo_liquido is None else amount(ultimo.saldo_liquido),
        "liquidita": [{"data": when.isoformat(), "saldo": amount(cents)} for when, cents in ultimo.liquidita],
        "at": ultimo.at.isoformat(),
    }


def print_breaks(ctx: Ctx, found: Sequence[tuple[Scheda, Sequence[Rottura]]], form: str, *, in_chiaro: bool) -> None:
    """What does not follow in the statements of each account."""
    if form == "json":
        print_json([_breaks_json(ctx, *each, in_chiaro) for each in found])
        return
    rows = [
        (str(card.id), card.abi, account(card.conto, in_chiaro) or "", *_break_cells(ctx, each))
        for card, rotture in found
        for each in rotture
    ]
    if rows:
        headings = (">ID", "Banca", "Conto", "Che cosa", "Periodo", ">Atteso", ">Trovato")
        print_table(ctx, ctx.say("Non torna", "Does not hold"), headings, rows)
    else:
        say(
            ctx,
            f"{len(found)} rapporti: gli estratti si seguono.",
            f"{len(found)} accounts: the statements follow one another.",
        )


def _break_cells(ctx: Ctx, rottura: Rottura) -> tuple[str, ...]:
    days = day(rottura.dal) if rottura.dal == rottura.al else f"{day(rottura.dal)} - {day(rottura.al)}"
    return ctx.say(*ROTTURE[rottura.codice]), days, _euro(ctx, rottura.atteso), _euro(ctx, rottura.trovato)


def _breaks_json(ctx: Ctx, card: Scheda, rotture: Sequence[Rottura], in_chiaro: bool) -> dict[str, Any]:
    told = [
        {
            "codice": each.codice,
            "perche": ctx.say(*ROTTURE[each.codice]),
            "dal": each.dal.isoformat(),
            "al": each.al.isoformat(),
            "atteso": None if each.atteso is None else amount(each.atteso),
            "trovato": None if each.trovato is None else amount(each.trovato),
        }
        for each in rotture
    ]
    where = {"sia": card.sia, "abi": card.abi, "conto": account(card.conto, in_chiaro)}
    return {"rapporto": card.id, **where, "genere": card.genere, "rotture": told}


def print_statement(ctx: Ctx, prospetto: Prospetto, form: str, *, in_chiaro: bool) -> None:
    """A statement worked out again, line by line; of a scalare, the sums of its numbers."""
    scheda = prospetto.scheda
    if form == "json":
        print_json_list(_lines_json(prospetto))
        return
    which = f"{scheda.abi} {account(scheda.conto, in_chiaro)}, {day(prospetto.dal)} - {day(prospetto.al)}"
    name = ctx.say(*_TIPI[prospetto.tipo])
    lines = list(prospetto.righe)
    if prospetto.tipo == "contabile":
        headings: tuple[str, ...] = ("Contabile", "Valuta", ">Importo", ">Saldo", "Descrizione")
        rows = [_booked(ctx, each) for each in lines]
    else:
        headings = ("Valuta", ">Importo", ">Saldo", ">Giorni", ">Numeri")
        rows = [_valued(ctx, each) for each in lines]
    print_table(ctx, f"{name}: {which}", headings, rows)
    if prospetto.tipo == "contabile":
        _print_closing(ctx, prospetto, lines[-1].saldo)
    else:
        credit, debit = (euro(sum(max(sign * each.numeri, 0) for each in lines), ctx.lang) for sign in (1, -1))
        say(ctx, f"Numeri avere {credit}, dare {debit}", f"Numbers, credit {credit}, debit {debit}")


_TIPI = {
    "contabile": ("Estratto contabile", "Statement by booking date"),
    "analitico": ("Scalare analitico", "Statement by value date, in full"),
    "sintetico": ("Scalare sintetico", "Statement by value date, by day"),
}


def _booked(ctx: Ctx, riga: Riga) -> tuple[str, ...]:
    if riga.movimento is None:
        return day(riga.giorno), "", "", euro(riga.saldo, ctx.lang), ctx.say("saldo iniziale", "opening balance")
    words = " ".join(riga.movimento.descrizione.split())
    when = day(riga.giorno), day(riga.movimento.data_valuta)
    return *when, euro(riga.importo, ctx.lang), euro(riga.saldo, ctx.lang), words


def _valued(ctx: Ctx, riga: Riga) -> tuple[str, ...]:
    amounts = (euro(cents, ctx.lang) for cents in (riga.importo, riga.saldo))
    return day(riga.giorno), *amounts, str(riga.giorni), euro(riga.numeri, ctx.lang)


def _print_closing(ctx: Ctx, prospetto: Prospetto, closing: int) -> None:
    bank = prospetto.saldo_banca
    if bank is None:
        say(ctx, "La banca non dà un saldo a quel giorno.", "The bank gives no balance for that day.")
    elif bank == closing:
        say(ctx, "Il saldo finale è quello della banca.", "The closing balance is that of the bank.")
    else:
        said, apart = euro(bank, ctx.lang), euro(closing - bank, ctx.lang)
        say(ctx, f"Saldo della banca {said}: differenza {apart}", f"Balance of the bank {said}: difference {apart}")


def _lines_json(prospetto: Prospetto) -> Iterator[dict[str, Any]]:
    for riga in prospetto.righe:
        m = riga.movimento
        yield {
            "giorno": riga.giorno.isoformat(),
            "movimento": m.id if m else None,
            "data_contabile": m.data_contabile.isoformat() if m else None,
            "data_valuta": m.data_valuta.isoformat() if m else None,
            "importo": amount(riga.importo),
            "saldo": amount(riga.saldo),
            "giorni": riga.giorni,
            "numeri": amount(riga.numeri),
            "causale": m.causale if m else None,
            "descrizione": m.descrizione if m else None,
        }
