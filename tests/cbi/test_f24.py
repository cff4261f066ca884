"""F24 as typed values: delegations, what they pay, receipts and their identifier."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest

import cbi
from cbi.flows import f24
from cbi.flows.registry import find
from cbi.validators.f24 import Periodo, periodo
from cbi.validators.tables import tabella
from fixtures import f24 as made
from fixtures.comune import drop, put, then


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


@pytest.mark.parametrize("part", ["progressivo_assoluto", "data_pagamento", "sportello_banca_passiva_cab"])
def test_a_receipt_without_all_the_parts_has_no_identifier(part: str) -> None:
    (quietanza,) = f24.quietanze(one(put("70", part, "")(made.PAGATA)))
    assert quietanza.iud is None


def test_a_receipt_with_a_part_that_does_not_fit_has_no_identifier() -> None:
    (quietanza,) = f24.quietanze(one(put("70", "sportello_banca_passiva_cab", "160")(made.PAGATA)))
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


def test_a_defect_that_points_at_the_start_of_an_order_that_is_lost_points_at_what_is_left() -> None:
    beheaded = then(drop("10"), drop("20"), put("70", "totale_delega", "000000000000001"))(made.PAGATA)
    found = {diagnostic.code: diagnostic for diagnostic in cbi.lint(io.BytesIO(beheaded))}
    assert "CBI-REC-021" in found
    pointed = found["F24-70-037"].related
    assert pointed is not None and pointed.line == found["CBI-REC-021"].line


# --- the rules at their limits -----------------------------------------------------------------------------


def codes(raw: bytes, **given: Any) -> list[str]:
    return [found.code for found in cbi.lint(io.BytesIO(raw), **given)]


def only(*righe: made.Riga, pagamento: date = made.PAGAMENTO) -> list[str]:
    """What is found in a delegation of these lines."""
    return codes(made.f4(made.Delega(righe, pagamento=pagamento)))


def erario(codice: str, **altro: object) -> made.Riga:
    return made.riga(made.ERARIO, codice, 10_000, **altro)


def atto(codice: str, **altro: object) -> made.Riga:
    """A line that names office and act, whether its code wants them or not."""
    return erario(codice, codice_ufficio="TMB", codice_atto="00000000123", **altro)


def inps(causale: str, start: str, end: str = "000000") -> made.Riga:
    sezione, values = made.CONTRIBUTI
    period = {"periodo_di_riferimento_inizio": start, "periodo_di_riferimento_fine": end}
    return sezione, {**values, sezione.codice: causale, **period}


LIMITI = {
    "Erario": (made.RITENUTE, 6),
    "INPS": (made.CONTRIBUTI, 4),
    "Regioni": (made.ADDIZIONALE, 4),
    "IMU e tributi locali": (made.IMPOSTA_LOCALE, 4),
    "INAIL": (made.PREMIO, 3),
    "altri enti": (made.ALTRO_ENTE, 2),
    "accise": (made.ACCISA, 7),
}


@pytest.mark.parametrize("nome", LIMITI)
def test_a_section_holds_so_many_lines_and_no_more(nome: str) -> None:
    riga, most = LIMITI[nome]
    assert only(*[riga] * most) == []
    assert only(*[riga] * (most + 1)) == ["F24-40-023"]
    assert only(*[riga] * (most + 2)) == ["F24-40-023"]


def test_identifying_elements_hold_28_lines() -> None:
    assert codes(made.i4(*[made.VEICOLO] * 28)) == []
    assert codes(made.i4(*[made.VEICOLO] * 29)) == ["F24-40-023"]


# 1001 may not be of the year after, one code may; 3918 has no last year; one code wants no year at all.
SENZA_ANNO = next(row["code"] for row in tabella("f24_tributi").rows if row["ref_year"] == "0000")
DOPO = next(
    row["code"]
    for row in tabella("f24_tributi").rows
    if row["max_year_offset"] == "1" and row["section"] == "ERARIO" and row["ref_1"] == "0000"
)


@pytest.mark.parametrize(
    ("riga", "wanted"),
    [
        (erario("1001", rateazione="0011", anno_di_riferimento="2026"), []),
        (erario("1001", rateazione="0011", anno_di_riferimento="2027"), ["F24-40-213"]),
        (erario("1001", rateazione="0011", anno_di_riferimento="0001"), []),
        (erario("1001", rateazione="0011", anno_di_riferimento="0000"), ["F24-40-213"]),
        (atto(DOPO, anno_di_riferimento="2027"), []),
        (atto(DOPO, anno_di_riferimento="2028"), ["F24-40-213"]),
        (atto(SENZA_ANNO, anno_di_riferimento="0000"), []),
        (atto(SENZA_ANNO, anno_di_riferimento="2026"), ["F24-40-213"]),
        (made.riga(made.IMU, "3918", 100, rateazione="0101", anno_di_riferimento="2099"), []),
        (made.riga(made.IMU, "3918", 100, rateazione="0101", anno_di_riferimento="0000"), ["F24-40-213"]),
        (made.riga(made.REGIONI, "3801", 100, codice_regione="10", rateazione="0101"), []),
        (
            made.riga(made.REGIONI, "3801", 1, codice_regione="10", rateazione="0101", anno_di_riferimento="2027"),
            ["F24-40-213"],
        ),
    ],
)
def test_the_year_of_reference_is_one_that_the_table_admits(riga: made.Riga, wanted: list[str]) -> None:
    assert [code for code in only(riga) if code == "F24-40-213"] == wanted


@pytest.mark.parametrize(("use", "sides"), [("D", (False, True)), ("R", (True, False)), ("E", (False, False))])
def test_a_code_stands_on_the_side_that_the_table_gives_it(use: str, sides: tuple[bool, bool]) -> None:
    rows = [row for row in tabella("f24_tributi").rows if (row["section"], row["mode_D_E_R"]) == ("ERARIO", use)]
    for row in rows[:5]:
        both = [made.riga(made.ERARIO, row["code"], *amounts) for amounts in ((100, 0), (0, 100))]
        assert tuple("F24-40-206" in only(made.RITENUTE, riga) for riga in both) == sides


@pytest.mark.parametrize(("use", "sides"), [("D", (False, True)), ("R", (True, False)), ("E", (False, False))])
def test_a_contribution_stands_on_the_side_that_the_table_gives_it(use: str, sides: tuple[bool, bool]) -> None:
    rows = tabella("f24_tributi").rows
    causale = next(row["code"] for row in rows if (row["section"], row["mode_D_E_R"]) == ("INPS", use))
    sezione, values = inps(causale, "012026")
    both = [(sezione, {**values, "importo_a_debito": a, "importo_a_credito": b}) for a, b in ((100, 0), (0, 100))]
    assert tuple("F24-40-206" in only(made.RITENUTE, riga) for riga in both) == sides


def test_the_last_year_is_counted_from_that_of_payment() -> None:
    line = erario("1001", rateazione="0011", anno_di_riferimento="2027")
    assert only(line, pagamento=date(2027, 1, 18)) == []


@pytest.mark.parametrize(
    ("codice", "rateazione", "wanted"),
    [
        *[("1001", ref, []) for ref in ("0001", "0012")],
        *[("1001", ref, ["F24-40-212"]) for ref in ("0000", "0013", "0112")],
        *[("2003", ref, []) for ref in ("0101", "0106", "2020")],
        *[("2003", ref, ["F24-40-212"]) for ref in ("0001", "0100", "0000")],
    ],
)
def test_the_reference_of_a_line_has_the_format_of_its_code(codice: str, rateazione: str, wanted: list[str]) -> None:
    assert only(erario(codice, rateazione=rateazione)) == wanted


@pytest.mark.parametrize(
    ("formato", "right", "wrong"),
    [
        ("FFFF", ("0000", "0101"), ("0100", "0001")),
        ("00T0", ("0010", "0021"), ("0000", "0110")),
        ("00T2", ("00MI", "00RM"), ("0015", "0000")),
    ],
)
def test_references_that_name_a_place_or_may_be_missing(
    formato: str, right: tuple[str, ...], wrong: tuple[str, ...]
) -> None:
    rows = tabella("f24_tributi").rows
    row = next(row for row in rows if row["ref_1"] == formato and row["mode_D_E_R"] in "DE")
    assert [only(atto(row["code"], rateazione=ref)) for ref in right] == [[]] * len(right)
    assert [only(atto(row["code"], rateazione=ref)) for ref in wrong] == [["F24-40-212"]] * len(wrong)


@pytest.mark.parametrize(
    ("riga", "wanted"),
    [
        (inps("DM10", "011989"), []),  # the first month that the table admits
        (inps("DM10", "121988"), ["F24-40-214"]),
        (inps("DM10", "122026"), []),  # the month of payment
        (inps("DM10", "012027"), ["F24-40-214"]),
        (inps("DM10", "000000"), ["F24-40-214"]),
        (inps("DM10", "002026"), ["F24-40-214"]),
        (inps("DM10", "132025"), ["F24-40-214"]),
        (inps("DM10", "112026", "112026"), ["F24-40-215"]),  # one month, without an end
        (inps("RC01", "012026", "112026"), []),
        (inps("RC01", "012025", "012026"), []),
        (inps("RC01", "112026", "102026"), ["F24-40-217"]),
        (inps("RC01", "112026", "112026"), []),
        (inps("RC01", "012026"), ["F24-40-215"]),
        (inps("AF", "012026", "122026"), []),
        (inps("AF", "012025", "012026"), ["F24-40-215"]),  # within one year
    ],
)
def test_the_period_of_a_contribution_is_what_its_code_admits(riga: made.Riga, wanted: list[str]) -> None:
    assert only(riga) == wanted


@pytest.mark.parametrize(
    ("text", "admitted"),
    [
        ("0", Periodo(True, 0, (0, 0), False, False)),
        ("MMAAAA", Periodo(False, 12, (0, 0), False, False)),
        ("MMAAAA oppure 0", Periodo(True, 12, (0, 0), False, False)),
        ("MM/AAAA<=Data Riscossione", Periodo(False, 12, (0, 0), True, False)),
        ("MM/AAAA>=10/1997 MM/AAAA<=Data Riscossione", Periodo(False, 12, (1997, 10), True, False)),
        ("MMAAAA >= 4/1973, < = data di riscossione", Periodo(False, 12, (1973, 4), True, False)),
        ("MM/AAAA >= periodo inizio riferimento", Periodo(False, 12, (0, 0), False, False)),
        (
            "MM/AAAA; dove AAAA = AAAA inizio riferimento e MM >= MM inizio riferimento",
            Periodo(False, 12, (0, 0), False, True),
        ),
        ("NN/AAAA; dove NN=N°rata (da 01 a 04) e AAAA=anno (>1997)", Periodo(False, 4, (1998, 0), False, False)),
        ("", None),
        ("NNRR", None),
        ("come da circolare", None),
    ],
)
def test_the_words_of_the_table_about_a_period_are_understood(text: str, admitted: Periodo | None) -> None:
    assert periodo(text) == admitted


def test_every_period_of_the_table_is_understood() -> None:
    rows = [row for row in tabella("f24_tributi").rows if row["section"] == "INPS"]
    assert [row["code"] for row in rows if periodo(row["ref_1"]) is None or periodo(row["ref_year"]) is None] == []


@pytest.mark.parametrize(
    ("sede", "wanted"), [("490", []), ("4900", []), ("49", ["F24-40-225"]), ("4A00", ["F24-40-225"])]
)
def test_an_office_of_inps_is_three_or_four_digits(sede: str, wanted: list[str]) -> None:
    assert only((made.INPS, {**made.CONTRIBUTI[1], "codice_sede_inps": sede})) == wanted


@pytest.mark.parametrize("name", ["codice_sede_inail", "posizione_assicurativa", "numero_di_riferimento"])
def test_each_part_of_a_premium_is_there(name: str) -> None:
    sezione, values = made.PREMIO
    assert only((sezione, {**values, name: "0"})) == ["F24-40-218"]
    assert only((sezione, {**values, name: "1"})) == []


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        ("012026", "122026", []),
        ("112026", "000000", []),
        ("112026", None, []),
        ("002026", None, ["F24-40-216"]),
        ("132026", None, ["F24-40-216"]),
        ("112026", "132026", ["F24-40-216"]),
        ("112026", "112025", ["F24-40-217"]),
        ("122025", "012026", []),
    ],
)
def test_the_period_of_another_body_is_made_of_months_and_does_not_end_before_it_begins(
    start: str, end: str | None, wanted: list[str]
) -> None:
    sezione, values = made.ALTRO_ENTE
    period = {"periodo_di_riferimento_inizio": start, "periodo_di_riferimento_fine": end}
    assert only((sezione, {**values, **period})) == wanted


@pytest.mark.parametrize(
    ("regione", "wanted"), [("01", []), ("21", []), ("22", ["F24-40-224"]), ("00", ["F24-40-224"])]
)
def test_a_region_is_one_of_the_twenty_one(regione: str, wanted: list[str]) -> None:
    assert only(made.riga(made.REGIONI, "3801", 100, codice_regione=regione, rateazione="0101")) == wanted


def test_office_and_act_named_by_the_first_line_hold_for_the_section_and_not_for_the_next_delegation() -> None:
    bare = erario("9400", anno_di_riferimento="2026")
    assert only(made.AVVISO, bare) == []
    assert only(bare, made.AVVISO) == ["F24-40-207", "F24-40-208"]
    two = made.f4(made.Delega((made.AVVISO,)), made.Delega((bare,), protocollo=2))
    assert codes(two) == ["F24-40-207", "F24-40-208"]
    half = erario("9400", codice_ufficio="TMB")
    assert only(half, bare) == ["F24-40-208", "F24-40-208"]


@pytest.mark.parametrize("name", ["nome", "sesso", "comune_o_stato_estero_di_nascita", "data_di_nascita"])
def test_a_person_has_all_that_says_who_they_are(name: str) -> None:
    assert codes(made.persona()) == []
    assert codes(made.persona(**{name: None})) == ["F24-10-031"]


def test_who_is_not_a_person_has_a_denomination_only() -> None:
    assert codes(made.UNA) == []


def test_who_signs_for_another_is_in_the_delegation() -> None:
    signed = put("50-01", "flag_firmatario", "1")
    assert codes(signed(made.f4(made.COMPLETA))) == []
    assert codes(signed(made.UNA)) == ["F24-50-203"]


def test_the_bank_of_an_identifier_is_that_of_the_account_debited() -> None:
    def receipt(**settanta: object) -> list[str]:
        return codes(made.q4(made.SEMPLICE, **settanta))

    assert receipt() == receipt(flag_posizione_abi_rendicontante=None, abi_banca_passiva_rendicontante="05387") == []
    assert receipt(abi_banca_passiva_rendicontante="05387") == ["F24-70-220"]
    assert receipt(abi_banca_passiva_rendicontante="05387", descrizione_rifiuto="CONTO INCAPIENTE") == []


def test_without_the_flag_the_identifier_is_of_the_sender() -> None:
    other = [put(tipo, "mittente", "05387") for tipo in ("Q4", "EF")]
    own = made.q4(made.SEMPLICE)
    assert codes(then(*other)(own)) == []
    assert codes(then(*other, put("70", "flag_posizione_abi_rendicontante", ""))(own)) == ["F24-70-220"]


def offset(debit: int, credit: int) -> bytes:
    """A delegation of before the ban: 2003 on both sides."""
    year = {"rateazione": "0101", "anno_di_riferimento": "2024"}
    lines = tuple(made.riga(made.ERARIO, "2003", *amounts, **year) for amounts in ((debit, 0), (0, credit)))
    return made.f4(made.Delega(lines, pagamento=date(2024, 6, 30))).replace(b"201126", b"100624")


def test_credits_may_take_a_delegation_to_zero_and_not_below() -> None:
    assert codes(offset(20_000, 20_000)) == []
    assert codes(offset(20_000, 20_001)) == ["F24-50-052"]


def test_a_section_whose_debits_and_credits_are_equal_is_positive() -> None:
    (found,) = cbi.lint(io.BytesIO(put("40-02", "segno_sezione", "N")(offset(20_000, 20_000))))
    assert (found.code, found.expected) == ("F24-40-047", "P")
