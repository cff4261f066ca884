"""What jobs say as they work, for whoever keeps logs: a line each, JSON unless somebody is watching.

A line names the job, the company (`sia`), the bank (`abi`) and the distinta; never names of files, account numbers or
anything secret.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

from ledger.ports import ROME, Clock
from ledger.schema import instant

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    Registro: TypeAlias = FilteringBoundLogger


def open_(stream: TextIO, clock: Clock) -> Registro:
    """A log on a stream: readable on a terminal, by the clock of Rome; elsewhere a JSON object a line, in UTC."""
    import structlog

    watched = stream.isatty()

    def stamp(_logger: Any, _method: str, said: MutableMapping[str, Any]) -> Mapping[str, Any]:
        now = clock.now()
        at = f"{now.astimezone(ROME):%H:%M:%S}" if watched else instant(now)
        return {"at": at, **{name: value for name, value in said.items() if value not in (None, "")}}

    render: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if watched:
        render = structlog.dev.ConsoleRenderer(timestamp_key="at", colors=False)
    logger: Registro = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[structlog.processors.add_log_level, stamp, render],
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )
    return logger
