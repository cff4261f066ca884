"""How the ledger is shown: tables for people, plain objects for JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from commands.common import Ctx
from commands.tables import account, amount, day, euro, moment, print_table, say, warn
from reconcile.codici_er import in_words

if TYPE_CHECKING:
    from sqlalchemy import Connection

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


def print_failed(ctx: Ctx, distinta_id: int, error: Exception | None) -> None:
    """Why a distinta, though signed, has not left: it may be tried again with `cbi dispatch`."""
    from ledger.errors import Refused

    if isinstance(error, Refused):
        print_refused(ctx, error, f"distinta {distinta_id}")
    else:
        warn(ctx, f"distinta {distinta_id}: non inoltrata: {error}", f"distinta {distinta_id}: not sent: {error}")
    warn(ctx, "  = Si può riprovare: cbi dispatch", "  = It can be tried again: cbi dispatch")


def print_left(ctx: Ctx, home: Home, distinte_ids: Sequence[int]) -> None:
    """Where some distinte have got to."""
    from ledger import distinte

    with home.read() as conn:
        for distinta_id in distinte_ids:
            say(ctx, *[f"distinta {distinta_id}: {distinte.get(conn, distinta_id).stato}"] * 2)


def print_report(ctx: Ctx, report: ImportReport) -> None:
    """What became of a file: a line a supporto, then the doubles and the first errors."""
    headings = ("Distinta", "Flusso", "Banca", "Supporto", ">N.", ">Totale", "Verdetto")
    if not report.verdetti:
        warn(ctx, f"{report.nome}: nessun supporto da importare", f"{report.nome}: no supporto to import")
    else:
        print_table(ctx, report.nome, headings, [_verdetto_cells(ctx, verdetto) for verdetto in report.verdetti])
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
        f"  attenzione: la ricevuta {doppio.numero_ricevuta} (n. {doppio.numero}) è già nella distinta "
        f"{doppio.distinta_id} (n. {doppio.prima})",
        f"  warning: ricevuta {doppio.numero_ricevuta} (no. {doppio.numero}) is already in distinta "
        f"{doppio.distinta_id} (no. {doppio.prima})",
    )


def print_distinte(ctx: Ctx, found: Sequence[Distinta]) -> None:
    """The distinte, a line each."""
    rows = [
        (*distinta_cells(ctx, each), day(each.data_creazione), f"{each.firmato}/100", str(each.stato)) for each in found
    ]
    print_table(ctx, "Distinte", (*DISTINTA_HEADINGS, "Creata", ">Firme", "Stato"), rows)


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
        rows = [(row.login, str(row.peso), moment(row.at), row.sha256[:16]) for row in signatures]
        print_table(ctx, ctx.say("Firme", "Signatures"), ("Chi", ">Peso", "Quando", "SHA-256"), rows)
    _print_diagnostics(ctx, conn, distinta.id)
    orders = list(distinte.orders(conn, distinta.id))
    headings = (">N.", "Ricevuta", "Scadenza", ">Importo", "Debitore", "ABI-CAB", "Conto", "Stato")
    if orders:
        cells = [_order_cells(ctx, order, in_chiaro) for order in orders]
        print_table(ctx, ctx.say("Disposizioni", "Orders"), headings, cells)
    _print_iter(ctx, conn, distinta.id, {order.id: f"n. {order.numero}" for order in orders})


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
        str(order.numero),
        order.numero_ricevuta,
        day(order.scadenza),
        euro(order.importo, ctx.lang),
        order.debitore,
        f"{order.abi}-{order.cab or ''}",
        account(order.conto_assuntrice, in_chiaro) or "",
        str(order.stato),
    )


def _print_iter(ctx: Ctx, conn: Connection, distinta_id: int, numbers: dict[int, str]) -> None:
    from ledger import distinte

    rows = [
        (moment(row.at), numbers.get(row.disposizione_id, ""), row.chi, row.evento, row.a, _why(ctx, row.dati))
        for row in distinte.iter_of(conn, distinta_id)
    ]
    print_table(ctx, "Iter", ("Quando", "Disp.", "Chi", "Evento", "Stato", "Perché"), rows)


# What the iter keeps of a change and the tables above already show.
_SHOWN_ABOVE = frozenset(
    {"sha256", "regole", "numero_disposizioni", "totale", "file_id"}
    | {"flusso", "tipo", "abi", "nome_supporto", "data_creazione"}
)


def _why(ctx: Ctx, dati: str) -> str:
    plain = {key: value for key, value in json.loads(dati).items() if key not in _SHOWN_ABOVE}
    if "codici" in plain:  # of a refusal: its lines are only what the codes were found in
        plain |= {"codici": in_words(plain["codici"], ctx.lang), "righe": None if plain["codici"] else plain["righe"]}
    return ", ".join(f"{key} {value}" for key, value in plain.items() if value not in (None, ""))


def print_libro(ctx: Ctx, conn: Connection, login: str, awaiting: Sequence[Distinta]) -> None:
    """What awaits a user's signature, a line a distinta."""
    from ledger import distinte

    def cells(distinta: Distinta) -> tuple[str, ...]:
        due = dict.fromkeys(day(each) for each in distinte.due_dates(conn, distinta.id))
        signed = [f"{row.login} ({row.peso})" for row in distinte.signatures(conn, distinta.id)]
        missing = f"{distinte.SOGLIA - distinta.firmato}/{distinte.SOGLIA}"
        return (*distinta_cells(ctx, distinta), " - ".join(due), ", ".join(signed) or "-", missing)

    title = ctx.say(f"In attesa della firma di {login}", f"Awaiting the signature of {login}")
    headings = (*DISTINTA_HEADINGS, "Scadenze", "Firmata da", ">Manca")
    print_table(ctx, title, headings, [cells(distinta) for distinta in awaiting])
    if not awaiting:
        say(ctx, "Niente da firmare.", "Nothing to sign.")


def libro_json(conn: Connection, distinta: Distinta) -> dict[str, Any]:
    """A distinta that awaits a signature, with what is missing to 100."""
    from ledger import distinte

    first, last = distinte.due_dates(conn, distinta.id)
    return {
        **distinta_json(distinta),
        "prima_scadenza": first and first.isoformat(),
        "ultima_scadenza": last and last.isoformat(),
        "firme": signatures_json(conn, distinta.id),
        "manca": distinte.SOGLIA - distinta.firmato,
    }


def report_json(report: ImportReport, lang: str) -> dict[str, Any]:
    """What became of a file."""
    return {
        "file": report.nome,
        "sha256": report.sha256,
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
        "disposizioni": [_order_json(order, in_chiaro) for order in distinte.orders(conn, distinta.id)],
        "iter": [
            {
                "at": row.at.isoformat(),
                "disposizione": row.disposizione_id,
                "chi": row.chi,
                "evento": row.evento,
                "da": row.da,
                "a": row.a,
                "dati": json.loads(row.dati),
            }
            for row in distinte.iter_of(conn, distinta.id)
        ],
        "diagnostica": [json.loads(row.dati) for row in distinte.diagnostics(conn, distinta.id)],
    }


def signatures_json(conn: Connection, distinta_id: int) -> list[dict[str, Any]]:
    """The signatures on a distinta."""
    from ledger import distinte

    return [
        {"login": row.login, "peso": row.peso, "sha256": row.sha256, "at": row.at.isoformat()}
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
        "importata": distinta.at.isoformat(),
    }


def _order_json(order: Disposizione, in_chiaro: bool) -> dict[str, Any]:
    return {
        "id": order.id,
        "numero": order.numero,
        "line": order.line,
        "causale": order.causale,
        "importo": amount(order.importo),
        "scadenza": order.scadenza.isoformat(),
        "numero_ricevuta": order.numero_ricevuta,
        "debitore": order.debitore,
        "codice_fiscale": order.codice_fiscale,
        "abi": order.abi,
        "cab": order.cab,
        "conto_assuntrice": account(order.conto_assuntrice, in_chiaro),
        "codice_cliente": order.codice_cliente,
        "riferimento": order.riferimento,
        "stato": order.stato,
    }
