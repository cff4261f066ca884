"""F24 as typed values: delegations, what they pay, receipts and their identifier."""

from __future__ import annotations

import io
from datetime import date

import pytest

import cbi
from cbi.flows import f24
from cbi.flows.registry import find
from fixtures import f24 as made


def one(raw: bytes) -> cbi.Supporto:
    (supporto,) = cbi.read_supporti(io.BytesIO(raw))
    return supporto


def test_a_delegation_tells_who_pays_what_when_and_from_which_account() -> None:
    whole, simple = f24.deleghe(one(made.FILES["f24"]))
    assert (whole.controparte, whole.codice_fiscale) == ("OFFICINE LAGHETTO SRL", "99900010127")
    assert (whole.scadenza, whole.nostro_abi, whole.nostro_conto) == (date(2026, 12, 16), "03069", "000000012345")
    assert whole.importo == sum(tributo.debito for tributo in whole.tributi)
    assert (simple.protocollo, simple.importo, simple.compensato) == (2, 125_000, 0)


def test_the_lines_of_a_delegation_keep_their_section_code_and_references() -> None:
    whole = next(f24.deleghe(one(made.FILES["f24"])))
    assert [(tributo.sezione, tributo.codice) for tributo in whole.tributi] == [
        ("Erario", "1001"),
        ("Erario", "9400"),
        ("INPS", "DM10"),
        ("Regioni", "3801"),
        ("IMU e tributi locali", "3918"),
        ("INAIL", "P"),
        ("altri enti", "CP00"),
        ("accise", "2804"),
    ]
    assert whole.tributi[1].riferimenti["codice_atto"] == "00000000123"
    assert (whole.tributi[0].anno, whole.tributi[2].anno) == ("2026", None)


def test_identifying_elements_are_read_in_a_flow_of_their_own() -> None:
    (delega,) = f24.deleghe(one(made.FILES["f24_elide"]))
    assert [(tributo.sezione, tributo.riferimenti["tipo_elemento"]) for tributo in delega.tributi] == [
        ("ELIDE", "F"),
        ("ELIDE", "F"),
    ]


def test_a_receipt_names_the_flow_it_answers_and_bears_the_identifier_of_the_payment() -> None:
    (quietanza,) = f24.quietanze(one(made.PAGATA))
    assert (quietanza.supporto, quietanza.data_supporto) == ("F24-20112601", date(2026, 11, 20))
    assert quietanza.iud == "B03069016001612260000123"
    assert len(quietanza.iud) == 24


def test_the_bank_of_the_identifier_is_the_sender_unless_the_flag_says_otherwise() -> None:
    elsewhere = made.q4(made.SEMPLICE, abi_banca_passiva_rendicontante="05387")
    sender = made.q4(made.SEMPLICE, abi_banca_passiva_rendicontante="05387", flag_posizione_abi_rendicontante=None)
    assert [quietanza.iud for quietanza in f24.quietanze(one(elsewhere))] == ["B05387016001612260000123"]
    assert [quietanza.iud for quietanza in f24.quietanze(one(sender))] == ["B03069016001612260000123"]


def test_a_receipt_without_all_the_parts_has_no_identifier() -> None:
    (quietanza,) = f24.quietanze(one(made.q4(made.SEMPLICE, progressivo_assoluto=None)))
    assert quietanza.iud is None


@pytest.mark.parametrize(("abi", "number"), [("3069", 1), ("03069", 10_000_000), ("A3069", 1)])
def test_an_identifier_is_never_made_of_parts_that_do_not_fit(abi: str, number: int) -> None:
    with pytest.raises(cbi.ValoreErrato):
        f24.iud(abi, "01600", date(2026, 12, 16), number)


def test_an_outcome_whose_body_is_not_public_is_kept_as_it_came() -> None:
    raw = made.FILES["f24_accettazioni"]
    supporto = one(raw)
    assert (supporto.flow, supporto.canonical) == ("A4", raw)
    assert find("A4", "from_bank").is_frame


def test_a_credit_paid_before_the_ban_may_still_go_through_the_bank() -> None:
    before = cbi.lint(io.BytesIO(made.crediti(date(2024, 6, 30)).replace(b"201126", b"100624")))
    assert "F24-50-201" not in {found.code for found in before}
    after = cbi.lint(io.BytesIO(made.crediti(date(2024, 7, 1)).replace(b"201126", b"100624")))
    assert "F24-50-201" in {found.code for found in after}


def test_a_subtype_that_does_not_exist_is_told_as_not_of_this_flow() -> None:
    raw = made.UNA.replace(b" 40000000102", b" 40000000199")
    assert "CBI-REC-022" in {found.code for found in cbi.lint(io.BytesIO(raw))}
