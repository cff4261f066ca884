"""What people change of an order, by the name they know it by, and the fields that say it in each kind.

A property is text written into fields: `14.data_pagamento` is field data_pagamento of record 14, `testa` the header.
Names joined by `+` are the lines of one text, which flows from one into the next; several groups say the same thing
each. Source: the tracciati of each flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cbi.fields import Field, ValoreErrato
from cbi.flows.model import Ordine
from cbi.flows.writer import EOL
from cbi.layout import Record

TESTA = "testa"
Gruppi = Sequence[str]

_TESTA: Mapping[str, Gruppi] = {"nome": ("testa.nome_supporto",), "data": ("testa.data_creazione",)}
_DEBITO = ("50.riferimenti_al_debito_1+riferimenti_al_debito_2",)

PROPRIETA: Mapping[str, Mapping[str, Gruppi]] = {
    "RIBA": {
        **_TESTA,
        "scadenza": ("14.data_pagamento",),
        "importo": ("14.importo",),
        "controparte": ("30.descrizione_debitore_1+descrizione_debitore_2",),
        "codice_fiscale": ("30.codice_fiscale_cliente",),
        "codice_cliente": ("14.codice_cliente_debitore",),
        "riferimento": _DEBITO,
        "abi": ("14.abi_banca_domiciliataria",),
        "cab": ("14.cab_banca_domiciliataria",),
    },
    "MAV": {
        **_TESTA,
        "scadenza": ("14.data_pagamento",),
        "importo": ("14.importo",),
        "controparte": ("30.descrizione_debitore_1+descrizione_debitore_2",),
        "codice_fiscale": ("30.codice_fiscale_cliente",),
        "codice_cliente": ("14.codice_cliente_debitore",),
        "riferimento": _DEBITO,
    },
    "RID": {
        **_TESTA,
        "scadenza": ("10.data_scadenza",),
        "importo": ("10.importo",),
        "controparte": ("30.descrizione_debitore_1+descrizione_debitore_2+descrizione_debitore_3",),
        "codice_cliente": ("10.codice_cliente_debitore",),
        "riferimento": _DEBITO,
    },
    "PC": {
        **_TESTA,
        "scadenza": ("10.data_esecuzione_disposizione",),
        "importo": ("10.importo",),
        "controparte": ("30.segmento_1+segmento_2+segmento_3",),
        "codice_fiscale": ("30.codice_fiscale_cliente",),
        "codice_cliente": ("10.codice_cliente_beneficiario",),
        "riferimento": ("50.segmento_1+segmento_2+segmento_3",),
    },
    "AL": {
        **_TESTA,
        "controparte": ("30.descrizione_sottoscrittore_1+descrizione_sottoscrittore_2+descrizione_sottoscrittore_3",),
        "codice_fiscale": ("30.codifica_fiscale_sottoscrittore",),
        "codice_cliente": ("12.codice_individuale",),
    },
    "AL_IBAN": {
        **_TESTA,
        "controparte": ("30.descrizione_sottoscrittore_1+descrizione_sottoscrittore_2+descrizione_sottoscrittore_3",),
        "codice_fiscale": ("30.codifica_fiscale_sottoscrittore",),
        "codice_cliente": ("12.codice_individuale",),
    },
    "F4": {**_TESTA, "scadenza": ("20.data_di_pagamento", "50-01.data_di_pagamento")},
    "I4": {**_TESTA, "scadenza": ("20.data_di_pagamento", "50-01.data_di_pagamento")},
}

NOSTRO, LORO = "conto", "conto_controparte"
PARTI = ("paese", "check_digit", "cin", "abi", "cab", "numero")


def _iban(record: str) -> Mapping[str, str]:
    names = ("codice_paese", "check_digit", "cin", "codice_abi", "codice_cab", "numero_conto")
    return {part: f"{record}.{name}" for part, name in zip(PARTI, names, strict=True)}


def _conto(own: Mapping[str, str], iban: str = "", *, banca: bool = False) -> Mapping[str, Gruppi]:
    """Where the parts of an account are: in its own fields, in an IBAN record if there is one, in the header."""
    places = (own, _iban(iban) if iban else {}, {"abi": "testa.ricevente"} if banca else {})
    found = {part: tuple(place[part] for place in places if part in place) for part in PARTI}
    return {part: groups for part, groups in found.items() if groups}


def _campi(record: str, abi: str, cab: str, numero: str, **more: str) -> Mapping[str, str]:
    named = {"abi": abi, "cab": cab, "numero": numero, **more}
    return {part: f"{record}.{name}" for part, name in named.items() if name}


_RIBA = _campi("14", "abi_banca_assuntrice", "cab_banca_assuntrice", "conto_banca_assuntrice")
_MAV = _campi("14", "abi_banca_assuntrice", "cab_banca_assuntrice", "conto_ordinante")
_RID = _campi("10", "abi_banca_assuntrice", "cab_banca_assuntrice", "conto_ordinante")
_RID_LORO = _campi("10", "abi_banca_domiciliataria", "cab_banca_domiciliataria", "")
_PC = _campi("10", "codice_abi_banca_ordinante", "codice_cab_banca_ordinante", "conto_ordinante")
_PC_LORO = _campi("10", "codice_abi_banca_destinataria", "codice_cab_banca_destinataria", "conto_destinatario")
_AL = _campi(
    "12", "abi_addebito", "cab_addebito", "conto_addebito", paese="codice_paese", check_digit="check_digit", cin="cin"
)
_F24 = _campi("50-01", "abi_banca_di_addebito_passiva", "cab_banca_di_addebito", "numero_conto_di_addebito", cin="cin")

CONTI: Mapping[str, Mapping[str, Mapping[str, Gruppi]]] = {
    "RIBA": {NOSTRO: _conto(_RIBA, banca=True)},
    "MAV": {NOSTRO: _conto(_MAV, "16", banca=True)},
    "RID": {NOSTRO: _conto(_RID, "16", banca=True), LORO: _conto(_RID_LORO, "17")},
    "PC": {NOSTRO: _conto(_PC, "16", banca=True), LORO: _conto(_PC_LORO, "17")},
    "AL": {LORO: _conto(_AL)},
    "AL_IBAN": {LORO: _conto(_AL)},
    "F4": {NOSTRO: _conto(_F24)},
    "I4": {NOSTRO: _conto(_F24)},
}
"""Where each part of an account goes, the company's and the counterparty's, in each kind."""

RICHIAMI: Mapping[str, Mapping[str, bytes]] = {
    "RIBA": {"causale": b"30100", "segno": b"+"},
    "MAV": {"causale": b"07100", "segno": b"+"},
}
"""What makes of an order the request to recall it, in its first record; of the kinds whose request is documented."""

CAUSALI_DI_RICHIAMO = frozenset(each["causale"].decode() for each in RICHIAMI.values())


def asked_back(flow: str, ordine: Ordine) -> bytes:
    """The records with which an order is recalled: its own, but for causale and sign. Raises `KeyError`."""
    first, *rest = ordine.records
    raw = first.raw
    for name, content in RICHIAMI[flow].items():
        raw = first.BY_NAME[name].paste(raw, content)
    return b"".join(each + EOL for each in (raw, *(record.raw for record in rest)))


def names(flow: str) -> list[str]:
    """The names of what may be changed in a kind; besides them, any field as RECORD.field."""
    return [*PROPRIETA[flow], *CONTI[flow]]


def write(record: Record, name: str, text: str | None) -> Record:
    """A record with a field of another value, as the exchange format prints it. Raises `ValoreErrato`."""
    field = field_of(record, name)
    return type(record)(field.paste(record.raw, field.from_text(text)), record.line)


def field_of(record: Record, name: str) -> Field[Any]:
    """A field of a record by name. Raises `ValoreErrato`."""
    field = record.BY_NAME.get(name)
    if field is None:
        known = ", ".join(record.BY_NAME)
        raise ValoreErrato(name, record.tipo, f"un campo fra {known}", f"one of the fields {known}")
    return field


def change(ordine: Ordine, groups: Iterable[str], text: str | None, *, lenient: bool = False) -> Ordine:
    """An order with one of its properties changed.

    Raises `ValoreErrato` when the text does not fit, or there is no record to write it in; then, with `lenient`, the
    group is passed over.
    """
    records = list(ordine.records)
    for group in groups:
        tipo, _, fields = group.partition(".")
        here = [n for n, record in enumerate(records) if record.tipo == tipo]
        if not here and not lenient:
            raise ValoreErrato(group, text, f"in un record {tipo}, che qui non c'è", f"in a record {tipo}, not there")
        for n in here:
            records[n] = spread(records[n], fields.split("+"), text)
    return replace(ordine, records=tuple(records))


def spread(record: Record, fields: Sequence[str], text: str | None) -> Record:
    """A record with a text that flows from one field into the next. Raises `ValoreErrato`."""
    for name, part in zip(fields, _lines(record, fields, text), strict=True):
        record = write(record, name, part)
    return record


def _lines(record: Record, fields: Sequence[str], text: str | None) -> Iterator[str | None]:
    rest = text or ""
    for name in fields[:-1]:
        size = field_of(record, name).size
        part, rest = rest[:size], rest[size:].lstrip(" ")
        yield part.rstrip(" ") or None
    yield rest or None
