"""The page of the states of a distinta and of a disposizione: what all kinds share, then each, with its drawing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from docs.gen.disegno import automaton
from docs.gen.lingua import NOTE, table
from ledger.stati import COMUNE_DISPOSIZIONE, COMUNE_DISTINTA, GRUPPI, VITE, Tabella

TITLE = f"""# States of a distinta and of a disposizione

{NOTE}

Every pair of state and event is either in a table below, or refused with a message that names the events
allowed. Each change is kept with the instant, who or what caused it, and why (`cbi distinte show ID`).
"""

ON_DISTINTA = """An import, and whatever changes the bytes of a distinta afterwards (`modifica`), leaves it in
one of three states, never silently:

- *Da spedire*: no errors; it waits for signatures.
- *Con errori*: kept with its diagnostics, to be read; it cannot leave. Edit it, or cure the file and import it
  again: the name of the supporto is free.
- *Inserita*: no errors, but some of its orders were seen before (same kind, causale, key, amount, due date and
  counterparty in an earlier distinta, or twice in this one; orders that were refused do not count).
  Nobody can sign it until a person has looked and said so: `cbi distinte approve ID --user U` (`convalida`).

*Firmata* holds from the first signature; `inoltra` is refused until the weights of the signatures on exactly
these bytes reach 100, and a change of the bytes voids them all. Who should sign can refuse with a reason
(`respingi`: it is *Inserita*, until someone changes it, throws it away or approves it as it is), and the signatures
given can be taken off (`azzera`). *Elaborata* means that every order has its outcome,
also where the bank had refused the whole, whichever it said first. Where silence was taken for an outcome, a refusal of
the whole that comes after all makes it *Scartata*, and so the orders of which the bank had said nothing.
"""

ON_DISPOSIZIONE = """Until it has an outcome an order follows its distinta. Out of it (`disaggrega`) it is loose, and
can enter another. What comes after it has left depends on its kind: the bank's words prevail one over the other in the
order given for each, whatever the order they arrive in. A word that yields to one already there is refused, and ends up
among the exceptions for a person to see. *Presunta pagata* is the bank's silence, not a word of it: every word
prevails.
"""


class Capitolo(NamedTuple):
    """A table with its title, the name of its drawing, and what is to be said of it."""

    title: str
    name: str
    tabella: Tabella
    prose: str


def chapters() -> Iterator[Capitolo]:
    """What all kinds share, then what is of each."""
    yield Capitolo("Distinta", "distinta", COMUNE_DISTINTA, ON_DISTINTA)
    yield Capitolo("Disposizione", "disposizione", COMUNE_DISPOSIZIONE, ON_DISPOSIZIONE)
    for gruppo, vita in VITE.items():
        flows = ", ".join(f"`{flusso}`" for flusso, other in GRUPPI.items() if other == gruppo)
        words = " < ".join(stato for _, stato in vita.parole)
        own = {pair: a for pair, a in vita.disposizione.items() if pair not in COMUNE_DISPOSIZIONE}
        prose = f"Flows: {flows or 'none that is documented'}. The bank's words: {words}.\n"
        yield Capitolo(f"Disposizione: {vita.titolo}", f"disposizione_{gruppo.lower()}", own, prose)
        if vita.distinta:
            yield Capitolo(
                f"Distinta: {vita.titolo}", f"distinta_{gruppo.lower()}", vita.distinta, "Besides what all share.\n"
            )


def pages() -> Iterator[tuple[str, str]]:
    """The path of the page and of its drawings under docs/, and their text."""
    for chapter in chapters():
        yield f"disegni/{chapter.name}.svg", _drawing(chapter.tabella)
    yield "stati.md", "\n".join([TITLE, *(line for chapter in chapters() for line in _chapter(chapter))])


def _chapter(chapter: Capitolo) -> Iterator[str]:
    title = chapter.title
    yield from (f"## {title}", "", chapter.prose, f"![{title}](disegni/{chapter.name}.svg)", "")
    yield from table(("state", "event", "next state"), ((da, evento, a) for (da, evento), a in chapter.tabella.items()))


def _drawing(tabella: Tabella) -> str:
    states = dict.fromkeys(stato for (da, _), a in tabella.items() for stato in (da, a))
    arrows: dict[tuple[str, str], str] = {}
    for (da, evento), a in tabella.items():
        arrows[da, a] = ", ".join(filter(None, (arrows.get((da, a)), evento)))
    return automaton([*states], arrows)
