"""The code tables that ship with the package."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def table(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of `tabelle/NAME.csv`."""
    text = files("cbi.validators").joinpath("tabelle", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


CAUSALI_ABI = frozenset(row["code"].encode() for row in table("causali_abi"))


@cache
def er_codes() -> Mapping[str, Mapping[str, str]]:
    """The diagnostic codes with which banks refuse a flow, by code."""
    return {row["code"]: row for row in table("er_codes")}


@cache
def er_unforeseen() -> Mapping[str, Mapping[str, str]]:
    """The diagnostic codes that no rule has: why, and what to do, in both languages."""
    return tomllib.loads(files("cbi.validators").joinpath("er.toml").read_text(encoding="utf-8"))
