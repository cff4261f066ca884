"""One defect, as data: what a program, an editor and an accountant each need to find it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

ERROR, WARNING, INFO = "error", "warning", "info"
BEYOND = 8  # carets shown past the end of a record, however long the line
SEVERITIES = (ERROR, WARNING, INFO)
SEVERITY_WORDS = {
    "it": {ERROR: "errore", WARNING: "avviso", INFO: "nota"},
    "en": {ERROR: "error", WARNING: "warning", INFO: "info"},
}


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that has to do with the defect."""

    line: int
    message_it: str
    message_en: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A defect. Columns are 1-based and inclusive; `distinta` counts the supporti of the file, from 1.

    `text` is the record as it stands, for the ruler; it is not part of the JSON form.
    """

    code: str
    severity: str
    file: str
    line: int
    record: str | None
    field: str | None
    start: int
    end: int
    value: str | None
    expected: str | None
    message_it: str
    message_en: str
    hint_it: str
    hint_en: str
    distinta: int | None = None
    disposizione: int | None = None
    related: Related | None = None
    text: str = dataclasses.field(default="", repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        content = dataclasses.asdict(self)
        del content["text"]
        return content

    def render(self, lang: str = "it") -> str:
        """`file:line:col: severity CODE: message`, the record, a caret ruler, the hint."""
        lines = [f"{self.file}:{self.line}:{self.start}: {self.headline(lang)}"]
        lines += self.ruler()
        hint = self.hint_en if lang == "en" else self.hint_it
        if hint:
            lines.append(f"    = {hint}")
        if self.related is not None:
            note = self.related.message_en if lang == "en" else self.related.message_it
            lines.append(f"    = {self.file}:{self.related.line}: {note}")
        return "\n".join(lines)

    def headline(self, lang: str) -> str:
        """`severity CODE: message`."""
        message = self.message_en if lang == "en" else self.message_it
        return f"{SEVERITY_WORDS[lang][self.severity]} {self.code}: {message}"

    def ruler(self) -> list[str]:
        """The record and, under the guilty columns, carets; nothing when the defect has no record."""
        if not self.text:
            return []
        end = min(self.end, max(self.start, len(self.text) + BEYOND))
        width = max(end - self.start + 1, 1)
        shown = "".join(char if char.isprintable() else "·" for char in self.text)
        return [f"    |{shown}|", f"     {' ' * (self.start - 1)}{'^' * width}"]
