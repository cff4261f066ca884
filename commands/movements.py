"""The movements of the accounts: looked for, shown, ticked by hand and by rule.

Arguments in, text or JSON out; the rules are in `ledger` and `reconcile`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from commands.common import (
    Ctx,
    busy,
    by_a_user,
    dry_run_option,
    format_option,
    in_chiaro_option,
    open_home,
    pass_ctx,
    password_fd_option,
    read_proof,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.ricerca import Filtro, Posto

_EURO = re.compile(r"(\d{1,13})(?:[.,](\d\d))?", re.ASCII)


class Cents(click.ParamType[Any]):
    """An amount in euro, as 1234.50 or 1234,50: its cents."""

    name = "EURO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        match = _EURO.fullmatch(str(value))
        if match is None:
            self.fail(f"{value!r} is not an amount like 1234.50", param, ctx)
        return int(match[1] + (match[2] or "00"))


class Day(click.ParamType[Any]):
    """A day, as AAAA-MM-GG."""

    name = "AAAA-MM-GG"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not {self.name}", param, ctx)


class Place(click.ParamType[Any]):
    """Where a page ends, as `movements` says it."""

    name = "POSTO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from ledger.ricerca import Posto

        try:
            return Posto.read(str(value))
        except ValueError:
            self.fail(f"{value!r} is not where a page ended", param, ctx)


def _options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options as one, in their order."""

    def add(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return add


_filters = _options(
    click.option("--sia", help="Solo questa azienda / this company only."),
    click.option("--rapporto", "scheda_id", type=int, metavar="ID", help="Solo questo rapporto / this account only."),
    click.option("--dal", "contabile_dal", type=Day(), help="Data contabile, da / booked from."),
    click.option("--al", "contabile_al", type=Day(), help="Data contabile, a / booked to."),
    click.option("--valuta-dal", "valuta_dal", type=Day(), help="Data valuta, da / value date from."),
    click.option("--valuta-al", "valuta_al", type=Day(), help="Data valuta, a / value date to."),
    click.option("--min", "importo_da", type=Cents(), help="Importo, da / amount from."),
    click.option("--max", "importo_a", type=Cents(), help="Importo, a / amount to."),
    click.option("--segno", "segno", type=click.Choice(["C", "D"]), help="C avere, D dare / C credit, D debit."),
    click.option("--causale", "causali", multiple=True, help="Causale CBI; si ripete / may be repeated."),
    click.option("--testo", "testo", default="", help="Un testo che c'è / a text that is in it."),
    click.option("--supporto", default="", help="Il flusso di cui parla, o che l'ha portato / the flow."),
    click.option("--distinta", "distinta_id", type=int, metavar="ID", help="La distinta di cui parla / the distinta."),
)


_ticked = click.option("--ticked", is_flag=True, help="Solo i movimenti spuntati / ticked movements only.")
_all = click.option("--all", "all_", is_flag=True, help="Spuntati e no / ticked or not.")


def _filtro(conn: Connection, sia: str | None, *, spuntati: bool | None, **values: Any) -> Filtro:
    from ledger import aziende
    from ledger.ricerca import Filtro

    values["causali"] = tuple(values["causali"])
    azienda_id = aziende.find(conn, sia).id if sia else None
    return Filtro(azienda_id=azienda_id, spuntati=spuntati, **values)


@click.group("movements", invoke_without_command=True)
@_filters
@_ticked
@_all
@click.option("--after", type=Place(), help="Continua da qui / goes on from here.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Quanti / how many.")
@click.option("--totals", is_flag=True, help="Anche i totali di tutti / also the totals of all of them.")
@in_chiaro_option
@format_option
@click.pass_context
def movements_cmd(
    click_ctx: click.Context,
    /,
    sia: str | None,
    ticked: bool,
    all_: bool,
    after: Posto | None,
    limit: int,
    totals: bool,
    in_chiaro: bool,
    form: str,
    **filters: Any,
) -> None:
    """I movimenti ancora da spuntare, e di che cosa parlano / the movements still to be ticked, and what they speak of.

    Una pagina alla volta, in ordine di data contabile; di valuta o di importo, se si cercano quelli. / A page at a
    time, by booking date; by value date or amount, if those are looked for.
    """
    if click_ctx.invoked_subcommand is not None:
        return
    from commands.movements_text import Pagina, print_movements
    from ledger import movimenti
    from reconcile.legami import settlement

    ctx = click_ctx.ensure_object(Ctx)
    home = open_home(ctx)
    with home.read() as conn, busy(ctx, "cerco i movimenti", "looking for movements"):
        filtro = _filtro(conn, sia, spuntati=None if all_ else ticked, **filters)
        found = movimenti.page(conn, filtro, after, limit + 1)
        sums = movimenti.totals(conn, filtro) if totals else None
        settled = settlement(conn, filtro.distinta_id) if filtro.distinta_id else None
    home.close()
    more = found[limit - 1].place(filtro) if len(found) > limit else None
    print_movements(ctx, Pagina(found[:limit], sums, settled, more), form, in_chiaro=in_chiaro)


@movements_cmd.command("show")
@click.argument("movimento_id", metavar="ID", type=int)
@in_chiaro_option
@format_option
@pass_ctx
def show_cmd(ctx: Ctx, movimento_id: int, in_chiaro: bool, form: str) -> None:
    """Un movimento: ogni sua parte, e i record da cui viene / a movement: every part, and the records it came from."""
    from commands.movements_text import print_movement
    from ledger import movimenti, spunta
    from reconcile.provenienza import records

    home = open_home(ctx)
    with home.read() as conn:
        voce = movimenti.get(conn, movimento_id)
        if voce is None:
            raise spunta.no_movement(movimento_id)
        lines = records(home, conn, voce.file_id, voce.line)
    home.close()
    print_movement(ctx, voce, lines, form, in_chiaro=in_chiaro)


_sia = click.option("--sia", help="Di questa azienda / of this company.")
_user = click.option("--user", "login", required=True, help="Chi lo fa / who does it.")
_by_hand = _options(_user, password_fd_option, dry_run_option, format_option, pass_ctx)
_label = click.option("--label", "etichetta", help='Etichetta; "" la toglie / a label; "" takes it away.')
_book = click.option(
    "--book", "contropartita", help='Conto della contabilità; "" lo toglie / account of the books; "" takes it away.'
)


@click.command("tick")
@click.argument("ids", metavar="[ID]...", nargs=-1, type=int)
@_filters
@click.option("--no-tick", is_flag=True, help="Solo etichetta e conto / only the label and the account.")
@_label
@_book
@_by_hand
def tick_cmd(ctx: Ctx, /, ids: Sequence[int], no_tick: bool, **options: Any) -> None:
    """Spunta movimenti come trattati: quelli dati, o quelli che si cercano / ticks movements as handled.

    Nel giornale è un atto, con chi e quali. / In the journal it is an act, with who and which.
    """
    _mark(ctx, ids, None if no_tick else True, only=False, **options)


@click.command("untick")
@click.argument("ids", metavar="[ID]...", nargs=-1, type=int)
@_filters
@_by_hand
def untick_cmd(ctx: Ctx, /, ids: Sequence[int], **options: Any) -> None:
    """Toglie la spunta a movimenti / unticks movements."""
    _mark(ctx, ids, False, only=True, etichetta=None, contropartita=None, **options)


@movements_cmd.command("match")
@click.argument("ids", metavar="ID...", nargs=-1, type=int, required=True)
@click.option("--distinta", type=int, metavar="ID", help="Sono di questa distinta / they are of this distinta.")
@click.option("--disposizione", type=int, metavar="ID", help="Sono di questa disposizione / they are of this order.")
@_sia
@_by_hand
def match_movements_cmd(
    ctx: Ctx, /, ids: Sequence[int], distinta: int | None, disposizione: int | None, **options: Any
) -> None:
    """Dice di che cosa sono movimenti che non nominano nulla / says what movements that name nothing are of."""
    if (distinta is None) == (disposizione is None):
        raise click.UsageError(ctx.say("serve una distinta o una disposizione", "a distinta or an order is needed"))
    riscontro = f"disposizione:{disposizione}" if distinta is None else f"distinta:{distinta}"
    _mark(ctx, ids, None, only=False, etichetta=None, contropartita=None, riscontro=riscontro, **options)


@movements_cmd.command("unmatch")
@click.argument("ids", metavar="ID...", nargs=-1, type=int, required=True)
@_sia
@_by_hand
def unmatch_movements_cmd(ctx: Ctx, /, ids: Sequence[int], **options: Any) -> None:
    """Toglie ciò di cui sono, chiunque l'abbia detto / takes away what they are of, whoever said so.

    Le regole non lo diranno più. / Rules will not say it again.
    """
    _mark(ctx, ids, None, only=False, etichetta=None, contropartita=None, riscontro="", **options)


def _mark(
    ctx: Ctx,
    ids: Sequence[int],
    spunta: bool | None,
    *,
    only: bool,
    etichetta: str | None,
    contropartita: str | None,
    login: str,
    password_fd: int | None,
    dry_run: bool,
    form: str,
    sia: str | None,
    riscontro: str | None = None,
    **filters: Any,
) -> None:
    """Marks the movements of these ids, or those that the filters find, ticked (`only`) or not."""
    from commands.tables import print_json, say
    from ledger import aziende
    from ledger.spunta import Segno, segna

    if bool(ids) == any(filters.values()):
        raise click.UsageError(ctx.say("servono i numeri, oppure un filtro", "either numbers or a filter is needed"))
    home = open_home(ctx)
    proof = read_proof(ctx, home, login, password_fd)
    with home.read() as conn:
        azienda = aziende.find(conn, sia)
        which = list(ids) or _filtro(conn, azienda.sia, spuntati=only, **filters)
    segno = Segno(spunta, etichetta, contropartita, riscontro)
    with busy(ctx, "segno i movimenti", "marking movements"):
        many = segna(home, azienda.id, login, proof, which, segno, dry_run=dry_run)
    home.close()
    if form == "json":
        print_json({"sia": azienda.sia, "segnati": many, "dry_run": dry_run})
    else:
        say(ctx, f"{azienda.sia}: movimenti segnati: {many}", f"{azienda.sia}: movements marked: {many}")


@click.command("rules")
@click.option("--sia", help="Solo questa azienda / this company only.")
@format_option
@dry_run_option
@pass_ctx
@by_a_user("reconcile")
def rules_cmd(ctx: Ctx, sia: str | None, form: str, dry_run: bool) -> None:
    """Applica le regole di regole.toml / applies the rules of regole.toml.

    Agli esiti probabili che attendono, poi ai movimenti non spuntati; decide la prima regola che va bene. Con --dry-run
    dice che cosa farebbe ognuna. / To the likely outcomes that wait, then to the movements that are not ticked; the
    first rule that fits decides. With --dry-run it says what each would do.
    """
    apply_rules(ctx, sia, form, dry_run=dry_run)


def apply_rules(ctx: Ctx, sia: str | None, form: str, *, dry_run: bool) -> None:
    """Applies the rules of every company, or of one, and tells what each did."""
    from commands.movements_text import print_rules
    from ledger import aziende
    from ledger.varco import macchina
    from reconcile import accettate, regole

    home = open_home(ctx)
    likely, rules = accettate.read(home), regole.read(home)
    with home.read() as conn:
        wanted = [aziende.find(conn, sia)] if sia else aziende.list_(conn)
    done: dict[str, list[tuple[str, regole.Applicata]]] = {accettate.TABELLA: [], regole.TABELLA: []}
    for azienda in wanted:
        doing = macchina(home, azienda.id, regole.CHI, dry_run=dry_run)
        with busy(ctx, "applico le regole", "applying the rules"), doing as lavoro:
            taken = accettate.apply(lavoro, likely.get(azienda.sia, ()))
            done[accettate.TABELLA] += ((azienda.sia, each) for each in taken)
            marked = regole.apply(lavoro, rules.get(azienda.sia, ()))
            done[regole.TABELLA] += ((azienda.sia, each) for each in marked)
    home.close()
    print_rules(ctx, done, form)
