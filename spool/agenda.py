"""When jobs are run: one process that waits for the hour of each, and runs them one at a time.

The scheduler keeps nothing: what has been done is in the table of runs, from which it is told at the start what was
missed while nobody was at work. A signal ends it: the part of a job that is in hand is finished, nothing else is begun.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import SimpleQueue
from threading import Event, current_thread, main_thread
from typing import TYPE_CHECKING, Any, TypeAlias

from ledger import lavori
from ledger.errors import Refused
from ledger.home import Home
from ledger.lavori import INTERROTTO, Corsa, here
from ledger.ports import ROME
from spool.lavori import Lavoro, reap, run, why
from spool.turno import turno

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

    from spool.registro import Registro

Wake: TypeAlias = "SimpleQueue[object]"  # unlike an event, it can be told something by who handles a signal
GRACE = timedelta(hours=12)
"""How late a job is still run: a machine that slept does in the morning, once, what it missed in the night."""


@dataclass(frozen=True)
class Appuntamento:
    """A job and when it is next run, in UTC; `ultima` the last of its runs, None for never."""

    lavoro: Lavoro
    prossima: datetime
    ultima: Corsa | None


def appointments(home: Home, jobs: Sequence[Lavoro]) -> list[Appuntamento]:
    """When each job is next run: in the past, when it should have been already; now, when it never was, or was cut
    short."""
    now = home.ports.clock.now()
    with home.read() as conn:
        last = lavori.last(conn)
    return [Appuntamento(each, _next(each, last.get(each.nome), now), last.get(each.nome)) for each in jobs]


def _next(lavoro: Lavoro, last: Corsa | None, now: datetime) -> datetime:
    if last is None or last.esito == INTERROTTO:
        return now
    found: datetime = _trigger(lavoro).get_next_fire_time(None, last.inizio + timedelta(seconds=1))
    return found.astimezone(now.tzinfo)


def _trigger(lavoro: Lavoro) -> CronTrigger:
    from apscheduler.triggers.cron import CronTrigger

    return CronTrigger.from_crontab(lavoro.quando, timezone=ROME)


def once(home: Home, jobs: Sequence[Lavoro], log: Registro) -> list[Corsa | Refused]:
    """Run some jobs now, one after the other, whatever becomes of each: its runs, or why it was not run."""
    done: list[Corsa | Refused] = []
    for each in jobs:
        try:
            done += run(home, each, here(), log)
        except Refused as refused:
            log.error("avviso", lavoro=each.nome, perche=why(refused)[0])
            done.append(refused)
    return done


def keep(
    home: Home,
    jobs: Sequence[Lavoro],
    log: Registro,
    after: Callable[[], None],
    *,
    meanwhile: AbstractContextManager[object] | None = None,
    wake: Wake | None = None,
) -> None:
    """Run jobs at their hours until a signal (SIGTERM, SIGINT), or whatever is put into `wake`; `after` is called each
    time one has been run, `meanwhile` entered once the home is ours.

    Refused (LAVORO-001) when another process does it for this home.
    """
    wake, stopping = wake or SimpleQueue(), Event()
    with turno(home) as mine, meanwhile or nullcontext(), _signals_to(wake):
        log.info("al_lavoro", chi=mine.chi, lavori=[each.nome for each in jobs])
        reap(home, mine.chi, log)
        scheduler = _scheduler(log)
        for each in appointments(home, jobs):
            scheduler.add_job(
                _guarded(home, each.lavoro, log, stopping, after),
                _trigger(each.lavoro),
                id=each.lavoro.nome,
                next_run_time=max(each.prossima, home.ports.clock.now()),
            )
        scheduler.start()
        wake.get()
        stopping.set()
        log.info("in_chiusura", chi=mine.chi)
        scheduler.shutdown(wait=True)
    log.info("finito", chi=mine.chi)


def _guarded(
    home: Home, lavoro: Lavoro, log: Registro, stopping: Event, after: Callable[[], None]
) -> Callable[[], None]:
    """The job as the scheduler runs it: whatever stops it is told, and stops nothing else."""

    def work() -> None:
        if stopping.is_set():
            return
        try:
            run(home, lavoro, here(), log, stopping.is_set)
            after()
        except Exception as error:
            log.error("avviso", lavoro=lavoro.nome, perche=why(error)[0])

    return work


def _scheduler(log: Registro) -> Any:
    from apscheduler.events import EVENT_JOB_MISSED
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    logging.getLogger("apscheduler").setLevel(logging.CRITICAL + 1)  # what there is to say is said here
    rules: Mapping[str, Any] = {"coalesce": True, "max_instances": 1, "misfire_grace_time": int(GRACE.total_seconds())}
    scheduler = BackgroundScheduler(timezone=ROME, executors={"default": ThreadPoolExecutor(1)}, job_defaults=rules)
    scheduler.add_listener(lambda event: log.warning("saltato", lavoro=event.job_id), EVENT_JOB_MISSED)
    return scheduler


@contextmanager
def _signals_to(wake: Wake) -> Iterator[None]:
    """While it lasts, the first signal to end is a word in `wake`; the next one does what signals do."""
    before: dict[signal.Signals, Any] = {}

    def restore() -> None:
        while before:
            signal.signal(*before.popitem())

    def ask(number: int, _frame: object) -> None:
        restore()
        wake.put(number)

    if current_thread() is main_thread():  # another may not: whoever started it has the signals
        before |= {each: signal.signal(each, ask) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        restore()
