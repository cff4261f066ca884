"""The life of a distinta and of a disposizione, as tables.

`DISTINTA` and `DISPOSIZIONE` map (state, event) to the next state; what is not there is refused. The page
docs/stati.md is made from them by `markdown()`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from ledger.errors import Refused


class Stato(StrEnum):
    INSERITA = "Inserita"
    CON_ERRORI = "Con errori"
    DA_SPEDIRE = "Da spedire"
    FIRMATA = "Firmata"
    INOLTRATA = "Inoltrata"
    SCARTATA = "Scartata"
    RICEVUTA_BANCA = "Ricevuta Banca"
    ELABORATA = "Elaborata"
    PAGATA = "Pagata"
    INSOLUTA = "Insoluta"
    RICHIAMATA = "Richiamata"
    STORNATA = "Stornata"


class Evento(StrEnum):
    SEGNALA = "segnala"  # the checks found errors
    CONVALIDA = "convalida"  # the checks found none, or a person accepted the doubles
    FIRMA = "firma"
    INOLTRA = "inoltra"
    RICEVI = "ricevi"
    SCARTA = "scarta"
    ELABORA = "elabora"
    PAGA = "paga"
    INSOLVI = "insolvi"
    RICHIAMA = "richiama"
    STORNA = "storna"


Tabella: TypeAlias = Mapping[tuple[Stato, Evento], Stato]

DISTINTA: Tabella = {
    (Stato.INSERITA, Evento.SEGNALA): Stato.CON_ERRORI,
    (Stato.INSERITA, Evento.CONVALIDA): Stato.DA_SPEDIRE,
    (Stato.DA_SPEDIRE, Evento.FIRMA): Stato.FIRMATA,
    (Stato.FIRMATA, Evento.FIRMA): Stato.FIRMATA,
    (Stato.FIRMATA, Evento.INOLTRA): Stato.INOLTRATA,
    (Stato.INOLTRATA, Evento.RICEVI): Stato.RICEVUTA_BANCA,
    (Stato.INOLTRATA, Evento.SCARTA): Stato.SCARTATA,
    (Stato.INOLTRATA, Evento.ELABORA): Stato.ELABORATA,
    (Stato.RICEVUTA_BANCA, Evento.RICEVI): Stato.RICEVUTA_BANCA,
    (Stato.RICEVUTA_BANCA, Evento.SCARTA): Stato.SCARTATA,
    (Stato.RICEVUTA_BANCA, Evento.ELABORA): Stato.ELABORATA,
    # Receipts, refusals and outcomes come in any order: a late receipt changes nothing.
    (Stato.SCARTATA, Evento.RICEVI): Stato.SCARTATA,
    (Stato.SCARTATA, Evento.SCARTA): Stato.SCARTATA,
    (Stato.ELABORATA, Evento.RICEVI): Stato.ELABORATA,
}

# What a bank may say of an order, each word prevailing over those before it: so that contradictory outcomes
# end in the same state in whatever order they arrive. "Did not go through" yields to "paid" (an order that
# was paid must not be presented again); "paid" yields to its reversal and to the insoluto that comes after.
PREVALENZA: tuple[tuple[Evento, Stato], ...] = (
    (Evento.SCARTA, Stato.SCARTATA),
    (Evento.RICHIAMA, Stato.RICHIAMATA),
    (Evento.PAGA, Stato.PAGATA),
    (Evento.STORNA, Stato.STORNATA),
    (Evento.INSOLVI, Stato.INSOLUTA),
)
FINALI = frozenset(stato for _, stato in PREVALENZA)


def _outcomes() -> Tabella:
    alla_banca = [(stato, -1) for stato in (Stato.INOLTRATA, Stato.RICEVUTA_BANCA)]
    con_esito = [(stato, rank) for rank, (_, stato) in enumerate(PREVALENZA)]
    return {
        (stato, evento): esito
        for stato, known in alla_banca + con_esito
        for rank, (evento, esito) in enumerate(PREVALENZA)
        if rank > known
    }


DISPOSIZIONE: Tabella = {
    (Stato.INSERITA, Evento.CONVALIDA): Stato.DA_SPEDIRE,
    (Stato.DA_SPEDIRE, Evento.FIRMA): Stato.FIRMATA,
    (Stato.FIRMATA, Evento.FIRMA): Stato.FIRMATA,
    (Stato.FIRMATA, Evento.INOLTRA): Stato.INOLTRATA,
    (Stato.INOLTRATA, Evento.RICEVI): Stato.RICEVUTA_BANCA,
    **_outcomes(),
}


def next_state(table: Tabella, stato: str, evento: str) -> Stato:
    """The state that follows; Refused (STATO-001), naming the events allowed, when the table has none."""
    following = table.get((Stato(stato), Evento(evento)))
    if following is not None:
        return following
    allowed = ", ".join(allowed_events(table, stato))
    raise Refused(
        "STATO-001",
        f"Nello stato «{stato}» l'evento «{evento}» non è ammesso.",
        f'In state "{stato}" the event "{evento}" is not allowed.',
        hint_it=f"Eventi ammessi: {allowed or 'nessuno, lo stato è finale'}.",
        hint_en=f"Allowed events: {allowed or 'none, the state is final'}.",
    )


def allowed_events(table: Tabella, stato: str) -> list[str]:
    """The events that the table knows in a state, in the order of the table."""
    return [str(evento) for da, evento in table if da == stato]


def markdown() -> str:
    """The page docs/stati.md: both tables, each with its diagram."""
    return (
        _TITLE + _chapter("Distinta", DISTINTA, _ON_DISTINTA) + _chapter("Disposizione", DISPOSIZIONE, _ON_DISPOSIZIONE)
    )


_TITLE = """# States of a distinta and of a disposizione

<!-- Made by ledger.stati.markdown(): change the tables there, not this page. -->

Every pair of state and event is either in a table below, or refused with a message that names the events
allowed. Each change is kept with the instant, who or what caused it, and why (`cbi distinte show ID`).
"""

_ON_DISTINTA = """
An import leaves a distinta in one of three states, never silently:

- *Da spedire*: no errors; it waits for signatures.
- *Con errori*: kept with its diagnostics, to be read; it can never leave. Cure the file and import it again:
  the name of the supporto is free.
- *Inserita*: no errors, but some of its orders were seen before (same causale, numero ricevuta, amount, due
  date and debtor in an earlier distinta, or twice in this one; orders that the bank refused do not count).
  Nobody can sign it until a person has looked and said so: `cbi distinte approve ID --user U` (`convalida`).

*Firmata* holds from the first signature; `inoltra` is refused until the weights of the signatures on exactly
these bytes reach 100. *Elaborata* means that every order has its outcome.
"""

_ON_DISPOSIZIONE = """
Until it has an outcome an order follows its distinta. Then the bank's words prevail in this order, whatever
the order they arrive in: {words}. A word that yields to one already there is refused, and ends up among the
exceptions for a person to see.
"""


def _chapter(title: str, table: Tabella, prose: str) -> str:
    words = " < ".join(stato for _, stato in PREVALENZA)
    rows = [f"| {da} | {evento} | {a} |" for (da, evento), a in table.items()]
    arrows = [f"    {_slug(da)} --> {_slug(a)}: {evento}" for (da, evento), a in table.items()]
    names = dict.fromkeys([stato for (da, _), a in table.items() for stato in (da, a)])
    lines = [
        f"\n## {title}",
        prose.format(words=words),
        "| state | event | next state |",
        "| --- | --- | --- |",
        *rows,
        "",
        "```mermaid",
        "stateDiagram-v2",
        *(f'    state "{stato}" as {_slug(stato)}' for stato in names),
        f"    [*] --> {_slug(Stato.INSERITA)}",
        *arrows,
        "```",
    ]
    return "\n".join(lines) + "\n"


def _slug(stato: Stato) -> str:
    return stato.name.lower()
