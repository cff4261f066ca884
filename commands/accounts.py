"""The register of accounts, with what the banks last said of each; whether their statements follow one another.

Arguments in, text or JSON out; the rules are in `ledger` and `reconcile`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import click

from commands.common import (
    Ctx,
    busy,
    dry_run_option,
    format_option,
    in_chiaro_option,
    open_home,
    pass_ctx,
    password_fd_option,
    read_proof,
)
from commands.failures import OK, REFUSED
from commands.movements import Day

_sia = click.option("--sia", help="Solo questa azienda / this company only.")
_rapporto = click.argument("scheda_id", metavar="ID", type=int)
_user = click.option("--user", "login", required=True, help="Chi lo fa / who does it.")
_SCELTE = (
    click.option("--descrizione", help='Descrizione propria; "" torna a quella della banca / one\'s own description.'),
    click.option("--ordine", type=int, help="Posto nell'elenco / place in the list."),
    click.option("--in-evidenza/--non-in-evidenza", default=None, help="Fra i primi, o no / among the first, or not."),
    click.option("--estero/--nazionale", default=None, help="Dove è il conto / where the account is."),
    click.option("--chiuso/--aperto", default=None, help="Chiuso a mano, o riaperto / closed by hand, or open again."),
    click.option(
        "--silenzio",
        type=click.IntRange(min=0),
        help="Giorni senza estratti dopo cui conta come chiuso, 0 mai / days of silence after which it is closed.",
    ),
)


def _scelte(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of what a person may choose for an account."""
    for option in reversed(_SCELTE):
        command = option(command)
    return command


@click.group("accounts", invoke_without_command=True)
@_sia
@click.option("--all", "all_", is_flag=True, help="Anche quelli chiusi / those that are closed too.")
@in_chiaro_option
@format_option
@click.pass_context
def accounts_cmd(click_ctx: click.Context, sia: str | None, all_: bool, in_chiaro: bool, form: str) -> None:
    """I rapporti che le banche rendicontano: saldi e liquidità / the accounts that banks speak of, and balances.

    Entrano da sé con il primo estratto (RH, EC, RA, RP, DT); contano come chiusi dopo un silenzio. / They enter by
    themselves with the first statement; after a silence they count as closed.
    """
    if click_ctx.invoked_subcommand is not None:
        return
    from commands.accounts_text import print_accounts
    from ledger import aziende, rapporti
    from ledger.ports import today

    ctx = click_ctx.ensure_object(Ctx)
    home = open_home(ctx)
    with home.read() as conn:
        found = rapporti.list_(conn, aziende.find(conn, sia).id if sia else None)
    oggi = today(home.ports)
    home.close()
    print_accounts(ctx, [each for each in found if all_ or each.open_on(oggi)], oggi, form, in_chiaro=in_chiaro)


@accounts_cmd.command("set")
@_rapporto
@_scelte
@_user
@password_fd_option
@dry_run_option
@format_option
@in_chiaro_option
@pass_ctx
def set_cmd(
    ctx: Ctx,
    /,
    scheda_id: int,
    login: str,
    password_fd: int | None,
    dry_run: bool,
    form: str,
    in_chiaro: bool,
    **scelte: Any,
) -> None:
    """Sceglie come si vede un rapporto, o lo chiude / chooses how an account is shown, or closes it."""
    from commands.accounts_text import print_accounts
    from ledger import rapporti
    from ledger.ports import today

    given = _given(scelte)
    if not given:
        raise click.UsageError(ctx.say("serve che cosa scegliere", "say what to choose"))
    home = open_home(ctx)
    proof = read_proof(ctx, home, login, password_fd)
    scheda = rapporti.choose(home, scheda_id, login, proof, given, dry_run=dry_run)
    oggi = today(home.ports)
    home.close()
    print_accounts(ctx, [scheda], oggi, form, in_chiaro=in_chiaro)


@accounts_cmd.command("add")
@_sia
@click.option(
    "--genere",
    type=click.Choice(["conto", "anticipi", "portafoglio", "titoli"]),
    default="conto",
    show_default=True,
    help="Che rapporto è / which kind of account.",
)
@click.option("--abi", required=True, help="La banca / the bank.")
@click.option("--cab", default="", help="Lo sportello / the branch.")
@click.option("--conto", required=True, help="Il numero, come lo scrive la banca / the number.")
@click.option("--divisa", default="EUR", show_default=True, help="La divisa / the currency.")
@_scelte
@_user
@password_fd_option
@dry_run_option
@format_option
@in_chiaro_option
@pass_ctx
def add_cmd(
    ctx: Ctx,
    /,
    sia: str | None,
    genere: str,
    abi: str,
    cab: str,
    conto: str,
    divisa: str,
    login: str,
    password_fd: int | None,
    dry_run: bool,
    form: str,
    in_chiaro: bool,
    **scelte: Any,
) -> None:
    """Registra a mano un rapporto che la banca non alimenta / enters an account that its bank does not feed."""
    from commands.accounts_text import print_accounts
    from ledger import aziende, rapporti
    from ledger.ports import today

    home = open_home(ctx)
    proof = read_proof(ctx, home, login, password_fd)
    with home.read() as conn:
        azienda = aziende.find(conn, sia)
    which = {"genere": genere, "abi": abi, "cab": cab, "conto": conto, "divisa": divisa}
    scheda = rapporti.enter(home, azienda.id, login, proof, which, _given(scelte), dry_run=dry_run)
    oggi = today(home.ports)
    home.close()
    print_accounts(ctx, [scheda], oggi, form, in_chiaro=in_chiaro)


@accounts_cmd.command("statement")
@_rapporto
@click.option("--dal", type=Day(), required=True, help="Primo giorno AAAA-MM-GG / first day.")
@click.option("--al", type=Day(), required=True, help="Ultimo giorno AAAA-MM-GG / last day.")
@click.option(
    "--tipo",
    type=click.Choice(["contabile", "analitico", "sintetico"]),
    default="contabile",
    show_default=True,
    help="Per data contabile; per valuta, a movimenti o a giorni / by booking date; by value date.",
)
@in_chiaro_option
@format_option
@pass_ctx
def statement_cmd(ctx: Ctx, /, scheda_id: int, dal: date, al: date, tipo: str, in_chiaro: bool, form: str) -> None:
    """Un estratto ricalcolato dai movimenti / a statement worked out again from the movements.

    Gli scalari danno, per valuta, i giorni e i numeri (giorni per saldo). / The scalari give, by value date, days and
    numbers (days by balance).
    """
    from commands.accounts_text import print_statement
    from reconcile.scalari import prospetto

    home = open_home(ctx)
    with home.read() as conn:
        print_statement(ctx, prospetto(conn, scheda_id, tipo, dal, al), form, in_chiaro=in_chiaro)
    home.close()


@accounts_cmd.command("sent")
@_rapporto
@click.option("--al", type=Day(), required=True, help="Il giorno con cui finisce / the day on which it ends.")
@pass_ctx
def sent_cmd(ctx: Ctx, /, scheda_id: int, al: date) -> None:
    """Un estratto com'è stato inviato: il suo flusso, byte per byte / a statement as it was sent, byte for byte.

    L'EC che finisce quel giorno, o se non c'è l'RH. / The periodic one that ends on that day, or the daily one.
    """
    from ledger import rapporti
    from reconcile.provenienza import sent

    home = open_home(ctx)
    with home.read() as conn:
        rapporti.get(conn, scheda_id)
        data = sent(home, conn, rapporti.ending_on(conn, scheda_id, al))
    home.close()
    sys.stdout.buffer.write(data)


def _given(scelte: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in scelte.items() if value is not None}


@click.command("balances")
@click.argument("scheda_id", metavar="[ID]", type=int, required=False)
@_sia
@in_chiaro_option
@format_option
@pass_ctx
def balances_cmd(ctx: Ctx, scheda_id: int | None, sia: str | None, in_chiaro: bool, form: str) -> int:
    """Se gli estratti si seguono: giorni che mancano, saldi che non tornano / whether statements follow one another.

    Un EC comincia dal saldo con cui finisce quello prima; un RH ha un saldo iniziale di quadratura, che non si
    confronta. Codice di uscita 3 se qualcosa non torna. / A periodic statement begins with the balance with which the
    one before it ends; the opening balance of a daily one only squares it. Exit code 3 when something does not hold.
    """
    from commands.accounts_text import print_breaks
    from ledger import aziende, rapporti
    from reconcile.continuita import breaks

    home = open_home(ctx)
    with home.read() as conn, busy(ctx, "controllo i saldi", "checking the balances"):
        azienda_id = aziende.find(conn, sia).id if sia else None
        cards = [rapporti.get(conn, scheda_id)] if scheda_id else rapporti.list_(conn, azienda_id)
        found = [(card, list(breaks(rapporti.statements(conn, card.id)))) for card in cards]
    home.close()
    print_breaks(ctx, found, form, in_chiaro=in_chiaro)
    return REFUSED if any(rotture for _, rotture in found) else OK
