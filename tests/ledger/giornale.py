"""Journals made up in memory, and what somebody who can write the database might do to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ledger.canonico import canonical
from ledger.journal import GENESIS, event_hash

Chain = list[dict[str, Any]]
TEXTS = ("at", "tipo", "soggetto", "dati", "prima", "hash")


def born(sia: str = "A1B2C") -> tuple[str, str, dict[str, Any]]:
    return "azienda_creata", f"azienda:{sia}", {"nome": "Ferramenta Prova srl", "sia": sia}


def facts(n: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What n events tell; the first is the birth of the company."""
    yield born()
    for i in range(1, n):
        yield (
            ("distinta_stato", f"distinta:{i}", {"chi": "nicolò", "evento": "firma", "dati": {"totale": i * 137}}),
            ("disposizione_stato", f"disposizione:{i}", {"chi": "banca 03069", "a": "Pagata", "line": i}),
            ("accesso_negato", "utente:anna", {"motivo": "password", "tentativi": i % 7}),
        )[i % 3]


def chain(n: int) -> Chain:
    """A sound chain of n events."""
    return linked(
        {
            "azienda_id": 1,
            "at": f"2026-03-02T09:{i // 60 % 60:02d}:{i % 60:02d}.{i % 1000000:06d}Z",
            "tipo": tipo,
            "soggetto": soggetto,
            "dati": canonical(dati),
        }
        for i, (tipo, soggetto, dati) in enumerate(facts(n))
    )


def linked(events: Iterable[dict[str, Any]], numero: int = 1, before: str = GENESIS) -> Chain:
    """Events with numbers, links and hashes made again, from a number and the hash before it."""
    made: Chain = []
    for at, event in enumerate(events, numero):
        fresh = {**event, "numero": at, "prima": before}
        before = event_hash(fresh)
        made.append({**fresh, "hash": before})
    return made


def flipped(event: dict[str, Any], column: str, at: int, mask: int) -> dict[str, Any]:
    """The event with some bits of one byte of a text flipped, as the database would give it back."""
    data = bytearray(event[column].encode("utf-8"))
    data[at] ^= mask
    return {**event, column: data.decode("utf-8", "surrogateescape")}
