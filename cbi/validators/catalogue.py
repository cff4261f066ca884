"""The catalogue of rules, read from `catalogo.toml`, and the profiles that decide how severe each one is.

A profile maps codes to a severity or to "off"; what it does not name keeps the severity
of the catalogue. `standard` is for what a company sends, `da_banca` for what banks send; `severo`, which is never
meant unless named, softens nothing and also tells what breaks no rule. A `Profilo` may change some of them, and know
flows that the library does not.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from cbi.flows.model import FROM_BANK, TO_BANK
from cbi.flows.registry import BUILT_IN, Registry
from cbi.validators.diagnostics import ERROR, INFO, SEVERITIES, WARNING

OFF = "off"

# Prefixes of rules that several flows share; CBI is of every flow, any other is the name of its flow.
SHARED: Mapping[str, tuple[str, ...]] = {
    "AL": ("AL", "AL_IBAN"),
    "CC": ("RH", "EC", "RA", "RP"),
    "F24": ("F4", "I4", "Q4"),
}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Regola:
    """A rule as users meet it. `bad` and `good` show the defect and the cure in a few words."""

    code: str
    severity: str
    it: str
    en: str
    hint_it: str
    hint_en: str
    why_it: str
    why_en: str
    source: str
    bad: str
    good: str
    er: str = ""

    @property
    def flows(self) -> tuple[str, ...]:
        """The names of the flows that it is for; none for a rule of every flow."""
        prefix = self.code.partition("-")[0]
        return () if prefix == "CBI" else SHARED.get(prefix, (prefix,))


@cache
def rules() -> Mapping[str, Regola]:
    """Every rule by code."""
    return {code: Regola(code=code, **entry) for code, entry in _read("catalogo.toml").items()}


def legible(text: str) -> str:
    """A text of the catalogue, with what only a defect can fill in shown as ‹found›."""
    return _PLACEHOLDER.sub(r"‹\1›", text)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("cbi.validators").joinpath(name).read_text(encoding="utf-8"))


_ON_REQUEST = {"CBI-CAR-100": OFF, "CBI-CAR-101": OFF, "CBI-BANCA-100": OFF}

PROFILES: Mapping[str, Mapping[str, str]] = {
    "severo": {},
    "standard": _ON_REQUEST,
    "da_banca": {
        **_ON_REQUEST,
        "CBI-RIGA-100": INFO,
        "CBI-RIGA-103": INFO,
        "CBI-RIGA-101": WARNING,
        "CBI-RIGA-102": WARNING,
        "CBI-CAR-032": WARNING,
        "CBI-CAMPO-031": WARNING,
        "CBI-CAMPO-032": WARNING,
        "CBI-CAMPO-035": WARNING,
        "CBI-CAMPO-036": INFO,
        "CBI-CAMPO-038": INFO,
        "CBI-CAMPO-039": INFO,
        "CBI-CAMPO-042": WARNING,
        "CBI-TES-023": WARNING,
        "CBI-TES-031": INFO,
        "RIBA-14-037": WARNING,
        "RIBA-14-047": WARNING,
        "RIBA-IB-037": WARNING,
        "RIBA-50-032": INFO,
        "MAV-14-037": WARNING,
        "MAV-14-047": WARNING,
        "MAV-16-034": WARNING,
        "MAV-16-035": WARNING,
        "MAV-16-037": WARNING,
        "MAV-30-034": WARNING,
        "MAV-59-023": WARNING,
        "MAV-IM-037": WARNING,
        "RID-10-037": WARNING,
        "RID-10-039": WARNING,
        "RID-EF-037": WARNING,
        "RID-IR-037": WARNING,
        "AL-12-021": WARNING,
        "AL-12-022": WARNING,
        "AL-12-031": WARNING,
        "AL-12-034": WARNING,
        "AL-12-035": WARNING,
        "AL-30-034": WARNING,
        "AL-30-134": WARNING,
        "AL-45-031": WARNING,
        "AL-45-034": WARNING,
        "AL-45-035": WARNING,
        "AL-CAR-032": WARNING,
        "CC-61-037": WARNING,
    },
}


BY_DIRECTION = {TO_BANK: "standard", FROM_BANK: "da_banca"}


class UnknownProfile(KeyError):
    """No profile of that name."""


@cache
def severities(profile: str) -> Mapping[str, str]:
    """The severity of every rule under a profile. Raises `UnknownProfile`."""
    if profile not in PROFILES:
        raise UnknownProfile(profile)
    overrides = PROFILES[profile]
    unknown = overrides.keys() - rules().keys()
    if unknown or not set(overrides.values()) <= {*SEVERITIES, OFF}:
        raise ValueError(f"profile {profile}: {sorted(unknown)}")
    return {code: overrides.get(code, rule.severity) for code, rule in rules().items()}


@dataclass(frozen=True)
class Profilo:
    """How severe each rule is, and which flows are known.

    `base` is the name of a profile, None for that of the direction of each flow; `regole` are the severities, by code,
    that differ from it.
    """

    base: str | None = None
    regole: Mapping[str, str] = field(default_factory=dict)
    flows: Registry = BUILT_IN

    def severities(self, direction: str) -> Mapping[str, str]:
        """The severity of every rule over a flow of that direction. Raises `UnknownProfile`."""
        known = severities(self.base or BY_DIRECTION[direction])
        return {**known, **self.regole} if self.regole else known


__all__ = ["ERROR", "OFF", "PROFILES", "Profilo", "Regola", "UnknownProfile", "legible", "rules", "severities"]
