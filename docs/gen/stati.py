"""The page of the states of a distinta and of a disposizione: both tables, each with its drawing."""

from __future__ import annotations

from collections.abc import Iterator

from docs.gen.disegno import automaton
from docs.gen.lingua import NOTE, table
from ledger.stati import DISPOSIZIONE, DISTINTA, PREVALENZA, Tabella

TITLE = f"""# States of a distinta and of a disposizione

{NOTE}

Every pair of state and event is either in a table below, or refused with a message that names the events
allowed. Each change is kept with the instant, who or what caused it, and why (`cbi distinte show ID`).
"""

ON_DISTINTA = """An import leaves a distinta in one of three states, never silently:

- *Da spedire*: no errors; it waits for signatures.
- *Con errori*: kept with its diagnostics, to be read; it can never leave. Cure the file and import it again:
  the name of the supporto is free.
- *Inserita*: no errors, but some of its orders were seen before (same causale, numero ricevuta, amount, due
  date and debtor in an earlier distinta, or twice in this one; orders that the bank refused do not count).
  Nobody can sign it until a person has looked and said so: `cbi distinte approve ID --user U` (`convalida`).

*Firmata* holds from the first signature; `inoltra` is refused until the weights of the signatures on exactly
these bytes reach 100. *Elaborata* means that every order has its outcome.
"""

ON_DISPOSIZIONE = """Until it has an outcome an order follows its distinta. Then the bank's words prevail in this order,
whatever the order they arrive in: {words}.
A word that yields to one already there is refused, and ends up among the exceptions for a person to see.
"""


def pages() -> Iterator[tuple[str, str]]:
    """The path of the page and of its drawings under docs/, and their text."""
    words = " < ".join(stato for _, stato in PREVALENZA)
    chapters = (
        ("Distinta", DISTINTA, ON_DISTINTA),
        ("Disposizione", DISPOSIZIONE, ON_DISPOSIZIONE.format(words=words)),
    )
    for title, tabella, _ in chapters:
        yield f"disegni/{title.lower()}.svg", _drawing(tabella)
    yield "stati.md", "\n".join([TITLE, *(line for chapter in chapters for line in _chapter(*chapter))])


def _chapter(title: str, tabella: Tabella, prose: str) -> Iterator[str]:
    yield from (f"## {title}", "", prose, f"![{title}](disegni/{title.lower()}.svg)", "")
    yield from table(("state", "event", "next state"), ((da, evento, a) for (da, evento), a in tabella.items()))


def _drawing(tabella: Tabella) -> str:
    states = dict.fromkeys(stato for (da, _), a in tabella.items() for stato in (da, a))
    arrows: dict[tuple[str, str], str] = {}
    for (da, evento), a in tabella.items():
        arrows[da, a] = ", ".join(filter(None, (arrows.get((da, a)), evento)))
    return automaton([*states], arrows)
