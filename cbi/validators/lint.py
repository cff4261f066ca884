"""The validator: every defect of every record, in one pass, in constant memory.

Two paths over the same state. One proves: a group of records that matches its pattern and breaks no rule is counted
and passed over (`prove`). The other explains: what was not proved is read line by line and each defect becomes a
`Diagnostic` (`explain`). The rules are the same functions on both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO

from cbi.flows import al, altre_rendicontazioni, f24, mav, pc, pe, rendicontazione, riba, rid
from cbi.flows.model import Flow
from cbi.flows.physical import Riga, Source
from cbi.flows.reader import context_of
from cbi.layout import RAW
from cbi.validators import al as regole_al
from cbi.validators import f24 as regole_f24
from cbi.validators import mav as regole_mav
from cbi.validators import pc as regole_pc
from cbi.validators import pe as regole_pe
from cbi.validators import rendicontazione as regole_rendicontazione
from cbi.validators import riba as regole_riba
from cbi.validators import rid as regole_rid
from cbi.validators.catalogue import Profilo
from cbi.validators.diagnostics import SEVERITIES, WARNING, Diagnostic
from cbi.validators.doubles import Doubles
from cbi.validators.explain import Explainer
from cbi.validators.parziali import known_in_part
from cbi.validators.prove import Prover
from cbi.validators.reading import Read, Reading, double_key, identity_key
from cbi.validators.rules import Finding, Ruleset
from cbi.validators.tables import IN_DOTAZIONE, Tabelle
from cbi.validators.telling import Teller

LIMIT = 10_000  # defects listed for one file; the rest is counted
HEADER_WITHIN = 1_000  # lines among which a file must show a header to be a CBI file at all
UNREADABLE = "CBI-FILE-043"

RULESETS = {
    (riba.ORDINI.name, riba.ORDINI.direction): regole_riba.ORDINI,
    (riba.ESITI.name, riba.ESITI.direction): regole_riba.ESITI,
    (mav.ORDINI.name, mav.ORDINI.direction): regole_mav.ORDINI,
    (mav.ESITI.name, mav.ESITI.direction): regole_mav.ESITI,
    (rid.ORDINI.name, rid.ORDINI.direction): regole_rid.ORDINI,
    (rid.ESITI.name, rid.ESITI.direction): regole_rid.ESITI,
    (pc.PC.name, pc.PC.direction): regole_pc.PC,
    (pe.PE.name, pe.PE.direction): regole_pe.PE,
    (al.RICHIESTE.name, al.RICHIESTE.direction): regole_al.RICHIESTE,
    (al.RISPOSTE.name, al.RISPOSTE.direction): regole_al.RISPOSTE_BANCA,
    (al.IBAN.name, al.IBAN.direction): regole_al.IBAN,
    (f24.F4.name, f24.F4.direction): regole_f24.F4,
    (f24.I4.name, f24.I4.direction): regole_f24.I4,
    (f24.Q4.name, f24.Q4.direction): regole_f24.Q4,
    (rendicontazione.RH.name, rendicontazione.RH.direction): regole_rendicontazione.RH,
    (rendicontazione.EC.name, rendicontazione.EC.direction): regole_rendicontazione.EC,
    (altre_rendicontazioni.RA.name, altre_rendicontazioni.RA.direction): regole_rendicontazione.RA,
    (altre_rendicontazioni.RP.name, altre_rendicontazioni.RP.direction): regole_rendicontazione.RP,
    (altre_rendicontazioni.DT.name, altre_rendicontazioni.DT.direction): regole_rendicontazione.DT,
}


def ruleset(flow: Flow) -> Ruleset:
    """The rules of a flow; those common to all for one that has none of its own."""
    return RULESETS.get((flow.name, flow.direction)) or known_in_part(flow)


def lint(
    stream: BinaryIO,
    file: str = "-",
    profile: Profilo | str | None = None,
    *,
    on: date | None = None,
    tabelle: Tabelle = IN_DOTAZIONE,
    fast: bool = True,
) -> Iterator[Diagnostic]:
    """Every defect of a file. `profile` None means `standard` towards the bank and `da_banca` from it.

    `on` is the day on which flows are sent to the bank: with it days already past, days on which banks are closed and
    the times of F24 are looked at; without it nothing depends on today. `tabelle` are the code tables to use.

    The stream must be seekable, for suspected doubles to be confirmed by a second look. With `fast` false nothing
    is proved and everything explained: the same answer, slower. Raises `UnknownProfile`.
    """
    if not isinstance(profile, Profilo):
        profile = Profilo(profile)
    start = stream.tell() if stream.seekable() else 0
    linter = _Linter(Source(stream), file, profile, on=on, tabelle=tabelle, fast=fast)
    shown, hidden = 0, Counter[str]()
    for diagnostic in _both_looks(linter, stream, start):
        if shown < LIMIT:
            shown += 1
            yield diagnostic
        else:
            hidden[diagnostic.severity] += 1
    if hidden or linter.doubles.overflow:
        worst = next((name for name in SEVERITIES if hidden[name]), WARNING)
        more = f"{max(hidden.total(), 1)}{'+' if linter.doubles.overflow else ''}"
        yield from linter.teller.file_wide("CBI-FILE-200", expected=more, severity=worst)


def _both_looks(linter: _Linter, stream: BinaryIO, start: int) -> Iterator[Diagnostic]:
    yield from linter.run()
    if linter.doubles.suspects:
        stream.seek(start)
        yield from linter.confirm(Source(stream))


class _Linter:
    def __init__(
        self, source: Source, file: str, profile: Profilo, *, on: date | None, tabelle: Tabelle, fast: bool
    ) -> None:
        self.source, self.profile, self.flows = source, profile, profile.flows
        self.on, self.tabelle, self.fast = on, tabelle, fast
        self.teller = Teller(file, profile)
        self.explainer = Explainer(self.teller)
        self.prover = Prover(source)
        self.doubles = Doubles()
        self.reading: Reading | None = None
        self.supporti = 0
        self.stray: Riga | None = None  # the first line outside any supporto
        self.said: set[str] = set()

    def run(self) -> Iterator[Diagnostic]:
        source = self.source
        if source.empty:
            yield from self.teller.file_wide("CBI-FILE-001")
            return
        while True:
            yield from self._advance()
            riga = source.next()
            if riga is None or (self.supporti == 0 and riga.number > HEADER_WITHIN):
                break
            yield from self._line(riga)
        yield from self._close()
        if self.supporti == 0:
            yield from self.teller.file_wide(UNREADABLE)

    def _advance(self) -> Iterator[Diagnostic]:
        """As far as things can be proved; a group that waits is explained first, when the next one begins."""
        reading = self.reading
        if reading is None:
            return
        if reading.group and reading.flow.tipo_di(self.source.peek()) in reading.flow.groups:
            yield from self.explainer.explain(reading)
        if self.fast and not reading.suspicious and not reading.group and not reading.missing and reading.state != "EF":
            self.prover.prove(reading)

    def _line(self, riga: Riga) -> Iterator[Diagnostic]:
        if self.reading is not None and self.reading.is_text(riga):
            yield from self._let_by(self.reading, riga)
            return
        if riga.blank and not self.supporti:
            return
        if riga.blank:
            closing = any(fault.kind == "FILE-101" for fault in riga.faults)
            yield from self._in_turn(self._once("CBI-FILE-101" if closing else "CBI-FILE-103", riga))
            return
        if self.supporti and riga.end not in (self.source.ending, b""):
            yield from self._in_turn(self._once("CBI-FILE-102", riga))
        if self.reading is not None and self.reading.state != "EF" and self.reading.context.again(riga.record):
            yield from self.explainer.again(self.reading, riga)
        elif self.flows.is_header(riga.tipo):
            yield from self._close()
            yield from self._open(riga)
        elif self.reading is None or self.reading.state == "EF":
            yield from self._close()
            self.stray = self.stray or riga
            if self.supporti:
                yield from self._once("CBI-REC-020", self.stray)
        elif self.reading.flow.lets_by(self.reading.flow.tipo_di(riga.record)):
            yield from self._let_by(self.reading, riga)
        else:
            yield from self.explainer.add(self.reading, riga)

    def _let_by(self, reading: Reading, riga: Riga) -> Iterator[Diagnostic]:
        documented = reading.flow.records[RAW].documented()
        told = () if documented else self._once("CBI-REC-100", riga, reading.flow.name)
        yield from self.explainer.let_by(reading, riga, told)

    def _open(self, riga: Riga) -> Iterator[Diagnostic]:
        yield from self._habits()
        reading = self.reading = self._begin(riga, self.source)
        reading.group = [Read(reading.flow.tipo, reading.flow.tipo, riga)]
        self.doubles.add(identity_key(riga.record))
        yield from self.explainer.explain(reading)

    def _habits(self) -> Iterator[Diagnostic]:
        """What can be said of the file once it is known to be one of ours."""
        if self.source.bom:
            yield from self._once("CBI-FILE-100")
        if self.source.ending != b"\r\n":
            yield from self._once("CBI-FILE-102")
        if self.stray is not None:
            yield from self._once("CBI-REC-020", self.stray)

    def _begin(self, riga: Riga, source: Source) -> Reading:
        """The reading of the supporto that begins with a header."""
        flow = self.flows.recognise(riga.record, source.peek())
        rules = ruleset(flow) if self.on is None else ruleset(flow).for_sending()
        self.supporti += 1
        context = context_of(flow, riga.record)
        conti = rules.conti(
            head=_head(flow, riga.record), created=context.created, on=self.on, tabelle=self.tabelle, records=0
        )
        places = {"testa": riga.number}
        severities = self.profile.severities(flow.direction)
        return Reading(flow, rules, conti, context, self.supporti, flow.tipo, severities, self.doubles, places)

    def _close(self) -> Iterator[Diagnostic]:
        reading, self.reading = self.reading, None
        if reading is None:
            return
        yield from self.explainer.explain(reading)
        if reading.state != "EF":
            finding = Finding("CBI-REC-027", "EF", "", "", "testa")
            yield from self.teller.record(reading, finding, Riga(self.source.line, b"", b"", (), b""), None)

    def _once(self, code: str, riga: Riga | None = None, what: str = "") -> Iterator[Diagnostic]:
        """A habit of the file, told at the first line that shows it."""
        if code + what not in self.said:
            self.said.add(code + what)
            line = riga.number if riga else 1
            yield from self.teller.file_wide(code, line=line, expected=what, distinta=self.supporti)

    def _in_turn(self, found: Iterator[Diagnostic]) -> Iterator[Diagnostic]:
        """What was found of a line, after what is still to be told of the lines before."""
        yield from found if self.reading is None else self.explainer.in_turn(self.reading, found)

    def confirm(self, source: Source) -> Iterator[Diagnostic]:
        """The second look: which of the suspected doubles are, and where the first of each stands."""
        first: dict[bytes, int] = {}
        reading: Reading | None = None
        self.supporti = 0
        while (riga := source.next()) is not None:
            if reading is not None and reading.is_text(riga):
                continue
            if reading is not None and riga.tipo == "EF":
                reading.state = "EF"
            if reading is not None and reading.state != "EF" and reading.context.again(riga.record):
                continue
            if self.flows.is_header(riga.tipo):
                reading = self._begin(riga, source)
                key, finding = (
                    identity_key(riga.record),
                    Finding("CBI-FILE-999", riga.tipo, "nome_supporto", "", "primo"),
                )
            elif reading is not None and reading.flow.tipo_di(riga.record) == reading.ruleset.double[1]:
                code, record, name = reading.ruleset.double
                spec = reading.flow.records[record].BY_NAME[name]
                key, finding = (
                    double_key(reading.number, spec.cut(riga.record)),
                    Finding(code, record, name, "", "primo"),
                )
            else:
                continue
            if key not in self.doubles.suspects or reading is None:
                continue
            if key in first:
                reading.places["primo"] = first[key]
                cls = reading.flow.records[finding.record]
                yield from self.teller.record(reading, finding, riga, cls)
            first.setdefault(key, riga.number)


def _head(flow: Flow, header: bytes) -> dict[str, bytes]:
    """The fields that the rest of the supporto must agree with, those that are sound."""
    cls = flow.records[flow.tipo]
    faulty = [fault.start for fault in cls.faults(header)]
    return {
        spec.name: spec.cut(header)
        for spec in cls.FIELDS
        if not any(spec.start <= start <= spec.end for start in faulty)
    }
