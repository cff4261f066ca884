"""Writes the table of holidays from the `holidays` library; `make tables`. Its date and source are in tabelle.toml."""

from __future__ import annotations

import csv
from pathlib import Path

from cbi.validators.calendari import rows

FIRST, LAST = 2015, 2040
PATH = Path(__file__).parents[1] / "cbi" / "validators" / "tabelle" / "festivi.csv"


def main() -> None:
    with PATH.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("day", "calendar", "name"))
        writer.writerows(rows(FIRST, LAST))


if __name__ == "__main__":
    main()
