"""Free text as a flow (SL), where the layout of its lines is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap

from cbi.fields import FreeText, ValoreErrato
from cbi.flows.model import TO_BANK
from cbi.flows.registry import Registry
from cbi.flows.transliterate import plain
from cbi.flows.writer import compose, documented
from cbi.layout import RAW

FLOW = "SL"


def compose_text(header: Mapping[str, object], lines: Iterable[str], flows: Registry) -> bytes:
    """A flow of free text to a bank: letters that are not admitted become the plain ones, lines that are too long go on
    in the next one.

    Raises `ValoreErrato` where the layout of SL that `flows` has is not known whole, for a line that would be taken for
    a header or a trailer, and as `compose` does.
    """
    flow = flows.find(FLOW, TO_BANK)
    cls = documented(flow.records[RAW], FLOW)
    documented(flow.records[FLOW], FLOW)
    field = max((each for each in cls.FIELDS if isinstance(each, FreeText)), key=lambda each: each.size)
    body = [[(RAW, {field.name: line or None})] for line in _fitting(lines, field.size)]
    raw = compose(FLOW, TO_BANK, header, body, flows)
    for record in raw.split(b"\r\n")[1:-2]:
        if not flow.is_text(record):
            text = record.decode("ascii").rstrip()
            raise ValoreErrato(field.name, text, "una riga che non sembri una testa o una coda", "a line of text")
    return raw


def _fitting(lines: Iterable[str], size: int) -> Iterator[str]:
    for line in lines:
        yield from wrap("".join(map(plain, line.expandtabs())), size, replace_whitespace=False) or [""]
