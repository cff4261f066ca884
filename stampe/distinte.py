"""Distinte and single orders on paper."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cbi.flows import registry
from cbi.flows.model import TO_BANK
from stampe.campi import told
from stampe.foglio import Foglio
from stampe.lingua import Lingua, day
from stampe.tavola import Colonna, Riga, add, table

if TYPE_CHECKING:
    from cbi import Record
    from ledger.distinte import Disposizione, Distinta

_ORDINI = (
    Colonna("Numero", 11.5, destra=True),
    Colonna("Scadenza", 13.5),
    Colonna("Controparte", 43),
    Colonna("Chiave", 24),
    Colonna("Banca", 16),
    Colonna("Importo", 22, add),
)
_FIRME = (Colonna("Chi", 20), Colonna("Peso", 9, destra=True), Colonna("Quando", 22), Colonna("Vale", 8))
_ITER = (Colonna("Quando", 22), Colonna("Chi", 22), Colonna("Evento", 18), Colonna("Stato", 20), Colonna("Perché", 40))
SENZA_ORDINI = ("Nessuna disposizione.", "No order.")


def distinta(
    foglio: Foglio, found: Distinta, firme: Sequence[Any], ordini: Iterable[Disposizione], *, lunga: bool = False
) -> None:
    """A distinta: what it is, who signed it (rows of `distinte.signatures`), its orders; with all that is known of each
    when it is `lunga`."""
    lingua = foglio.lingua
    foglio.pairs(
        [
            ("Flusso", registry.find(found.flusso, TO_BANK).title),
            ("Banca", found.abi),
            ("Nome supporto", found.nome_supporto),
            ("Creata", day(found.data_creazione)),
            ("Conto", _account(lingua, found.nostro_abi, found.nostro_cab, found.nostro_conto)),
            ("Stato", str(found.stato)),
            ("Disp.", str(found.numero_disposizioni)),
            ("Totale", lingua.euro(found.totale)),
            ("Firme", f"{found.firmato}/100"),
            ("SHA-256", found.sha256),
        ]
    )
    if firme:
        foglio.heading(lingua("Firme"))
        rows = (Riga((row.login, str(row.peso), row.at, _yes(lingua, row.vale))) for row in firme)
        table(foglio, _FIRME, rows, vuota=("", ""))
    foglio.heading(lingua.say("Disposizioni", "Orders"))
    table(foglio, _ORDINI, _rows(lingua, ordini, lunga=lunga), vuota=SENZA_ORDINI)


def disposizione(foglio: Foglio, ordine: Disposizione, records: Iterable[Record], passi: Iterable[Any]) -> None:
    """One order: what the ledger knows of it, what its records say, and where it has been (rows of its iter)."""
    lingua = foglio.lingua
    foglio.pairs(
        [
            ("Distinta", "" if ordine.distinta_id is None else str(ordine.distinta_id)),
            ("Numero", str(ordine.numero)),
            ("Flusso", registry.find(ordine.flusso, TO_BANK).title),
            ("Banca", ordine.banca),
            ("Importo", lingua.euro(ordine.importo)),
            ("Scadenza", day(ordine.scadenza)),
            ("Controparte", ordine.controparte),
            ("Stato", str(ordine.stato)),
            *_more(lingua, ordine),
        ]
    )
    foglio.heading(lingua.say("Come è scritta", "As it is written"))
    foglio.pairs((name, lingua.text(text)) for name, text in told(records, lingua))
    foglio.heading(lingua("Iter"))
    rows = (Riga((row.at, row.chi, row.evento, row.a, _why(row.dati))) for row in passi)
    table(foglio, _ITER, rows, vuota=("Nessun passo.", "No step."))


def _rows(lingua: Lingua, ordini: Iterable[Disposizione], *, lunga: bool) -> Iterator[Riga]:
    for each in ordini:
        where = "-".join(filter(None, (each.abi, each.cab)))
        more = [("Stato", str(each.stato)), *_more(lingua, each)] if lunga else []
        below = "; ".join(f"{lingua(name)}: {value}" for name, value in more if value)
        yield Riga((str(each.numero), each.scadenza, each.controparte, each.chiave, where, each.importo), below)


def _more(lingua: Lingua, ordine: Disposizione) -> list[tuple[str, str]]:
    """What is known of an order beside who, how much and when."""
    return [
        ("Codice fiscale", ordine.codice_fiscale or ""),
        ("Codice cliente", ordine.codice_cliente or ""),
        ("Conto della controparte", _account(lingua, ordine.abi, ordine.cab, ordine.conto)),
        ("Conto", _account(lingua, ordine.nostro_abi, ordine.nostro_cab, ordine.nostro_conto)),
        ("Causale", ordine.causale),
        ("Riferimento", lingua.text(ordine.riferimento or "")),
    ]


def _account(lingua: Lingua, abi: str | None, cab: str | None, conto: str | None) -> str:
    return " ".join(filter(None, (abi, cab, lingua.account(conto)))) if conto else ""


def _yes(lingua: Lingua, value: object) -> str:
    return lingua.say("sì", "yes") if value else "no"


def _why(dati: str) -> str:
    """Of what a step keeps, the words of people and of banks: the rest is for programs."""
    return "; ".join(
        f"{name}: {value}" for name, value in json.loads(dati).items() if name in ("motivo", "file", "causale")
    )
