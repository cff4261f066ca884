"""From what was found to a `Diagnostic`: severity by profile, words by catalogue, columns by layout."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from cbi.fields import Amount, Cents, CommaAmount, Date, Digits, Field, Number, ValoreErrato
from cbi.flows.model import TO_BANK
from cbi.flows.physical import LineFault, Riga
from cbi.layout import LENGTH, Record
from cbi.validators.catalogue import OFF, Profilo, rules
from cbi.validators.diagnostics import Diagnostic, Related
from cbi.validators.reading import Reading
from cbi.validators.rules import Finding

PLACES = {
    "testa": ("la testa del supporto", "the header of the supporto"),
    "inizio": ("l'inizio del gruppo di record", "the start of the group of records"),
    "rapporto": ("l'inizio della disposizione o del rapporto", "the start of the order or account"),
    "primo": ("la prima volta", "the first time"),
}
# How a kind of field is named in a message: (Italian, English).
KINDS: tuple[tuple[type[Field[Any]], str, str], ...] = (
    (Cents, "un importo in centesimi", "an amount in cents"),
    (CommaAmount, "un importo con la virgola", "an amount with a comma"),
    (Date, "una data GGMMAA", "a date GGMMAA"),
    (Digits, "un codice numerico", "a numeric code"),
    (Number, "un numero", "a number"),
)


class Teller:
    """Makes the diagnostics of one file."""

    def __init__(self, file: str, profile: Profilo) -> None:
        self.file, self.severities = file, profile.severities(TO_BANK)

    def record(
        self,
        reading: Reading,
        what: Finding | LineFault,
        riga: Riga,
        cls: type[Record] | None,
        spec: Field[Any] | None = None,
    ) -> Iterator[Diagnostic]:
        """What was found in a line of a supporto, unless the profile turns its rule off."""
        if isinstance(what, Finding):
            code, found = what.code, ""
            spec = cls.BY_NAME.get(what.field) if cls else None
            start, end = (spec.start, spec.end) if spec else (1, 3)
        else:
            code, start, end, found = full_code(what.kind), what.start, what.end, what.found
        severity = reading.severities[code]
        if severity == OFF:
            return
        yield self.diagnostic(
            code,
            severity,
            line=riga.number,
            record=what.record if isinstance(what, Finding) else reading.flow.tipo_di(riga.record),
            spec=spec,
            columns=(start, end),
            found=found or riga.record[start - 1 : end].decode("latin-1"),
            expected=what.expected,
            distinta=reading.number,
            disposizione=reading.flow.numero(riga.record),
            related=_related(reading, what),
            text=(riga.record if start <= LENGTH else riga.raw).decode("latin-1"),
        )

    def file_wide(
        self,
        code: str,
        *,
        line: int = 1,
        expected: str = "",
        severity: str = "",
        text: str = "",
        distinta: int = 0,
    ) -> Iterator[Diagnostic]:
        """Something that is true of the file as a whole, unless the profile turns its rule off."""
        severity = severity or self.severities[code]
        if severity != OFF:
            yield self.diagnostic(
                code, severity, line=line, expected=expected, found=expected, text=text, distinta=distinta or None
            )

    def diagnostic(
        self,
        code: str,
        severity: str,
        *,
        line: int,
        record: str | None = None,
        spec: Field[Any] | None = None,
        columns: tuple[int, int] = (1, 1),
        found: str = "",
        expected: str = "",
        distinta: int | None = None,
        disposizione: int | None = None,
        related: Related | None = None,
        text: str = "",
    ) -> Diagnostic:
        """A diagnostic with the words of its rule."""
        rule = rules()[code]
        kind = next(((it, en) for cls, it, en in KINDS if isinstance(spec, cls)), ("", ""))
        words = {
            "record": record or "",
            "field": spec.name if spec else "",
            "description": spec.description if spec else "",
            "start": columns[0],
            "end": columns[1],
        }
        shown, wanted = _in_words(spec, found), expected.strip()
        it = {**words, "kind": kind[0], "found": shown or "spazi", "expected": wanted or "spazi"}
        en = {**words, "kind": kind[1], "found": shown or "blank", "expected": wanted or "blank"}
        return Diagnostic(
            code=code,
            severity=severity,
            file=self.file,
            line=line,
            record=record,
            field=spec.name if spec else None,
            start=columns[0],
            end=columns[1],
            value=found or None,
            expected=expected or None,
            message_it=rule.it.format_map(it),
            message_en=rule.en.format_map(en),
            hint_it=rule.hint_it.format_map(it),
            hint_en=rule.hint_en.format_map(en),
            distinta=distinta,
            disposizione=disposizione,
            related=related,
            text=text,
        )


def _in_words(spec: Field[Any] | None, found: str) -> str:
    """What was found, for a message: an amount in euro when it is one."""
    if isinstance(spec, Amount):
        with suppress(ValoreErrato):
            return spec.to_text(found.encode("latin-1")) or ""
    return found.strip()


def full_code(kind: str) -> str:
    """Faults of lines and fields carry the last part of their code only."""
    return kind if kind.count("-") == 2 else f"CBI-{kind}"


def _related(reading: Reading, what: Finding | LineFault) -> Related | None:
    if not isinstance(what, Finding) or what.related not in reading.places:  # an order may lack its first record
        return None
    return Related(reading.places[what.related], *PLACES[what.related])
