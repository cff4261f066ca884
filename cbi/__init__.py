"""CBI flows as a library: iterate records, read whole flows, lint, write.

>>> import io, cbi
>>> supporto = next(cbi.read_supporti(open("fixtures/riba.cbi", "rb")))
>>> supporto.flow, supporto.direction, len(supporto.ordini)
('RIBA', 'to_bank', 3)
>>> supporto.canonical == open("fixtures/riba.cbi", "rb").read()
True
>>> [d.code for d in cbi.lint(io.BytesIO(supporto.raw.replace(b"300000000", b"300010000", 1)))]
['CBI-CAMPO-035']
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from cbi.fields import ValoreErrato
from cbi.flows.model import Flow, Ordine, Supporto
from cbi.flows.reader import Letto, read_records, read_supporti
from cbi.flows.writer import compose, record_from_json
from cbi.layout import Record

if TYPE_CHECKING:
    from datetime import date
    from importlib.resources.abc import Traversable

    from cbi.validators.catalogue import Profilo
    from cbi.validators.diagnostics import Diagnostic
    from cbi.validators.tables import Tabelle

__all__ = [
    "Flow",
    "Letto",
    "Ordine",
    "Record",
    "Supporto",
    "ValoreErrato",
    "compose",
    "lint",
    "load_tables",
    "read_records",
    "read_supporti",
    "record_from_json",
]


def lint(
    stream: BinaryIO,
    file: str = "-",
    profile: Profilo | str | None = None,
    *,
    on: date | None = None,
    tabelle: Tabelle | None = None,
) -> Iterator[Diagnostic]:
    """Every defect of a file, as `Diagnostic`s; the stream must be seekable. See `cbi.validators.lint`.

    `on` is the day of sending, for what depends on it; `tabelle` are newer code tables (`cbi.load_tables`).
    """
    from cbi.validators.lint import lint as run
    from cbi.validators.tables import IN_DOTAZIONE

    return run(stream, file, profile, on=on, tabelle=tabelle or IN_DOTAZIONE)


def load_tables(folder: Traversable) -> Tabelle:
    """The code tables of the package, but for those in `folder` (a `Path`). See `cbi.validators.tables.load`."""
    from cbi.validators.tables import load

    return load(folder)
