"""The commands about companies: banks, accounts, options, groups.

Arguments in, text or JSON out; the rules are in `ledger`.
"""

from __future__ import annotations

from typing import Any

import click

from commands.common import Ctx, format_option, open_home
from commands.ledger import Pair
from commands.utenti import Asked, asking


@click.group("aziende", invoke_without_command=True)
@format_option
@click.pass_context
def aziende_cmd(click_ctx: click.Context, form: str) -> None:
    """Le aziende dell'archivio e i gruppi / the companies of the home and their groups."""
    if click_ctx.invoked_subcommand is not None:
        return
    from commands.tables import print_json, print_table
    from ledger import aziende

    ctx = click_ctx.ensure_object(Ctx)
    home = open_home(ctx)
    with home.read() as conn:
        found = [_company(conn, each) for each in aziende.list_(conn)]
    home.close()
    if form == "json":
        print_json(found)
        return
    headings = ("SIA", "Nome", "Codice fiscale", "Natura", "Capogruppo", "Condivisi", "Opzioni")
    print_table(ctx, ctx.say("Aziende", "Companies"), headings, [_cells(each) for each in found])


def _company(conn: Any, azienda: Any) -> dict[str, Any]:
    from ledger import aziende, gruppi

    head = gruppi.capogruppo(conn, azienda.id)
    company = {name: value for name, value in vars(azienda).items() if name != "id"}
    return {
        **company,
        "capogruppo": head and head.sia,
        "condivisi": {each.persona: each.login for each in gruppi.shares(conn, azienda.id)},
        "opzioni": aziende.options(conn, azienda.id),
    }


def _cells(company: dict[str, Any]) -> tuple[str, ...]:
    shared = ", ".join(f"{persona} = {login}" for persona, login in company["condivisi"].items())
    options = ", ".join(f"{nome} {valore}" for nome, valore in company["opzioni"].items())
    names = ("sia", "nome", "codice_fiscale", "natura")
    return (*(company[name] for name in names), company["capogruppo"] or "-", shared or "-", options)


@aziende_cmd.command("add-bank")
@click.argument("banca", metavar="ABI:NOME", type=Pair("ABI:NOME"))
@asking
def add_bank_cmd(asked: Asked, banca: tuple[str, str]) -> None:
    """Aggiunge una banca / adds a bank."""
    asked.change("banca", {"abi": banca[0], "nome": banca[1]})


@aziende_cmd.command("add-account")
@click.argument("iban", metavar="IBAN")
@asking
def add_account_cmd(asked: Asked, iban: str) -> None:
    """Aggiunge un conto, e la sua banca / adds an account, and its bank."""
    asked.change("conto", {"iban": iban})


@aziende_cmd.command("option")
@click.argument("nome", metavar="NOME")
@click.argument("valore", metavar="VALORE")
@asking
def option_cmd(asked: Asked, nome: str, valore: str) -> None:
    """Imposta un'opzione, come quattro_occhi si / sets an option, such as quattro_occhi si."""
    asked.change("opzione", {"nome": nome, "valore": valore})


@aziende_cmd.command("group")
@click.argument("capogruppo", metavar="[SIA]", default="")
@asking
def group_cmd(asked: Asked, capogruppo: str) -> None:
    """Indica la capogruppo; senza SIA, nessuna / names the capogruppo; without SIA, none."""
    asked.change("capogruppo", {"capogruppo": capogruppo})


@aziende_cmd.command("share")
@click.argument("persona", metavar="LOGIN")
@click.option("--as", "come", required=True, metavar="LOGIN", help="Come quale utente / as which user.")
@asking
def share_cmd(asked: Asked, persona: str, come: str) -> None:
    """Una persona della capogruppo agisce come un utente / a person of the capogruppo acts as a user."""
    asked.change("condivisione", {"persona": persona, "login": come})


@aziende_cmd.command("unshare")
@click.argument("persona", metavar="SIA.LOGIN")
@asking
def unshare_cmd(asked: Asked, persona: str) -> None:
    """Una persona della capogruppo non agisce più qui / a person of the capogruppo acts here no more."""
    asked.change("condivisione_tolta", {"persona": persona})
