"""Jobs shared by several processes, on one machine or on many: a queue on the server where the home has its database.

The queue is procrastinate's, and so are its locks, named by job, company and bank: at any moment one process does a
part of a job, and one more run of it, at most, is waiting. When a job is due is told by the same hours and the same
runs as for one process alone (see `agenda`); a task that comes round every minute puts into the queue what is, and
gives to others what a process that died was doing.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ledger import database, squadra
from ledger.errors import Refused
from ledger.home import Home
from ledger.lavori import Chiave, here
from spool.agenda import appointments
from spool.lavori import LAVORI, Lavoro, reap, run_part, why

if TYPE_CHECKING:
    from procrastinate import App, JobContext
    from procrastinate.jobs import Job

    from spool.registro import Registro

AGENDA = "agenda"
EVERY_MINUTE = "* * * * *"
HEARTBEAT_SECONDS = squadra.SILENT_SECONDS / 3


def share(
    home: Home,
    jobs: Sequence[Lavoro],
    log: Registro,
    after: Callable[[], None],
    *,
    meanwhile: AbstractContextManager[object] | None = None,
) -> None:
    """Take part in the jobs of a home until a signal (SIGTERM, SIGINT): of those given, one at a time. `after` is
    called each time one has been run, `meanwhile` is entered while it lasts.

    Refused when the database of the home is a file (LAVORO-004), the library is not installed (LAVORO-005) or is not
    that of the others (LAVORO-006), or the server no longer answers (LAVORO-007).
    """
    app = _app(home, log, after)
    names = [each.nome for each in jobs]
    with meanwhile or nullcontext():
        log.info("al_lavoro", chi=here(), lavori=names)
        asyncio.run(_until_told(app, [AGENDA, *names], log))
    log.info("finito", chi=here())


async def _until_told(app: App, queues: Sequence[str], log: Registro) -> None:
    """Works until the first signal, and then to the end of what is in hand; the next signal does what signals do."""
    from procrastinate.exceptions import ConnectorException

    loop, signals = asyncio.get_running_loop(), (signal.SIGTERM, signal.SIGINT)

    def ask() -> None:
        for each in signals:
            loop.remove_signal_handler(each)
        log.info("in_chiusura", chi=here())
        at_work.cancel()

    try:
        async with app.open_async():
            at_work = asyncio.create_task(app.run_worker_async(queues=queues))
            for each in signals:
                loop.add_signal_handler(each, ask)
            with suppress(asyncio.CancelledError):
                await at_work
            if at_work.cancelled():
                return
    except ConnectorException as error:
        raise _cut_off() from error
    raise _cut_off()  # the library ends like this when it no longer hears the server


def _app(home: Home, log: Registro, after: Callable[[], None]) -> App:
    """The queue of a home and what may be in it."""
    url = database.address(home.ports.disk, home.path)
    if not url:
        raise _in_a_file()
    try:
        from procrastinate import App, PsycopgConnector
        from procrastinate.schema import SchemaManager
    except ModuleNotFoundError as error:
        raise _no_library() from error
    for library in ("procrastinate", "psycopg.pool"):
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)  # what there is to say is said here
    with home.begin() as conn:
        squadra.set_up(conn, version("procrastinate"), SchemaManager.get_schema())
    conninfo = database.check_address(url).set(drivername="postgresql").render_as_string(hide_password=False)
    options = {"options": f"-c search_path={squadra.SCHEMA}"}
    app = App(
        connector=PsycopgConnector(conninfo=conninfo, kwargs=options, min_size=1, max_size=4),
        worker_defaults={
            "delete_jobs": "always",  # what came of it is in the table of runs
            "install_signal_handlers": False,
            "update_heartbeat_interval": HEARTBEAT_SECONDS,
            "stalled_worker_timeout": squadra.SILENT_SECONDS,
        },
    )
    _tasks(app, home, log, after)
    return app


def _tasks(app: App, home: Home, log: Registro, after: Callable[[], None]) -> None:
    """What may be in the queue: a part of a job, and the look at the hours of all of them."""

    @app.task(name="lavoro", pass_context=True)
    def lavoro(context: JobContext, /, **chiave: Any) -> None:
        try:
            run_part(home, Chiave(**chiave), _chi(context.job), log)
            after()
        except Exception as error:
            log.error("avviso", lavoro=chiave["nome"], perche=why(error)[0])

    @app.periodic(cron=EVERY_MINUTE)
    @app.task(name=AGENDA, queue=AGENDA, queueing_lock=AGENDA, priority=1)
    async def agenda(timestamp: int) -> None:
        await _take_over(app, home, log)
        for chiave in await asyncio.to_thread(_due, home):
            await _put_in(app, chiave)


def _chi(job: Job) -> str:
    """Who does a job of the queue, as its run names them: `HOST:PID#JOB`."""
    return f"{here()}#{job.id}"


def _due(home: Home) -> list[Chiave]:
    """The parts of the jobs whose hour has come."""
    found = appointments(home, [*LAVORI.values()])
    now = home.ports.clock.now()  # not before: a job that was never done is due at the instant of that look
    due = [each.lavoro for each in found if each.prossima <= now]
    return [parte.chiave(lavoro.nome) for lavoro in due for parte in lavoro.parti(home)]


async def _put_in(app: App, chiave: Chiave) -> None:
    from procrastinate.exceptions import AlreadyEnqueued

    lock = "/".join(str(each) for each in vars(chiave).values() if each is not None)
    task = app.configure_task("lavoro", queue=chiave.nome, lock=lock, queueing_lock=lock)
    with suppress(AlreadyEnqueued):
        await task.defer_async(**vars(chiave))


async def _take_over(app: App, home: Home, log: Registro) -> None:
    """Puts back into the queue what those who are no more were doing, unless its next run is there already."""
    from procrastinate.exceptions import ConnectorException, UniqueViolation
    from procrastinate.jobs import Status

    manager = app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=squadra.SILENT_SECONDS):
        await asyncio.to_thread(reap, home, "", log, partial(_of, f"#{job.id}"))
        with suppress(ConnectorException):  # another was quicker
            try:
                await manager.retry_job(job, priority=job.priority - 1)  # after the others: it may kill again
            except UniqueViolation:
                await manager.finish_job(job, Status.FAILED, delete_job=True)


def _of(mark: str, chi: str) -> bool:
    return chi.endswith(mark)


def _in_a_file() -> Refused:
    return Refused(
        "LAVORO-004",
        "I lavori si dividono fra più processi solo se la base dati sta su un server, e qui è un file.",
        "Jobs are shared by several processes only when the database is on a server, and here it is a file.",
        hint_it="Un processo solo: cbi run. Un archivio su un server: cbi init --database-fd (docs/howto/server.md)",
        hint_en="One process alone: cbi run. A home on a server: cbi init --database-fd (docs/howto/server.md)",
        exit_code=2,
    )


def _no_library() -> Refused:
    return Refused(
        "LAVORO-005",
        "Manca la libreria con cui più processi si dividono i lavori.",
        "The library with which several processes share jobs is missing.",
        hint_it="Si installa con: pip install 'cbi-engine[cluster]'",
        hint_en="Install it with: pip install 'cbi-engine[cluster]'",
    )


def _cut_off() -> Refused:
    return Refused(
        "LAVORO-007",
        "Il server della base dati non risponde più, o ha aspettato troppo: questo processo smette.",
        "The server of the database no longer answers, or has waited too long: this process stops.",
        hint_it="Avviarlo di nuovo (un gestore di servizi lo fa da sé); ciò che faceva lo riprende un altro.",
        hint_en="Start it again (a service manager does it by itself); what it was doing is taken up by another.",
        exit_code=8,
    )
