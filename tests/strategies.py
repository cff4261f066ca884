"""Hypothesis strategies made from the declarations: values of a field, a record, a whole flow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from typing import Any
from unittest import mock

from hypothesis import strategies as st

import cbi
from cbi.fields import (
    ADMITTED,
    Cents,
    Choice,
    CommaAmount,
    Const,
    Coordinate,
    Date,
    Digits,
    Field,
    Filler,
    FreeText,
    FullDate,
    Number,
    Text,
)
from cbi.flows.model import Flow, tipo_of
from cbi.layout import RAW, Record
from tests import sound_f24, sound_statements
from tests.sound_orders import SETTLED, settle

CHARS = ADMITTED.decode()


def value(field: Field[Any]) -> st.SearchStrategy[Any]:
    """Typed values that the field can hold, blank included where it may be blank."""
    filled = _filled(field)
    return filled if field.mandatory else st.none() | filled


def _filled(field: Field[Any]) -> st.SearchStrategy[Any]:
    if isinstance(field, Const):
        return st.just(field.value)
    if isinstance(field, Choice) and not field.open_list:
        return st.sampled_from(sorted(field.values))
    if isinstance(field, FreeText):
        return st.text(CHARS, min_size=1, max_size=field.size).filter(lambda text: text.strip()).map(_rstrip)
    if isinstance(field, Text):
        chars = [char for char in CHARS if not field.refused.match(char.encode())]
        return st.builds(
            lambda first, rest: (first + rest).rstrip(),
            st.sampled_from([char for char in chars if char != " "]),
            st.text(chars, max_size=field.size - 1),
        )
    if isinstance(field, Coordinate):
        return st.text("0123456789", min_size=field.size, max_size=field.size).filter(lambda code: code.strip("0"))
    if isinstance(field, Digits):
        return st.text("0123456789", min_size=field.size, max_size=field.size)
    if isinstance(field, Number | Cents):
        return st.integers(0, 10**field.size - 1)
    if isinstance(field, CommaAmount):  # and Quantity, whose last three digits are decimals
        return st.integers(0, 10 ** (field.size - 1) - 1)
    if isinstance(field, Date):
        return st.dates(date(1980, 1, 1), date(2079, 12, 31))
    if isinstance(field, FullDate):
        return st.dates()
    raise TypeError(field)


def _rstrip(text: str) -> str:
    return text.rstrip()


@cache
def values(cls: type[Record]) -> st.SearchStrategy[dict[str, Any]]:
    """Values for all the fields of a record."""
    named = {field.name: value(field) for field in cls.FIELDS if not isinstance(field, Filler)}
    return st.fixed_dictionaries(named)


def records(cls: type[Record]) -> st.SearchStrategy[Record]:
    """Flawless records."""
    return values(cls).map(lambda given: cls.build(**given))


F24 = [
    *[("10", 1, 1), ("20", 1, 1), ("40-01", 1, 2), ("40-02", 1, 1)],
    *[("40-07", 1, 1), ("40-08", 1, 1), ("50-01", 1, 1), ("50-02", 1, 1), ("50-03", 0, 1)],
]


def _shape(text: str) -> list[tuple[str, int, int]]:
    """`14 16? 59{1,20}`: record keys, each with how often it may repeat."""
    found = re.findall(r"([\w/]+)(\?)?(?:\{(\d+),(\d+)\})?", text)
    return [(key, int(least or not optional), int(most or 1)) for key, optional, least, most in found]


# Keys of the records of one order of each flow: a list of alternatives, each with how often it may repeat.
SHAPES: dict[tuple[str, str], list[list[tuple[str, int, int]]]] = {
    ("RIBA", "to_bank"): [
        [(key, 1, 1) for key in ("14", "20", "30", "40", "50", "51", "70")],
        [(key, 1, 1) for key in ("14", "20", "30", "40", "50/non_residente", "51", "70/non_residente")],
    ],
    ("RICHIAMO", "to_bank"): [[(key, 1, 1) for key in ("14/richiamo", "20", "30", "40", "50", "51", "70")]],
    ("RIBA", "from_bank"): [
        [(key, 1, 1) for key in ("14", "20", "30", "40", "50", "51", "70")],
        [("10/promemoria", 1, 1), ("70/promemoria", 1, 1)],
    ],
    ("MAV", "to_bank"): [_shape("14 16? 20 30 40 50 51 70"), _shape("14 16? 20 30 40 51 59{1,20} 70")],
    ("MAV", "from_bank"): [
        _shape("14 16? 20 30 40? 50 51 70"),
        _shape("14 16? 20 30 40? 51 59{1,20} 70"),
        _shape("14 20 30 59{1,3} 51 70"),
        _shape("10/promemoria 70"),
    ],
    ("RID", "to_bank"): [
        _shape("10 16? 17? 20 30 40? 50 70"),
        _shape("10 16? 17? 20 30 40? 60{2,5} 70"),
        _shape("10 16? 17? 20 30 40? 50 70/non_residente"),
    ],
    ("RID", "from_bank"): [_shape("10 20 30 50 70"), _shape("10/promemoria 70")],
    ("PC", "to_bank"): [_shape("10 16 17 20 30 40? 50 70"), _shape("10 16 17? 20 30 40? 60{2,5} 70")],
    ("AL", "to_bank"): [_shape("12 30 40 70"), _shape("12 30? 40? 45? 50? 70")],
    ("AL", "from_bank"): [_shape("12 50 70"), _shape("12 30? 40? 45? 50? 70")],
    ("AL_IBAN", "to_bank"): [_shape("12 30 70")],
    ("F4", "to_bank"): [F24],
    ("I4", "to_bank"): [[*F24[:2], ("40-17", 1, 2), ("40-18", 1, 1), *F24[-3:]]],
    ("Q4", "from_bank"): [[*F24, ("70", 1, 1)]],
    ("PE", "to_bank"): [_shape("H1 P0 P1 PH P4? P5")],
    ("EP", "from_bank"): [_shape("10")],
    ("AV", "from_bank"): [_shape("10 30 50 70")],
    ("AP", "to_bank"): [[("*", 1, 5)]],
    ("SL", "to_bank"): [[("*", 1, 5)]],
    ("SL", "from_bank"): [[("*", 1, 5)]],
    ("CN", "from_bank"): [[("*", 1, 2)]],
    ("ER", "from_bank"): [[("*", 1, 5)]],
    ("RH", "from_bank"): [[("61", 1, 1), ("62+", 0, 4), ("64", 1, 1), ("65", 0, 1)]],
    ("RA", "from_bank"): [[("61", 1, 1), ("62", 1, 1), ("63", 1, 1), ("64", 0, 5), ("65", 0, 1)]],
    ("RP", "from_bank"): [
        [("61", 1, 1), ("62", 0, 2), ("64", 1, 1)],
        [("61", 1, 1), ("62", 1, 1), ("63/first", 1, 1), ("63/free", 0, 4), ("64", 1, 1)],
    ],
    ("DT", "from_bank"): [[("10", 1, 1), ("20", 0, 3)]],
    ("EC", "from_bank"): [[("61", 1, 1), ("62+", 0, 4), ("64", 1, 1)]],
}


@contextmanager
def everything_documented() -> Iterator[None]:
    """Lets tests write what only banks write: records of which some columns are not documented."""
    with mock.patch("cbi.flows.writer.documented", lambda cls, tipo: cls):
        yield


def compose(flow: str, direction: str, header: dict[str, Any], ordini: list[Any]) -> bytes:
    """As `cbi.compose`, undocumented records included."""
    with everything_documented():
        return cbi.compose(flow, direction, header, ordini)


@st.composite
def orders(draw: st.DrawFn, flow: Flow, shape: list[tuple[str, int, int]]) -> list[tuple[str, dict[str, Any]]]:
    """One order (or account) of the flow, as `cbi.compose` takes it; progressives are left to it."""
    found: list[tuple[str, dict[str, Any]]] = []
    for key, least, most in shape:
        for _ in range(draw(st.integers(least, most))):
            found.append(_record(draw, flow, key.rstrip("+")))
            if key == "62+":
                variants = sorted(k for k in flow.records if tipo_of(k) == "63" and "pre2014" not in k)
                chosen = draw(st.lists(st.sampled_from(variants), max_size=5))
                found += [_record(draw, flow, variant) for variant in chosen]
    return found


def _record(draw: st.DrawFn, flow: Flow, key: str) -> tuple[str, dict[str, Any]]:
    cls = flow.records[key]
    given = draw(values(cls))
    for shared in ("numero_progressivo", "progressivo_movimento"):
        given.pop(shared, None)
    if key == "63/free" and given["descrizione"]:
        given["descrizione"] = f"T{given['descrizione'][1:]}"  # a text that begins like a structure is that structure
    if key == "70/non_residente":
        given[f"flag_{flow.name.lower()}_estera"] = "1"  # otherwise nothing tells it from the others
    if key == "10/promemoria":
        given["causale"] = "16000"  # one that begins like those of outcomes is that of an outcome
    if key == "*" and "tipo_record" in given:
        given["tipo_record"] = "00"  # neither a header nor a trailer
    if key == "P1":
        given["moa_5004"] %= 10**17  # so that EF can hold the sum
    if key == "50-01":
        given["saldo_finale_delega"] %= 10**13  # so that EF can hold the sum
    return key, given


def headers(flow: Flow) -> st.SearchStrategy[dict[str, Any]]:
    """Values of the header, with a SIA that cannot be taken for an ABI."""
    sia = st.text("ABCDEFGHIJ0123456789", min_size=4, max_size=4).map(lambda text: f"Z{text}")
    company = "mittente" if flow.direction == "to_bank" else "ricevente"
    return values(flow.records[flow.tipo]).flatmap(
        lambda given: st.fixed_dictionaries(
            {company: sia, "data_creazione": st.dates(date(2014, 1, 1), date(2079, 1, 1))}
        ).map(lambda fixed: {**given, **fixed})
    )


@st.composite
def sound(draw: st.DrawFn, flow: Flow, header: dict[str, Any], shapes: list[list[tuple[str, int, int]]]) -> list[Any]:
    """Orders that break no rule beyond the fields: right codes, right banks, balances that square."""
    found = draw(st.lists(st.sampled_from(shapes).flatmap(lambda shape: orders(flow, shape)), min_size=1, max_size=4))
    bank = header["ricevente" if flow.direction == "to_bank" else "mittente"]
    receipts = iter(draw(st.lists(st.integers(1, 10**10 - 1), min_size=4, max_size=4, unique=True)))
    if (flow.name, flow.direction) in SETTLED:
        settle(draw, flow, header, found)
        return found
    if flow.name in ("F4", "I4", "Q4"):
        sound_f24.settle(found)
        return found
    if flow.name in ("RA", "RP", "DT"):
        sound_statements.settle(flow.name, bank, found)
        return found
    if flow.name == "PE":
        for given in (given for ordine in found for key, given in ordine if key == "P1"):
            given |= {"moa_5004": given["moa_5004"] or 1, "cux_5402_addebito": None}
    if RAW in flow.records:
        return found
    causale = draw(st.sampled_from(["30010", "42010"]))
    for ordine in found:
        balance = 0
        for key, given in ordine:
            tipo = tipo_of(key)
            if tipo == "14":
                given |= {
                    "abi_banca_assuntrice": bank,
                    "importo": given["importo"] or 1,
                    "codice_azienda_creditrice": None,
                }
                given |= {"abi_banca_domiciliataria": "05387"}
                if flow.direction == "to_bank":
                    given |= {"data_pagamento": date(2079, 12, 31)}
                else:
                    given |= {"causale": causale, "segno": "+" if causale == "30010" else "-"}
            elif tipo in ("30", "50"):
                name = "codice_fiscale_cliente" if tipo == "30" else "codifica_fiscale_creditore"
                given[name] = draw(st.sampled_from(["12345678903", "RSSMRA80A01H501U"]))
            elif tipo == "51":
                given |= {"numero_ricevuta": next(receipts), "bollo_provincia": None}
                given |= {"bollo_numero_autorizzazione": None, "bollo_data_autorizzazione": None}
            elif tipo == "61":
                given |= account(bank)
                given |= {"codice_divisa": "EUR", "data_contabile": date(2026, 1, 2), "causale": "93001"}
                if flow.name == "EC":
                    given |= {"causale": "93003"}
                    del given["data_contabile"]
                balance = given["saldo_iniziale"] * (-1 if given["segno"] == "D" else 1)
            elif tipo == "62":
                given |= {"causale_cbi": "48", "numero_assegno": None, "tipo_riferimento_cliente": None}
                balance += given["importo_movimento"] * (-1 if given["segno_movimento"] == "D" else 1)
            elif tipo == "64":
                given |= {"codice_divisa": "EUR", "data_contabile": date(2026, 1, 2)}
                if flow.name == "EC":
                    del given["data_contabile"]
                if abs(balance) >= 10**14:
                    balance = 0
                    ordine[:] = [ordine[0], *(r for r in ordine if r[0] in ("64", "65"))]
                    ordine[0][1]["saldo_iniziale"] = 0
                given |= {"segno_saldo_contabile": "D" if balance < 0 else "C", "saldo_contabile": abs(balance)}
    return found


def account(abi: str) -> dict[str, str]:
    """A current account at a bank: CIN and check digits that agree."""
    from schwifty import IBAN

    iban = IBAN.generate("IT", bank_code=abi, branch_code="01600", account_code="000000123456")
    return {
        "codice_paese": "IT",
        "check_digit": iban.checksum_digits,
        "cin": iban[4],
        "codice_abi_banca": abi,
        "cab_banca": iban[10:15],
        "conto_corrente": iban[15:],
    }
