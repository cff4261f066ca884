"""RA, RP and DT: statements of advances, of portfolios and of securities as flows.

Source: CBI-RND-001 v6.05, sections 4 to 6.
"""

from __future__ import annotations

from cbi.flows.model import FROM_BANK, Context, Flow, Unit
from cbi.records import dt, ra, rp

_AFTER_CASE = {"62": "62", "65": "65", "61": "61", "EF": "EF"}

RA = Flow(
    name="RA",
    direction=FROM_BANK,
    title="Rendicontazione dei conti anticipi",
    records={
        "RA": ra.RA,
        "61": ra.Record61,
        "62": ra.Record62,
        "63": ra.Record63,
        "64": ra.Record64,
        "65": ra.Record65,
        "EF": ra.EF,
    },
    transitions={
        "RA": {"61": "61", "EF": "EF"},
        "61": {**_AFTER_CASE},
        "62": {"63": "63", **_AFTER_CASE},
        "63": {"63": "63", "64": "64", **_AFTER_CASE},
        "64": {"63": "63", "64": "64", **_AFTER_CASE},
        "65": {"61": "61", "EF": "EF"},
    },
    units=(
        Unit((("61", ""),)),
        Unit((("62", ""),)),
        Unit((("63", ""), ("64", "{0,5}"))),
        Unit((("65", ""),)),
    ),
    starts=frozenset({"61"}),
    classify=lambda keys, raws, context: keys,
)


def _details(keys: list[str], raws: list[bytes], context: Context) -> list[str]:
    """The first 63 of a movement says which flow was presented, the others are free text."""
    first = keys.index("63") if "63" in keys else -1
    named = {at: "63/first" if at == first else "63/free" for at, key in enumerate(keys) if key == "63"}
    return [named.get(at, key) for at, key in enumerate(keys)]


RP = Flow(
    name="RP",
    direction=FROM_BANK,
    title="Rendicontazione del portafoglio",
    records={
        "RP": rp.RP,
        "61": rp.Record61,
        "62": rp.Record62,
        "63/first": rp.Record63First,
        "63/free": rp.Record63Free,
        "64": rp.Record64,
        "EF": rp.EF,
    },
    transitions={
        "RP": {"61": "61", "EF": "EF"},
        "61": {"62": "62", "64": "64"},
        "62": {"62": "62", "63": "63", "64": "64"},
        "63": {"62": "62", "63": "63", "64": "64"},
        "64": {"61": "61", "EF": "EF"},
    },
    units=(
        Unit((("61", ""),)),
        Unit((("62", ""), ("63/first", ""), ("63/free", "{0,4}"))),
        Unit((("62", ""), ("63/first", "{0}"))),
        Unit((("64", ""),)),
    ),
    starts=frozenset({"61"}),
    classify=_details,
)

DT = Flow(
    name="DT",
    direction=FROM_BANK,
    title="Dossier titoli",
    records={"DT": dt.DT, "10": dt.Record10, "20": dt.Record20, "EF": dt.EF},
    transitions={
        "DT": {"10": "10", "EF": "EF"},
        "10": {"10": "10", "20": "20", "EF": "EF"},
        "20": {"20": "20", "10": "10", "EF": "EF"},
    },
    units=(Unit((("10", ""),)), Unit((("20", ""),))),
    starts=frozenset({"10"}),
    classify=lambda keys, raws, context: keys,
)
