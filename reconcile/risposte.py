"""What banks answer of orders, flow by flow: how it is read, and which kinds of orders it speaks of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Protocol

from cbi import Supporto
from cbi.flows import ep, f24, mav, ordini, riba, rid
from cbi.flows.disposizione import Promemoria
from cbi.flows.ordini import DEL_MANDATO
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
    "RIBA": riba.esiti,
    "MAV": mav.esiti,
    "RID": rid.esiti,
    "EP": ep.esiti,
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


def detto(flusso: str, esito: Esito) -> Detto:
    """What an outcome says of its order, to be compared. Where the key is that of a mandate it is the code of the
    debtor too, and does not count twice."""
    return Detto(
        chiave(flusso, esito),
        esito.importo,
        esito.scadenza,
        esito.codice_fiscale,
        None if flusso in DEL_MANDATO else esito.codice_cliente,
        esito.controparte,
        (esito.abi, esito.cab),
        getattr(esito, "spese", None) or 0,
    )
