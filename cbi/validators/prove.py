"""The path that proves: groups of records passed over whole, because they match their pattern and break no rule."""

from __future__ import annotations

import re
from typing import NamedTuple

from cbi.flows.model import Flow, Unit, tipo_of, unit_pattern
from cbi.flows.physical import AHEAD, Source
from cbi.layout import LENGTH
from cbi.validators.reading import Reading
from cbi.validators.rules import Conti, Rule, Ruleset, Valori


class Fast(NamedTuple):
    """A group of records as one pattern.

    `key` and `start` are the key and the type of its first record, `begins` is 1 when that begins an order, `line`
    is the length of a line, `ends` the state that each type leads to when it is the last.
    """

    key: str
    start: str
    begins: int
    pattern: re.Pattern[bytes]
    rules: tuple[Rule, ...]
    line: int
    ends: dict[bytes, str]


class Prover:
    """The patterns of the flows met in a file, compiled once for its line ends."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.compiled: dict[tuple[str, str], dict[bytes, tuple[Fast, ...]]] = {}

    def prove(self, reading: Reading) -> None:
        """Passes over every flawless group that comes next, and stops before the first that is not."""
        while self._prove_buffer(reading):
            pass

    def _prove_buffer(self, reading: Reading) -> bool:
        """The same over what the buffer holds; whether there may be more to prove after it."""
        source, conti, transitions = self.source, reading.conti, reading.flow.transitions
        patterns = self._patterns(reading)
        source.look_ahead()
        buffer, at, line = source.buffer, source.at, source.line
        last_safe = len(buffer) if source.eof else len(buffer) - AHEAD
        while at <= last_safe:
            arrows = transitions[reading.state]
            for fast in patterns.get(buffer[at + 1 : at + 3], ()):
                if fast.start in arrows and (match := fast.pattern.match(buffer, at)) is not None:
                    break
            else:
                break
            valori = match.groupdict()
            if int(valori["numero_progressivo"]) != conti.numero + fast.begins or _broken(fast.rules, valori, conti):
                break
            end = match.end()
            lines = (end - at) // fast.line
            reading.accept(fast.key, fast.start, valori, lines, line + 1)
            last = end - fast.line + 1
            state = fast.ends.get(buffer[last : last + 2])
            reading.state = state or fast.ends[reading.flow.tipo_di(buffer[last - 1 : end]).encode()]
            at, line = end, line + lines
        source.advance(at, line - source.line)
        return at > last_safe and not source.eof

    def _patterns(self, reading: Reading) -> dict[bytes, tuple[Fast, ...]]:
        flow = reading.flow
        name = (flow.name, flow.direction)
        if name not in self.compiled:
            found: dict[bytes, tuple[Fast, ...]] = {}
            for unit in flow.units:
                tipo = unit.start[:2].encode()
                found[tipo] = (*found.get(tipo, ()), _fast(flow, unit, reading.ruleset, self.source.ending))
            self.compiled[name] = found
        return self.compiled[name]


def _broken(rules: tuple[Rule, ...], valori: Valori, conti: Conti) -> bool:
    return any(rule(valori, conti) for rule in rules)


def _fast(flow: Flow, unit: Unit, ruleset: Ruleset, ending: bytes) -> Fast:
    return Fast(
        key=unit.records[0][0],
        start=unit.start,
        begins=int(unit.start in flow.starts),
        pattern=unit_pattern(flow, unit, ruleset.needs, ending),
        rules=ruleset.rules.get(unit.start, ()),
        line=LENGTH + len(ending),
        ends=_ends(flow, unit),
    )


def _ends(flow: Flow, unit: Unit) -> dict[bytes, str]:
    """The state after a group, by the type of its last record, and by its two letters where they are enough."""
    keys = [option for options, _ in unit.records for option in options.split("|")]
    ends = {tipo_of(key): key if key in flow.transitions else tipo_of(key) for key in keys}
    short = {tipo[:2]: state for tipo, state in ends.items() if sum(other[:2] == tipo[:2] for other in ends) == 1}
    return {tipo.encode(): state for tipo, state in {**short, **ends}.items()}
