"""What a rule is: a small pure function over the fields of a group of records and what is known of the supporto.

A rule takes the raw bytes of the fields it needs (`r14_importo`: field `importo` of record 14; absent when the
field is missing or faulty) and returns what it finds, an empty tuple when all is well. The same functions run over
a group matched in one go and over one being explained record by record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple, Self

from cbi.flows.coda import IDENTITY
from cbi.validators.tables import IN_DOTAZIONE, Tabelle

Valori = Mapping[str, Any]


class Finding(NamedTuple):
    """What a rule found: its code, the record and field to blame, and what to say of it.

    `related` is "testa" when the header is the other place, "inizio" when the start of the group is, or "".
    """

    code: str
    record: str
    field: str
    expected: str = ""
    related: str = ""


@dataclass
class Conti:
    """What is known of a supporto while its records go by. Amounts in cents.

    `on` is the day on which the flow is sent, where it is known; `told` are the days, with the field that bears them,
    of the orders gone by (see `Ruleset.days`). A sum is None when an amount of it cannot be read.
    """

    head: dict[str, bytes] = field(default_factory=dict)
    created: date | None = None
    on: date | None = None
    tabelle: Tabelle = IN_DOTAZIONE
    told: set[tuple[str, bytes]] = field(default_factory=set)
    orders: int = 0
    records: int = 1
    repeated: int = 0  # headers that stand again
    numero: int = 0
    negative: int | None = 0
    positive: int | None = 0

    def accept(self, start: str, valori: Valori) -> None:
        """Takes account of a group that begins with record `start`."""

    def only(self, names: Collection[str]) -> Self:
        """What is known before the orders, and what goes by these names."""
        counted = {name: getattr(self, name) for name in names}
        return type(self)(head=self.head, created=self.created, on=self.on, tabelle=self.tabelle, **counted)

    def key(self, valori: Valori) -> bytes | None:
        """What must not occur twice in the supporto, of a group that has such a thing (see `Ruleset.double`)."""
        return None


def plus(so_far: int | None, raw: bytes | None) -> int | None:
    """A sum with one more amount in it, of which None is what cannot be read; None when the sum cannot be known."""
    return None if so_far is None or raw is None else so_far + int(raw)


Rule = Callable[[Valori, Any], Sequence[Finding]]


@dataclass(frozen=True)
class Declared:
    """A rule that says what it depends on: same contents, same verdict.

    It reads the fields `reads`; of the fields `valued` it knows whether they hold more than blanks and zeros; of what
    is counted, only what goes by the names `counted`, besides what is known before the orders. Nothing else reaches
    it: what it does not name is not there, what is only valued is 1. So the path that proves asks it once for each
    combination of contents, and both paths get the same answer.
    """

    judge: Rule
    reads: frozenset[str]
    valued: frozenset[str] = frozenset()
    counted: frozenset[str] = frozenset()

    def __call__(self, v: Valori, c: Conti) -> Sequence[Finding]:
        seen = {name: v[name] for name in self.reads if name in v}
        seen |= {name: _some(v[name]) for name in self.valued if name in v}
        return self.judge(seen, c.only(self.counted))


def _some(raw: bytes | None) -> bytes | None:
    """What is made of blanks and zeros, as it is; anything else as 1."""
    return raw if raw is None or not raw.strip(b" 0") else b"1".rjust(len(raw), b"0")


@dataclass(frozen=True)
class Ruleset:
    """The rules of a flow by the record that begins their group, and the fields they need.

    `vary` are the fields that are seldom the same in two groups: verdicts about them are not worth remembering.
    """

    conti: type[Conti]
    needs: frozenset[str]
    rules: Mapping[str, tuple[Rule, ...]]
    double: tuple[str, str, str] = ("", "", "")  # code, record and field of the key that must not occur twice
    group: str = ""  # the record that begins the groups which have that key
    too_few: Mapping[str, str] = field(default_factory=dict)  # codes by type of record, see `Flow.limits`
    too_many: Mapping[str, str] = field(default_factory=dict)
    vary: frozenset[str] = frozenset()
    specific: Mapping[tuple[str, str, str], str] = field(default_factory=dict)  # codes by record, field, kind of fault
    forgive: Callable[[str, str, str, Valori], bool] = lambda key, field, kind, valori: False
    sending: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)  # more, when the day of sending is known
    days: tuple[str, ...] = ()  # fields whose days are told once in a supporto, however many orders share them

    def for_sending(self) -> Ruleset:
        """These rules and those that need the day of sending."""
        return replace(self, rules={key: (*found, *self.sending.get(key, ())) for key, found in self.rules.items()})


NONE: tuple[Finding, ...] = ()


def echo(v: Valori, c: Conti) -> Sequence[Finding]:
    """EF repeats header 4-39."""
    return [
        Finding("CBI-EF-037", "EF", name, c.head[name].decode("latin-1"), "testa")
        for name in IDENTITY
        if name in c.head and v.get(f"rEF_{name}", c.head[name]) != c.head[name]
    ]


def record_count(v: Valori, c: Conti) -> Sequence[Finding]:
    """EF counts every record, header and EF included, headers that stand again or not; `c.records` all but EF."""
    raw = v.get("rEF_numero_record")
    if c.repeated and raw is not None and int(raw) == c.records + 1 + c.repeated:
        return NONE
    return _count(raw, c.records + 1, "CBI-EF-051", "numero_record")


def order_count(field_name: str) -> Rule:
    """EF counts the orders, under the name that the flow gives to the field."""

    def rule(v: Valori, c: Conti) -> Sequence[Finding]:
        return _count(v.get(f"rEF_{field_name}"), c.orders, "CBI-EF-050", field_name)

    return rule


def not_empty(v: Valori, c: Conti) -> Sequence[Finding]:
    """A supporto without orders carries nothing."""
    return NONE if c.orders else (Finding("CBI-REC-044", "EF", "tipo_record", "", "testa"),)


def _count(raw: bytes | None, counted: int, code: str, name: str) -> Sequence[Finding]:
    if raw is None or int(raw) == counted:
        return NONE
    return (Finding(code, "EF", name, str(counted), "testa"),)
