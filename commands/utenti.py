"""The commands about people: users and their rights, one's own password and phone, changes that wait for approval.

Arguments in, text or JSON out; the rules are in `ledger`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from commands.common import (
    Ctx,
    dry_run_option,
    format_option,
    open_home,
    pass_ctx,
    password_fd_option,
    read_password,
    read_proof,
)
from commands.failures import OK, REFUSED

if TYPE_CHECKING:
    from ledger.home import Home
    from ledger.profilo import Profilo

_sia = click.option("--sia", help="L'azienda, se ce n'è più d'una / the company, when there are several.")
_user = click.option("--user", "login", required=True, help="Chi lo fa / who does it.")
_login = click.argument("chi", metavar="LOGIN")


def asking(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of whatever asks for a change: the company, who asks, the password, whether to try only."""

    @wraps(command)
    def run(ctx: Ctx, /, *args: Any, **kwargs: Any) -> Any:
        asked = {name: kwargs.pop(name) for name in ("sia", "login", "password_fd", "dry_run", "form")}
        return command(Asked(ctx, **asked), *args, **kwargs)

    wrapped: Callable[..., Any] = pass_ctx(run)
    for option in (format_option, dry_run_option, password_fd_option, _user, _sia):
        wrapped = option(wrapped)
    return wrapped


class Asked:
    """A change that somebody asks for, and how they want the answer."""

    def __init__(
        self, ctx: Ctx, sia: str | None, login: str, password_fd: int | None, dry_run: bool, form: str
    ) -> None:
        self.ctx, self.login, self.password_fd, self.dry_run, self.form = ctx, login, password_fd, dry_run, form
        self.home: Home = open_home(ctx)
        self.azienda_id = self._company(sia)

    def _company(self, sia: str | None) -> int:
        from ledger import aziende

        with self.home.read() as conn:
            return aziende.find(conn, sia).id

    def change(self, tipo: str, dati: dict[str, Any], *, password_of: str = "") -> None:
        """Asks for it in their name; `password_of` is who gets a password with it, to be read after theirs."""
        from commands.utenti_text import print_cambi
        from ledger import cambi

        proof = read_proof(self.ctx, self.home, self.login, self.password_fd)
        password = new_password(self.ctx, password_of, self.password_fd) if password_of else ""
        where = (self.home, self.azienda_id, tipo, dati, self.login, proof)
        done = cambi.ask(*where, password=password, dry_run=self.dry_run)
        self.home.close()
        print_cambi(self.ctx, [done], self.form)


def new_password(ctx: Ctx, login: str, fd: int | None) -> str:
    """A password chosen now: typed twice, or the next line of a descriptor."""
    return read_password(fd, ctx.say(f"Nuova password di {login}", f"New password of {login}"), confirm=fd is None)


# --- users ------------------------------------------------------------------------------------------------------------


@click.group("utenti", invoke_without_command=True)
@_sia
@format_option
@click.pass_context
def utenti_cmd(click_ctx: click.Context, sia: str | None, form: str) -> None:
    """Gli utenti e ciò che possono fare / the users and what they may do."""
    if click_ctx.invoked_subcommand is not None:
        return
    from commands.report_text import print_report
    from ledger import resoconti

    ctx = click_ctx.ensure_object(Ctx)
    home = open_home(ctx)
    with home.read() as conn:
        found = resoconti.rights(conn, _company(conn, sia))
    home.close()
    print_report(ctx, found, form)


def _company(conn: Any, sia: str | None) -> int:
    from ledger import aziende

    return aziende.find(conn, sia).id


_RIGHTS = (
    click.option(
        "--funzione",
        "funzioni",
        multiple=True,
        help="Una funzione, si ripete; se manca, restano / a function, may be repeated; without it, as they were.",
    ),
    click.option(
        "--conto",
        "conti",
        multiple=True,
        metavar="IBAN",
        help="Un conto che vede, si ripete; «tutti» per tutti / an account that they see; «tutti» for all.",
    ),
    click.option("--dalle", help="Da che ora può entrare, HH:MM di Roma / from what hour they may enter."),
    click.option("--alle", help="Fino a che ora / until what hour."),
    click.option("--festivi/--no-festivi", default=None, help="Anche a banche chiuse / also when banks are closed."),
    click.option("--scadenza", type=int, help="Giorni che dura la password, 0 per sempre / days a password lasts."),
    click.option(
        "--amministra",
        type=click.Choice(["nessuno", "congiunto", "individuale"]),
        help="Se cambia utenti e regole, e con chi / whether they change users and rules, and with whom.",
    ),
)


def _rights(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_RIGHTS):
        command = option(command)
    return command


def _changed(profilo: Profilo, asked: dict[str, Any]) -> dict[str, Any]:
    """A profile with the rights asked for in place of its own; those not asked for stay."""
    values = {**profilo.plain, **{name: value for name, value in asked.items() if value not in (None, ())}}
    if values["conti"] is not None and "tutti" in values["conti"]:
        values["conti"] = None
    return {**values, "scadenza": values["scadenza"] or None, "funzioni": list(values["funzioni"])}


@utenti_cmd.command("create")
@_login
@click.option("--peso", type=int, default=0, help="Quanto pesa la sua firma, 0-100 / the weight of their signature.")
@click.option("--like", "modello", metavar="LOGIN", help="Come un altro utente, anche nella firma / like another user.")
@click.option("--all-rights", is_flag=True, help="Tutti i diritti, firma compresa / all rights, signature included.")
@_rights
@asking
def create_cmd(asked: Asked, chi: str, peso: int, modello: str | None, all_rights: bool, **rights: Any) -> None:
    """Crea un utente, con una password che cambierà lui / creates a user, with a password for them to change.

    Chi amministra dà la sua password, poi quella del nuovo utente. / Who administers gives their password, then that
    of the new user.
    """
    from ledger import poteri, utenti
    from ledger.poteri import NORMALE, Potere
    from ledger.profilo import TUTTO, Profilo

    potere, profilo = (NORMALE, TUTTO) if all_rights else (Potere(peso), Profilo())
    if modello:
        with asked.home.read() as conn:
            like = utenti.named(conn, asked.azienda_id, modello)
            potere, profilo = poteri.of(conn, like.id), like.profilo
    dati = {"login": chi, "potere": potere.dati, "profilo": _changed(profilo, rights)}
    asked.change("utente", dati, password_of=chi)


@utenti_cmd.command("change")
@_login
@_rights
@asking
def change_cmd(asked: Asked, chi: str, **rights: Any) -> None:
    """Cambia ciò che un utente può fare / changes what a user may do. Ciò che non si indica resta / the rest stays."""
    from ledger import utenti

    with asked.home.read() as conn:
        profilo = utenti.named(conn, asked.azienda_id, chi).profilo
    asked.change("profilo", {"login": chi, "profilo": _changed(profilo, rights)})


@utenti_cmd.command("power")
@_login
@click.option("--peso", type=int, required=True, help="Quanto pesa la firma, 0-100 / the weight of the signature.")
@click.option(
    "--oltre",
    "soglie",
    type=(click.Choice(["distinta", "giorno", "mese"]), int, int),
    multiple=True,
    metavar="PERIODO CENTESIMI PESO",
    help="Oltre questi centesimi, un altro peso; si ripete / above these cents, another weight; may be repeated.",
)
@asking
def power_cmd(asked: Asked, chi: str, peso: int, soglie: Sequence[tuple[str, int, int]]) -> None:
    """Cambia il potere di firma di un utente / changes the power of signature of a user."""
    above = {periodo: {"importo": importo, "peso": other} for periodo, importo, other in soglie}
    asked.change("potere", {"login": chi, "potere": {"peso": peso, "soglie": above}})


@utenti_cmd.command("suspend")
@_login
@asking
def suspend_cmd(asked: Asked, chi: str) -> None:
    """Sospende un utente / suspends a user."""
    asked.change("stato", {"login": chi, "stato": "sospeso"})


@utenti_cmd.command("enable")
@_login
@asking
def enable_cmd(asked: Asked, chi: str) -> None:
    """Riammette un utente sospeso o disabilitato / lets a suspended or disabled user in again."""
    asked.change("stato", {"login": chi, "stato": "attivo"})


@utenti_cmd.command("reset-password")
@_login
@asking
def reset_password_cmd(asked: Asked, chi: str) -> None:
    """Dà una password a chi l'ha dimenticata / gives a password to who forgot theirs, for them to change."""
    asked.change("password", {"login": chi}, password_of=chi)


@utenti_cmd.command("reset-code")
@_login
@asking
def reset_code_cmd(asked: Asked, chi: str) -> None:
    """Toglie il secondo fattore a chi ha perso il telefono / takes the second factor off who lost the phone."""
    asked.change("senza_codice", {"login": chi})


# --- one's own password and phone -------------------------------------------------------------------------------------


@click.command("password")
@_user
@_sia
@password_fd_option
@pass_ctx
def password_cmd(ctx: Ctx, login: str, sia: str | None, password_fd: int | None) -> None:
    """Cambia la propria password / changes one's own password.

    Da un descrittore: la password di ora su una riga, quella nuova sulla seguente. / From a descriptor: the present
    password on a line, the new one on the next.
    """
    from commands.tables import say
    from ledger import utenti

    home = open_home(ctx)
    with home.read() as conn:
        azienda_id = _company(conn, sia)
    proof = read_proof(ctx, home, login, password_fd)
    utenti.change_password(home, azienda_id, login, proof, new_password(ctx, login, password_fd))
    home.close()
    say(ctx, f"Password di {login} cambiata.", f"Password of {login} changed.")


@click.command("totp")
@_user
@_sia
@password_fd_option
@pass_ctx
def totp_cmd(ctx: Ctx, login: str, sia: str | None, password_fd: int | None) -> None:
    """Attiva il secondo fattore: un codice dal telefono / sets up the second factor: a code from the phone.

    Mostra una volta sola l'indirizzo otpauth da dare all'applicazione, poi chiede il codice che questa mostra. / Shows
    once the otpauth address for the application, then asks for the code that it shows.
    """
    from commands.common import read_code
    from commands.tables import say, warn
    from ledger import aziende, codici, utenti

    home = open_home(ctx)
    with home.read() as conn:
        azienda = aziende.find(conn, sia)
    proof = read_proof(ctx, home, login, password_fd)
    utenti.authenticate(home, azienda.id, login, proof)
    secret = codici.new_secret(home.ports.random)
    say(ctx, *[codici.uri(secret, login, azienda.sia)] * 2)
    warn(ctx, "Non sarà mostrato di nuovo.", "It will not be shown again.")
    utenti.enrol(home, azienda.id, login, proof, secret, read_code(ctx, login))
    home.close()
    say(ctx, f"{login} ora entra con password e codice.", f"{login} now comes in with password and code.")


# --- changes that wait ------------------------------------------------------------------------------------------------


@click.group("cambi", invoke_without_command=True)
@_sia
@format_option
@click.pass_context
def cambi_cmd(click_ctx: click.Context, sia: str | None, form: str) -> None:
    """I cambi di utenti e regole, e chi li ha approvati / changes of users and rules, and who approved them."""
    if click_ctx.invoked_subcommand is not None:
        return
    from commands.utenti_text import print_cambi
    from ledger import cambi

    ctx = click_ctx.ensure_object(Ctx)
    home = open_home(ctx)
    with home.read() as conn:
        found = cambi.list_(conn, _company(conn, sia))
    home.close()
    print_cambi(ctx, found, form)


@cambi_cmd.command("approve")
@click.argument("cambio_id", metavar="ID", type=int)
@_user
@password_fd_option
@dry_run_option
@format_option
@pass_ctx
def approve_cmd(ctx: Ctx, cambio_id: int, login: str, password_fd: int | None, dry_run: bool, form: str) -> int:
    """Approva un cambio: se basta, è applicato / approves a change: applied when that is enough."""
    return _decide(ctx, "approve", cambio_id, login, password_fd, dry_run, form)


@cambi_cmd.command("reject")
@click.argument("cambio_id", metavar="ID", type=int)
@_user
@password_fd_option
@dry_run_option
@format_option
@pass_ctx
def reject_cmd(ctx: Ctx, cambio_id: int, login: str, password_fd: int | None, dry_run: bool, form: str) -> int:
    """Rifiuta un cambio / refuses a change."""
    return _decide(ctx, "reject", cambio_id, login, password_fd, dry_run, form)


def _decide(ctx: Ctx, verb: str, cambio_id: int, login: str, password_fd: int | None, dry_run: bool, form: str) -> int:
    from commands.utenti_text import print_cambi
    from ledger import cambi

    home = open_home(ctx)
    proof = read_proof(ctx, home, login, password_fd)
    done = getattr(cambi, verb)(home, cambio_id, login, proof, dry_run=dry_run)
    home.close()
    print_cambi(ctx, [done], form)
    return REFUSED if done.stato == cambi.SCADUTO else OK
