"""What the path that proves runs on: the groups of a flow as patterns, with their rules sorted out once for all.

A rule that says what it reads (`Declared`) is asked once for each combination of contents of those fields. Most
of what orders say comes again and again (a bank, a date, a causale), so that most rules cost one look-up for many.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Generic, NamedTuple, TypeVar

from cbi.flows.model import Flow, Unit, tipo_of, unit_pattern
from cbi.validators.rules import Conti, Declared, Rule, Ruleset, Valori

MOST = 1 << 12  # contents remembered as sound, for each set of fields
T = TypeVar("T")
_TIPO = 1, 3  # where a record bears its type


class Marks(NamedTuple, Generic[T]):
    """What records lead to, by the columns that tell their types apart: those from `start` to `end` of a line."""

    start: int
    end: int
    ways: Mapping[bytes, T]


@dataclass(frozen=True, slots=True)
class Remembered:
    """Rules, or sets of rules (`parts`), and the contents of what they are about in which they found nothing (`sound`).

    They are about `groups` of a pattern, and what `counted` gives of what is counted, if about any of that.
    """

    groups: tuple[int, ...]
    counted: Callable[[Conti], object] | None
    rules: tuple[Declared, ...]
    parts: tuple[Remembered, ...]
    sound: set[object] = field(default_factory=set)

    def holds(self, match: re.Match[bytes], conti: Conti) -> bool:
        """Whether no rule finds anything in what was matched. What is sound is so wherever it comes again."""
        contents: object = match.group(*self.groups)
        if self.counted is not None:
            contents = contents, self.counted(conti)
        if contents in self.sound:
            return True
        for part in self.parts:
            if not part.holds(match, conti):
                return False
        valori = match.groupdict() if self.rules else {}
        for rule in self.rules:
            if rule(valori, conti):
                return False
        if len(self.sound) >= MOST:
            self.sound.clear()
        self.sound.add(contents)
        return True

    def forget(self) -> None:
        """Verdicts depend on the header: those about one supporto do not hold for the next."""
        self.sound.clear()
        for part in self.parts:
            part.forget()


@dataclass(frozen=True, slots=True)
class Fast:
    """A group of records as one pattern.

    `key` and `start` are the key and the type of its first record. It may begin an order, and have things `noted`.
    `match` is that of the pattern; `read` gives the fields that are looked at every time, `rules` are those asked
    every time. Its last record leads to `state`, or to one of `states` if it is blank.
    """

    key: str
    start: str
    begins: bool
    noted: bool
    match: Callable[[bytes, int], re.Match[bytes] | None]
    read: Callable[[re.Match[bytes]], Valori]
    rules: tuple[Rule, ...]
    remembered: Remembered | None
    state: str
    states: Marks[str]

    def holds(self, match: re.Match[bytes], valori: Valori, conti: Conti) -> bool:
        """Whether no rule finds anything in what was matched."""
        for rule in self.rules:
            if rule(valori, conti):
                return False
        return self.remembered is None or self.remembered.holds(match, conti)


def groups_of(flow: Flow, ruleset: Ruleset, ending: bytes) -> Sequence[Fast]:
    """The groups of a flow, compiled for a line end."""
    return [_fast(flow, unit, ruleset, ending) for unit in flow.units]


def crossings_of(flow: Flow, groups: Sequence[Fast]) -> Mapping[str, Marks[tuple[Fast, ...]]]:
    """The automaton between groups: which may come, from each state."""
    return {
        state: _crossing(flow, [group for group in groups if group.start in arrows])
        for state, arrows in flow.transitions.items()
    }


def _crossing(flow: Flow, groups: Sequence[Fast]) -> Marks[tuple[Fast, ...]]:
    start, end = columns = _columns(flow, [group.start for group in groups])
    ways: dict[bytes, tuple[Fast, ...]] = {}
    for group in groups:
        tipo = _told_by(group.start, columns)
        ways[tipo] = (*ways.get(tipo, ()), group)
    return Marks(start, end, ways)


def _columns(flow: Flow, tipi: Collection[str]) -> tuple[int, int]:
    """Where types are told apart: in the columns of their subtype if all have one, or else in those of the type."""
    specs = [flow.subtypes[tipo[:2]] for tipo in tipi if "-" in tipo]
    columns = {(spec.start - 1, spec.end) for spec in specs} if len(specs) == len(tipi) else set()
    return columns.pop() if len(columns) == 1 else _TIPO


def _told_by(tipo: str, columns: tuple[int, int]) -> bytes:
    return (tipo[:2] if columns == _TIPO else tipo[3:]).encode()


def _fast(flow: Flow, unit: Unit, ruleset: Ruleset, ending: bytes) -> Fast:
    rules = ruleset.rules.get(unit.start, ())
    marked = frozenset(name for rule in rules if isinstance(rule, Declared) for name in rule.valued)
    pattern = unit_pattern(flow, unit, ruleset.needs, ending, marked)
    recurring = [rule for rule in rules if isinstance(rule, Declared) and _recurs(rule, ruleset, pattern)]
    each = [rule for rule in rules if rule not in recurring]
    states = _end(flow, unit)
    return Fast(
        key=unit.records[0][0],
        start=unit.start,
        begins=unit.start in flow.starts,
        noted=unit.start == ruleset.group or not pattern.groupindex.keys().isdisjoint(ruleset.days),
        match=pattern.match,
        read=_reader(each, ruleset, pattern),
        rules=tuple(rule.judge if isinstance(rule, Declared) else rule for rule in each),
        remembered=_remembered(recurring, pattern),
        state=next(iter(states.ways.values())) if len(states.ways) == 1 else "",
        states=states,
    )


def _recurs(rule: Declared, ruleset: Ruleset, pattern: re.Pattern[bytes]) -> bool:
    """Whether what the rule reads is there, and comes again."""
    return not rule.reads & ruleset.vary and bool(_groups(rule, pattern))


def _reader(each: Sequence[Rule], ruleset: Ruleset, pattern: re.Pattern[bytes]) -> Callable[[re.Match[bytes]], Valori]:
    """All the fields, unless nothing is counted and all the rules say what they read."""
    wanted = {"numero_progressivo"}.union(*(rule.reads | rule.valued for rule in each if isinstance(rule, Declared)))
    names = [name for name in pattern.groupindex if name in wanted]
    counted = ruleset.conti.accept is not Conti.accept or ruleset.group or ruleset.days
    if counted or len(names) < 2 or not all(isinstance(rule, Declared) for rule in each):
        return re.Match.groupdict
    groups = [pattern.groupindex[name] for name in names]
    return lambda match: dict(zip(names, match.group(*groups), strict=True))


def _groups(rule: Declared, pattern: re.Pattern[bytes]) -> frozenset[int]:
    """The groups of a pattern that the verdict of a rule depends on; of what is only valued, the mark before it."""
    numbers = pattern.groupindex
    valued = (numbers[name] - 1 for name in rule.valued if name in numbers)
    return frozenset((*(numbers[name] for name in rule.reads if name in numbers), *valued))


def _remembered(rules: Sequence[Declared], pattern: re.Pattern[bytes]) -> Remembered | None:
    """All together, for what comes again as a whole; and apart, for what comes again in other company."""
    families = [_memory(family, pattern) for family in _families(rules, pattern)]
    return _memory(rules, pattern, families) if len(families) > 1 else next(iter(families), None)


def _memory(rules: Sequence[Declared], pattern: re.Pattern[bytes], parts: Sequence[Remembered] = ()) -> Remembered:
    groups = sorted(frozenset[int]().union(*(_groups(rule, pattern) for rule in rules)))
    counted = sorted(frozenset[str]().union(*(rule.counted for rule in rules)))
    asked = () if parts else tuple(rules)
    return Remembered(tuple(groups), attrgetter(*counted) if counted else None, asked, tuple(parts))


def _families(rules: Sequence[Declared], pattern: re.Pattern[bytes]) -> Sequence[Sequence[Declared]]:
    """Rules that share fields, apart from those with which they share none."""
    families: list[tuple[frozenset[int], list[Declared]]] = []
    for rule in rules:
        groups, family = _groups(rule, pattern), [rule]
        for near in [other for other in families if other[0] & groups]:
            families.remove(near)
            groups, family = groups | near[0], [*near[1], *family]
        families.append((groups, family))
    return [family for _, family in families]


def _end(flow: Flow, unit: Unit) -> Marks[str]:
    """The state after a group, by the type of its last record."""
    found: dict[str, str] = {}
    for options, quantifier in reversed(unit.records):
        for key in options.split("|"):
            found.setdefault(tipo_of(key), key if key in flow.transitions else tipo_of(key))
        if quantifier != "?" and not quantifier.startswith("{0"):
            break
    start, end = columns = _columns(flow, found)
    return Marks(start, end, {_told_by(tipo, columns): state for tipo, state in found.items()})
