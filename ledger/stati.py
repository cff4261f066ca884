"""The life of a distinta and of a disposizione, as tables, one for each group of kinds.

`DISTINTA` and `DISPOSIZIONE` map a group to `{(state, event): next state}`; what is not there is refused. Each table
is what all kinds share, what the bank may say of that kind, and what else may happen to it (`VITE`). The page
docs/stati.md is made from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from cbi.flows.f24 import FINESTRA, ORA
from ledger.errors import Refused


class Stato(StrEnum):
    INSERITA = "Inserita"
    CON_ERRORI = "Con errori"
    DA_SPEDIRE = "Da spedire"
    FIRMATA = "Firmata"
    ELIMINATA = "Eliminata"
    INOLTRATA = "Inoltrata"
    SCARTATA = "Scartata"
    RICEVUTA_BANCA = "Ricevuta Banca"
    ELABORATA = "Elaborata"
    RICHIAMO_CHIESTO = "Richiamo chiesto"
    RICHIAMATA = "Richiamata"
    PRESUNTA_PAGATA = "Presunta pagata"
    PAGATA = "Pagata"
    INSOLUTA = "Insoluta"
    STORNATA = "Stornata"
    ORDINATA = "Ordinata"
    ACCETTATA = "Accettata"
    RIFIUTATA = "Rifiutata"
    REVOCATA = "Revocata"
    QUIETANZATA = "Quietanzata"
    STAMPATA = "Stampata"
    DA_BANCA = "Da Banca"


class Evento(StrEnum):
    SEGNALA = "segnala"  # the checks found errors
    CONVALIDA = "convalida"  # the checks found none, or a person accepted the doubles
    MODIFICA = "modifica"  # its bytes are others now
    AGGREGA = "aggrega"  # an order enters a distinta
    DISAGGREGA = "disaggrega"  # an order leaves its distinta, and is loose
    ELIMINA = "elimina"
    FIRMA = "firma"
    RESPINGI = "respingi"  # one of those who should sign does not want to, and says why
    AZZERA = "azzera"  # the signatures given count no more
    INOLTRA = "inoltra"
    RICEVI = "ricevi"
    SCARTA = "scarta"
    ELABORA = "elabora"
    CHIEDI_RICHIAMO = "chiedi_richiamo"
    RINUNCIA = "rinuncia"  # the request of recall did not reach the bank
    RICHIAMA = "richiama"
    PRESUMI = "presumi"  # the bank kept silent for long enough
    PAGA = "paga"
    INSOLVI = "insolvi"
    STORNA = "storna"
    ORDINA = "ordina"  # the bank carried a payment out
    ACCETTA = "accetta"
    RIFIUTA = "rifiuta"
    REVOCA = "revoca"
    QUIETANZA = "quietanza"
    STAMPA = "stampa"
    ACQUISISCI = "acquisisci"  # a mandate that the bank collected
    SCIOGLI = "sciogli"  # what the bank said is not of this order: a person undid the match


Tabella: TypeAlias = Mapping[tuple[Stato, Evento], Stato]
Parole: TypeAlias = tuple[tuple[Evento, Stato], ...]

ALLA_BANCA = (Stato.INOLTRATA, Stato.RICEVUTA_BANCA)
MODIFICABILI = (Stato.INSERITA, Stato.CON_ERRORI, Stato.DA_SPEDIRE, Stato.FIRMATA)
ELIMINABILI = (Stato.INSERITA, Stato.CON_ERRORI, Stato.DA_SPEDIRE)
MAI_PARTITE = frozenset({*MODIFICABILI, Stato.ELIMINATA})
SENZA_EFFETTO = frozenset({Stato.CON_ERRORI, Stato.ELIMINATA, Stato.SCARTATA, Stato.RIFIUTATA})
"""An order here was not, and will not be, carried out: sent again it is no double."""


def _all(stati: Iterable[Stato], evento: Evento, a: Stato) -> dict[tuple[Stato, Evento], Stato]:
    return dict.fromkeys(((da, evento) for da in stati), a)


# What a distinta and its orders go through together, until they leave.
_PREPARAZIONE: Tabella = {
    (Stato.INSERITA, Evento.SEGNALA): Stato.CON_ERRORI,
    (Stato.INSERITA, Evento.CONVALIDA): Stato.DA_SPEDIRE,
    (Stato.DA_SPEDIRE, Evento.FIRMA): Stato.FIRMATA,
    (Stato.FIRMATA, Evento.FIRMA): Stato.FIRMATA,
    (Stato.FIRMATA, Evento.AZZERA): Stato.DA_SPEDIRE,
    **_all((Stato.DA_SPEDIRE, Stato.FIRMATA), Evento.RESPINGI, Stato.INSERITA),
    (Stato.FIRMATA, Evento.INOLTRA): Stato.INOLTRATA,
    (Stato.INOLTRATA, Evento.RICEVI): Stato.RICEVUTA_BANCA,
    **_all(MODIFICABILI, Evento.MODIFICA, Stato.INSERITA),
    **_all(ELIMINABILI, Evento.ELIMINA, Stato.ELIMINATA),
}

COMUNE_DISTINTA: Tabella = {
    **_PREPARAZIONE,
    (Stato.INOLTRATA, Evento.SCARTA): Stato.SCARTATA,
    (Stato.INOLTRATA, Evento.ELABORA): Stato.ELABORATA,
    (Stato.RICEVUTA_BANCA, Evento.RICEVI): Stato.RICEVUTA_BANCA,
    (Stato.RICEVUTA_BANCA, Evento.SCARTA): Stato.SCARTATA,
    (Stato.RICEVUTA_BANCA, Evento.ELABORA): Stato.ELABORATA,
    # Receipts, refusals and outcomes come in any order: a late receipt changes nothing.
    (Stato.SCARTATA, Evento.RICEVI): Stato.SCARTATA,
    (Stato.SCARTATA, Evento.SCARTA): Stato.SCARTATA,
    (Stato.SCARTATA, Evento.ELABORA): Stato.ELABORATA,  # every order had an outcome all the same
    (Stato.ELABORATA, Evento.RICEVI): Stato.ELABORATA,
}

COMUNE_DISPOSIZIONE: Tabella = {
    **_PREPARAZIONE,
    **_all(MODIFICABILI, Evento.AGGREGA, Stato.INSERITA),
    **_all(MODIFICABILI, Evento.DISAGGREGA, Stato.INSERITA),
}


@dataclass(frozen=True)
class Vita:
    """What is particular to the orders of a group of kinds.

    `parole`: what the bank may say, each word prevailing over those before it, so that contradictory outcomes end in
    the same state in whatever order they arrive. `oltre`: what else may happen, and `aperti` the states it leads to
    from which any word of the bank is still good. `attese`: words after which another is awaited. `distinta`:
    what the distinta goes through that others do not. `anticipo`: how long before its due date an order may leave;
    `entro`: until which hour of Rome of that date, "" for any.
    """

    titolo: str
    parole: Parole
    oltre: Tabella = field(default_factory=dict)
    aperti: tuple[Stato, ...] = ()
    attese: frozenset[Stato] = frozenset()
    distinta: Tabella = field(default_factory=dict)
    anticipo: timedelta | None = None
    entro: str = ""

    @property
    def dette(self) -> frozenset[Stato]:
        """The states in which the bank has said something of the order itself."""
        return frozenset(stato for _, stato in self.parole)

    @property
    def finali(self) -> frozenset[Stato]:
        """The states in which nothing more is awaited; silence taken for payment is one of them."""
        return self.dette - self.attese | {Stato.PRESUNTA_PAGATA}

    @property
    def disposizione(self) -> Tabella:
        """The whole table of its orders."""
        undone = _all(sorted(self.dette - {Stato.SCARTATA}), Evento.SCIOGLI, Stato.INOLTRATA)
        return {**COMUNE_DISPOSIZIONE, **self.oltre, **dict(self._outcomes()), **undone}

    def _outcomes(self) -> Iterator[tuple[tuple[Stato, Evento], Stato]]:
        known = [(stato, -1) for stato in (*ALLA_BANCA, *self.aperti)]
        known += [(stato, rank) for rank, (_, stato) in enumerate(self.parole)]
        for stato, before in known:
            for evento, esito in self.parole[before + 1 :]:
                yield (stato, evento), esito


_RICHIAMO_E_SILENZIO: Tabella = {
    **_all(ALLA_BANCA, Evento.CHIEDI_RICHIAMO, Stato.RICHIAMO_CHIESTO),
    (Stato.RICHIAMO_CHIESTO, Evento.RINUNCIA): Stato.INOLTRATA,
    **_all(ALLA_BANCA, Evento.PRESUMI, Stato.PRESUNTA_PAGATA),
}
_DOPO: tuple[Stato, ...] = (Stato.RICHIAMO_CHIESTO, Stato.PRESUNTA_PAGATA)
# Of a distinta whose orders are presumed paid the bank has said nothing yet: see `reconcile.ricevute`.
_DOPO_IL_SILENZIO: Tabella = {(Stato.ELABORATA, Evento.SCARTA): Stato.SCARTATA}

VITE: Mapping[str, Vita] = {
    # "Did not go through" yields to "paid" (an order that was paid must not be presented again); "paid" yields to
    # its reversal and to the insoluto that comes after.
    "INCASSO": Vita(
        "Ri.Ba. e R.I.D.",
        (
            (Evento.SCARTA, Stato.SCARTATA),
            (Evento.RICHIAMA, Stato.RICHIAMATA),
            (Evento.PAGA, Stato.PAGATA),
            (Evento.STORNA, Stato.STORNATA),
            (Evento.INSOLVI, Stato.INSOLUTA),
        ),
        _RICHIAMO_E_SILENZIO,
        _DOPO,
        distinta=_DOPO_IL_SILENZIO,
    ),
    # A slip is paid at a counter, also after it was struck off: nothing undoes that.
    "MAV": Vita(
        "M.Av.",
        (
            (Evento.SCARTA, Stato.SCARTATA),
            (Evento.RICHIAMA, Stato.RICHIAMATA),
            (Evento.STORNA, Stato.STORNATA),
            (Evento.INSOLVI, Stato.INSOLUTA),
            (Evento.PAGA, Stato.PAGATA),
        ),
        _RICHIAMO_E_SILENZIO,
        _DOPO,
        distinta=_DOPO_IL_SILENZIO,
    ),
    "PAGAMENTO": Vita(
        "Bonifici, stipendi e assegni",
        ((Evento.SCARTA, Stato.SCARTATA), (Evento.ORDINA, Stato.ORDINATA), (Evento.STORNA, Stato.STORNATA)),
    ),
    # Accepted is a promise, the receipt a proof: it prevails over everything.
    "F24": Vita(
        "Deleghe F24",
        (
            (Evento.SCARTA, Stato.SCARTATA),
            (Evento.ACCETTA, Stato.ACCETTATA),
            (Evento.REVOCA, Stato.REVOCATA),
            (Evento.RIFIUTA, Stato.RIFIUTATA),
            (Evento.QUIETANZA, Stato.QUIETANZATA),
        ),
        attese=frozenset({Stato.ACCETTATA}),
        anticipo=FINESTRA,
        entro=ORA,
    ),
    # A refusal for want of an answer yields to the answer; a mandate that stands, to its end.
    "AL": Vita(
        "Allineamento archivi",
        (
            (Evento.SCARTA, Stato.SCARTATA),
            (Evento.RIFIUTA, Stato.RIFIUTATA),
            (Evento.ACCETTA, Stato.ACCETTATA),
            (Evento.REVOCA, Stato.REVOCATA),
        ),
        {
            (Stato.INSERITA, Evento.ACQUISISCI): Stato.DA_BANCA,
            (Stato.DA_BANCA, Evento.REVOCA): Stato.REVOCATA,
        },
    ),
    # Printed and handed to the debtor instead of sent.
    "BOLLETTINO": Vita(
        "Bollettini",
        ((Evento.SCARTA, Stato.SCARTATA), (Evento.PAGA, Stato.PAGATA)),
        _all((Stato.DA_SPEDIRE, Stato.STAMPATA), Evento.STAMPA, Stato.STAMPATA),
        (Stato.STAMPATA,),
        distinta={
            **_all((Stato.DA_SPEDIRE, Stato.STAMPATA), Evento.STAMPA, Stato.STAMPATA),
            (Stato.STAMPATA, Evento.ELABORA): Stato.ELABORATA,
        },
    ),
    "MESSAGGIO": Vita("Messaggi", ((Evento.SCARTA, Stato.SCARTATA),)),
}

GRUPPI: Mapping[str, str] = {
    "RIBA": "INCASSO",
    "RID": "INCASSO",
    "MAV": "MAV",
    "PC": "PAGAMENTO",
    "F4": "F24",
    "I4": "F24",
    "AL": "AL",
    "AL_IBAN": "AL",
    "SL": "MESSAGGIO",
}
"""The group that each flow belongs to. No flow of bollettini is documented: whoever has one names it here."""

DISTINTA: Mapping[str, Tabella] = {gruppo: {**COMUNE_DISTINTA, **vita.distinta} for gruppo, vita in VITE.items()}
DISPOSIZIONE: Mapping[str, Tabella] = {gruppo: vita.disposizione for gruppo, vita in VITE.items()}


def vita(flusso: str) -> Vita:
    """What is particular to the orders of a flow. Raises `KeyError` for one that has no orders."""
    return VITE[GRUPPI[flusso]]


def di_distinta(flusso: str) -> Tabella:
    """The table of the distinte of a flow. Raises `KeyError` for one that has no orders."""
    return DISTINTA[GRUPPI[flusso]]


def di_disposizione(flusso: str) -> Tabella:
    """The table of the orders of a flow. Raises `KeyError` for one that has none."""
    return DISPOSIZIONE[GRUPPI[flusso]]


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
