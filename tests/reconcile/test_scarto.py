"""A refusal explained: the codes of the bank, and what our checks say of the flow that was sent."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest

import cbi
from banksim.risposte import scarto
from cbi.flows.model import TO_BANK
from cbi.validators.catalogue import rules
from cbi.validators.tables import er_codes, er_unforeseen
from fixtures import make
from reconcile.codici_er import in_words, places
from reconcile.scarto import Scarto, explain, refusals
from tests.reconcile.banco import supporto

DAY = date(2026, 11, 20)
RIBA = make.FILES["riba"]


def broken(code: str) -> bytes:
    return (make.HERE / "regole" / f"{code}.rotta.cbi").read_bytes()


def refused(sent: bytes, *codes: str) -> cbi.Supporto:
    return supporto(scarto(supporto(sent), DAY, codes))


def explained(sent: bytes, *codes: str) -> Scarto:
    return explain(refused(sent, *codes), sent, "sent.cbi")


@pytest.mark.parametrize("code", sorted(er_codes()))
def test_every_code_of_the_banks_has_rules_or_a_reason_why_it_has_none(code: str) -> None:
    linked = [rule for rule in rules().values() if rule.er == code]
    assert bool(linked) != (code in er_unforeseen())


@pytest.mark.parametrize("code", sorted(er_unforeseen()))
def test_a_reason_is_given_in_both_languages_with_what_to_do(code: str) -> None:
    words = er_unforeseen()[code]
    assert code in er_codes() and set(words) == {"why_it", "why_en", "hint_it", "hint_en"} and all(words.values())
    assert words["why_it"] != words["why_en"] and words["hint_it"] != words["hint_en"]


SENT = {
    code
    for code, rule in rules().items()
    if rule.er
    and not code.startswith(("CC-", "CBI-FILE", "CBI-TES"))
    and any(s.direction == TO_BANK for s in cbi.read_supporti(BytesIO(broken(code))))
}


@pytest.mark.parametrize("code", sorted(SENT))
def test_the_code_of_a_rule_leads_to_the_line_that_broke_it(code: str) -> None:
    raw = broken(code)
    (causa,) = explained(raw, rules()[code].er).cause
    assert code in {rule.code for rule in causa.regole}
    wanted = {(d.code, d.line, d.start) for d in cbi.lint(BytesIO(raw)) if d.code == code}
    assert wanted <= {(d.code, d.line, d.start) for d in causa.difetti}


def test_the_rules_are_those_of_the_flow_and_those_of_every_flow() -> None:
    (causa,) = explained(RIBA, "050").cause
    assert {rule.code.partition("-")[0] for rule in causa.regole} == {"CBI", "RIBA"}
    (blind,) = explain(refused(RIBA, "050")).cause
    families = {rule.code.partition("-")[0] for rule in blind.regole}
    assert families == {"CBI", "RIBA", "MAV", "RID", "PC", "PE", "F24"} and blind.difetti == []


def test_where_nothing_corresponds_nothing_is_made_up_and_other_errors_are_told() -> None:
    clean = explained(RIBA, "050", "066")
    assert [(causa.codice, causa.line, causa.difetti) for causa in clean.cause] == [("050", 2, []), ("066", 3, [])]
    assert not clean.errors and clean.altri == [] and clean.cause[1].regole == [] and all(clean.cause[1].why)
    other = explained(broken("RIBA-30-034"), "050")
    assert [d.code for d in other.altri] == ["RIBA-30-034"] and other.errors and other.cause[0].difetti == []


def test_what_a_code_explains_is_not_told_again() -> None:
    found = explained(broken("RIBA-30-034"), "034")
    assert [d.code for d in found.cause[0].difetti] == ["RIBA-30-034"] and found.altri == []


def test_of_a_file_with_several_flows_only_the_one_refused_is_looked_at() -> None:
    wrong = broken("RIBA-30-034")
    two = make.FILES["due_banche"].replace(b"RIBA2011", b"ALTR2011") + wrong
    assert explain(refused(wrong, "034"), two, "-").errors
    assert not explain(refused(make.FILES["due_banche"].replace(b"RIBA2011", b"ALTR2011"), "034"), two, "-").errors
    by_body = supporto((make.HERE / "er.cbi").read_bytes())
    assert explain(by_body, broken("RIBA-EF-050"), "-").cause[0].difetti
    stranger = refused(RIBA.replace(b"RIBA20112601", b"ALTRO0000001"), "034")
    assert explain(stranger, wrong, "-").errors


def test_codes_are_found_once_with_their_first_line_and_said_in_words() -> None:
    assert places([(2, b"050 050"), (3, b"050"), (4, b"037 A37")]) == {"050": 2, "037": 4}
    assert in_words(["050", "XXX"], "it") == "050 mancata quadratura; XXX errori rilevati in numero superiore a 12"
    assert in_words(["050"], "en") == "050 totals do not balance"


def test_only_refusals_are_refusals() -> None:
    file = scarto(supporto(RIBA), DAY, ["050"]) + RIBA + scarto(supporto(RIBA), DAY, [])
    found = refusals(cbi.read_supporti(BytesIO(file)))
    assert [er.numero for er in found] == [1, 3]
    assert explain(found[1]).cause == [] and explain(found[1]).body == []
