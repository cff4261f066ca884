"""What banks said of orders: their flows, what came back unpaid, and what a person decides of an outcome.

Arguments in, text or JSON out; the rules are in `reconcile`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from commands.common import (
    Ctx,
    dry_run_option,
    format_option,
    open_home,
    pass_ctx,
    password_fd_option,
    read_proof,
)

if TYPE_CHECKING:
    from reconcile.a_mano import Deciso

_sia = click.option("--sia", help="L'azienda, se ce n'è più d'una / the company, when there are several.")
_esito = click.argument("esito_id", metavar="ESITO", type=int)


def _decides(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of what a person decides."""
    for option in (
        format_option,
        dry_run_option,
        password_fd_option,
        click.option("--nota", default="", help="Perché, per chi guarderà dopo / why, for who looks later."),
        click.option("--user", "login", required=True, help="Chi decide / who decides."),
    ):
        command = option(command)
    return command


@click.command("match")
@_esito
@click.argument("ordini", metavar="DISPOSIZIONE...", nargs=-1, required=True, type=int)
@_decides
@pass_ctx
def match_cmd(ctx: Ctx, /, esito_id: int, ordini: Sequence[int], **asked: Any) -> None:
    """Dice di quali disposizioni parla un esito / says which orders an outcome speaks of.

    I numeri sono quelli di `cbi exceptions`. La disposizione va dove l'esito la porta, se il suo stato lo ammette; una
    parola successiva della banca prevale come sempre. / The numbers are those of `cbi exceptions`. The order goes where
    the outcome leads it, if its state allows it; a later word of the bank prevails as ever.
    """
    from reconcile.a_mano import match

    _decide(ctx, lambda home, proof: match(home, esito_id, ordini, *proof, **_how(asked)), **asked)


@click.command("unmatch")
@_esito
@_decides
@pass_ctx
def unmatch_cmd(ctx: Ctx, /, esito_id: int, **asked: Any) -> None:
    """Toglie un esito alle disposizioni a cui è stato applicato / takes an outcome off its orders.

    Quelle tornano come se la banca non l'avesse detto, e l'esito attende una persona. / They are as if the bank had not
    said it, and the outcome waits for a person.
    """
    from reconcile.a_mano import unmatch

    _decide(ctx, lambda home, proof: unmatch(home, esito_id, *proof, **_how(asked)), **asked)


@click.command("mark")
@click.argument("ordini", metavar="DISPOSIZIONE...", nargs=-1, required=True, type=int)
@click.option("--stato", required=True, help="Lo stato, come Pagata o Insoluta / the state, such as Pagata.")
@_decides
@pass_ctx
def mark_cmd(ctx: Ctx, /, ordini: Sequence[int], stato: str, **asked: Any) -> None:
    """Mette a mano lo stato di disposizioni senza esito / puts by hand the state of orders without an outcome.

    Quando si sa per altra via; una parola successiva della banca ne prende il posto, qualunque sia. / When it is known
    otherwise; a later word of the bank takes its place, whatever it is.
    """
    from ledger.stati import Stato
    from reconcile.a_mano import Deciso, mark

    if stato not in set(Stato):
        raise click.BadParameter(", ".join(Stato), param_hint="--stato")
    wanted = Stato(stato)
    _decide(ctx, lambda home, proof: Deciso(None, mark(home, ordini, wanted, *proof, **_how(asked))), **asked)


def _how(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: asked[name] for name in ("nota", "dry_run")}


def _decide(
    ctx: Ctx,
    verb: Callable[[Any, tuple[str, Any]], Deciso],
    *,
    login: str,
    password_fd: int | None,
    form: str,
    **_: Any,
) -> None:
    from commands.tables import print_json, say

    home = open_home(ctx)
    done = verb(home, (login, read_proof(ctx, home, login, password_fd)))
    home.close()
    if form == "json":
        print_json({"esito": done.esito_id, "disposizioni": {str(each): stato for each, stato in done.stati.items()}})
        return
    for each, stato in done.stati.items():
        say(ctx, f"disposizione {each}: {stato}", f"order {each}: {stato}")


@click.group("esiti", invoke_without_command=True)
@_sia
@format_option
@click.pass_context
def esiti_cmd(click_ctx: click.Context, sia: str | None, form: str) -> None:
    """I flussi di esiti come la banca li ha mandati / the flows of outcomes as the bank sent them.

    Quanti esiti hanno, quanti sono riconciliati, le spese, i movimenti di conto che ne sono venuti. / How many outcomes
    they hold, how many are reconciled, the fees, the movements of account that came of them.
    """
    if click_ctx.invoked_subcommand is not None:
        return
    from commands.esiti_text import print_partite
    from ledger import aziende, partite

    ctx = click_ctx.ensure_object(Ctx)
    with open_home(ctx).read() as conn:
        found = partite.partite(conn, aziende.find(conn, sia).id)
    print_partite(ctx, found, form)


@esiti_cmd.command("export")
@click.argument("file_id", metavar="FILE", type=int)
@click.option("-o", "--output", default="-", help="Il file da scrivere / the file to write.")
@_sia
@pass_ctx
def export_cmd(ctx: Ctx, file_id: int, output: str, sia: str | None) -> None:
    """Il file com'è arrivato, byte per byte / the file as it came, byte for byte."""
    from commands.opening import open_output
    from ledger import archivio, aziende, partite

    home = open_home(ctx)
    with home.read() as conn:
        file = partite.received(conn, aziende.find(conn, sia).id, file_id)
    data = archivio.load(home, file.sha256)
    home.close()
    with open_output(output) as out:
        out.write(data)


@click.command("insoluti")
@_sia
@click.option("--tecnici", is_flag=True, help="Solo i R.I.D. tornati per motivi tecnici / only for technical reasons.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    help="Testo, JSON o CSV / text, JSON or CSV.",
)
@click.option("-o", "--output", default="-", help="Il CSV da scrivere / the CSV to write.")
@pass_ctx
def insoluti_cmd(ctx: Ctx, sia: str | None, tecnici: bool, form: str, output: str) -> None:
    """Le disposizioni tornate indietro: perché, spese, giorni / orders that came back: why, fees, days.

    Per ognuna quante ce ne sono di quel debitore e quante sono tornate. I motivi tecnici dei R.I.D. sono segnati: non è
    il debitore che non paga. / For each, how many there are of that debtor and how many came back. The technical
    reasons of R.I.D. are marked: it is not the debtor who does not pay.
    """
    from commands.esiti_text import insoluti_report, print_insoluti
    from commands.report_text import print_report
    from ledger import aziende, partite
    from ledger.ports import today
    from reconcile.risposte import TECNICHE

    home = open_home(ctx)
    with home.read() as conn:
        causali = [each for some in TECNICHE.values() for each in some] if tecnici else None
        found = list(partite.insoluti(conn, aziende.find(conn, sia).id, causali))
        oggi = today(home.ports)
    home.close()
    if form == "text":
        print_insoluti(ctx, found, oggi)
    else:
        print_report(ctx, insoluti_report(ctx, found, oggi), form, output)
