"""How jobs are shown: tables for people, plain objects for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from commands.common import Ctx
from commands.tables import moment, print_json, print_table, say
from spool import agenda, turno
from spool.lavori import CONTI, LAVORI, Lavoro

if TYPE_CHECKING:
    from ledger.home import Home
    from ledger.lavori import Corsa

SHOWN = 3  # notices of a run that a table shows; all of them with --format json
ESITI = {
    "in_corso": ("in corso", "being done"),
    "riuscito": ("riuscito", "succeeded"),
    "fallito": ("fallito", "failed"),
    "interrotto": ("interrotto", "interrupted"),
}


def print_appointments(ctx: Ctx, home: Home, jobs: Sequence[Lavoro]) -> None:
    """What would be run, and when."""
    found = agenda.appointments(home, jobs)
    now = home.ports.clock.now()
    rows = [
        (each.lavoro.nome, ctx.say(each.lavoro.it, each.lavoro.en), _next(ctx, each.prossima, now)) for each in found
    ]
    print_table(ctx, ctx.say("Lavori", "Jobs"), ("Lavoro", "Che cosa fa", "Prossima volta"), rows)


def _next(ctx: Ctx, at: datetime, now: datetime) -> str:
    return ctx.say("subito", "at once") if at <= now else moment(at)


def print_jobs(ctx: Ctx, home: Home, form: str) -> None:
    """Each job: its last run, what it did or why it could not, its next run; and who is running them."""
    from ledger import aziende, lavori, squadra

    found, who = agenda.appointments(home, [*LAVORI.values()]), turno.of(home)
    now = home.ports.clock.now()
    with home.read() as conn:
        sia = {azienda.id: azienda.sia for azienda in aziende.list_(conn)}
        runs, team = lavori.last_of_each(conn), squadra.at_work(conn)
    if form == "json":
        jobs = [_json(each, [run for run in runs if run.nome == each.lavoro.nome], sia) for each in found]
        print_json({"di_turno": who and vars(who), "squadra": team, "lavori": jobs})
        return
    rows = []
    for each in found:
        when = _next(ctx, each.prossima, now)
        mine = [run for run in runs if run.nome == each.lavoro.nome]
        rows += [(each.lavoro.nome, *_cells(ctx, run, sia), when) for run in mine]
        if not mine:
            rows.append((each.lavoro.nome, "-", "-", "-", "-", "-", when))
    headings = ("Lavoro", "SIA", "Ultima volta", ">Secondi", "Esito", "Che cosa ha fatto", "Prossima volta")
    print_table(ctx, ctx.say("Lavori", "Jobs"), headings, rows)
    if who is not None:
        since = moment(datetime.fromisoformat(who.dal))
        say(ctx, f"Li fa {who.chi}, dal {since}.", f"They are run by {who.chi}, since {since}.")
    elif team:
        say(ctx, f"Processi che li dividono: {team}.", f"Processes that share them: {team}.")
    else:
        say(ctx, "Nessuno li sta facendo: cbi run", "Nobody is running them: cbi run")


def _cells(ctx: Ctx, run: Corsa, sia: dict[int, str]) -> tuple[str, ...]:
    lasted = "-" if run.seconds is None else f"{run.seconds:.1f}"
    outcome = ctx.say(*ESITI[run.esito])
    return sia.get(run.azienda_id or 0, "-"), moment(run.inizio), lasted, outcome, _told(ctx, run)


def _told(ctx: Ctx, run: Corsa) -> str:
    """What a run did, or why it could not."""
    if "errore" in run.dati:
        return str(run.dati["errore"][ctx.lang])
    done = [f"{ctx.say(*CONTI[what])}: {n}" for what, n in run.dati.get("conti", {}).items() if n]
    told = [_notice(ctx, each) for each in run.dati.get("avvisi", [])]
    return "; ".join([*done, *told[:SHOWN], *(["…"] if len(told) > SHOWN else [])]) or "-"


def _notice(ctx: Ctx, avviso: dict[str, Any]) -> str:
    about = f"distinta {avviso['distinta']}: " if avviso["distinta"] else ""
    return f"{about}{avviso[ctx.lang]}"


def _json(each: agenda.Appuntamento, runs: Sequence[Corsa], sia: dict[int, str]) -> dict[str, Any]:
    return {
        "lavoro": each.lavoro.nome,
        "it": each.lavoro.it,
        "en": each.lavoro.en,
        "quando": each.lavoro.quando,
        "prossima": each.prossima.isoformat(),
        "ultime": [
            {
                "sia": sia.get(run.azienda_id or 0),
                "abi": run.abi,
                "giorno": run.giorno.isoformat(),
                "inizio": run.inizio.isoformat(),
                "fine": run.fine and run.fine.isoformat(),
                "secondi": run.seconds,
                "esito": run.esito,
                "chi": run.chi,
                **run.dati,
            }
            for run in runs
        ],
    }
