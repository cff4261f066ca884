"""The life of a distinta and of a disposizione, as tables.

`DISTINTA` and `DISPOSIZIONE` map (state, event) to the next state; what is not there is refused. The page
docs/stati.md is made from them.
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
