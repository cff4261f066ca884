"""How a home fares, as figures for Prometheus: by company (SIA) and bank (ABI), never by account; and whether all is
well."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias

from ledger import attese, giacenze, intenti, lavori, outcomes
from ledger.home import Home
from ledger.lavori import FALLITO, INTERROTTO, Corsa
from ledger.ports import put, sweep, today
from spool.albero import branches
from spool.dispatch import COMPLETATA, INOLTRATA, would_dispatch
from spool.lavori import why
from spool.quarantena import NOTE

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

TOO_LONG = timedelta(hours=1)
"""A distinta that may leave, and does not for this long, is a reason to look."""

Ramo: TypeAlias = tuple[str, str]  # SIA, ABI
RICONCILIA = ("receive", "reconcile")
LEAVE = (INOLTRATA, COMPLETATA)


@dataclass(frozen=True)
class Misure:
    """The figures of a home at an instant: by SIA and ABI the seconds that each distinta ready to leave has waited, and
    how many files are in quarantine, intents uncertain, receipts overdue; when the banks were last heard; the last run
    of each job and part, and how many runs ended how; why what is signed cannot leave (`fermi`), in both languages."""

    in_attesa: Mapping[Ramo, Sequence[float]]
    quarantena: Mapping[Ramo, int]
    incerte: Mapping[Ramo, int]
    senza_ricevuta: Mapping[Ramo, int]
    riconciliato: datetime | None
    ultime: Sequence[Corsa]
    corse: Mapping[tuple[str, str], int]
    fermi: Sequence[tuple[str, str]]

    @property
    def mali(self) -> list[tuple[str, str]]:
        """What is not well, in Italian and in English; nothing when all is."""
        return list(_mali(self))


def measure(home: Home) -> Misure:
    """The figures of a home now."""
    now = home.ports.clock.now()
    inoltri = would_dispatch(home)
    ready = [each.distinta_id for each in inoltri if each.verdetto in LEAVE]
    with home.read() as conn:
        signed, known = giacenze.signed(conn), outcomes.banks(conn)
        waiting: dict[Ramo, list[float]] = {ramo: [] for ramo in known}
        for each in (signed[n] for n in ready if n in signed):
            waiting.setdefault((each.sia, each.abi), []).append((now - each.at).total_seconds())
        late = attese.overdue(conn, today(home.ports))
        return Misure(
            in_attesa=waiting,
            quarantena={**dict.fromkeys(known, 0), **_quarantined(home)},
            incerte=_counted(known, ((each.sia, each.abi) for each in intenti.uncertain(conn))),
            senza_ricevuta=_counted(known, ((each.sia, each.abi) for each in late)),
            riconciliato=lavori.last_done(conn, *RICONCILIA),
            ultime=lavori.last_of_each(conn),
            corse=lavori.counts(conn),
            fermi=[*dict.fromkeys(why(each.error) for each in inoltri if each.error is not None)],
        )


def _counted(known: Iterable[Ramo], found: Iterable[Ramo]) -> Mapping[Ramo, int]:
    """How many of each, also of those that there are none of."""
    return {**dict.fromkeys(known, 0), **Counter(found)}


def _quarantined(home: Home) -> dict[Ramo, int]:
    disk, found = home.ports.disk, {}
    for branch in branches(disk, home.spool_dir):
        folder = branch.into("quarantine")
        names = disk.listdir(folder) if disk.exists(folder) else []
        found[branch.sia, branch.abi] = sum(not name.endswith(NOTE) for name in names)
    return found


def _mali(misure: Misure) -> Iterator[tuple[str, str]]:
    yield from misure.fermi
    for (sia, abi), seconds in misure.in_attesa.items():
        if max(seconds, default=0) > TOO_LONG.total_seconds():
            minutes = int(max(seconds) // 60)
            yield (
                f"{sia} {abi}: una distinta firmata non parte da {minutes} minuti",
                f"{sia} {abi}: a signed distinta has not left for {minutes} minutes",
            )
    for (sia, abi), n in ((ramo, n) for ramo, n in misure.incerte.items() if n):
        yield f"{sia} {abi}: {n} inoltri incerti", f"{sia} {abi}: {n} uncertain dispatches"
    for nome in dict.fromkeys(each.nome for each in misure.ultime if each.esito in (FALLITO, INTERROTTO)):
        yield f"lavoro {nome}: l'ultima volta non è riuscito", f"job {nome}: the last time it did not succeed"


# --- for Prometheus ---------------------------------------------------------------------------------------------------


def text(home: Home) -> bytes:
    """The figures of a home, in the format that Prometheus reads."""
    from prometheus_client import generate_latest

    return generate_latest(registry(home))


def write(home: Home, path: Path) -> None:
    """The same, into a file for the textfile collector: a reader finds the figures before or all of these. Raises
    OSError."""
    sweep(home.ports, path.parent)
    put(home.ports, path, text(home))


def registry(home: Home) -> CollectorRegistry:
    """A registry that measures a home whenever it is asked."""
    from prometheus_client import CollectorRegistry

    made = CollectorRegistry(auto_describe=False)
    made.register(_Collector(lambda: measure(home)))
    return made


class _Collector:
    def __init__(self, measured: Callable[[], Misure]) -> None:
        self._measured = measured

    def collect(self) -> Iterator[Metric]:
        """Every gauge, at this instant."""
        from prometheus_client.metrics_core import GaugeMetricFamily

        misure = self._measured()
        for name, help_, labels, values in _gauges(misure):
            family = GaugeMetricFamily(f"cbi_{name}", help_, labels=labels)
            for which, value in values:
                family.add_metric(which, value)
            yield family


Gauge: TypeAlias = tuple[str, str, Sequence[str], Iterable[tuple[Sequence[str], float]]]


def _gauges(misure: Misure) -> Iterator[Gauge]:
    ramo, job = ("sia", "abi"), ("job", "outcome")
    waiting = misure.in_attesa.items()
    ended = {each.nome: each for each in misure.ultime if each.fine is not None}
    yield "pending_distinte", "Signed distinte that may leave and have not.", ramo, ((r, len(s)) for r, s in waiting)
    yield (
        "oldest_pending_seconds",
        "Since the last signature of the oldest.",
        ramo,
        ((r, max(s, default=0)) for r, s in waiting),
    )
    yield "quarantined_files", "Files in quarantine.", ramo, misure.quarantena.items()
    yield "uncertain_dispatches", "Dispatches to be resolved by a person.", ramo, misure.incerte.items()
    yield "overdue_receipts", "Distinte without a receipt in time.", ramo, misure.senza_ricevuta.items()
    at = [((), misure.riconciliato.timestamp())] if misure.riconciliato else []
    yield "last_reconcile_timestamp_seconds", "When the banks were last heard.", (), at
    yield "job_runs", "Runs that are kept, by how they ended.", job, misure.corse.items()
    yield (
        "job_last_end_timestamp_seconds",
        "When a job last ended.",
        job[:1],
        (((nome,), each.fine.timestamp()) for nome, each in ended.items() if each.fine),
    )
    yield (
        "job_last_duration_seconds",
        "How long it took.",
        job[:1],
        (((nome,), each.seconds or 0) for nome, each in ended.items()),
    )
    yield "healthy", "1 when all is well.", (), [((), int(not misure.mali))]


# --- on a port --------------------------------------------------------------------------------------------------------


@contextmanager
def served(home: Home, host: str, port: int) -> Iterator[int]:
    """While it lasts, `/metrics` and `/healthz` on a port (0: a free one), which is given. Raises OSError."""
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Nobody wants a line for each look."""

    with make_server(host, port, _application(home), handler_class=Quiet) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def _application(home: Home) -> Callable[..., Iterable[bytes]]:
    from prometheus_client import make_wsgi_app

    metrics: Callable[..., Iterable[bytes]] = make_wsgi_app(registry(home))

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                return metrics(environ, start)
            case "/healthz":
                mali = measure(home).mali
                start("503 Service Unavailable" if mali else "200 OK", [("Content-Type", "application/json")])
                told = {"stato": "ko" if mali else "ok", "motivi": [{"it": it, "en": en} for it, en in mali]}
                return [json.dumps(told, ensure_ascii=False).encode()]
        start("404 Not Found", [("Content-Type", "text/plain")])
        return [b"/metrics /healthz\n"]

    return application
