"""The path that proves: groups of records passed over whole, because they match their pattern and break no rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cbi.flows.physical import AHEAD, Source
from cbi.layout import LENGTH
from cbi.validators.fast import Fast, Marks, crossings_of, groups_of
from cbi.validators.reading import Reading


class Prover:
    """The patterns of the flows met in a file, compiled once for its line ends."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.compiled: dict[tuple[str, str], tuple[Sequence[Fast], Mapping[str, Marks[tuple[Fast, ...]]]]] = {}
        self.supporto = 0

    def prove(self, reading: Reading) -> None:
        """Passes over every flawless group that comes next, and stops before the first that is not."""
        groups, crossings = self._compiled(reading)
        if reading.number != self.supporto:
            self.supporto = reading.number
            for memory in (group.remembered for group in groups if group.remembered is not None):
                memory.forget()
        while self._prove_buffer(reading, crossings):
            pass

    def _prove_buffer(self, reading: Reading, crossings: Mapping[str, Marks[tuple[Fast, ...]]]) -> bool:
        """The same over what the buffer holds; whether there may be more to prove after it.

        All is in one loop, without calls but to what was compiled: it runs for every group of every file.
        """
        source, conti, state = self.source, reading.conti, reading.state
        source.look_ahead()
        buffer, size = source.buffer, LENGTH + len(source.ending)
        at = begin = source.at
        last_safe = len(buffer) if source.eof else len(buffer) - AHEAD
        numero, accept = b"", conti.accept
        while at <= last_safe:
            start, end, ways = crossings[state]
            for fast in ways.get(buffer[at + start : at + end], ()):
                if (match := fast.match(buffer, at)) is not None:
                    break
            else:
                break
            valori = fast.read(match)
            if fast.begins or valori["numero_progressivo"] != numero:
                numero = valori["numero_progressivo"]
                if int(numero) != conti.numero + fast.begins:
                    break
            if not fast.holds(match, valori, conti):
                break
            if fast.begins:
                reading.begin(fast.key, conti.numero + 1, source.line + (at - begin) // size + 1)
            accept(fast.start, valori)
            if fast.noted:
                reading.note(fast.start, valori)
            at = match.end()
            start, end, states = fast.states
            state = fast.state or states[buffer[at - size + start : at - size + end]]
        reading.state = state
        lines = (at - begin) // size
        conti.records += lines
        source.advance(at, lines)
        return at > last_safe and not source.eof

    def _compiled(self, reading: Reading) -> tuple[Sequence[Fast], Mapping[str, Marks[tuple[Fast, ...]]]]:
        flow = reading.flow
        name = (flow.name, flow.direction)
        if name not in self.compiled:
            groups = groups_of(flow, reading.ruleset, self.source.ending)
            self.compiled[name] = groups, crossings_of(flow, groups)
        return self.compiled[name]
