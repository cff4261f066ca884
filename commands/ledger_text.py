"""How the ledger is shown: tables for people, plain objects for JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from commands.common import Ctx
from commands.tables import account, amount, day, euro, moment, print_table, say, warn
from reconcile.codici_er import in_words

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from ledger.distinte import Disposizione, Distinta
    from ledger.errors import Refused
    from ledger.home import Home
    from ledger.verdetti import Doppio, ImportReport, Verdetto

SHOWN_DIAGNOSTICS = 5
DISTINTA_HEADINGS = ("ID", "Banca", "Supporto", ">N.", ">Totale")


def print_refused(ctx: Ctx, error: Refused, about: str = "") -> None:
    """A refusal, what it is about and what to do, on standard error."""
    prefix = f"{about}: " if about else ""
    warn(ctx, f"{prefix}{error.code}: {error.it}", f"{prefix}{error.code}: {error.en}")
    if error.hint_it:
        warn(ctx, f"  = {error.hint_it}", f"  = {error.hint_en}")


def print_failed(ctx: Ctx, distinta_id: int, error: Exception | None, *, again: bool) -> None:
    """Why a distinta, though signed, has not left; most may be tried `again` with `cbi dispatch`."""
    from ledger.errors import Refused

    if isinstance(error, Refused):
        print_refused(ctx, error, f"distinta {distinta_id}")
    else:
        warn(ctx, f"distinta {distinta_id}: non inoltrata: {error}", f"distinta {distinta_id}: not sent: {error}")
    if again:
        warn(ctx, "  = Si può riprovare: cbi dispatch", "  = It can be tried again: cbi dispatch")


def print_left(ctx: Ctx, home: Home, distinte_ids: Sequence[int]) -> None:
    """Where some distinte have got to, and from which day those that wait are sent."""
    from ledger import distinte
    from ledger.stati import Stato
    from spool.dispatch import due

    with home.read() as conn:
        for distinta_id in distinte_ids:
            distinta = distinte.get(conn, distinta_id)
            dal = due(home, conn, distinta).dal if distinta.stato is Stato.FIRMATA else None
            it, en = (f", parte dal {dal:%d/%m/%Y}", f", leaves from {dal:%d/%m/%Y} on") if dal else ("", "")
            say(ctx, f"distinta {distinta_id}: {distinta.stato}{it}", f"distinta {distinta_id}: {distinta.stato}{en}")


def print_report(ctx: Ctx, report: ImportReport) -> None:
    """What became of a file: a line a supporto, then the doubles and the first errors."""
    headings = ("Distinta", "Flusso", "Banca", "Supporto", ">N.", ">Totale", "Verdetto")
    if not report.verdetti:
        warn(ctx, f"{report.nome}: nessun supporto da importare", f"{report.nome}: no supporto to import")
    else:
        title = f"{report.nome}: {report.finale}"
        print_table(ctx, title, headings, [_verdetto_cells(ctx, verdetto) for verdetto in report.verdetti])
    for verdetto in report.verdetti:
        for doppio in verdetto.doppi:
            _print_doppio(ctx, doppio)
    errors = [found for found in report.diagnostiche if found.severity == "error"]
    for found in errors[:SHOWN_DIAGNOSTICS]:
        where = f"  {report.nome}:{found.line}:{found.start}: {found.code}"
        warn(ctx, f"{where} {found.message_it}", f"{where} {found.message_en}")
    more = len(errors) - SHOWN_DIAGNOSTICS
    if more > 0:
        warn(ctx, f"  e altri {more}: cbi lint {report.nome}", f"  and {more} more: cbi lint {report.nome}")


def _verdetto_cells(ctx: Ctx, verdetto: Verdetto) -> tuple[str, ...]:
    return (
        "-" if verdetto.distinta_id is None else str(verdetto.distinta_id),
        verdetto.flusso,
        verdetto.abi,
        verdetto.nome_supporto,
        str(verdetto.numero_disposizioni or "-"),
        euro(verdetto.totale, ctx.lang) if verdetto.totale else "-",
        verdetto.message(ctx.lang),
    )


def _print_doppio(ctx: Ctx, doppio: Doppio) -> None:
    warn(
        ctx,
        f"  attenzione: la disposizione {doppio.chiave} (n. {doppio.numero}) è già nella distinta "
        f"{doppio.distinta_id or '-'} (n. {doppio.prima})",
        f"  warning: order {doppio.chiave} (no. {doppio.numero}) is already in distinta "
        f"{doppio.distinta_id or '-'} (no. {doppio.prima})",
    )


def print_distinte(ctx: Ctx, found: Sequence[Distinta]) -> None:
    """The distinte, a line each."""
    rows = [
        (*distinta_cells(ctx, each), day(each.data_creazione), f"{each.firmato}/100", str(each.stato)) for each in found
    ]
    print_table(ctx, "Distinte", (*DISTINTA_HEADINGS, "Creata", ">Firme", "Stato"), rows)


def print_about_to_sign(ctx: Ctx, found: Sequence[Distinta]) -> None:
    """What is about to be signed, on standard error: a line each, before the password is asked."""
    for each in found:
        what = f"{each.flusso} {each.nome_supporto}, {each.numero_disposizioni} disp., {euro(each.totale, ctx.lang)}"
        about = f"distinta {each.id}: {what}, SHA-256 {each.sha256[:16]}"
        warn(ctx, f"Da firmare, {about}", f"To sign, {about}")


def print_late(ctx: Ctx, home: Home, found: Sequence[Distinta]) -> None:
    """Which of those about to be signed are late for today, on standard error."""
    from commands.path_text import late
    from ledger.stati import Stato
    from spool import orari

    settings, now = orari.read(home), home.ports.clock.now()
    with home.read() as conn:
        for each in (each for each in found if each.stato in (Stato.DA_SPEDIRE, Stato.FIRMATA)):
            ritardo = orari.ritardo(settings, conn, each, now)
            if ritardo is not None:
                it, en = late(ritardo)
                warn(ctx, f"distinta {each.id}: {it}", f"distinta {each.id}: {en}")


def distinta_cells(ctx: Ctx, distinta: Distinta) -> tuple[str, ...]:
    """The cells under `DISTINTA_HEADINGS`."""
    total = euro(distinta.totale, ctx.lang) if distinta.totale else "-"
    return str(distinta.id), distinta.abi, distinta.nome_supporto, str(distinta.numero_disposizioni), total


def print_show(ctx: Ctx, conn: Connection, distinta: Distinta, in_chiaro: bool) -> None:
    """A distinta with all that is known of it."""
    from ledger import distinte

    print_distinte(ctx, [distinta])
    signatures = distinte.signatures(conn, distinta.id)
    if signatures:
        rows = [
            (row.login, str(row.peso), moment(row.at), row.sha256[:16], ctx.say("sì", "yes") if row.vale else "no")
            for row in signatures
        ]
        print_table(ctx, ctx.say("Firme", "Signatures"), ("Chi", ">Peso", "Quando", "SHA-256", "Vale"), rows)
    _print_diagnostics(ctx, conn, distinta.id)
    orders = list(distinte.orders(conn, distinta.id))
    if orders:
        print_orders(ctx, ctx.say("Disposizioni", "Orders"), orders, in_chiaro)
    _print_iter(ctx, conn, distinte.iter_of(conn, distinta.id), {order.id: f"n. {order.numero}" for order in orders})


def print_order_page(ctx: Ctx, conn: Connection, order: Disposizione, in_chiaro: bool) -> None:
    """One order with its iter, whichever distinte it has been in."""
    from ledger import distinte

    print_orders(ctx, ctx.say("Disposizione", "Order"), [order], in_chiaro)
    _print_iter(ctx, conn, distinte.iter_of_order(conn, order.id), {order.id: f"n. {order.numero}"})


def print_orders(ctx: Ctx, title: str, orders: Sequence[Disposizione], in_chiaro: bool, *, loose: bool = False) -> None:
    """Orders, a line each: with their progressive, or (`loose`) with the id that names them."""
    first = ">ID" if loose else ">N."
    headings = (first, "Flusso", "Chiave", "Scadenza", ">Importo", "Controparte", "ABI-CAB", "Conto", "Stato")
    rows = [
        (str(order.id if loose else order.numero), order.flusso, *_order_cells(ctx, order, in_chiaro))
        for order in orders
    ]
    print_table(ctx, title, headings, rows)


def _print_diagnostics(ctx: Ctx, conn: Connection, distinta_id: int) -> None:
    from ledger import distinte

    rows = [
        (str(row.line), row.codice, row.gravita, json.loads(row.dati)[f"message_{ctx.lang}"])
        for row in distinte.diagnostics(conn, distinta_id)
    ]
    if rows:
        headings = (">Riga", "Codice", "Gravità", "Messaggio")
        print_table(ctx, ctx.say("Diagnostica", "Diagnostics"), headings, rows)


def _order_cells(ctx: Ctx, order: Disposizione, in_chiaro: bool) -> tuple[str, ...]:
    return (
        order.chiave,
        day(order.scadenza),
        euro(order.importo, ctx.lang) if order.importo else "-",
        order.controparte,
        f"{order.abi}-{order.cab or ''}" if order.abi else "",
        account(order.nostro_conto, in_chiaro) or "",
        str(order.stato),
    )


def _print_iter(ctx: Ctx, conn: Connection, steps: Sequence[Row[Any]], numbers: dict[int, str]) -> None:
    rows = []
    for row in steps:
        dati = json.loads(row.dati)
        digest = _digest(conn, dati)[:16]
        rows.append(
            (moment(row.at), numbers.get(row.disposizione_id, ""), row.chi, row.evento, row.a, digest, _why(ctx, dati))
        )
    print_table(ctx, "Iter", ("Quando", "Disp.", "Chi", "Evento", "Stato", "SHA-256", "Perché"), rows)


def _digest(conn: Connection, dati: dict[str, Any]) -> str:
    """The name in the archive of the bytes that a step is about: those it made, or those of the file it came from."""
    from ledger import outcomes

    if "sha256" in dati or "file_id" not in dati:
        return str(dati.get("sha256") or "")
    return outcomes.sha256_of(conn, dati["file_id"])


# What the iter keeps of a change and the tables above already show.
_SHOWN_ABOVE = frozenset(
    {"sha256", "regole", "numero_disposizioni", "totale", "file_id", "file_sha256", "firma", "ordini", "azienda_id"}
    | {"flusso", "tipo", "abi", "nome_supporto", "data_creazione", "divisa", "origine", "numero_supporto", "line"}
    | {"nostro_abi", "nostro_cab", "nostro_conto", "revisione"}
)


def _why(ctx: Ctx, dati: dict[str, Any]) -> str:
    plain = {key: value for key, value in dati.items() if key not in _SHOWN_ABOVE}
    if "codici" in plain:  # of a refusal: its lines are only what the codes were found in
        plain |= {"codici": in_words(plain["codici"], ctx.lang), "righe": None if plain["codici"] else plain["righe"]}
    return ", ".join(f"{key} {_short(value)}" for key, value in plain.items() if value not in (None, "", [], {}))


def _short(value: Any) -> str:
    """A value for people: accounts in part."""
    if isinstance(value, dict):
        return " ".join(f"{key}={each}" for key, each in _masked(value, in_chiaro=False).items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _masked(dati: dict[str, Any], in_chiaro: bool) -> dict[str, Any]:
    """What a step keeps, accounts in part unless asked for in clear."""
    return {
        key: _masked(value, in_chiaro)
        if isinstance(value, dict)
        else account(value, in_chiaro)
        if "conto" in key
        else value
        for key, value in dati.items()
    }


def report_json(report: ImportReport, lang: str) -> dict[str, Any]:
    """What became of a file."""
    return {
        "file": report.nome,
        "sha256": report.sha256,
        "stato": report.finale,
        "verdetti": [_verdetto_json(verdetto, lang) for verdetto in report.verdetti],
        "diagnostica": [found.to_dict() for found in report.diagnostiche],
    }


def _verdetto_json(verdetto: Verdetto, lang: str) -> dict[str, Any]:
    return {
        "numero": verdetto.numero,
        "codice": verdetto.codice,
        "flusso": verdetto.flusso,
        "abi": verdetto.abi,
        "nome_supporto": verdetto.nome_supporto,
        "nome_chiesto": verdetto.nome_chiesto or None,
        "distinta": verdetto.distinta_id,
        "numero_disposizioni": verdetto.numero_disposizioni,
        "totale": amount(verdetto.totale),
        "errori": verdetto.errori,
        "messaggio": verdetto.message(lang),
        "doppi": [vars(doppio) for doppio in verdetto.doppi],
    }


def show_json(conn: Connection, distinta: Distinta, in_chiaro: bool) -> dict[str, Any]:
    """A distinta with all that is known of it."""
    from ledger import distinte

    return {
        **distinta_json(distinta),
        "firme": signatures_json(conn, distinta.id),
        "disposizioni": [order_json(order, in_chiaro) for order in distinte.orders(conn, distinta.id)],
        "iter": _iter_json(conn, distinte.iter_of(conn, distinta.id), in_chiaro),
        "diagnostica": [json.loads(row.dati) for row in distinte.diagnostics(conn, distinta.id)],
    }


def order_page_json(conn: Connection, order: Disposizione, in_chiaro: bool) -> dict[str, Any]:
    """One order with its iter."""
    from ledger import distinte

    steps = _iter_json(conn, distinte.iter_of_order(conn, order.id), in_chiaro)
    return {**order_json(order, in_chiaro), "distinta": order.distinta_id, "iter": steps}


def _iter_json(conn: Connection, steps: Sequence[Row[Any]], in_chiaro: bool) -> list[dict[str, Any]]:
    found = []
    for row in steps:
        dati = json.loads(row.dati)
        step = {"at": row.at.isoformat(), "distinta": row.distinta_id, "disposizione": row.disposizione_id}
        step |= {"chi": row.chi, "evento": row.evento, "da": row.da, "a": row.a}
        found.append({**step, "sha256": _digest(conn, dati) or None, "dati": _masked(dati, in_chiaro)})
    return found


def signatures_json(conn: Connection, distinta_id: int) -> list[dict[str, Any]]:
    """The signatures on a distinta."""
    from ledger import distinte

    return [
        {"login": row.login, "peso": row.peso, "sha256": row.sha256, "at": row.at.isoformat(), "vale": row.vale}
        for row in distinte.signatures(conn, distinta_id)
    ]


def distinta_json(distinta: Distinta) -> dict[str, Any]:
    """A distinta, amounts as decimal text."""
    return {
        "id": distinta.id,
        "flusso": distinta.flusso,
        "abi": distinta.abi,
        "nome_supporto": distinta.nome_supporto,
        "data_creazione": distinta.data_creazione and distinta.data_creazione.isoformat(),
        "sha256": distinta.sha256,
        "numero_disposizioni": distinta.numero_disposizioni,
        "totale": amount(distinta.totale),
        "stato": distinta.stato,
        "firmato": distinta.firmato,
        "origine": distinta.origine,
        "divisa": distinta.divisa,
        "revisione": distinta.revisione,
        "at": distinta.at.isoformat(),
    }


def order_json(order: Disposizione, in_chiaro: bool) -> dict[str, Any]:
    """An order, amounts as decimal text."""
    return {
        "id": order.id,
        "flusso": order.flusso,
        "numero": order.numero,
        "line": order.line,
        "causale": order.causale,
        "importo": amount(order.importo),
        "segno": order.segno,
        "scadenza": order.scadenza and order.scadenza.isoformat(),
        "chiave": order.chiave,
        "controparte": order.controparte,
        "codice_fiscale": order.codice_fiscale,
        "abi": order.abi,
        "cab": order.cab,
        "conto": account(order.conto, in_chiaro),
        "nostro_abi": order.nostro_abi,
        "nostro_cab": order.nostro_cab,
        "nostro_conto": account(order.nostro_conto, in_chiaro),
        "codice_cliente": order.codice_cliente,
        "riferimento": order.riferimento,
        "stato": order.stato,
    }
