"""What is taken out of the books: tables for spreadsheets and programs, and the flows as they were.

Arguments in, a file out; the rules are in `ledger.esportazioni`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.common import (
    Ctx,
    busy,
    dry_run_option,
    in_chiaro_option,
    open_home,
    pass_ctx,
    password_fd_option,
    read_proof,
)
from commands.ledger import Pair

if TYPE_CHECKING:
    from ledger.esportazioni import Esportato, Modo
    from ledger.home import Home
    from ledger.richieste import Richiesta

DAY = click.DateTime(["%Y-%m-%d"])
_HOW = (
    click.option("--to", metavar="FILE", help="Il file, o la cartella, o - / the file, or the folder, or -."),
    click.option("--force", is_flag=True, help="Sostituisce un file che c'è già / replaces a file that is there."),
    click.option("--sia", help="L'azienda, se ce n'è più d'una / the company, when there are several."),
    click.option("--user", "login", help="Chi esporta / who exports; without it, a job."),
    password_fd_option,
    dry_run_option,
)


def exported(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that tell where an export goes and by whom it is made; the command takes them as one `Asked`."""

    @wraps(command)
    def run(ctx: Ctx, /, **options: Any) -> Any:
        mine = {name: options.pop(name) for name in ("to", "force", "sia", "login", "password_fd", "dry_run")}
        return command(Asked(ctx, **mine), **options)

    wrapped: Callable[..., Any] = pass_ctx(run)
    for option in reversed(_HOW):
        wrapped = option(wrapped)
    return wrapped


@dataclass(frozen=True)
class Asked:
    """Where an export goes, and who makes it."""

    ctx: Ctx
    to: str | None
    force: bool
    sia: str | None
    login: str | None
    password_fd: int | None
    dry_run: bool

    def go(self, home: Home, richiesta: Richiesta, profilo: str, *, nuove: bool = False, ancora: bool = False) -> None:
        """Export, and say what came of it."""
        from ledger import aziende
        from ledger.esportazioni import Modo, export

        if self.to is None:
            raise click.UsageError(self.ctx.say("manca --to: dove scrivere", "--to is missing: where to write"))
        with home.read() as conn:
            azienda = aziende.find(conn, self.sia)
        chi = None if self.login is None else (self.login, read_proof(self.ctx, home, self.login, self.password_fd))
        modo = Modo(profilo, nuove, ancora, self.force, self.dry_run, chi)
        to = sys.stdout.buffer if self.to == "-" else Path(self.to)
        with busy(self.ctx, "esporto", "exporting"):
            fatto = export(home, azienda.id, richiesta, to, modo)
        self._say(fatto, modo)

    def _say(self, fatto: Esportato, modo: Modo) -> None:
        from commands.tables import warn

        one = fatto.righe == 1
        it = f"{fatto.path or self.to}: {fatto.righe} {'riga' if one else 'righe'}"
        en = f"{fatto.path or self.to}: {fatto.righe} {'row' if one else 'rows'}"
        if modo.dry_run:
            warn(self.ctx, f"{it} da scrivere", f"{en} to write")
        elif modo.nuove and not fatto.righe:
            warn(self.ctx, "Nulla di nuovo: nessun file scritto.", "Nothing new: no file written.")
        else:
            warn(self.ctx, it, en)
        if fatto.spuntati:
            it, en = ("da spuntare", "to tick") if modo.dry_run else ("spuntati", "ticked")
            warn(self.ctx, f"  movimenti {it}: {fatto.spuntati}", f"  movements {en}: {fatto.spuntati}")
        if fatto.uguale is False:
            warn(
                self.ctx,
                "  non è lo stesso file: nel frattempo qualcosa di quelle righe, o del profilo, è cambiato",
                "  not the same file: meanwhile something of those rows, or of the profile, has changed",
            )


@click.command("export")
@click.argument("cosa", metavar="[COSA]", required=False)
@click.option("--profile", "profilo", metavar="NOME", help="Un profilo di esportazioni.toml / a profile of the home.")
@click.option(
    "--format",
    "formato",
    metavar="FORMATO",
    help="csv, xlsx, json, ndjson, cbi; dei messaggi anche testo / the format.",
)
@click.option("--dialect", "dialetto", metavar="NOME", help="italiano o internazionale / italiano or internazionale.")
@click.option("--columns", "colonne", metavar="NOME,NOME...", help="Quali colonne, e in che ordine / which columns.")
@click.option(
    "--only",
    "solo",
    type=Pair("COLONNA=VALORE", "="),
    multiple=True,
    help="Solo le righe con quel valore; si ripete / only the rows with that value; may be repeated.",
)
@click.option("--dal", type=DAY, help="Dal giorno AAAA-MM-GG, compreso / from the day, included.")
@click.option("--al", type=DAY, help="Al giorno AAAA-MM-GG, compreso / to the day, included.")
@click.option(
    "--pp", "sigla", help="Il profilo nel nome EXttppuu, due caratteri / the profile in the name of the file."
)
@click.option("--uu", "unita", help="L'utente o unità nel nome EXttppuu / the user or unit in the name of the file.")
@in_chiaro_option
@click.option("--tick", "spunta", is_flag=True, help="Spunta i movimenti che escono / ticks the movements that leave.")
@click.option("--save", metavar="NOME", help="Salva la richiesta come profilo / saves the request as a profile.")
@click.option("--new-only", "nuove", is_flag=True, help="Solo ciò che non è già uscito / only what has not left yet.")
@click.option("--again", "ancora", is_flag=True, help="Le stesse righe dell'ultima volta / the rows of the last time.")
@exported
def export_cmd(
    asked: Asked,
    cosa: str | None,
    profilo: str | None,
    sigla: str | None,
    save: str | None,
    nuove: bool,
    ancora: bool,
    **options: Any,
) -> None:
    """Porta fuori distinte, esiti, movimenti... / takes distinte, outcomes, movements... out.

    In CSV (italiano o internazionale), XLSX, JSON, o come erano (cbi: i supporti byte per byte). Il file compare solo
    intero. In una cartella si chiama EXttppuu: che cosa (tt), profilo (pp), utente o unità (uu). Senza COSA elenca che
    cosa si può esportare. / As CSV (two dialects), XLSX, JSON, or as they were (cbi: the supporti byte for byte). The
    file appears only when it is whole. In a folder it is called EXttppuu: what (tt), profile (pp), user or unit (uu).
    Without COSA, lists what can be exported.
    """
    from ledger import richieste

    given = {**_given(options), **({"profilo": sigla} if sigla else {})}
    home = open_home(asked.ctx)
    if profilo and (cosa or given or save):
        it, en = "con --profile la richiesta è quella del profilo", "with --profile the request is that of the profile"
        raise click.UsageError(asked.ctx.say(it, en))
    if not (cosa or profilo):
        _list(asked.ctx, home)
    elif profilo:
        asked.go(home, richieste.profile(home, profilo), profilo, nuove=nuove, ancora=ancora)
    else:
        save_or_go(asked, home, richieste.of(cosa=cosa, **given), save, nuove=nuove, ancora=ancora)
    home.close()


def save_or_go(asked: Asked, home: Home, richiesta: Richiesta, save: str | None, **how: bool) -> None:
    """Saves a request as a profile, if it has a name, and exports, if it has a place to go."""
    from commands.tables import warn
    from ledger import richieste

    if save and not asked.dry_run:
        richieste.save(home, save, richiesta)
        where = home.path / richieste.FILE
        warn(asked.ctx, f"{where}: salvato il profilo {save}", f"{where}: profile {save} saved")
    if asked.to is not None or not save:
        asked.go(home, richiesta, save or "", **how)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """What was asked for, as a request takes it."""
    found = {name: value for name, value in options.items() if value}
    for name in ("dal", "al"):
        if isinstance(day := found.get(name), datetime):
            found[name] = day.date()
    if "colonne" in found:
        found["colonne"] = [each.strip() for each in found["colonne"].split(",")]
    if "solo" in found:
        found["solo"] = dict(found["solo"])
    return found


def _list(ctx: Ctx, home: Home) -> None:
    from commands.tables import print_table
    from ledger.estratti import ESTRATTI
    from ledger.richieste import profiles

    rows: Sequence[Sequence[str]] = [
        (each.nome, each.sigla, ctx.say(each.it, each.en), " ".join(each.fonte.colonne)) for each in ESTRATTI.values()
    ]
    print_table(ctx, ctx.say("Che cosa si può esportare", "What can be exported"), ("COSA", "tt", "", "Colonne"), rows)
    found = [(nome, each.cosa, each.formato, each.file) for nome, each in profiles(home).items()]
    if found:
        print_table(ctx, ctx.say("Profili", "Profiles"), ("Profilo", "COSA", "Formato", "File"), found)
