"""Hypothesis strategies made from the declarations: values of a field, a record, a whole flow."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from cbi.fields import ADMITTED, Cents, Choice, CommaAmount, Const, Date, Digits, Field, Filler, FreeText, Number, Text
from cbi.flows.model import Flow, tipo_of
from cbi.layout import Record

CHARS = ADMITTED.decode()
SOLID = CHARS.replace(" ", "")


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
        return st.builds(
            lambda first, rest: (first + rest).rstrip(), st.sampled_from(SOLID), st.text(CHARS, max_size=field.size - 1)
        )
    if isinstance(field, Digits):
        return st.text("0123456789", min_size=field.size, max_size=field.size)
    if isinstance(field, Number | Cents):
        return st.integers(0, 10**field.size - 1)
    if isinstance(field, CommaAmount):
        return st.integers(0, 10 ** (field.size - 1) - 1)
    if isinstance(field, Date):
        return st.dates(date(1980, 1, 1), date(2079, 12, 31))
    raise TypeError(field)


def _rstrip(text: str) -> str:
    return text.rstrip()


def values(cls: type[Record]) -> st.SearchStrategy[dict[str, Any]]:
    """Values for all the fields of a record."""
    named = {field.name: value(field) for field in cls.FIELDS if not isinstance(field, Filler)}
    return st.fixed_dictionaries(named)


def records(cls: type[Record]) -> st.SearchStrategy[Record]:
    """Flawless records."""
    return values(cls).map(lambda given: cls.build(**given))


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
    ("RH", "from_bank"): [[("61", 1, 1), ("62+", 0, 4), ("64", 1, 1), ("65", 0, 1)]],
    ("EC", "from_bank"): [[("61", 1, 1), ("62+", 0, 4), ("64", 1, 1)]],
}


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
    if key == "63/free":
        given["descrizione"] = f"T{given['descrizione'][1:]}"  # a text that begins like a structure is that structure
    if key == "70/non_residente":
        given["flag_riba_estera"] = "1"  # otherwise nothing tells it from the others
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
