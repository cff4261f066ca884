"""F24 on paper: the delegations of a flow, or their receipts, section by section, from their own records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cbi.fields import Amount, Field, ValoreErrato
from cbi.flows.f24 import ELIDE, SEZIONI, Sezione, iud_of
from cbi.flows.model import Ordine
from cbi.layout import Record
from stampe.campi import content, fields, label, told
from stampe.foglio import CORPO, NERETTO, Foglio
from stampe.lingua import Lingua
from stampe.tavola import ARIA, Cella, Colonna, Riga, add, shown, table

_CHI = ("10", "20")  # the taxpayer, where they live, when they pay
_COME = ("50-01", "50-02", "50-03")  # from which account, who sends, to whom the receipt goes
_QUIETANZA = "70"
IMPORTI = ("importo_a_debito", "importo_a_credito")  # what has a total on the form: a deduction has none
NESSUNA = ("Nessuna delega.", "No delegation.")


def deleghe(foglio: Foglio, ordini: Iterable[tuple[Ordine, str]], *, vuota: tuple[str, str] = NESSUNA) -> None:
    """The delegations, each from the top of a page; with what became of them where a receipt says it. Beside each is
    the ABI of the bank that sends its receipt, "" for one that is sent. `vuota` is what is said of none."""
    many = 0
    for many, (ordine, mittente) in enumerate(ordini, 1):
        if many > 1:
            foglio.turn()
        _delega(foglio, ordine, mittente)
    if not many:
        foglio.paragraph(foglio.lingua.say(*vuota))


def _delega(foglio: Foglio, ordine: Ordine, mittente: str) -> None:
    lingua = foglio.lingua
    foglio.heading(f"{lingua('Delega')} {ordine.numero}")
    foglio.pairs(told(_of(ordine, *_CHI), lingua))
    for sezione in (*SEZIONI, ELIDE):
        righe = list(_of(ordine, sezione.riga.TIPO))
        if righe:
            _sezione(foglio, sezione, righe, list(_of(ordine, sezione.totali.TIPO)))
    foglio.heading(lingua.say("Versamento", "Payment"))
    foglio.pairs(told(_of(ordine, *_COME), lingua))
    for record in _of(ordine, _QUIETANZA):
        foglio.heading(lingua.say("Quietanza", "Receipt"))
        foglio.pairs([("IUD", _iud(record, mittente)), *told([record], lingua)])


def _sezione(foglio: Foglio, sezione: Sezione, righe: Sequence[Record], totali: Sequence[Record]) -> None:
    foglio.heading(f"{foglio.lingua.say('Sezione', 'Section')} {sezione.nome}")
    names = fields(sezione.riga)
    rows = [Riga([_cell(foglio.lingua, record, each) for each in names]) for record in righe]
    table(foglio, [_column(foglio, each, at, rows) for at, each in enumerate(names)], rows, vuota=NESSUNA)
    foglio.pairs(told(totali, foglio.lingua))


def _cell(lingua: Lingua, record: Record, field: Field[Any]) -> Cella:
    """A debit or a credit as cents, none where it is zero; anything else as it is told."""
    cents = getattr(record, field.name) if field.name in IMPORTI else 0
    return cents or None if field.name in IMPORTI else content(record, field, lingua)


def _column(foglio: Foglio, field: Field[Any], at: int, rows: Sequence[Riga]) -> Colonna:
    """A column as wide as the longest word in it."""
    words = [word for row in rows for word in shown(row.celle[at], foglio.lingua).split()]
    widest = max(foglio.width_of(word, NERETTO, CORPO) for word in (*label(field).split(), *words))
    figures = isinstance(field, Amount)
    return Colonna(label(field), widest + ARIA * (1 + figures), add if field.name in IMPORTI else None, destra=figures)


def _iud(record: Record, mittente: str) -> str:
    try:
        return iud_of(record.values(), mittente) or "-"
    except ValoreErrato:
        return "-"


def _of(ordine: Ordine, *tipi: str) -> Iterator[Record]:
    return (record for record in ordine.records if record.tipo in tipi)
