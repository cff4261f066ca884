"""Writes the pages that come from the declarations (tracciati, rules, commands, states); a test compares."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from docs.gen import comandi, regole, stati, tracciati

HERE = Path(__file__).parent
FOLDERS = ("disegni", "it", "regole", "tracciati")  # whatever is in these is made here


@cache
def pages() -> dict[str, str]:
    """Every generated file by its path under docs/."""
    makers = (tracciati, regole, comandi, stati)
    return {path: f"{text.rstrip()}\n" for maker in makers for path, text in maker.pages()}


def strangers() -> list[Path]:
    """Files in the folders of the generated ones that nothing makes any longer."""
    found = (path for folder in FOLDERS for path in (HERE / folder).rglob("*") if path.is_file())
    return [path for path in found if path.relative_to(HERE).as_posix() not in pages()]


def main() -> None:
    for name, text in pages().items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in strangers():
        path.unlink()


if __name__ == "__main__":
    main()
