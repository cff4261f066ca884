"""Profiles in a file: what they change, and what is said of one that will not do."""

from __future__ import annotations

import io

import pytest

from cbi.flows.registry import BUILT_IN, find
from cbi.validators.catalogue import PROFILES, Profilo, rules, severities
from cbi.validators.diagnostics import INFO
from cbi.validators.lint import RULESETS, lint
from cbi.validators.profili import ProfiloErrato, read
from fixtures import make, parziali

EFFETTI = (parziali.PROFILI / "effetti.csv").read_text(encoding="utf-8")
SHORT = make.FILES["riba_righe_accorciate"]


def profile(text: str, **files: str) -> Profilo:
    return read(text, "p.toml", lambda name: files[name].splitlines(keepends=True))


def found(data: bytes, by: Profilo | str | None) -> set[tuple[str, str]]:
    return {(diagnostic.code, diagnostic.severity) for diagnostic in lint(io.BytesIO(data), profile=by)}


def test_an_empty_profile_changes_nothing() -> None:
    assert profile("") == Profilo()
    for flow in BUILT_IN.flows:
        assert profile("").severities(flow.direction) == Profilo().severities(flow.direction)


@pytest.mark.parametrize("base", PROFILES)
def test_a_profile_with_a_base_is_that_base_in_either_direction(base: str) -> None:
    by = profile(f'base = "{base}"')
    assert by.severities("to_bank") == by.severities("from_bank") == severities(base)


def test_without_a_base_each_direction_has_its_own() -> None:
    by = profile('[regole]\nCBI-RIGA-100 = "error"')
    assert by.severities("to_bank") == {**severities("standard"), "CBI-RIGA-100": "error"}
    assert by.severities("from_bank") == {**severities("da_banca"), "CBI-RIGA-100": "error"}


@pytest.mark.parametrize("severity", ["error", "warning", "info"])
def test_a_rule_has_the_severity_that_the_profile_gives_it(severity: str) -> None:
    assert found(SHORT, profile(f'[regole]\nCBI-RIGA-100 = "{severity}"')) == {("CBI-RIGA-100", severity)}


@pytest.mark.parametrize("name", ["riba_righe_accorciate", "riba_lf", "cn", "riba_latin1"])
def test_a_rule_that_is_off_says_nothing_of_a_line_or_of_a_file(name: str) -> None:
    (code,) = {code for code, _ in found(make.FILES[name], None)}
    assert found(make.FILES[name], profile(f'[regole]\n{code} = "off"')) == set()


def test_a_layout_of_the_profile_is_known_with_it_and_only_with_it() -> None:
    by = profile('tracciati = ["a"]', a=EFFETTI)
    assert by.flows.find("AP", "to_bank") is not find("AP", "to_bank")
    assert [flow for flow in by.flows.flows if flow.name != "AP"] == [
        flow for flow in BUILT_IN.flows if flow.name != "AP"
    ]
    assert found(make.FILES["ap_effetti"], by) == set()
    assert found(make.FILES["ap_effetti"], None) == {("CBI-REC-100", INFO)}


def test_a_second_file_adds_to_what_the_first_declares() -> None:
    body = "".join(row for row in EFFETTI.splitlines(keepends=True) if not row.startswith("AP,to_bank,10"))
    by = profile('tracciati = ["ends", "all"]', ends=body, all=EFFETTI)
    assert list(by.flows.find("AP", "to_bank").records) == ["AP", "10", "EF"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("base = ", "TOML"),
        ('name = "x"', "name"),
        ("base = 3", "base"),
        ('base = "severissimo"', "standard"),
        ('tracciati = "a.csv"', "tracciati"),
        ("tracciati = [1]", "tracciati"),
        ('regole = "off"', "regole"),
        ('[regole]\nCBI-RIGA-10 = "off"', "CBI-RIGA-101"),
        ('[regole]\nCBI-RIGA-100 = "forte"', "forte"),
        ("[regole]\nCBI-RIGA-100 = 1", "CBI-RIGA-100"),
    ],
)
def test_what_is_wrong_with_a_profile_is_told_in_both_languages(text: str, words: str) -> None:
    with pytest.raises(ProfiloErrato) as caught:
        profile(text)
    error = caught.value
    assert (error.file, error.line) == ("p.toml", 0)
    assert words in error.it and error.it != error.en


def test_what_is_wrong_with_a_layout_is_told_of_its_own_file_and_row() -> None:
    with pytest.raises(ProfiloErrato) as caught:
        profile('tracciati = ["a"]', a=EFFETTI.replace("22,34,amount_cents", "23,34,amount_cents"))
    assert (caught.value.file, caught.value.line) == ("a", 16)


@pytest.mark.parametrize(("name", "direction"), [key for key in RULESETS if find(*key).tipo == key[0]])
def test_a_flow_with_rules_of_its_own_is_not_for_a_profile_to_change(name: str, direction: str) -> None:
    header = EFFETTI.replace("AP,to_bank,AP", f"{name},{direction},{name}").replace("const,AP", f"const,{name}")
    with pytest.raises(ProfiloErrato, match="declared already") as caught:
        profile('tracciati = ["a"]', a=header.replace("AP,to_bank", f"{name},{direction}"))
    it, en = ("verso la banca", "to the bank") if direction == "to_bank" else ("dalla banca", "from the bank")
    assert f"{name} {it}" in caught.value.it and f"{name} {en}" in caught.value.en


def test_rules_are_those_of_the_catalogue_whatever_the_profile() -> None:
    assert profile('[regole]\nCBI-RIGA-100 = "off"').severities("to_bank").keys() == rules().keys()
