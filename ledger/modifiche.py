"""What a person changes of a distinta, NAME=VALUE by NAME=VALUE, in the fields of its header and of its orders.

The names are those of `cbi.flows.proprieta`: what an order is known by, `conto` and `conto_controparte` (an IBAN), or
RECORD.field for any field. The values are as the exchange format prints them: 2026-05-31, 1234.50.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import cbi
from cbi.flows.model import Ordine
from cbi.flows.proprieta import CONTI, PROPRIETA, TESTA, Gruppi, change, names, spread
from ledger import aziende
from ledger.errors import Refused

Campi = Mapping[str, str]


@dataclass(frozen=True)
class _Scritta:
    """One text and where it is to be written; with `lenient`, only where there is a record for it."""

    groups: Gruppi
    text: str | None
    lenient: bool = False


@dataclass(frozen=True)
class Modifica:
    """Changes ready to be made to a header and to orders of one kind."""

    scritte: tuple[_Scritta, ...] = ()

    @classmethod
    def of(cls, flusso: str, campi: Campi) -> Modifica:
        """Raises Refused for a name that the kind does not have (MODIFICA-002) or a wrong IBAN (CONTO-001)."""
        return cls(tuple(scritta for name, text in campi.items() for scritta in _written(flusso, name, text)))

    def header(self, testa: cbi.Record) -> cbi.Record:
        """A header with the changes that are its own. Raises Refused (MODIFICA-001) for what does not fit."""
        try:
            for scritta in self.scritte:
                for group in scritta.groups:
                    tipo, _, fields = group.partition(".")
                    testa = spread(testa, fields.split("+"), scritta.text) if tipo == TESTA else testa
        except cbi.ValoreErrato as error:
            raise does_not_fit(error) from error
        return testa

    def order(self, ordine: Ordine) -> bytes:
        """The records of an order with its changes. Raises Refused (MODIFICA-001) for what does not fit."""
        try:
            for scritta in self.scritte:
                groups = [group for group in scritta.groups if not group.startswith(f"{TESTA}.")]
                ordine = change(ordine, groups, scritta.text, lenient=scritta.lenient)
        except cbi.ValoreErrato as error:
            raise does_not_fit(error) from error
        return ordine.raw


def does_not_fit(error: cbi.ValoreErrato) -> Refused:
    """A value that a field cannot hold, as a refusal (MODIFICA-001)."""
    return Refused(
        "MODIFICA-001",
        f"{error.field}: {error.raw!r} non è {error.it}.",
        f"{error.field}: {error.raw!r} is not {error.en}.",
        hint_it="Le date si scrivono 2026-05-31, gli importi 1234.50.",
        hint_en="Write dates as 2026-05-31, amounts as 1234.50.",
    )


def _written(flusso: str, name: str, text: str) -> Iterator[_Scritta]:
    if name in CONTI[flusso]:
        parts = _parts(text)
        for part, groups in CONTI[flusso][name].items():
            yield _Scritta(groups, parts[part], lenient=True)
    elif name in PROPRIETA[flusso]:
        yield _Scritta(PROPRIETA[flusso][name], text or None)
    elif "." in name:
        yield _Scritta((name,), text or None)
    else:
        raise Refused(
            "MODIFICA-002",
            f"«{name}» non è una proprietà di {flusso}.",
            f'"{name}" is not a property of {flusso}.',
            hint_it=f"Si cambiano: {', '.join(names(flusso))}; oppure un campo, come 14.importo.",
            hint_en=f"These can be changed: {', '.join(names(flusso))}; or a field, as in 14.importo.",
        )


def _parts(iban: str) -> dict[str, str]:
    """What an Italian IBAN is made of."""
    abi, cab, numero = aziende.check_iban(iban)
    return {"paese": iban[:2], "check_digit": iban[2:4], "cin": iban[4], "abi": abi, "cab": cab, "numero": numero}
