"""Profiles in a file: another severity for some rules, and flows that only their user knows.

A profile is a TOML file:

    base = "standard"            # or "da_banca"; left out, the one that the direction of each flow asks for
    tracciati = ["effetti.csv"]  # files of `cbi.flows.tracciati`, beside this one

    [regole]
    CBI-RIGA-100 = "info"        # error, warning, info or off
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from cbi.flows import tracciati
from cbi.flows.model import TO_BANK, Flow
from cbi.flows.registry import BUILT_IN, Registry
from cbi.validators.catalogue import OFF, PROFILES, Profilo, rules
from cbi.validators.diagnostics import SEVERITIES
from cbi.validators.lint import RULESETS

KEYS = {"base": str, "regole": dict, "tracciati": list}
VERDICTS = (*SEVERITIES, OFF)


class ProfiloErrato(ValueError):
    """What is wrong with a profile or a file that it names: which, its line (0 for the whole file), what to do."""

    def __init__(self, file: str, line: int, it: str, en: str) -> None:
        super().__init__(f"{file}:{line}: {en}")
        self.file, self.line, self.it, self.en = file, line, it, en


def read(text: str, file: str, lines_of: Callable[[str], Iterable[str]]) -> Profilo:
    """The profile that a file says; `lines_of` gives the lines of a file that it names. Raises `ProfiloErrato`."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfiloErrato(file, 0, f"non è TOML: {error}", f"not TOML: {error}") from error
    _check_keys(content, file)
    return Profilo(_base(content, file), _regole(content, file), _flows(content, file, lines_of))


def _check_keys(content: Mapping[str, Any], file: str) -> None:
    for key, value in content.items():
        if not isinstance(value, KEYS.get(key, ())):
            it = f"{key}: non va bene; ci vogliono base (un nome), tracciati (un elenco) e la tabella [regole]"
            en = f"{key}: will not do; what is wanted is base (a name), tracciati (a list) and the table [regole]"
            raise ProfiloErrato(file, 0, it, en)


def _base(content: Mapping[str, Any], file: str) -> str | None:
    base = content.get("base")
    if base is not None and base not in PROFILES:
        known = ", ".join(PROFILES)
        raise ProfiloErrato(file, 0, f"base: non c'è un profilo «{base}»; ci sono {known}", f"base: only {known} exist")
    return base


def _regole(content: Mapping[str, Any], file: str) -> Mapping[str, str]:
    wanted: Mapping[str, Any] = content.get("regole", {})
    for code, severity in wanted.items():
        if code not in rules():
            near = ", ".join(get_close_matches(code, rules())) or "cbi explain"
            it = f"[regole]: non c'è una regola {code}; forse {near}"
            raise ProfiloErrato(file, 0, it, f"[regole]: no rule {code}; perhaps {near}")
        if severity not in VERDICTS:
            listed = ", ".join(VERDICTS)
            it = f"[regole]: la gravità di {code} non può essere «{severity}»: ci vuole {listed}"
            raise ProfiloErrato(file, 0, it, f"[regole]: {code} cannot be “{severity}”: only {listed}")
    return wanted


def _flows(content: Mapping[str, Any], file: str, lines_of: Callable[[str], Iterable[str]]) -> Registry:
    flows = BUILT_IN
    for name in content.get("tracciati", []):
        if not isinstance(name, str):
            raise ProfiloErrato(file, 0, f"tracciati: {name!r} non è un nome di file", "tracciati: not a file name")
        try:
            found = tracciati.read(lines_of(name), flows)
        except tracciati.RigaErrata as error:
            raise ProfiloErrato(name, error.line, error.it, error.en) from error
        for flow in found:
            _check_open(flow, name)
        flows = flows.completed(found)
    return flows


def _check_open(flow: Flow, file: str) -> None:
    """What has rules of its own is known whole: a layout of the user's would be judged by the rules of another."""
    if (flow.name, flow.direction) in RULESETS:
        way = ("verso la banca", "to the bank") if flow.direction == TO_BANK else ("dalla banca", "from the bank")
        it = f"il flusso {flow.name} {way[0]} è già dichiarato, con le sue regole: un profilo non lo cambia"
        en = f"flow {flow.name} {way[1]} is declared already, with its rules: a profile does not change it"
        raise ProfiloErrato(file, 0, it, en)
