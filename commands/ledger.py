"""The commands of the ledger: init, upgrade, import, libro-firma, sign, refuse, unsign.

Arguments in, text or JSON out; the rules are in `ledger`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.common import (
    Ctx,
    busy,
    dry_run_option,
    format_option,
    home_path,
    in_chiaro_option,
    open_home,
    pass_ctx,
    password_fd_option,
    read_line,
    read_password,
    read_proof,
)
from commands.failures import REFUSED, UNREADABLE
from commands.opening import why_not

if TYPE_CHECKING:
    from ledger.errors import Refused
    from ledger.firme import DaFirmare, SignResult
    from ledger.home import Home

_sia = click.option("--sia", help="L'azienda, se ce n'è più d'una / the company, when there are several.")


class Pair(click.ParamType[Any]):
    """Two values in one argument, as in ABI:NAME."""

    def __init__(self, name: str, between: str = ":") -> None:
        self.name, self.between = name, between

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        left, found, right = str(value).partition(self.between)
        if not found or not left:
            self.fail(f"{value!r} is not {self.name}", param, ctx)
        return left, right


class Weight(Pair):
    """A login and the weight of its signature, as in bianchi:50."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        login, peso = super().convert(value, param, ctx)
        if not (peso.isascii() and peso.isdigit()):
            self.fail(f"{value!r} is not {self.name}", param, ctx)
        return login, int(peso)


@click.command("init")
@click.option("--sia", required=True, help="Codice SIA, 5 caratteri / SIA code, 5 characters.")
@click.option("--nome", required=True, help="Nome dell'azienda / name of the company.")
@click.option("--gestita", is_flag=True, help="È di un cliente / it is a customer's.")
@click.option("--codice-fiscale", required=True, help="Codice fiscale o partita IVA / fiscal code.")
@click.option("--banca", "banche", type=Pair("ABI:NOME"), multiple=True, help="Una banca / a bank.")
@click.option("--conto", "conti", multiple=True, metavar="IBAN", help="Un conto / an account.")
@click.option(
    "--utente",
    "firmatari",
    type=Weight("LOGIN:PESO"),
    multiple=True,
    help="Un utente e il peso della sua firma, 1-100; ne servono 100 / "
    "a user and the weight of their signature, 1-100; 100 are needed.",
)
@click.option(
    "--password-fd",
    type=int,
    help="Legge le password da questo descrittore, una riga per utente, nell'ordine / "
    "reads the passwords from this file descriptor, a line per user, in order.",
)
@click.option(
    "--database-fd",
    type=int,
    help="Legge da questo descrittore, prima delle password, l'indirizzo di una base dati PostgreSQL vuota / "
    "reads from this file descriptor, before the passwords, the address of an empty PostgreSQL database.",
)
@dry_run_option
@pass_ctx
def init_cmd(
    ctx: Ctx,
    sia: str,
    nome: str,
    codice_fiscale: str,
    gestita: bool,
    banche: Sequence[tuple[str, str]],
    conti: Sequence[str],
    firmatari: Sequence[tuple[str, int]],
    password_fd: int | None,
    database_fd: int | None,
    dry_run: bool,
) -> None:
    """Crea un'azienda con banche, conti e utenti / creates a company with its banks, accounts, users."""
    from commands.tables import say
    from ledger import aziende, database, utenti
    from ledger.home import Home
    from ledger.ports import real_ports
    from ledger.profilo import Diritto, Profilo
    from spool.receive import plant_all

    path = home_path(ctx)
    aziende.check(sia=sia, nome=nome, codice_fiscale=codice_fiscale)
    for abi, _ in banche:
        aziende.check_abi(abi)
    for iban in conti:
        aziende.check_iban(iban)
    for login, peso in firmatari:
        utenti.check(login=login, peso=peso)
    url = "" if database_fd is None else read_line(database_fd)
    if database_fd is not None:
        database.check_address(url)
    if dry_run:
        say(ctx, "Tutto in ordine; nulla è stato creato.", "All is well; nothing was created.")
        return
    passwords = [_new_password(ctx, login, nome, password_fd) for login, _ in firmatari]
    profilo = Profilo(amministra=Diritto.INDIVIDUALE if len(firmatari) == 1 else Diritto.CONGIUNTO)
    home = Home.create(path, real_ports(), url)
    create = partial(utenti.create, profilo=profilo)
    with home.begin() as conn:
        company = {"sia": sia, "nome": nome, "codice_fiscale": codice_fiscale}
        natura = aziende.GESTITA if gestita else aziende.PROPRIA
        azienda_id = aziende.create(conn, home.ports, **company, natura=natura)
        for abi, nome_banca in banche:
            aziende.add_banca(conn, home.ports, azienda_id, abi, nome_banca)
        for iban in conti:
            aziende.add_conto(conn, home.ports, azienda_id, iban)
        for (login, peso), password in zip(firmatari, passwords, strict=True):
            create(conn, home.ports, azienda_id, login=login, peso=peso, password=password)
    plant_all(home)
    home.close()
    say(ctx, f"Creata l'azienda {nome} ({sia}) in {path}.", f"Created company {nome} ({sia}) in {path}.")


@click.command("upgrade")
@pass_ctx
def upgrade_cmd(ctx: Ctx) -> None:
    """Porta un archivio più vecchio a questa versione / brings an older home to this version.

    Tutto o niente; il giornale viene verificato prima. / All or nothing; the journal is verified first.
    """
    from commands.tables import say
    from ledger.home import Home
    from ledger.ports import real_ports

    path = home_path(ctx)
    before, now = Home.upgrade(path, real_ports())
    if before == now:
        say(ctx, f"{path} è già della versione {now}.", f"{path} is already of version {now}.")
    else:
        say(ctx, f"{path}: dalla versione {before} alla {now}.", f"{path}: from version {before} to {now}.")


def _new_password(ctx: Ctx, login: str, azienda: str, fd: int | None) -> str:
    from ledger import parole

    prompt = ctx.say(f"Password per {login}", f"Password for {login}")
    password = read_password(fd, prompt, confirm=fd is None)
    parole.check(password, login, azienda)
    return password


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_sia
@click.option("--user", "login", help="Chi importa; se manca, un lavoro automatico / who imports; without it, a job.")
@password_fd_option
@click.option(
    "--se-errori",
    type=click.Choice(["crea", "non-crea"]),
    default="crea",
    show_default=True,
    help="Di un supporto con errori fa una distinta da correggere, o niente / "
    "makes of a supporto with errors a distinta to be corrected, or nothing.",
)
@click.option(
    "--se-nome-usato",
    type=click.Choice(["rifiuta", "rinomina"]),
    default="rifiuta",
    show_default=True,
    help="Un supporto il cui nome è già usato è rifiutato, o prende un altro nome / "
    "a supporto whose name is taken is refused, or given another.",
)
@dry_run_option
@format_option
@pass_ctx
def import_cmd(
    ctx: Ctx,
    files: Sequence[Path],
    sia: str | None,
    login: str | None,
    password_fd: int | None,
    se_errori: str,
    se_nome_usato: str,
    dry_run: bool,
    form: str,
) -> int:
    """Importa i flussi dell'azienda, una distinta per supporto / imports the company's flows.

    Con --dry-run verifica soltanto. / With --dry-run it only verifies.
    """
    from commands.ledger_text import print_refused, print_report, report_json
    from commands.tables import print_json
    from ledger import aziende
    from ledger.errors import Refused
    from ledger.importa import Opzioni, import_file

    home = open_home(ctx)
    with home.read() as conn:
        azienda = aziende.find(conn, sia)
    chi = (login, read_proof(ctx, home, login, password_fd)) if login else None
    opzioni = Opzioni(con_errori=se_errori == "crea", rinomina=se_nome_usato == "rinomina")
    reports, exit_code = [], 0
    for path in files:
        try:
            with busy(ctx, f"importo {path.name}", f"importing {path.name}"):
                report = import_file(home, path, path.name, azienda.id, opzioni=opzioni, dry_run=dry_run, chi=chi)
        except Refused as error:
            if isinstance(error.__cause__, OSError):
                click.echo(f"{path}: {why_not(ctx, error.__cause__)}", err=True)
            else:
                print_refused(ctx, error)
            exit_code = max(exit_code, error.exit_code)
            continue
        reports.append(report)
        exit_code = max(exit_code, 0 if report.clean else REFUSED if report.verdetti else UNREADABLE)
        if form == "text":
            print_report(ctx, report)
    if form == "json":
        print_json([report_json(report, ctx.lang) for report in reports])
    home.close()
    return exit_code


@click.command("libro-firma")
@click.option("--user", "login", required=True, help="Chi deve firmare / who has to sign.")
@_sia
@format_option
@in_chiaro_option
@pass_ctx
def libro_firma_cmd(ctx: Ctx, login: str, sia: str | None, form: str, in_chiaro: bool) -> None:
    """Ciò che attende la firma di un utente / what awaits a user's signature.

    Con chi ha già firmato e chi può completare, i beneficiari mai pagati prima, quanto si è firmato oggi e nel mese e
    quanto resta sotto le soglie. / With who has signed and who could complete it, beneficiaries never paid before, what
    was signed today and this month and what is left below the thresholds.
    """
    from commands.libro_text import libro_json, print_libro
    from commands.tables import print_json
    from ledger import aziende, libro, utenti

    home = open_home(ctx)
    with home.read() as conn:
        utente = utenti.named(conn, aziende.find(conn, sia).id, login)
        found = libro.read(conn, utente, home.ports.clock.now())
    home.close()
    if form == "json":
        print_json(libro_json(found, ctx.lang, in_chiaro))
    else:
        print_libro(ctx, found, in_chiaro)


_user = click.option("--user", "login", required=True, help="Chi lo fa / who does it.")


@click.command("sign")
@click.argument("distinte_ids", metavar="ID...", nargs=-1, required=True, type=int)
@click.option("--user", "login", required=True, help="Chi firma / who signs.")
@password_fd_option
@dry_run_option
@format_option
@pass_ctx
def sign_cmd(
    ctx: Ctx, distinte_ids: Sequence[int], login: str, password_fd: int | None, dry_run: bool, form: str
) -> int:
    """Firma distinte; a 100 partono subito / signs distinte; those that reach 100 leave at once.

    Ognuna per sé: una rifiutata non ferma le altre, tranne quando è l'utente a non essere accettato. Si esce con 0 se
    tutte sono firmate e quelle complete sono partite, con 3 se qualcuna no. / Each by itself: one refused does not stop
    the others, unless it is the user that is not accepted. The exit code is 0 if all are signed and the complete ones
    have left, 3 if any is not or has not.
    """
    from commands.libro_text import print_signed, signed_json
    from commands.tables import print_json
    from ledger.errors import Refused

    home = open_home(ctx)
    results = dict(_signed(ctx, home, distinte_ids, login, password_fd, dry_run))
    refusals = [result for result in results.values() if isinstance(result, Refused)]
    exit_code = max((refusal.exit_code for refusal in refusals), default=0)
    if form == "text":
        print_signed(ctx, results)
    complete = [each for each, result in results.items() if not isinstance(result, Refused) and result.complete]
    if complete and not dry_run:
        exit_code = max(exit_code, _sent(ctx, home, complete if form == "text" else ()))
    if form == "json":
        with home.read() as conn:
            print_json([signed_json(conn, each, result, ctx.lang) for each, result in results.items()])
    home.close()
    return exit_code


def _signed(
    ctx: Ctx, home: Home, ids: Sequence[int], login: str, password_fd: int | None, dry_run: bool
) -> Iterator[tuple[int, SignResult | Refused]]:
    """Each distinta with what came of it. Whoever types the password is shown them all first, and they are signed only
    if they are still what was shown; the password is asked once, when the first one needs it."""
    from commands.ledger_text import print_about_to_sign, print_late
    from ledger import firme
    from ledger.errors import Refused

    password, shown = None, {each: _looked_at(home, each) for each in ids}
    found = [seen.distinta for seen in shown.values() if not isinstance(seen, Refused)]
    if password_fd is None:
        print_about_to_sign(ctx, found)
    print_late(ctx, home, found)
    for each, seen in shown.items():
        try:
            if isinstance(seen, Refused):
                raise seen
            if password is None and seen.password:
                password = read_proof(ctx, home, login, password_fd)
            yield each, firme.sign(home, each, login, password, vista=seen.distinta.sha256, dry_run=dry_run)
        except Refused as error:
            yield each, error
            if error.code.startswith("UTENTE"):  # the same password again would only be counted again
                break


def _looked_at(home: Home, distinta_id: int) -> DaFirmare | Refused:
    from ledger import firme
    from ledger.errors import Refused

    try:
        return firme.about_to(home, distinta_id)
    except Refused as error:
        return error


def _sent(ctx: Ctx, home: Home, complete: Sequence[int]) -> int:
    """Sends what is ready, tells where some distinte have got to; the exit code."""
    from commands.ledger_text import print_failed, print_left
    from spool.dispatch import INCERTA, dispatch_ready

    failed = [inoltro for inoltro in dispatch_ready(home) if inoltro.error is not None]
    for inoltro in failed:
        print_failed(ctx, inoltro.distinta_id, inoltro.error, again=inoltro.verdetto != INCERTA)
    print_left(ctx, home, complete)
    return REFUSED if failed else 0


@click.command("refuse")
@click.argument("distinta_id", metavar="ID", type=int)
@click.option("--reason", "motivo", required=True, help="Perché, per chi l'ha preparata / why, for who prepared it.")
@_user
@password_fd_option
@dry_run_option
@format_option
@pass_ctx
def refuse_cmd(
    ctx: Ctx, distinta_id: int, motivo: str, login: str, password_fd: int | None, dry_run: bool, form: str
) -> None:
    """Rifiuta di firmare: torna Inserita, senza firme / refuses to sign: it is Inserita again, without signatures.

    Poi si corregge, si elimina o si rimanda alla firma com'è (`cbi distinte edit`, `delete`, `approve`). / Then it is
    corrected, thrown away or sent to be signed as it is.
    """
    from ledger import firme

    _void(ctx, firme.refuse, (distinta_id, motivo), login, password_fd, dry_run, form)


@click.command("unsign")
@click.argument("distinta_id", metavar="ID", type=int)
@_user
@password_fd_option
@dry_run_option
@format_option
@pass_ctx
def unsign_cmd(ctx: Ctx, distinta_id: int, login: str, password_fd: int | None, dry_run: bool, form: str) -> None:
    """Azzera le firme di una distinta: le attende tutte di nuovo / takes the signatures off a distinta."""
    from ledger import firme

    _void(ctx, firme.zero, (distinta_id,), login, password_fd, dry_run, form)


def _void(
    ctx: Ctx,
    verb: Callable[..., Any],
    about: tuple[Any, ...],
    login: str,
    password_fd: int | None,
    dry_run: bool,
    form: str,
) -> None:
    from commands.tables import print_json, say

    home = open_home(ctx)
    password = read_proof(ctx, home, login, password_fd)
    stato = verb(home, *about, login, password, dry_run=dry_run)
    home.close()
    if form == "json":
        print_json({"distinta": about[0], "stato": stato})
    else:
        say(ctx, *[f"distinta {about[0]}: {stato}"] * 2)
