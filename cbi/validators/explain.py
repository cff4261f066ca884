"""The path that explains: a group of records read line by line, every defect of it told in place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from cbi.fields import Fault, Field
from cbi.flows.model import SHARED, TO_BANK, needed_name, tipo_of
from cbi.flows.physical import LineFault, Riga
from cbi.layout import Record
from cbi.records.cornice import Corpo
from cbi.validators import sospetti
from cbi.validators.diagnostics import Diagnostic
from cbi.validators.reading import Read, Reading
from cbi.validators.rules import Finding, Valori
from cbi.validators.telling import Teller, full_code

# Faults of fields that have a rule of their own in every flow: (field, kind of fault) -> code.
SPECIFIC = {
    ("mittente", "031"): "CBI-TES-031",
    ("ricevente", "033"): "CBI-TES-059",
    ("codice_divisa", "035"): "CBI-DIV-140",
    ("importo", "033"): "CBI-IMP-141",
    ("importo_movimento", "033"): "CBI-IMP-141",
}
MEMORY = 10_000  # suspicions remembered as told
BEFORE = full_code("FILE-"), full_code("RIGA-")  # of a line, what is told before the rest
CHARACTERS = {"CAR": "CBI-CAR-032", "BAR": "AL-CAR-032"}  # only mandates bar characters that the others admit


class Explainer:
    """Collects records into groups and tells what is wrong with each."""

    def __init__(self, teller: Teller) -> None:
        self.tell = teller.record
        self.said: set[tuple[str, bytes]] = set()  # suspicions: each content is told once

    def add(self, reading: Reading, riga: Riga) -> Iterator[Diagnostic]:
        """Takes the next record of the supporto, explaining the group before when another begins."""
        flow = reading.flow
        tipo = flow.tipo_di(riga.record)
        step = flow.step(reading.state, tipo, same_order=flow.numero(riga.record) == _numero(reading))
        before, after = _split(step.missing, flow.groups)
        reading.missing += [(key, riga) for key in before]
        if flow.complete(reading.state) if step.problem else (after or tipo in flow.groups or tipo == "EF"):
            yield from self.explain(reading)
        if step.problem:
            self._disorder(reading, riga, tipo, step.problem)
        reading.missing += [(key, riga) for key in after]
        for lost in (tipo_of(key) for key in after if tipo_of(key) in flow.starts):
            self._begin(reading, lost, riga)
        known = flow.first_keys.get(tipo)
        reading.group.append(Read(known if step.problem else step.state, tipo, riga))
        reading.state = step.state
        if tipo == "EF":
            yield from self.explain(reading)

    def again(self, reading: Reading, riga: Riga) -> Iterator[Diagnostic]:
        """Takes the header of the supporto once more: nothing ends and nothing begins with it."""
        finding = Finding("CBI-TES-023", reading.flow.tipo, "tipo_record", "", "testa")
        reading.conti.repeated += 1
        yield from self.in_turn(reading, self.tell(reading, finding, riga, _any_class(reading)))

    def let_by(self, reading: Reading, riga: Riga, told: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """Takes a record that the flow does not declare, of which `told` is said: only its line can be wrong."""
        reading.conti.records += 1
        yield from self.in_turn(reading, [*told, *self._physical(reading, riga, None)])

    def in_turn(self, reading: Reading, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """What was found outside the group that is waiting: after what is still to be told of the lines before."""
        if reading.group:
            reading.found += found
        else:
            yield from sorted(found, key=_place)

    def explain(self, reading: Reading) -> Iterator[Diagnostic]:
        """Tells everything that is wrong with the group read so far, in the order of the file, and counts it."""
        for key, riga in reading.missing:
            finding = Finding("CBI-REC-021", tipo_of(key), "tipo_record", tipo_of(key))
            reading.found += self.tell(reading, finding, riga, _any_class(reading))
        reading.missing = []
        group, reading.group = reading.group, []
        if group:
            reading.found += self._group(reading, group)
        found, reading.found = reading.found, []
        yield from sorted(found, key=_place)

    def _begin(self, reading: Reading, start: str, riga: Riga) -> None:
        """An order whose first record, `start`, is lost begins with the next: it has its number, and an amount that
        nobody knows."""
        number = reading.flow.numero(riga.record)
        expected = reading.conti.numero + 1
        if number is not None and number != expected:
            finding = Finding("CBI-PROG-024", riga.tipo, "numero_progressivo", f"{expected:07d}")
            cls = reading.flow.records[reading.flow.first_keys[reading.flow.tipo_di(riga.record)]]
            reading.found += self.tell(reading, finding, riga, cls)
        valori = {} if number is None else {"numero_progressivo": b"%d" % number}
        reading.accept("", start, valori, 0, riga.number)

    def _disorder(self, reading: Reading, riga: Riga, tipo: str, problem: str) -> None:
        if problem == "025":  # it was not missing after all
            reading.missing = [(key, at) for key, at in reading.missing if tipo_of(key) != tipo]
        expected = ", ".join(reading.flow.transitions.get(reading.state, {}))
        finding = Finding(f"CBI-REC-{problem}", tipo, "tipo_record", expected)
        reading.found += self.tell(reading, finding, riga, _any_class(reading))

    def _group(self, reading: Reading, group: list[Read]) -> Iterator[Diagnostic]:
        tipo, first = group[0].tipo, group[0].riga
        classes = self._classes(reading, group)
        faults = {
            read.riga.number: cls.faults(read.riga.record) for read in group if (cls := classes.get(read.riga.number))
        }
        valori = _valori(reading, group, classes, faults)
        reading.places["inizio"] = first.number
        if tipo in reading.flow.starts:
            reading.places["rapporto"] = first.number
        for read, after in zip(group, [*group[1:], None], strict=True):
            cls = classes.get(read.riga.number)
            yield from self._physical(reading, read.riga, cls)
            if cls is not None:
                yield from self._fields(reading, cls, read.riga, faults[read.riga.number], valori)
            if cls is not None and reading.suspicious:
                goes_on = after is not None and after.tipo == read.tipo
                yield from self._suspicions(reading, cls, read.riga, goes_on=goes_on)
        yield from self._progressives(reading, group, classes)
        yield from self._counts(reading, group, classes)
        yield from self._movement_numbers(reading, group, classes, valori)
        for rule in reading.ruleset.rules.get(tipo, ()):
            for finding in rule(valori, reading.conti):
                at = next((r.riga for r in group if r.tipo == finding.record), first)
                yield from self.tell(reading, finding, at, classes.get(at.number))
        if tipo != "EF":
            cls = classes.get(first.number, Corpo)
            key = f"{tipo}/{cls.VARIANTE}" if cls.VARIANTE else tipo
            reading.accept(key, tipo, valori, len(group), first.number)

    def _classes(self, reading: Reading, group: list[Read]) -> dict[int, type[Record]]:
        """The class of each known record of the group, by line."""
        known = [read for read in group if read.key is not None]
        raws = [read.riga.record for read in known]
        keys = reading.flow.classify([read.key or "" for read in known], raws, reading.context)
        return {read.riga.number: reading.flow.records.get(key, Corpo) for read, key in zip(known, keys, strict=True)}

    def _physical(self, reading: Reading, riga: Riga, cls: type[Record] | None) -> Iterator[Diagnostic]:
        for fault in riga.faults:
            yield from self.tell(reading, fault, riga, cls)

    def _fields(
        self, reading: Reading, cls: type[Record], riga: Riga, faults: list[Fault], valori: Valori
    ) -> Iterator[Diagnostic]:
        key = f"{cls.TIPO}/{cls.VARIANTE}" if cls.VARIANTE else cls.TIPO
        for fault in faults:
            spec = next(spec for spec in cls.FIELDS if spec.start <= fault.start <= spec.end)
            if reading.ruleset.forgive(key, spec.name, fault.kind, valori):
                continue
            code = reading.ruleset.specific.get((key, spec.name, fault.kind)) or SPECIFIC.get((spec.name, fault.kind))
            code = code or CHARACTERS.get(fault.kind) or f"CBI-CAMPO-{fault.kind}"
            yield from self.tell(reading, LineFault(code, fault.start, fault.end, "", fault.expected), riga, cls, spec)

    def _suspicions(self, reading: Reading, cls: type[Record], riga: Riga, *, goes_on: bool) -> Iterator[Diagnostic]:
        found = [*sospetti.banca(cls, riga.record)]
        if reading.flow.direction == TO_BANK:
            found += sospetti.testi(cls, riga.record, goes_on=goes_on)
        for fault, spec, content in found:
            key = fault.kind, content
            if key not in self.said:
                if len(self.said) < MEMORY:
                    self.said.add(key)
                yield from self.tell(reading, fault, riga, cls, spec)

    def _progressives(
        self, reading: Reading, group: list[Read], classes: dict[int, type[Record]]
    ) -> Iterator[Diagnostic]:
        """The first record of an order steps by one; the others bear its number."""
        first, begins = group[0].riga, group[0].tipo in reading.flow.starts
        expected = reading.conti.numero + begins
        for read in group:
            cls = classes.get(read.riga.number)
            spec = None if cls is None else cls.BY_NAME.get("numero_progressivo")
            if cls is None or spec is None or not (raw := spec.cut(read.riga.record)).isdigit():
                continue
            if int(raw) != expected:
                finding = Finding("CBI-PROG-024", cls.TIPO, spec.name, f"{expected:07d}")
                yield from self.tell(reading, finding, read.riga, cls)
            if read.riga is first and begins:
                expected = int(raw)

    def _counts(self, reading: Reading, group: list[Read], classes: dict[int, type[Record]]) -> Iterator[Diagnostic]:
        """Records that repeat within a group: neither fewer nor more than it may hold."""
        for tipo, (least, most) in reading.flow.limits.items():
            found = [read.riga for read in group if read.tipo == tipo and read.riga.number in classes]
            for riga in found[most:]:
                finding = Finding(reading.ruleset.too_many[tipo], tipo, "tipo_record", f"<= {most}", "inizio")
                yield from self.tell(reading, finding, riga, classes[riga.number])
            if found and len(found) < least:
                finding = Finding(reading.ruleset.too_few[tipo], tipo, "tipo_record", f">= {least}", "inizio")
                yield from self.tell(reading, finding, found[-1], classes[found[-1].number])

    def _movement_numbers(
        self, reading: Reading, group: list[Read], classes: dict[int, type[Record]], valori: Valori
    ) -> Iterator[Diagnostic]:
        """The details of a movement, where it begins the group, bear its number."""
        first = classes.get(group[0].riga.number)
        if first is None or "progressivo_movimento" not in first.BY_NAME or "progressivo_movimento" not in valori:
            return
        number = valori["progressivo_movimento"]
        for read in group:
            cls = classes.get(read.riga.number)
            spec = None if cls is None else cls.BY_NAME.get("progressivo_movimento")
            if spec is not None and (raw := spec.cut(read.riga.record)).isdigit() and raw != number:
                finding = Finding("CC-63-024", read.tipo, spec.name, number.decode("latin-1"), "inizio")
                yield from self.tell(reading, finding, read.riga, cls)


def _split(missing: tuple[str, ...], starts: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is missing of the group before, and of the one that begins without its first record."""
    at = next((i for i, key in enumerate(missing) if tipo_of(key) in starts), len(missing))
    return missing[:at], missing[at:]


def _numero(reading: Reading) -> int | None:
    """The progressive of the order being read, also while its first group waits to be counted."""
    first = reading.group[0] if reading.group else None
    if first is not None and first.tipo in reading.flow.starts:
        return reading.flow.numero(first.riga.record)
    return reading.conti.numero


def _any_class(reading: Reading) -> type[Record]:
    """Any record: they all have the type in the same columns."""
    return reading.flow.records[reading.flow.tipo]


def _valori(
    reading: Reading, group: list[Read], classes: dict[int, type[Record]], faults: dict[int, list[Fault]]
) -> dict[str, bytes]:
    """The sound fields of a group, named as the patterns of the fast path name them."""
    valori: dict[str, bytes] = {}
    for read in group:
        cls: Any = classes.get(read.riga.number)
        if cls is None:
            continue
        record, faulty = read.riga.record, faults[read.riga.number]
        for name, spec in _wanted(cls, reading.ruleset.needs).items():
            if not any(spec.start <= fault.start <= spec.end for fault in faulty):
                valori.setdefault(name, spec.cut(record))
    return valori


@cache
def _wanted(cls: Any, needs: frozenset[str]) -> dict[str, Field[Any]]:
    """The fields of a record that rules need, by the name that they have there."""
    names = {spec.name if spec.name in SHARED else needed_name(cls, spec): spec for spec in cls.FIELDS}
    return {name: spec for name, spec in names.items() if name in SHARED or name in needs}


def _place(diagnostic: Diagnostic) -> tuple[int, int, int]:
    """By line; the habits of the file first, and the length of a line before anything that may follow from it."""
    rank = next((rank for rank, kind in enumerate(BEFORE) if diagnostic.code.startswith(kind)), len(BEFORE))
    return diagnostic.line, rank, diagnostic.start
