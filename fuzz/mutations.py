"""Changes that leave a CBI file looking like one: of a field, of a line, of the order of lines, of the file's habits.

Bytes changed at random seldom get past the first line; these know where fields stand, from the declarations.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

import cbi
from cbi.fields import ADMITTED, Choice, Date, Field, FullDate
from cbi.flows.model import Supporto, tipo_of
from cbi.flows.registry import DECLARED
from cbi.flows.rework import NonRiscrivibile, flow_of, remade
from cbi.layout import LENGTH

Lines = list[bytes]
EOL = b"\r\n"
LONGEST = 1220  # bytes of an input: ten records, enough for an order of any flow with its header and trailer
FORMS: tuple[Callable[[Lines], bytes], ...] = (
    lambda lines: b"\n".join(lines),
    lambda lines: b"".join(line.ljust(LENGTH)[:LENGTH] for line in lines),
    lambda lines: EOL.join(line.rstrip() for line in lines),
    lambda lines: b"\xef\xbb\xbf" + EOL.join(lines),
    lambda lines: EOL.join(lines) + b"\x1a",
    lambda lines: b"".join(line + (b"\n" if at % 2 else EOL) for at, line in enumerate(lines)),
)
STRANGE = (b"\x00", b"\x1a", b"\n", b"\r", b"\xff", b"\xc3\xa0", b"\xe0", b"^", b"#")


def _fields() -> dict[bytes, list[Field[Any]]]:
    """Every field that a record of a type may have, whatever its flow and variant."""
    found: dict[bytes, dict[tuple[int, int, str], Field[Any]]] = defaultdict(dict)
    for flow in DECLARED:
        for key, cls in flow.records.items():
            for field in cls.FIELDS:
                found[tipo_of(key)[:2].encode()][field.start, field.end, field.kind] = field
    return {tipo: list(fields.values()) for tipo, fields in found.items()}


FIELDS = _fields()
TYPES = sorted(FIELDS)


class Mutator:
    """Changes files, drawing lines and contents from a pool of them; as many orders of each as `size` bytes hold."""

    def __init__(self, pool: Iterable[bytes], size: int) -> None:
        self.files = [shortened(data, size).split(EOL) for data in pool]
        self.lines = [line for lines in self.files for line in lines if line]
        self.of_type: dict[bytes, Lines] = defaultdict(list)
        for line in self.lines:
            self.of_type[line[1:3]].append(line)

    def mutate(self, data: bytes, size: int, rng: Random) -> bytes:
        """`data`, or a file of the pool, changed in one to three ways, at most `size` bytes long."""
        own = [line.removesuffix(b"\r") for line in data.split(b"\n")]
        lines = own if rng.random() < 0.75 else rng.choice(self.files)
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            change = rng.choices(CHANGES, WEIGHTS)[0]
            lines = change(self, lines, rng) or [b""]
        if rng.random() < 0.1:
            return rng.choice(FORMS)(lines)[:size]
        made = EOL.join(lines)
        return (in_order(made) if rng.random() < 0.1 else made)[:size]

    # --- of a line -----------------------------------------------------------------------------------------------

    def field(self, lines: Lines, rng: Random) -> Lines:
        """Other contents in a field."""
        at = rng.randrange(len(lines))
        line = lines[at].ljust(LENGTH)
        fields = FIELDS.get(line[1:3])
        if not fields:
            return lines
        field = rng.choice(fields)
        content = self._content(field, line, rng).ljust(field.size)[: field.size]
        return [*lines[:at], field.paste(line, content), *lines[at + 1 :]]

    def _content(self, field: Field[Any], line: bytes, rng: Random) -> bytes:
        raw, size = field.cut(line), field.size
        codes: Sequence[str] = tuple(field.values) if isinstance(field, Choice) else ()
        if codes and rng.random() < 0.5:
            return rng.choice(codes).encode()
        if isinstance(field, Date | FullDate) and rng.random() < 0.5:
            return _day(rng, size)
        if raw.isdigit() and rng.random() < 0.3:
            return b"%0*d" % (size, max(int(raw) + rng.choice((-10, -1, 1, 10, 100)), 0))
        match rng.randrange(8):
            case 0:
                return b" " * size
            case 1:
                return rng.choice((b"0", b"9", b"A", b" 1")) * size
            case 2:
                return bytes(rng.choices(b"0123456789", k=size))
            case 3:
                return bytes(rng.choices(ADMITTED, k=size))
            case 4:
                return raw[1:] if rng.random() < 0.5 else b" " + raw
            case 5:
                return raw.strip().lstrip(b"0")
            case 6:
                at = rng.randrange(size)
                return raw[:at] + rng.choice(STRANGE) + raw[at + 1 :]
            case _:
                return field.cut(rng.choice(self.of_type.get(line[1:3]) or self.lines))

    def byte(self, lines: Lines, rng: Random) -> Lines:
        """A byte more, or less: what follows slips by a column."""
        at = rng.randrange(len(lines))
        line, column = lines[at], rng.randrange(LENGTH)
        more = rng.choice((b"", b" ", b"0", *STRANGE))
        return [*lines[:at], line[:column] + more + line[column + (not more) :], *lines[at + 1 :]]

    def type(self, lines: Lines, rng: Random) -> Lines:
        """A record of another type."""
        at = rng.randrange(len(lines))
        return [*lines[:at], lines[at][:1] + rng.choice(TYPES) + lines[at][3:], *lines[at + 1 :]]

    # --- of the order of lines -----------------------------------------------------------------------------------

    def swap(self, lines: Lines, rng: Random) -> Lines:
        one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines = list(lines)
        lines[one], lines[two] = lines[two], lines[one]
        return lines

    def double(self, lines: Lines, rng: Random) -> Lines:
        """Some lines twice, the second time anywhere."""
        first = rng.randrange(len(lines))
        some = lines[first : first + rng.choice((1, 1, 2, 4, 7))]
        at = rng.choice((first + len(some), rng.randrange(len(lines) + 1)))
        return [*lines[:at], *some, *lines[at:]]

    def cut(self, lines: Lines, rng: Random) -> Lines:
        first = rng.randrange(len(lines))
        return [*lines[:first], *lines[first + rng.choice((1, 1, 1, 2, 4)) :]]

    def insert(self, lines: Lines, rng: Random) -> Lines:
        """A line of another file, on the progressive of the one before it."""
        at = rng.randrange(len(lines) + 1)
        line = rng.choice(self.lines)
        if at and rng.random() < 0.7:
            line = line[:3] + lines[at - 1][3:10] + line[10:]
        return [*lines[:at], line, *lines[at:]]

    def splice(self, lines: Lines, rng: Random) -> Lines:
        """The beginning of this and the end of another."""
        other = rng.choice(self.files)
        return [*lines[: rng.randrange(len(lines) + 1)], *other[rng.randrange(len(other)) :]]

    def another(self, lines: Lines, rng: Random) -> Lines:
        """Another file before this, or after."""
        other = [line for line in rng.choice(self.files) if line]
        return [*other, *lines] if rng.random() < 0.3 else [*(line for line in lines if line), *other]


CHANGES = (
    Mutator.field,
    Mutator.byte,
    Mutator.type,
    Mutator.swap,
    Mutator.double,
    Mutator.cut,
    Mutator.insert,
    Mutator.splice,
    Mutator.another,
)
WEIGHTS = (20, 4, 1, 1, 2, 2, 2, 1, 0.3)


def in_order(data: bytes) -> bytes:
    """The same supporti with their progressives and trailers made right, so that what is inside them is reached."""
    try:
        return b"".join(_made(one, len(one.ordini)) for one in cbi.read_supporti(io.BytesIO(data))) or data
    except (NonRiscrivibile, cbi.ValoreErrato):
        return data


def shortened(data: bytes, size: int) -> bytes:
    """The first supporto of a file that is too long, with as many orders as `size` bytes hold."""
    if len(data) <= size:
        return data
    try:
        first = next(cbi.read_supporti(io.BytesIO(data)))
        parts = (_made(first, orders) for orders in range(len(first.ordini), 0, -1))
        return next((part for part in parts if len(part) <= size), data)
    except (NonRiscrivibile, cbi.ValoreErrato):
        return data


def _made(supporto: Supporto, orders: int) -> bytes:
    return remade(flow_of(supporto), supporto, supporto.identita[3], supporto.ordini[:orders]).raw


def _day(rng: Random, size: int) -> bytes:
    day, month, year = rng.randint(0, 32), rng.randint(0, 13), rng.choice((2026, 2027, rng.randint(1979, 2080)))
    return b"%02d%02d%02d" % (day, month, year % 100) if size == 6 else b"%04d%02d%02d" % (year, month, day)
