"""The path that proves: groups of records passed over whole, because they match their pattern and break no rule."""

from __future__ import annotations

import re
from typing import NamedTuple

from cbi.flows.model import Flow, Unit, tipo_of, unit_pattern
from cbi.flows.physical import Source
from cbi.layout import LENGTH
from cbi.validators.reading import Reading


class Fast(NamedTuple):
    """A group of records as one pattern.

    `key` and `start` are the key and the type of its first record, `line` the length of a line, `ends` the state
    that each type leads to when it is the last.
    """

    key: str
    start: str
    pattern: re.Pattern[bytes]
    line: int
    ends: dict[bytes, str]


class Prover:
    """The patterns of the flows met in a file, compiled once for its line ends."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.compiled: dict[tuple[str, str], dict[bytes, tuple[Fast, ...]]] = {}

    def prove(self, reading: Reading) -> None:
        """Passes over every flawless group that comes next, and stops before the first that is not."""
        source, conti, rules, flow = self.source, reading.conti, reading.ruleset.rules, reading.flow
        patterns = self._patterns(reading)
        while options := patterns.get(source.next_tipo()):
            arrows = flow.transitions[reading.state]
            for fast in options:
                if fast.start in arrows and (match := source.match(fast.pattern)) is not None:
                    break
            else:
                return
            valori = match.groupdict()
            if int(valori["numero_progressivo"]) != conti.numero + (fast.start in flow.starts):
                return
            for rule in rules.get(fast.start, ()):
                if rule(valori, conti):
                    return
            end = match.end()
            lines = (end - match.start()) // fast.line
            reading.accept(fast.key, valori, lines, source.line + 1)
            last = end - fast.line + 1
            reading.state = fast.ends[source.buffer[last : last + 2]]
            source.advance(end, lines)

    def _patterns(self, reading: Reading) -> dict[bytes, tuple[Fast, ...]]:
        flow, ruleset = reading.flow, reading.ruleset
        name = (flow.name, flow.direction)
        if name not in self.compiled:
            ending = self.source.ending
            found: dict[bytes, tuple[Fast, ...]] = {}
            for unit in flow.units:
                pattern = unit_pattern(flow, unit, ruleset.needs, ending)
                fast = Fast(unit.records[0][0], unit.start, pattern, LENGTH + len(ending), _ends(flow, unit))
                found[unit.start.encode()] = (*found.get(unit.start.encode(), ()), fast)
            self.compiled[name] = found
        return self.compiled[name]


def _ends(flow: Flow, unit: Unit) -> dict[bytes, str]:
    """The state after a group, by the type of its last record: the key of the unit where the automaton knows it."""
    ends = {}
    for key in (option for keys, _ in unit.records for option in keys.split("|")):
        ends[tipo_of(key).encode()] = key if key in flow.transitions else tipo_of(key)
    return ends
