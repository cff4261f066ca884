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
    from cbi.validators.diagnostics import Diagnostic

__all__ = [
    "Flow",
    "Letto",
    "Ordine",
    "Record",
    "Supporto",
    "ValoreErrato",
    "compose",
    "lint",
    "read_records",
    "read_supporti",
    "record_from_json",
]


def lint(stream: BinaryIO, file: str = "-", profile: str | None = None) -> Iterator[Diagnostic]:
    """Every defect of a file, as `Diagnostic`s; the stream must be seekable. See `cbi.validators.lint`."""
    from cbi.validators.lint import lint as run

    return run(stream, file, profile)
