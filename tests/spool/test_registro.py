"""What jobs say as they work: for programs unless somebody is watching."""

from __future__ import annotations

import io
import json

from spool import registro
from tests.spool import casa


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_a_line_is_an_object_with_what_there_is_to_say() -> None:
    stream = io.StringIO()
    log = registro.open_(stream, casa.Clock())
    log.warning("avviso", lavoro="dispatch", sia=casa.SIA, abi="", distinta=None, perche="a\nb «c»")
    log.info("riuscito", inoltrate=0)
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first == {
        "at": "2026-11-02T08:00:01.000000Z",
        "event": "avviso",
        "lavoro": "dispatch",
        "level": "warning",
        "perche": "a\nb «c»",
        "sia": casa.SIA,
    }
    assert second["inoltrate"] == 0


def test_on_a_terminal_it_is_a_line_for_people_by_the_clock_of_rome() -> None:
    stream = Terminal()
    registro.open_(stream, casa.Clock()).info("riuscito", lavoro="dispatch", secondi=0.1)
    (line,) = stream.getvalue().splitlines()
    assert line.startswith("09:00:01") and "riuscito" in line and "lavoro=dispatch" in line
