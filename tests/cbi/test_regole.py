"""Every rule of the catalogue has its texts, a file that breaks it and a twin that does not."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import cbi
from cbi.flows.registry import DECLARED
from cbi.validators import sospetti
from cbi.validators.catalogue import OFF, PROFILES, rules, severities
from cbi.validators.diagnostics import ERROR, INFO, SEVERITIES, Diagnostic
from cbi.validators.explain import SPECIFIC
from cbi.validators.lint import LIMIT, RULESETS, lint
from cbi.validators.tables import er_codes
from fixtures import campi, comune, make

ROOT = Path(make.HERE).parent
CODES = sorted(rules())
TEXTS = ("it", "en", "hint_it", "hint_en", "why_it", "why_en", "source", "bad", "good")
MESSAGES = ("it", "en", "hint_it", "hint_en")
PLACEHOLDERS = {"record", "field", "description", "found", "expected", "start", "end", "kind"}
FIXTURES = sorted(path.relative_to(make.HERE).as_posix() for path in make.HERE.rglob("*.cbi"))


def read(name: str) -> bytes:
    return (make.HERE / name).read_bytes()


def defects(data: bytes, profile: str | None = None, *, on: date | None = None, fast: bool = True) -> list[Diagnostic]:
    return list(lint(io.BytesIO(data), "flusso.cbi", profile, on=on, fast=fast))


def rotta(code: str) -> list[Diagnostic]:
    """What is found in the broken file of a rule, under the profile and on the day of sending that it needs."""
    return defects(read(f"regole/{code}.rotta.cbi"), make.asking(code), on=make.ON.get(code))


def codes(found: list[Diagnostic], severity: str = "") -> set[str]:
    return {diagnostic.code for diagnostic in found if severity in ("", diagnostic.severity)}


# --- the files ---------------------------------------------------------------------------------------------


def test_the_files_are_those_that_the_generator_writes() -> None:
    made = make.fixtures()
    assert sorted(made) == FIXTURES
    assert [name for name in FIXTURES if read(name) != made[name]] == []


def test_every_rule_has_its_two_files_and_no_file_is_a_stranger() -> None:
    wanted = {f"regole/{code}.{kind}.cbi" for code in CODES for kind in ("rotta", "sana")}
    assert {name for name in FIXTURES if "/" in name} == wanted


@pytest.mark.parametrize("code", CODES)
def test_the_broken_file_of_a_rule_breaks_it_and_no_other_rule_it_need_not(code: str) -> None:
    found = rotta(code)
    assert code in codes(found)
    assert codes(found, ERROR) <= {code} | make.ALSO.get(code, frozenset())


@pytest.mark.parametrize("code", CODES)
def test_the_sound_file_of_a_rule_is_sound(code: str) -> None:
    assert defects(read(f"regole/{code}.sana.cbi"), on=make.ON.get(code)) == []
    assert code not in codes(defects(read(f"regole/{code}.sana.cbi"), "severo"))


@pytest.mark.parametrize("code", sorted(make.ON))
def test_what_depends_on_the_day_of_sending_is_not_told_without_one(code: str) -> None:
    assert defects(read(f"regole/{code}.rotta.cbi")) == []


@pytest.mark.parametrize("code", sorted(make.ALSO))
def test_what_comes_along_with_a_defect_does_come(code: str) -> None:
    assert make.ALSO[code] <= codes(rotta(code), ERROR)


@pytest.mark.parametrize("name", [name for name in FIXTURES if not name.endswith("FILE-200.rotta.cbi")])
def test_proving_and_explaining_give_the_same_answer(name: str) -> None:
    assert defects(read(name)) == defects(read(name), fast=False)


@pytest.mark.parametrize("on", [date(2026, 11, 20), date(2026, 12, 16), date(2027, 3, 1)])
@pytest.mark.parametrize("name", sorted(f"{name}.cbi" for name in make.FILES))
def test_they_give_the_same_answer_whatever_the_day_of_sending(name: str, on: date) -> None:
    assert defects(read(name), on=on) == defects(read(name), on=on, fast=False)


@pytest.mark.parametrize("fast", [True, False])
def test_what_is_found_in_each_file_is_what_was_read_over_and_kept(fast: bool) -> None:
    kept = make.VERDETTI.read_text(encoding="utf-8").splitlines()
    assert [line for esame in make.esami() for line in make.verdetto(esame, fast=fast)] == kept


@pytest.mark.parametrize("flusso", campi.FLUSSI)
def test_what_becomes_of_a_flow_when_something_in_it_changes_was_read_over_and_kept(flusso: str) -> None:
    lines = campi.CAMPI.read_text(encoding="utf-8").splitlines()
    assert [*campi.campi(flusso), *campi.righe(flusso)] == [
        line for line in lines if json.loads(line)["flow"] == flusso
    ]


@pytest.mark.parametrize("code", CODES)
def test_what_is_expected_of_a_field_is_never_what_it_holds(code: str) -> None:
    blamed = [diagnostic for diagnostic in rotta(code) if diagnostic.field is not None]
    assert [diagnostic for diagnostic in blamed if diagnostic.value == diagnostic.expected] == []


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sound file after a few accidents: bytes changed, lost or added, lines moved, lost or repeated."""
    data = bytearray(make.FILES[draw(st.sampled_from(sorted(make.FILES)))])
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(data), 1) - 1))
        data = data or bytearray(b" ")
        match draw(st.sampled_from(("change", "lose", "add", "lines"))):
            case "change":
                data[at] = draw(st.integers(0, 255))
            case "lose":
                del data[at]
            case "add":
                data.insert(at, draw(st.sampled_from(b" 0A\r\n")))
            case _:
                data = _shuffled(bytes(data), draw(st.integers(0, 30)), draw(st.integers(0, 30)))
    return bytes(data)


def _shuffled(data: bytes, one: int, two: int) -> bytearray:
    """Line `one` moved to place `two`; where it is the same place, lost; beyond the last, the first repeated."""
    lines = data.split(comune.EOL)
    if one >= len(lines):
        lines.insert(two, lines[0])
    else:
        line = lines.pop(one)
        lines[two:two] = [line] if one != two else []
    return bytearray(comune.EOL.join(lines) or b" " * 120)


RH, EC = make.FILES["rh"], make.FILES["ec"]


@settings(max_examples=300, deadline=None)
@given(damaged(), st.none() | st.dates(date(2026, 11, 1), date(2027, 3, 31)))
@example(comune.put("RH", "data_creazione", "20-126")(RH), None)
@example(comune.insert("63", b"")(RH), None)
@example(comune.then(comune.insert("63", b""), comune.drop("62"))(EC), None)
@example(comune.drop("62")(EC), None)
def test_a_damaged_file_is_judged_alike_by_both_paths_and_crashes_neither(data: bytes, on: date | None) -> None:
    assert defects(data, on=on) == defects(data, on=on, fast=False)


def test_a_file_of_countless_defects_is_cut_short_and_says_so_with_the_worst_severity_left_out() -> None:
    found = defects(read("regole/CBI-FILE-200.rotta.cbi"))
    assert [diagnostic.code for diagnostic in found].index("CBI-FILE-200") == LIMIT == len(found) - 1
    assert found[-1].severity == ERROR
    assert int(found[-1].expected or 0) > 0


# --- habits of files ---------------------------------------------------------------------------------------

HABITS = {
    "mav": set(),
    "mav_richiamo": set(),
    "mav_esiti": set(),
    "rid": set(),
    "rid_non_residente": set(),
    "rid_esiti": set(),
    "pc": set(),
    "pc_stipendi": set(),
    "pc_causali_miste": {"PC-10-032"},
    "al": set(),
    "al_risposte": set(),
    "al_iban": set(),
    "f24": set(),
    "pe": set(),
    "pe_documenti": {"CBI-REC-100"},
    "ep": {"CBI-REC-100"},
    "av": set(),
    "ap": {"CBI-REC-100"},
    "ap_effetti": {"CBI-REC-100"},
    "sl": {"CBI-REC-100"},
    "sl_banca": {"CBI-REC-100"},
    "ra": set(),
    "rp": set(),
    "dt": set(),
    "f24_elide": set(),
    "f24_quietanze": set(),
    "f24_accettazioni": {"CBI-REC-100"},
    "f24_revoche": {"CBI-REC-100"},
    "riba": set(),
    "riba_richiamo": set(),
    "riba_non_residente": set(),
    "riba_esiti": set(),
    "riba_insoluti": set(),
    "rh": set(),
    "ec": set(),
    "due_banche": set(),
    "riba_lf": {"CBI-FILE-102"},
    "riba_senza_fine_riga": {"CBI-FILE-102"},
    "riba_righe_accorciate": {"CBI-RIGA-100"},
    "riba_spazi_in_fondo": {"CBI-RIGA-103"},
    "riba_senza_primo_spazio": {"CBI-RIGA-101"},
    "riba_fine_file": {"CBI-FILE-101"},
    "riba_righe_vuote": {"CBI-FILE-103"},
    "riba_bom": {"CBI-FILE-100"},
    "riba_numeri_a_sinistra": {"CBI-CAMPO-039"},
    "riba_dati_nei_filler": {"CBI-CAMPO-036"},
    "riba_testa_ripetuta": {"CBI-TES-023"},
    "riba_testa_a_ogni_ordine": {"CBI-TES-023"},
    "riba_latin1": {"CBI-CAR-032"},
    "riba_utf8": {"CBI-CAR-032", "CBI-RIGA-102"},
    "rh_dati_nei_filler": {"CBI-CAMPO-036"},
    "cn": {"CBI-REC-100"},
    "er": {"CBI-REC-100"},
}


@pytest.mark.parametrize("name", sorted(make.FILES))
def test_each_file_shows_its_situation_and_nothing_else(name: str) -> None:
    assert codes(defects(read(f"{name}.cbi"))) == HABITS[name]


def test_letters_of_two_bytes_are_told_before_what_follows_from_them() -> None:
    assert [diagnostic.code for diagnostic in defects(read("riba_utf8.cbi"))] == ["CBI-RIGA-102", "CBI-CAR-032"]


def test_fixtures_show_every_flow_that_the_library_knows_field_by_field() -> None:
    shown = {next(cbi.read_records(io.BytesIO(data))).riga.tipo for data in make.FILES.values()}
    assert shown == {flow.tipo for flow in DECLARED}


# --- the catalogue -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
def test_a_rule_says_all_it_has_to_say_in_both_languages(code: str) -> None:
    rule = rules()[code]
    texts = {name: getattr(rule, name) for name in TEXTS}
    assert [name for name, text in texts.items() if not text.strip()] == []
    assert rule.severity in SEVERITIES
    assert rule.it != rule.en and rule.hint_it != rule.hint_en and rule.why_it != rule.why_en
    assert rule.bad != rule.good


@pytest.mark.parametrize("code", CODES)
def test_a_rule_uses_only_known_placeholders_and_those_of_one_language_in_both(code: str) -> None:
    rule = rules()[code]
    used = {name: {field for _, field, _, _ in Formatter().parse(getattr(rule, name)) if field} for name in MESSAGES}
    assert set().union(*used.values()) <= PLACEHOLDERS
    assert used["it"] - {"description"} == used["en"] and used["hint_it"] == used["hint_en"]


@pytest.mark.parametrize("code", CODES)
def test_a_rule_names_the_flows_that_it_is_for(code: str) -> None:
    broken = {supporto.flow for supporto in cbi.read_supporti(io.BytesIO(read(f"regole/{code}.rotta.cbi")))}
    assert broken <= set(rules()[code].flows) <= {flow.name for flow in DECLARED} or code.startswith("CBI-")


def test_every_flow_with_rules_of_its_own_is_named_by_some_rule() -> None:
    named = {flow for code in CODES for flow in rules()[code].flows}
    assert {name for name, _ in RULESETS} - named == {"DT"}  # which has those of every flow, less one


@pytest.mark.parametrize("code", [code for code in CODES if rules()[code].er])
def test_a_code_of_the_banks_is_one_they_use(code: str) -> None:
    assert rules()[code].er in er_codes()


# Same last digits as a code of the banks, but another matter: a receipt sent twice is not a supporto sent twice.
NOT_THE_BANKS = {"RIBA-51-999", "MAV-51-999", "PC-70-999", "F24-10-999"}


def test_the_last_digits_of_a_code_are_those_of_the_banks_where_they_have_one() -> None:
    last = {code: code.rsplit("-", 1)[1] for code in CODES}
    unlinked = {code for code in CODES if last[code] in er_codes() and rules()[code].er != last[code]}
    assert unlinked == NOT_THE_BANKS


RAISED = re.compile(r'"((?:[A-Z][A-Z0-9]*)-[A-Z0-9]{2,5}-\d{3})"')
LINE_FAULT = re.compile(r'LineFault\("((?:RIGA|FILE)-\d{3})"')
FIELD_FAULT = re.compile(r'fault\("(\d{3})"')
DISORDER = re.compile(r'problem="(\d{3})"')


def raised() -> set[str]:
    """Every code that the sources of the library can raise, also those composed of a prefix and a kind."""
    modules = (path for path in (ROOT / "cbi").rglob("*.py") if path.name != "catalogue.py")  # it raises nothing
    sources = "\n".join(path.read_text(encoding="utf-8") for path in modules)
    return {
        *RAISED.findall(sources),
        *(f"CBI-{kind}" for kind in LINE_FAULT.findall(sources)),
        *(f"CBI-CAMPO-{kind}" for kind in FIELD_FAULT.findall(sources)),
        *(f"CBI-REC-{problem}" for problem in DISORDER.findall(sources)),
    }


def test_every_code_that_can_be_raised_is_in_the_catalogue_and_no_other() -> None:
    assert raised() == set(CODES)


def test_rules_of_their_own_for_single_fields_are_in_the_catalogue() -> None:
    assert set(SPECIFIC.values()) <= set(CODES)


# --- what users read ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["it", "en"])
@pytest.mark.parametrize("code", CODES)
def test_a_diagnostic_reads_well(code: str, lang: str) -> None:
    for diagnostic in (found for found in rotta(code) if found.code == code):
        words = diagnostic.headline(lang) + (diagnostic.hint_it if lang == "it" else diagnostic.hint_en)
        assert not re.search(r"[{}]|  |«»|“”|\(\)| [.,:;]", words)
        assert diagnostic.render(lang).startswith(f"flusso.cbi:{diagnostic.line}:{diagnostic.start}: ")


@pytest.mark.parametrize("code", CODES)
def test_the_ruler_stands_under_the_columns_of_the_defect(code: str) -> None:
    for diagnostic in rotta(code):
        if diagnostic.code == code and diagnostic.text:
            record, carets = diagnostic.ruler()
            first, last = carets.index("^"), carets.rindex("^")
            margin = record.index("|") + 1
            assert (first - margin + 1, last - margin + 1) == (diagnostic.start, diagnostic.end)


# --- profiles ----------------------------------------------------------------------------------------------


RANK = {severity: position for position, severity in enumerate((*SEVERITIES, OFF))}


@pytest.mark.parametrize("code", sorted(code for code in PROFILES["da_banca"] if make.asking(code) is None))
def test_what_comes_from_a_bank_is_read_with_the_severity_of_its_profile(code: str) -> None:
    data = read(f"regole/{code}.rotta.cbi")
    wanted = PROFILES["da_banca"][code]
    assert {found.severity for found in defects(data, "da_banca") if found.code == code} == {wanted}
    assert {found.severity for found in defects(data, "standard") if found.code == code} == {rules()[code].severity}


def test_a_profile_only_ever_softens_what_banks_send() -> None:
    softened = severities("da_banca")
    assert [code for code in CODES if RANK[softened[code]] < RANK[rules()[code].severity]] == []


def test_what_breaks_no_rule_is_told_only_to_who_asks_for_it() -> None:
    on_request = {code for code in CODES if make.asking(code) == "severo"}
    assert on_request == set(sospetti.CODES)
    for code in on_request:
        broken = read(f"regole/{code}.rotta.cbi")
        assert defects(broken) == defects(broken, "standard") == defects(broken, "da_banca") == []
        assert codes(defects(broken, "severo")) == {code}


@pytest.mark.parametrize("wrong", [{"CBI-RIGA-999": INFO}, {"CBI-RIGA-100": "forte"}])
def test_a_profile_of_ours_that_names_what_is_not_there_is_a_mistake(
    wrong: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cbi.validators.catalogue.PROFILES", {"prova": wrong})
    with pytest.raises(ValueError, match="prova"):
        severities("prova")


@pytest.mark.parametrize("code", CODES)
def test_no_profile_is_stricter_than_the_one_called_so(code: str) -> None:
    assert severities("severo")[code] == rules()[code].severity
    assert all(RANK[severities(profile)[code]] >= RANK[rules()[code].severity] for profile in PROFILES)


def test_private_data_of_a_bank_in_the_fillers_are_a_note_and_its_columns_are_exact() -> None:
    found = defects(read("rh_dati_nei_filler.cbi"))
    assert {diagnostic.severity for diagnostic in found} == {INFO}
    shown = {(diagnostic.record, diagnostic.start, diagnostic.end, diagnostic.value) for diagnostic in found}
    assert shown == {
        ("61", 11, 20, "FILIALE 12"),
        ("64", 106, 120, "000000001346700"),
        ("EF", 115, 120, "201126"),
    }


def test_the_same_fillers_towards_a_bank_are_a_warning() -> None:
    found = defects(read("rh_dati_nei_filler.cbi"), "standard")
    assert {diagnostic.severity for diagnostic in found} == {rules()["CBI-CAMPO-036"].severity} != {INFO}
