"""The two languages of the generated pages: English at the root of the site, Italian under `it/`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

NOTE = "<!-- made by docs/make.py from the declarations: do not edit -->"
PIPE = "\\|"  # one that is no edge of a table
TENS = "".join(f"{ten:>10}" for ten in range(10, 121, 10))  # over 120 columns


@dataclass(frozen=True)
class Lingua:
    """One language: `folder` is where its pages are, `up` leads from a page in a folder of theirs back to docs/."""

    code: str
    folder: str
    up: str
    name: str

    def say(self, it: str, en: str) -> str:
        """The one of two texts in this language."""
        return it if self.code == "it" else en


ENGLISH = Lingua("en", "", "../", "English")
ITALIAN = Lingua("it", "it/", "../../", "Italiano")
LINGUE = (ENGLISH, ITALIAN)


def heading(title: str, lingua: Lingua, path: str) -> Iterator[str]:
    """The top of a page `path`: its title, the way to the index of its folder and to its twin."""
    twin = ITALIAN if lingua is ENGLISH else ENGLISH
    up = "" if path.endswith("/index.md") else f"[{lingua.say('Indice', 'Index')}](index.md) · "
    yield from (f"# {title}", "", NOTE, "", f"{up}[{twin.name}]({lingua.up}{twin.folder}{path})", "")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table, and a blank line."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', PIPE) for cell in row)} |"
    yield ""


def text_block(lines: Iterable[str]) -> Iterator[str]:
    """Lines shown as they stand, and a blank line."""
    yield from ("```text", *lines, "```", "")
