"""What banks answer of orders, flow by flow: how it is read, and which kinds of orders it speaks of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Protocol

from cbi import Supporto, flows
from cbi.flows import f24, ordini
from cbi.flows.disposizione import Promemoria
from cbi.flows.ordini import DEL_MANDATO
from cbi.records import al, ep, mav, riba, rid
from reconcile.somiglianza import Detto


class Esito(Protocol):
    """What all answers say: amounts in cents, `effetto` a key of `abbinamento.EVENTO` if it is known."""

    @property
    def line(self) -> int: ...
    @property
    def causale(self) -> str: ...
    @property
    def importo(self) -> int: ...
    @property
    def scadenza(self) -> date | None: ...
    @property
    def controparte(self) -> str: ...
    @property
    def codice_fiscale(self) -> str | None: ...
    @property
    def codice_cliente(self) -> str | None: ...
    @property
    def abi(self) -> str | None: ...
    @property
    def cab(self) -> str | None: ...
    @property
    def effetto(self) -> str: ...
    @property
    def raw(self) -> bytes: ...


LETTORI: Mapping[str, Callable[[Supporto], Iterator[Esito | Promemoria]]] = {
    "RIBA": flows.riba.esiti,
    "MAV": flows.mav.esiti,
    "RID": flows.rid.esiti,
    "EP": flows.ep.esiti,
    "Q4": f24.quietanze,
    "AL": ordini.mandati,
}
"""How the outcomes of each flow are read."""

PARLA_DI: Mapping[str, tuple[str, ...]] = {"EP": ("PC",), "Q4": ("F4", "I4"), "AL": ("AL", "AL_IBAN")}
"""The kinds of orders that a flow speaks of, where they have not its name."""

SENZA_SCADENZA = frozenset({"EP", "AL"})
"""The flows whose outcomes tell no due date."""


def parla_di(flusso: str) -> tuple[str, ...]:
    """The kinds of orders that a flow of outcomes speaks of."""
    return PARLA_DI.get(flusso, (flusso,))


def chiave(flusso: str, esito: Any) -> str:
    """The key of the order that an outcome of a flow speaks of, "" for none."""
    return ordini.chiave(parla_di(flusso)[0], esito)


def significato(flusso: str, causale: str) -> str:
    """What a causale says in a flow of outcomes, in the words of its table; "" for one that is not there."""
    return CAUSALI.get(flusso, {}).get(causale, "")


CAUSALI: Mapping[str, Mapping[str, str]] = {
    "RIBA": riba.CAUSALI_ESITO,
    "MAV": mav.CAUSALI_ESITO,
    "RID": rid.CAUSALI_ESITO,
    "EP": ep.CAUSALI_ESITO,
    "AL": al.CAUSALI_RISPOSTA,
}

TECNICHE: Mapping[str, tuple[str, ...]] = {"RID": ("50002", "50006", "50007")}
"""The causali of what came back for how it was asked for, and not because the debtor did not pay."""


def detto(flusso: str, esito: Esito) -> Detto:
    """What an outcome says of its order, to be compared. Where the key is that of a mandate it is the code of the
    debtor too, and does not count twice."""
    di_mandato = flusso in DEL_MANDATO
    return Detto(
        chiave(flusso, esito),
        esito.importo,
        esito.scadenza,
        esito.codice_fiscale,
        None if di_mandato else esito.codice_cliente,
        esito.controparte,
        (esito.abi, esito.cab),
        getattr(esito, "spese", None) or 0,
        di_mandato,
    )
