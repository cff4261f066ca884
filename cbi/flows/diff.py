"""What differs between two files, by order and not by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal, TypeVar

from cbi.fields import Field, Filler, ValoreErrato
from cbi.flows.chiave import field_of, key_of, likeness_of
from cbi.flows.model import Flow, Ordine, Supporto
from cbi.flows.rework import flow_of
from cbi.layout import Record

T = TypeVar("T")
Pairs = list[tuple[T | None, T | None]]


@dataclass(frozen=True, slots=True)
class Campo:
    """A field that changed; `record` is the type, None is what is not valued or not there."""

    record: str
    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Differenza:
    """A supporto, or one order of it, that was added, removed or changed; `ordine` is None for header and trailer.

    Lines are those of the first record in the two files, None where it is not there.
    """

    what: Literal["added", "removed", "changed"]
    supporto: str
    ordine: str | None
    line_a: int | None
    line_b: int | None
    fields: tuple[Campo, ...] = ()


def diff(a: Sequence[Supporto], b: Sequence[Supporto]) -> Iterator[Differenza]:
    """What to do to the supporti `a` to get `b`. The position of an order is not a difference."""
    passes: tuple[Callable[[int, Supporto], Hashable], ...] = (
        lambda _, supporto: (supporto.flow, supporto.identita),
        lambda _, supporto: (supporto.flow, supporto.direction, supporto.identita[:3]),
        lambda _, supporto: (supporto.flow, supporto.direction),
    )
    for old, new in _pairs(a, b, passes):
        yield from _supporto(old, new)


def _supporto(old: Supporto | None, new: Supporto | None) -> Iterator[Differenza]:
    if old is None or new is None:
        yield from _alone(old, new)
        return
    name, flow = old.identita[3], flow_of(old)
    frame = tuple(_changes([old.header], [new.header])) + tuple(_changes(_tail(old), _tail(new)))
    if frame:
        yield Differenza("changed", name, None, old.line, new.line, frame)
    places = {id(ordine): at for side in (old, new) for at, ordine in enumerate(side.ordini, 1)}
    for before, after in _pairs(old.ordini, new.ordini, _order_passes(flow)):
        if before is None or after is None:
            yield _one(name, before, after)
            continue
        fields = tuple(_changes(before.records, after.records, places[id(before)], places[id(after)]))
        if fields:
            yield Differenza("changed", name, _label(before), before.line, after.line, fields)


def _alone(old: Supporto | None, new: Supporto | None) -> Iterator[Differenza]:
    """A supporto that only one of the files has, with its orders."""
    there = old or new
    if there is None:
        return
    name = there.identita[3]
    lines = old.line if old else None, new.line if new else None
    yield Differenza("removed" if old else "added", name, None, *lines)
    for ordine in there.ordini:
        yield _one(name, ordine if old else None, ordine if new else None)


def _one(name: str, before: Ordine | None, after: Ordine | None) -> Differenza:
    """An order that only one of the files has."""
    if before is not None:
        return Differenza("removed", name, _label(before), before.line, None)
    if after is not None:
        return Differenza("added", name, _label(after), None, after.line)
    raise ValueError("no order at all")


def _label(ordine: Ordine) -> str:
    """How an order is named to people: by its key, its debtor or, failing those, its number."""
    key = key_of(ordine)
    if key is not None:
        return " ".join(map(str, key[1:]))
    return str(field_of(ordine, "descrizione_debitore_1") or f"n. {ordine.numero}")


def _tail(supporto: Supporto) -> list[Record]:
    return [] if supporto.coda is None else [supporto.coda]


def _order_passes(flow: Flow) -> tuple[Callable[[int, Ordine], Hashable], ...]:
    """By outcome key, then by likeness, then by position."""
    return (lambda _, ordine: key_of(ordine), lambda _, ordine: likeness_of(flow, ordine), lambda at, _: at)


def _pairs(a: Sequence[T], b: Sequence[T], passes: Sequence[Callable[[int, T], Hashable]]) -> Pairs[T]:
    """Things of two lists that belong together, in the order of the first; what is alone is paired with None.

    Each pass pairs what it gives the same key, in order, of what the passes before left; None is no key.
    """
    found: dict[int, int] = {}
    taken: set[int] = set()
    for key in passes:
        waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
        for at in reversed(range(len(b))):
            if at not in taken:
                waiting[key(at, b[at])].append(at)
        for at, thing in enumerate(a):
            mine = None if at in found else key(at, thing)
            if mine is not None and waiting.get(mine):
                found[at] = waiting[mine].pop()
                taken.add(found[at])
    pairs: Pairs[T] = [(thing, b[found[at]] if at in found else None) for at, thing in enumerate(a)]
    return pairs + [(None, thing) for at, thing in enumerate(b) if at not in taken]


def _changes(a: Sequence[Record], b: Sequence[Record], at_a: int = 0, at_b: int = 0) -> Iterator[Campo]:
    """The fields that changed, record by record of each type."""
    for tipo in dict.fromkeys(_tipo(record) for record in (*a, *b)):
        sides = ([record for record in side if _tipo(record) == tipo] for side in (a, b))
        for before, after in zip_longest(*sides):
            old, new = _texts(before, at_a), _texts(after, at_b)
            if old == new:
                continue
            for name in dict.fromkeys((*old, *new)):
                if old.get(name) != new.get(name):
                    yield Campo(tipo, name, old.get(name), new.get(name))


def _tipo(record: Record) -> str:
    return record.tipo or record.raw[1:3].decode("latin-1")


def _texts(record: Record | None, at: int) -> dict[str, str | None]:
    """What a record says, by field; the progressive as how far it is from the place of its order."""
    if record is None:
        return {}
    texts = {spec.name: _text(spec, record) for spec in record.FIELDS}
    if texts.get("numero_progressivo") == str(at):
        del texts["numero_progressivo"]
    return texts


def _text(spec: Field[object], record: Record) -> str | None:
    raw = spec.cut(record.raw)
    if isinstance(spec, Filler):
        return raw.decode("latin-1").strip() or None
    try:
        return spec.to_text(raw)
    except ValoreErrato:
        return raw.decode("latin-1")
