"""What is printed: distinte, orders, statements, unpaid receipts, F24, rights; each a PDF.

Arguments in, paper out; what is on it is in `stampe`, what it says comes from `ledger`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import click

from commands.common import Ctx, counted, in_chiaro_option, open_home, pass_ctx
from commands.distinte import Order
from commands.failures import OK, UNREADABLE
from commands.opening import open_input, why_not

if TYPE_CHECKING:
    from ledger.aziende import Azienda
    from ledger.distinte import Distinta
    from ledger.errors import Refused
    from ledger.home import Home
    from stampe.foglio import Foglio

_to = click.option("--to", required=True, metavar="FILE.pdf", help="Il PDF da scrivere / the PDF to write.")
_sia = click.option("--sia", help="L'azienda, se ce n'è più d'una / the company, when there are several.")
_DAY = click.DateTime(["%Y-%m-%d"])
_dal = click.option("--dal", type=_DAY, help="Dal giorno AAAA-MM-GG / from the day.")
_al = click.option("--al", type=_DAY, help="Al giorno, compreso / to the day, included.")
_PRINTING = ("stampo", "printing")
Q4 = "Q4"
SENZA_QUIETANZE = ("Nessuna quietanza ricevuta.", "No receipt has come.")


@click.group("print")
def print_cmd() -> None:
    """Stampa su A4, in PDF: distinte, estratti conto, insoluti, F24, diritti / prints, as PDFs."""


def _printed(*options: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every print, after those that are its own."""

    def wrap(command: Callable[..., Any]) -> Callable[..., Any]:
        wrapped: Callable[..., Any] = pass_ctx(command)
        for option in reversed((*options, _to, in_chiaro_option)):
            wrapped = option(wrapped)
        return wrapped

    return wrap


@contextmanager
def _on(
    ctx: Ctx, home: Home, azienda: Azienda, to: str, title: tuple[str, str], in_chiaro: bool, *, sdraiato: bool = False
) -> Iterator[Foglio]:
    from commands.paper import paper

    whose, at = f"{azienda.nome} ({azienda.sia})", home.ports.clock.now()
    with paper(ctx, to, ctx.say(*title), whose, at, in_chiaro=in_chiaro, sdraiato=sdraiato) as foglio:
        yield foglio


@print_cmd.command("distinta")
@click.argument("distinta_id", metavar="ID", type=int)
@_printed(click.option("--long", "lunga", is_flag=True, help="Tutto di ogni disposizione / all of each order."))
def distinta_cmd(ctx: Ctx, distinta_id: int, lunga: bool, to: str, in_chiaro: bool) -> None:
    """Una distinta: firme e disposizioni / a distinta: signatures and orders."""
    from ledger import aziende, distinte
    from stampe.distinte import distinta

    home = open_home(ctx)
    with home.read() as conn:
        found = distinte.get(conn, distinta_id)
        orders = counted(ctx, *_PRINTING, distinte.orders(conn, distinta_id), found.numero_disposizioni)
        firme = distinte.signatures(conn, distinta_id)
        with _on(
            ctx, home, aziende.get(conn, found.azienda_id), to, (f"Distinta {distinta_id}",) * 2, in_chiaro
        ) as foglio:
            distinta(foglio, found, firme, orders, lunga=lunga)
    home.close()


@print_cmd.command("disposizione")
@click.argument("ordine", metavar="ID:N", type=Order())
@_printed()
def disposizione_cmd(ctx: Ctx, ordine: tuple[int, ...], to: str, in_chiaro: bool) -> None:
    """Una disposizione: ciò che dice e dove è stata / one order: what it says, where it has been."""
    from ledger import aziende, distinte
    from ledger.composizione import records_of_order
    from stampe.distinte import disposizione

    home = open_home(ctx)
    with home.read() as conn:
        found = distinte.order(conn, *ordine) if len(ordine) == 1 else distinte.numbered(conn, *ordine)
        azienda, steps = aziende.get(conn, found.azienda_id), distinte.iter_of_order(conn, found.id)
        records = records_of_order(found.flusso, azienda.sia, found.banca, found.raw)
        title = (f"Disposizione {found.id}", f"Order {found.id}")
        with _on(ctx, home, azienda, to, title, in_chiaro) as foglio:
            disposizione(foglio, found, records, steps)
    home.close()


@print_cmd.command("estratto")
@_printed(
    click.option("--conto", "which", help="L'IBAN o il numero, o come finisce / the IBAN or number, or how it ends."),
    _dal,
    _al,
    _sia,
)
def estratto_cmd(
    ctx: Ctx, which: str | None, dal: datetime | None, al: datetime | None, sia: str | None, to: str, in_chiaro: bool
) -> None:
    """L'estratto di un conto, con il saldo dopo ogni movimento / the statement of an account.

    Dagli estratti che la banca ha mandato (RH, o EC dove non ce ne sono). / From what the bank sent.
    """
    from ledger import aziende, estratto_conto
    from stampe.conti import estratto

    home, days = open_home(ctx), (dal and dal.date(), al and al.date())
    with home.read() as conn:
        azienda = aziende.find(conn, sia)
        conto = estratto_conto.find(conn, azienda.id, which)
        told = counted(
            ctx, *_PRINTING, estratto_conto.statements(conn, conto, *days), estratto_conto.many(conn, conto, *days)
        )
        title = _in_days(("Estratto conto", "Statement of account"), *days)
        with _on(ctx, home, azienda, to, title, in_chiaro) as foglio:
            estratto(foglio, conto, told)
    home.close()


@print_cmd.command("insoluti")
@_printed(_dal, _al, _sia)
def insoluti_cmd(
    ctx: Ctx, dal: datetime | None, al: datetime | None, sia: str | None, to: str, in_chiaro: bool
) -> None:
    """Ciò che è tornato indietro, con spese e stato di oggi / what came back, with fees and its state now."""
    from ledger import aziende, ritorni
    from stampe.insoluti import insoluti

    home, days = open_home(ctx), (dal and dal.date(), al and al.date())
    with home.read() as conn:
        azienda = aziende.find(conn, sia)
        many = ritorni.counted(conn, azienda.id, *days).numero
        found = counted(ctx, *_PRINTING, ritorni.returned(conn, azienda.id, *days), many)
        title = _in_days(("Insoluti", "Unpaid"), *days)
        with _on(ctx, home, azienda, to, title, in_chiaro, sdraiato=True) as foglio:
            insoluti(foglio, found)
    home.close()


@print_cmd.command("delega")
@click.argument("ordine", metavar="ID[:N]", type=Order())
@_printed()
def delega_cmd(ctx: Ctx, ordine: tuple[int, ...], to: str, in_chiaro: bool) -> None:
    """Le deleghe F24 di una distinta, o la numero N / the F24 of a distinta, or number N of it."""
    from ledger import aziende, distinte
    from ledger.composizione import parts
    from stampe.f24 import deleghe

    home = open_home(ctx)
    with home.read() as conn:
        found = distinte.get(conn, ordine[0])
        _require_f24(found)
        if len(ordine) > 1:
            distinte.numbered(conn, *ordine)
        every = parts(distinte.payload(home, conn, found.id)).ordini
        wanted = [(each, "") for each in every if each.numero in (ordine[1:] or (each.numero,))]
        told = counted(ctx, *_PRINTING, wanted, len(wanted))
        azienda, title = aziende.get(conn, found.azienda_id), (f"F24, distinta {found.id}",) * 2
        with _on(ctx, home, azienda, to, title, in_chiaro, sdraiato=True) as foglio:
            deleghe(foglio, told)
    home.close()


@print_cmd.command("quietanza")
@click.argument("which", metavar="ID[:N]|FILE")
@_printed()
def quietanza_cmd(ctx: Ctx, which: str, to: str, in_chiaro: bool) -> int:
    """Le quietanze F24 di una distinta, o della delega N di essa / the F24 receipts of a distinta, or of its order N.

    O quelle di un file della banca (Q4), che sia stato ricevuto o no. / Or those of a file of the bank (Q4), received
    or not.
    """
    if Order.form.fullmatch(which):
        _receipts_of(ctx, tuple(map(int, which.split(":"))), to, in_chiaro=in_chiaro)
        return OK
    return _receipts_in(ctx, which, to, in_chiaro=in_chiaro)


def _receipts_of(ctx: Ctx, ordine: tuple[int, ...], to: str, *, in_chiaro: bool) -> None:
    """The receipts that were received of a distinta, or of one of its orders."""
    from ledger import aziende, distinte
    from reconcile.provenienza import receipts
    from stampe.f24 import deleghe

    home = open_home(ctx)
    with home.read() as conn:
        found = distinte.get(conn, ordine[0])
        _require_f24(found)
        orders = [distinte.numbered(conn, *ordine)] if len(ordine) > 1 else distinte.orders(conn, found.id)
        told = counted(
            ctx, *_PRINTING, receipts(home, conn, orders), found.numero_disposizioni if len(ordine) == 1 else 1
        )
        title = (f"Quietanze F24, distinta {found.id}", f"F24 receipts, distinta {found.id}")
        with _on(ctx, home, aziende.get(conn, found.azienda_id), to, title, in_chiaro, sdraiato=True) as foglio:
            deleghe(foglio, told, vuota=SENZA_QUIETANZE)
    home.close()


def _receipts_in(ctx: Ctx, file: str, to: str, *, in_chiaro: bool) -> int:
    """The receipts that a file holds."""
    from cbi import read_supporti
    from commands.paper import paper
    from ledger.ports import real_ports
    from stampe.f24 import deleghe

    try:
        with open_input(file) as stream:
            data = stream.read()
    except OSError as error:
        click.echo(f"{file}: {why_not(ctx, error)}", err=True)
        return UNREADABLE
    found = [each for each in read_supporti(BytesIO(data)) if each.flow == Q4]
    if not found:
        raise _no_receipts(file)
    told = [(ordine, supporto.identita[0]) for supporto in found for ordine in supporto.ordini]
    title, whose, at = ctx.say("Quietanze F24", "F24 receipts"), found[0].identita[1], real_ports().clock.now()
    with paper(ctx, to, title, whose, at, in_chiaro=in_chiaro, sdraiato=True) as foglio:
        deleghe(foglio, counted(ctx, *_PRINTING, told, len(told)))
    return OK


@print_cmd.command("diritti")
@_printed(_sia)
def diritti_cmd(ctx: Ctx, sia: str | None, to: str, in_chiaro: bool) -> None:
    """Chi può fare che cosa: utenti, poteri, conti / who may do what: users, powers, accounts."""
    from commands.report_text import headings
    from ledger import aziende, resoconti
    from stampe.resoconti import resoconto

    home = open_home(ctx)
    with home.read() as conn:
        azienda = aziende.find(conn, sia)
        found = resoconti.rights(conn, azienda.id)
    with _on(ctx, home, azienda, to, found.titolo, in_chiaro, sdraiato=True) as foglio:
        resoconto(foglio, replace(found, colonne=headings(ctx, found)))
    home.close()


def _in_days(title: tuple[str, str], dal: date | None, al: date | None) -> tuple[str, str]:
    """A title, and the days that it is about."""
    from stampe.lingua import day

    it, en = title
    it, en = (f"{it}, dal {day(dal)}", f"{en}, from {day(dal)}") if dal else (it, en)
    return (f"{it}, fino al {day(al)}", f"{en}, to {day(al)}") if al else (it, en)


def _require_f24(distinta: Distinta) -> None:
    from ledger.errors import Refused
    from ledger.stati import GRUPPI

    if GRUPPI[distinta.flusso] != "F24":
        raise Refused(
            "STAMPA-001",
            f"La distinta {distinta.id} non è di deleghe F24.",
            f"Distinta {distinta.id} is not of F24 delegations.",
            hint_it=f"Le altre si stampano con: cbi print distinta {distinta.id}",
            hint_en=f"The others are printed by: cbi print distinta {distinta.id}",
        )


def _no_receipts(file: str) -> Refused:
    from ledger.errors import Refused

    return Refused(
        "STAMPA-002",
        f"In {file} non ci sono quietanze F24 (flusso Q4).",
        f"There are no F24 receipts (flow Q4) in {file}.",
        hint_it=f"Che cosa c'è nel file: cbi describe {file}",
        hint_en=f"What is in the file: cbi describe {file}",
    )
