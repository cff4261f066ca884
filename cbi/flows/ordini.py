"""The orders of any flow towards the bank as the values that all kinds share, and the key each is answered by.

A kind is here when its orders can be told one by one; the frames (bodies that no public document explains) are not,
but for free text, which says all that it is.
Source of the keys: the matching keys of outcomes, flow by flow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cbi.flows import al, f24, mav, pc, riba, rid
from cbi.flows.disposizione import Disposizione
from cbi.flows.model import Supporto


@dataclass(frozen=True)
class Genere:
    """A kind of order: how a supporto gives its orders, and the key with which the answer to each comes back.

    The key of an order is "" where the kind lets it bear none; so is that of an answer where the bank left it out. What
    answers it (an outcome, a receipt) has the same attributes, so that the same function gives the key of both.
    """

    ordini: Callable[[Supporto], Iterator[Disposizione]]
    chiave: Callable[[Any], str]


def mandati(supporto: Supporto) -> Iterator[MandatoDisposto]:
    """Orders about mandates, or the answers to them: they move no money, and have no due date."""
    for mandato in al.mandati(supporto):
        yield MandatoDisposto(
            numero=mandato.numero,
            line=mandato.line,
            causale=mandato.causale,
            controparte=mandato.sottoscrittore,
            codice_fiscale=mandato.codice_fiscale,
            codice_cliente=mandato.codice,
            riferimento=mandato.riferimento,
            abi=mandato.abi,
            cab=mandato.cab,
            conto=mandato.conto,
            nostro_abi=supporto.identita[1],
            raw=mandato.raw,
            azienda=mandato.azienda,
            tipo_codice=mandato.tipo_codice,
            effetto=mandato.effetto,
        )


@dataclass(frozen=True, slots=True)
class MandatoDisposto(Disposizione):
    """An order about a mandate. `azienda`, `tipo_codice` and `codice_cliente` are its key, as in a R.I.D.; `effetto`
    what its causale does to the mandate."""

    azienda: str
    tipo_codice: str
    effetto: str


def _of_mandate(ordine: Any) -> str:
    if not ordine.codice_cliente:
        return ""
    return "-".join(part or "" for part in (ordine.azienda, ordine.tipo_codice, ordine.codice_cliente))


def _of_delegation(delega: f24.Delega) -> str:
    return f"{delega.codice_fiscale or ''}-{delega.protocollo or 0:07d}"


def _numbered(number: str) -> str:
    return number if number.strip("0") else ""


def _messaggi(supporto: Supporto) -> Iterator[Disposizione]:
    """Free text: all of it is one order, that moves no money and has no due date."""
    for numero, testo in enumerate(supporto.ordini, 1):
        yield Disposizione(numero=numero, line=testo.line, nostro_abi=supporto.identita[1], raw=testo.raw)


def _of_text(testo: Disposizione) -> str:
    """Nothing answers a message: its key only tells that the same text was sent before."""
    return sha256(testo.raw).hexdigest()[:16]


GENERI: Mapping[str, Genere] = {
    "RIBA": Genere(riba.disposizioni, lambda ordine: _numbered(ordine.numero_ricevuta)),
    "MAV": Genere(mav.disposizioni, lambda ordine: _numbered(ordine.numero_disposizione)),
    "RID": Genere(rid.disposizioni, _of_mandate),
    "PC": Genere(pc.disposizioni, lambda ordine: ordine.codice_univoco or ""),
    "AL": Genere(mandati, _of_mandate),
    "AL_IBAN": Genere(mandati, _of_mandate),
    "F4": Genere(f24.deleghe, _of_delegation),
    "I4": Genere(f24.deleghe, _of_delegation),
    "SL": Genere(_messaggi, _of_text),
}
"""Every kind whose orders are known, by the name of its flow."""

DEL_MANDATO = frozenset({"RID", "AL", "AL_IBAN"})
"""The kinds whose key is that of a mandate: orders of the same debtor share it, and it says who the debtor is."""


def ordini(supporto: Supporto) -> Iterator[Disposizione]:
    """The orders of a supporto towards the bank, whatever its kind.

    Raises `KeyError` for a kind that has none, `ValoreErrato` where a field does not decode.
    """
    return GENERI[supporto.flow].ordini(supporto)


def chiave(flow: str, ordine: Any) -> str:
    """The key that an order, or what answers it, bears in its kind; "" for none. Raises `KeyError`."""
    return GENERI[flow].chiave(ordine)
