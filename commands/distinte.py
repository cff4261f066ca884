"""The commands on distinte: what they are, what was done to them, and what can be.

Arguments in, text or JSON out; the rules are in `ledger`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from commands.common import (
    Ctx,
    dry_run_option,
    format_option,
    in_chiaro_option,
    open_home,
    pass_ctx,
    password_fd_option,
    read_proof,
)
from commands.ledger import Pair

if TYPE_CHECKING:
    from ledger.home import Home
    from ledger.rifacimento import Fatto, Testata


@click.group("distinte", invoke_without_command=True)
@format_option
@click.pass_context
def distinte_cmd(click_ctx: click.Context, form: str) -> None:
    """Le distinte e i loro stati / the distinte and their states."""
    if click_ctx.invoked_subcommand is not None:
        return
    from commands.ledger_text import distinta_json, print_distinte
    from commands.tables import print_json
    from ledger import distinte

    ctx = click_ctx.ensure_object(Ctx)
    with open_home(ctx).read() as conn:
        found = distinte.list_(conn)
    if form == "json":
        print_json([distinta_json(distinta) for distinta in found])
    else:
        print_distinte(ctx, found)


class Order(click.ParamType[Any]):
    """An order: number N of distinta ID, as ID:N, or its own id, as a loose one has."""

    name = "ID:N"
    form = re.compile(r"\d+(:\d+)?", re.ASCII)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not self.form.fullmatch(str(value)):
            self.fail(f"{value!r} is not ID:N, nor the id of an order", param, ctx)
        return tuple(map(int, str(value).split(":")))


_distinta = click.argument("distinta_id", metavar="ID", type=int)
_user = click.option("--user", "login", required=True, help="Chi lo fa / who does it.")
_ordini = click.argument("ordini", metavar="ID:N...", nargs=-1, required=True, type=Order())
_campi = click.argument("campi", metavar="NOME=VALORE...", nargs=-1, type=Pair("NOME=VALORE", "="))
_some = click.option(
    "--ordine",
    "numeri",
    type=int,
    multiple=True,
    metavar="N",
    help="Solo la disposizione numero N; si ripete / only order number N; may be repeated.",
)
_nome = click.option("--nome", default="", help="Nome del supporto; se manca, uno libero / its name, or a free one.")
_data = click.option(
    "--data",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Data di creazione AAAA-MM-GG; se manca, oggi / creation date, or today.",
)


@dataclass(frozen=True)
class Asked:
    """Who asks for something to be done, and how they want the answer."""

    ctx: Ctx
    login: str
    password_fd: int | None
    dry_run: bool
    form: str

    def do(self, verb: Callable[..., Fatto], ids: Sequence[tuple[int, ...]] | None, *before: Any, **more: Any) -> None:
        """Does it in their name, and tells what it led to; `ids` are the orders that it is about, if it is."""
        from commands.distinte_text import print_fatto
        from commands.tables import print_json

        home = open_home(self.ctx)
        password = read_proof(self.ctx, home, self.login, self.password_fd)
        named = {} if ids is None else {"ordini": _ids(home, ids)}
        fatto = verb(home, *before, utente=self.login, password=password, dry_run=self.dry_run, **named, **more)
        home.close()
        if self.form == "json":
            print_json(vars(fatto))
        else:
            print_fatto(self.ctx, fatto)


def _asked(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of whatever changes something: who, the password, whether to try only, how to answer."""

    @wraps(command)
    def run(
        ctx: Ctx, /, *args: Any, login: str, password_fd: int | None, dry_run: bool, form: str, **kwargs: Any
    ) -> Any:
        return command(Asked(ctx, login, password_fd, dry_run, form), *args, **kwargs)

    wrapped: Callable[..., Any] = pass_ctx(run)
    for option in (format_option, dry_run_option, password_fd_option, _user):
        wrapped = option(wrapped)
    return wrapped


def _ids(home: Home, ordini: Sequence[tuple[int, ...]]) -> list[int]:
    """The ids of the orders named. Raises `Refused`."""
    from ledger import distinte

    with home.read() as conn:
        return [
            distinte.order(conn, each[0]).id if len(each) == 1 else distinte.numbered(conn, each[0], each[1]).id
            for each in ordini
        ]


def _testata(nome: str, data: datetime | None) -> Testata:
    from ledger.rifacimento import Testata

    return Testata(nome, data and data.date())


@distinte_cmd.command("create")
@_ordini
@_nome
@_data
@_asked
def create_cmd(asked: Asked, ordini: Sequence[tuple[int, ...]], nome: str, data: datetime | None) -> None:
    """Fa una distinta di disposizioni sciolte o di altre distinte / makes a distinta of orders.

    Dello stesso flusso, banca e conto. / Of one flow, bank and account.
    """
    from ledger import operazioni

    asked.do(operazioni.create, ordini, testata=_testata(nome, data))


@distinte_cmd.command("add")
@_distinta
@_ordini
@_asked
def add_cmd(asked: Asked, distinta_id: int, ordini: Sequence[tuple[int, ...]]) -> None:
    """Aggiunge disposizioni a una distinta / adds orders to a distinta."""
    from ledger import operazioni

    asked.do(operazioni.add, ordini, distinta_id)


@distinte_cmd.command("take-out")
@_distinta
@click.argument("numeri", metavar="N...", nargs=-1, required=True, type=int)
@_asked
def take_out_cmd(asked: Asked, distinta_id: int, numeri: Sequence[int]) -> None:
    """Disaggrega: toglie disposizioni, che restano sciolte / takes orders out; they stay, loose."""
    from ledger import operazioni

    asked.do(operazioni.take_out, [(distinta_id, numero) for numero in numeri], distinta_id)


@distinte_cmd.command("copy")
@_distinta
@_campi
@_nome
@_data
@_asked
def copy_cmd(
    asked: Asked, distinta_id: int, campi: Sequence[tuple[str, str]], nome: str, data: datetime | None
) -> None:
    """Copia una distinta, con nome e date suoi / copies a distinta, with a name and dates of its own.

    NOME=VALORE come in edit, ad esempio scadenza=2027-01-31. / NAME=VALUE as in edit.
    """
    from ledger import operazioni

    asked.do(operazioni.copy, None, distinta_id, testata=_testata(nome, data), campi=dict(campi))


@distinte_cmd.command("edit")
@_distinta
@_campi
@_some
@_asked
def edit_cmd(asked: Asked, distinta_id: int, campi: Sequence[tuple[str, str]], numeri: Sequence[int]) -> None:
    """Modifica una distinta: le firme date non valgono più / edits it: signatures given are void.

    NOME=VALORE: scadenza, importo, controparte, riferimento, conto (IBAN), nome, data..., o un campo come 14.importo;
    senza --ordine, in tutte le disposizioni. / NAME=VALUE; without --ordine, in all the orders.
    """
    from ledger import operazioni

    asked.do(operazioni.edit, [(distinta_id, numero) for numero in numeri], distinta_id, dict(campi))


@distinte_cmd.command("delete")
@_distinta
@_asked
def delete_cmd(asked: Asked, distinta_id: int) -> None:
    """Elimina una distinta non firmata, con le sue disposizioni / throws away an unsigned distinta.

    Righe e contenuti restano agli atti. / Rows and contents stay on record.
    """
    from ledger import operazioni

    asked.do(operazioni.delete, None, distinta_id)


@distinte_cmd.command("recall")
@_distinta
@_some
@_nome
@_data
@_asked
def recall_cmd(asked: Asked, distinta_id: int, numeri: Sequence[int], nome: str, data: datetime | None) -> None:
    """Richiama disposizioni inoltrate: fa la distinta di richiamo / asks back orders that were sent.

    Senza --ordine, tutte quelle senza esito. / Without --ordine, all those that have no outcome.
    """
    from ledger import operazioni

    ids = [(distinta_id, numero) for numero in numeri]
    asked.do(operazioni.recall, ids, distinta_id, testata=_testata(nome, data))


@distinte_cmd.command("resend")
@_distinta
@_campi
@_some
@_nome
@_data
@_asked
def resend_cmd(
    asked: Asked,
    distinta_id: int,
    campi: Sequence[tuple[str, str]],
    numeri: Sequence[int],
    nome: str,
    data: datetime | None,
) -> None:
    """Ripresenta R.I.D. tornati indietro, con altre coordinate / presents again R.I.D. that came back.

    Ad esempio: resend 3 --ordine 2 conto_controparte=IBAN scadenza=2027-01-31. / For example.
    """
    from ledger import operazioni

    ids = [(distinta_id, numero) for numero in numeri]
    asked.do(operazioni.resend, ids, distinta_id, campi=dict(campi), testata=_testata(nome, data))


@distinte_cmd.command("revoke")
@_distinta
@_some
@_asked
def revoke_cmd(asked: Asked, distinta_id: int, numeri: Sequence[int]) -> None:
    """Segna revocate le deleghe F24 di una distinta / marks the F24 of a distinta as revoked.

    Il flusso di revoca (R4) non si può scrivere: va chiesta alla banca. / The flow (R4) cannot be written.
    """
    from ledger import operazioni

    asked.do(operazioni.revoke, [(distinta_id, numero) for numero in numeri], distinta_id)


@distinte_cmd.command("discard")
@click.argument("disposizione_id", metavar="ID", type=int)
@_asked
def discard_cmd(asked: Asked, disposizione_id: int) -> None:
    """Elimina una disposizione sciolta / throws away a loose order."""
    from ledger import operazioni

    asked.do(operazioni.delete_order, None, disposizione_id)


@distinte_cmd.command("loose")
@in_chiaro_option
@format_option
@pass_ctx
def loose_cmd(ctx: Ctx, in_chiaro: bool, form: str) -> None:
    """Le disposizioni sciolte, da mettere in una distinta / the loose orders, to be put into one."""
    from commands.ledger_text import order_json, print_orders
    from commands.tables import print_json
    from ledger import distinte

    with open_home(ctx).read() as conn:
        found = distinte.loose(conn)
    if form == "json":
        print_json([order_json(order, in_chiaro) for order in found])
    else:
        print_orders(ctx, ctx.say("Disposizioni sciolte", "Loose orders"), found, in_chiaro, loose=True)


@distinte_cmd.command("show")
@_distinta
@click.option("--ordine", "numero", type=int, help="L'iter di una disposizione / the iter of one order.")
@in_chiaro_option
@format_option
@pass_ctx
def show_cmd(ctx: Ctx, distinta_id: int, numero: int | None, in_chiaro: bool, form: str) -> None:
    """Una distinta: iter, firme, disposizioni / one distinta: its iter, signatures, orders.

    Ogni passo dice chi, quando, da che file, e l'impronta dei byte. / Each step says who, when, from which file, and
    the digest of the bytes.
    """
    from commands.ledger_text import order_page_json, print_order_page, print_show, show_json
    from commands.tables import print_json
    from ledger import distinte

    with open_home(ctx).read() as conn:
        distinta = distinte.get(conn, distinta_id)
        order = None if numero is None else distinte.numbered(conn, distinta_id, numero)
        if form == "json":
            print_json(
                show_json(conn, distinta, in_chiaro) if order is None else order_page_json(conn, order, in_chiaro)
            )
        elif order is None:
            print_show(ctx, conn, distinta, in_chiaro)
        else:
            print_order_page(ctx, conn, order, in_chiaro)


@distinte_cmd.command("approve")
@click.argument("distinta_id", metavar="ID", type=int)
@click.option("--user", "login", required=True, help="Chi approva / who approves.")
@password_fd_option
@dry_run_option
@pass_ctx
def approve_cmd(ctx: Ctx, distinta_id: int, login: str, password_fd: int | None, dry_run: bool) -> None:
    """Conferma le disposizioni già viste: la distinta si può firmare / confirms orders seen before."""
    from commands.tables import say
    from ledger import firme

    home = open_home(ctx)
    password = read_proof(ctx, home, login, password_fd)
    stato = firme.approve(home, distinta_id, login, password, dry_run=dry_run)
    home.close()
    say(ctx, *[f"distinta {distinta_id}: {stato}"] * 2)
