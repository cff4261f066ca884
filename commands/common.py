"""What every command shares: the context, the home it works in, how a password is asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

    from cbi.validators.tables import Tabelle
    from ledger.home import Home
    from ledger.utenti import Prova


LANGUAGE: ContextVar[str] = ContextVar("language", default="it")  # for what is said after a command has stopped
_Item = TypeVar("_Item")
PIPE_WIDTH = 160  # of tables that nobody looks at on a terminal


@dataclass
class Ctx:
    """The global options: `home` is where the ledger lives, `lang` is "it" or "en". With them, how somebody proves
    who they are: `code_fd` is where their code comes from, `di` who of the capogruppo (SIA, login) it is."""

    home: Path | None = None
    lang: str = "it"
    code_fd: int | None = None
    di: tuple[str, str] | None = None
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    @cached_property
    def console(self) -> Console:
        """Standard output: the data, and nothing else."""
        from rich.console import Console

        wide = None if sys.stdout.isatty() or "COLUMNS" in self.environ else PIPE_WIDTH
        return Console(width=wide)

    @cached_property
    def err(self) -> Console:
        """Standard error: progress, notices, refusals."""
        from rich.console import Console

        return Console(stderr=True)

    def say(self, it: str, en: str) -> str:
        """The one of two texts in the user's language."""
        return en if self.lang == "en" else it


pass_ctx = click.make_pass_decorator(Ctx, ensure=True)


def open_home(ctx: Ctx) -> Home:
    """The home named by `--home` or `CBI_HOME`. Raises `Refused` when there is none."""
    from ledger.home import Home
    from ledger.ports import real_ports

    return Home.open(home_path(ctx), real_ports())


def home_path(ctx: Ctx) -> Path:
    """Where the home is, existing or not."""
    from ledger.errors import Refused

    if ctx.home is None:
        raise Refused(
            "HOME-001",
            "Non so dove sia l'archivio: manca --home (o la variabile CBI_HOME).",
            "No home given: use --home or set CBI_HOME.",
            hint_it="Per crearne uno: cbi --home CARTELLA init ...",
            hint_en="To create one: cbi --home FOLDER init ...",
            exit_code=2,
        )
    return ctx.home


def read_password(fd: int | None, prompt: str, *, confirm: bool = False) -> str:
    """A password from the next line of descriptor `fd`, or asked at the terminal; never from the arguments."""
    if fd is None:
        return str(click.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True))
    return read_line(fd)


def read_line(fd: int) -> str:
    """The next line of a file descriptor, and nothing after it."""
    line = bytearray()
    while (byte := os.read(fd, 1)) not in (b"", b"\n"):
        line += byte
    return line.rstrip(b"\r").decode("utf-8")


def read_proof(ctx: Ctx, home: Home, login: str, fd: int | None) -> Prova:
    """What somebody proves who they are with: a password, and a code when they have a second factor."""
    from ledger import utenti
    from ledger.utenti import Prova

    who = login if ctx.di is None else ":".join(ctx.di)
    password = read_password(fd, f"Password ({who})")
    with home.read() as conn:
        enrolled = utenti.enrolled(conn, login if ctx.di is None else ctx.di[1])
    return Prova(password, read_code(ctx, who) if enrolled else "", ctx.di)


def by_a_user(funzione: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Lets a command that jobs run be run by a person too, who must have that function; a job names nobody."""

    def wrap(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def run(ctx: Ctx, /, *args: Any, login: str | None, password_fd: int | None, **kwargs: Any) -> Any:
            if login is not None:
                _let_in(ctx, login, password_fd, funzione)
            return command(ctx, *args, **kwargs)

        name = "Chi lo fa, [SIA:]LOGIN; se manca, un lavoro automatico / who does it; without it, a job."
        return click.option("--user", "login", help=name)(password_fd_option(run))

    return wrap


def _let_in(ctx: Ctx, who: str, fd: int | None, funzione: str) -> None:
    """Opens the gate to a user and does nothing inside. Raises `Refused`."""
    from ledger import aziende
    from ledger.profilo import Funzione
    from ledger.varco import varco

    sia, _, login = who.rpartition(":")
    home = open_home(ctx)
    with home.read() as conn:
        azienda = aziende.find(conn, sia or None)
    with varco(home, azienda.id, login, read_proof(ctx, home, login, fd), funzione=Funzione(funzione)):
        pass
    home.close()


def read_code(ctx: Ctx, login: str) -> str:
    """A code of the second factor, from the next line of `--code-fd`, or asked at the terminal."""
    return read_password(ctx.code_fd, ctx.say(f"Codice ({login})", f"Code ({login})")).strip()


def tables_in_use(ctx: Ctx, folder: Path | None) -> Tabelle:
    """The code tables of the package, or those that a folder puts in their place. Raises `Refused`."""
    from cbi.validators.tables import IN_DOTAZIONE, TabellaErrata, load
    from ledger.errors import Refused

    if folder is None:
        return IN_DOTAZIONE
    try:
        return load(folder)
    except TabellaErrata as error:
        where = f"{folder / error.file}:{error.line}: "
        raise Refused("TABELLE-001", where + error.it, where + error.en) from error


@contextmanager
def busy(ctx: Ctx, it: str, en: str) -> Iterator[None]:
    """Something that moves on standard error, on a terminal, while a thing takes its time."""
    with ctx.err.status(ctx.say(it, en)) if ctx.err.is_terminal else nullcontext():
        yield


def counted(ctx: Ctx, it: str, en: str, items: Iterable[_Item], total: int) -> Iterator[_Item]:
    """The items, one by one, and a bar on standard error, on a terminal, of how many there have been of `total`."""
    if not ctx.err.is_terminal:
        yield from items
        return
    from rich.progress import track

    yield from track(items, ctx.say(it, en), total=total, console=ctx.err, transient=True)


# Options that several commands share.
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Testo o JSON / text or JSON.",
)
dry_run_option = click.option(
    "--dry-run",
    is_flag=True,
    help="Dice cosa farebbe e non cambia nulla / says what it would do, changes nothing.",
)
tabelle_option = click.option(
    "--tabelle",
    type=click.Path(path_type=Path),
    envvar="CBI_TABELLE",
    help="A folder of newer code tables, in place of those of the same name here (CBI_TABELLE).",
)
in_chiaro_option = click.option("--in-chiaro", is_flag=True, help="Numeri di conto per intero / whole account numbers.")


def _kept(click_ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keeps how somebody proves who they are for `read_proof`: commands need not pass it on."""
    setattr(click_ctx.ensure_object(Ctx), str(param.name), value)


class Person(click.ParamType[Any]):
    """A person of another company, as SIA:LOGIN."""

    name = "SIA:LOGIN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        sia, found, login = str(value).partition(":")
        if not (sia and found and login):
            self.fail(f"{value!r} is not {self.name}", param, ctx)
        return sia, login


def password_fd_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """How somebody proves who they are: where the password and the code come from, and whose they are."""
    for option in (
        click.option(
            "--from",
            "di",
            type=Person(),
            expose_value=False,
            callback=_kept,
            help="Chi della capogruppo agisce come --user / who of the capogruppo acts as --user.",
        ),
        click.option(
            "--code-fd",
            type=int,
            expose_value=False,
            callback=_kept,
            help="Legge il codice del secondo fattore da questo descrittore / reads the code of the second factor.",
        ),
        click.option(
            "--password-fd",
            type=int,
            help="Legge la password da questo descrittore / reads the password from this file descriptor.",
        ),
    ):
        command = option(command)
    return command
