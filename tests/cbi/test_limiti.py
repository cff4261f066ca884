"""The rules of orders, outcomes and statements at their limits: what is still admitted and what no longer is."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

import cbi
from cbi.flows.pc import ASSEGNI
from cbi.validators import al, riba
from fixtures import disposizioni as d
from fixtures import make
from fixtures.comune import ABI, ALTRO_ABI, OGGI, Change, drop, insert, put, then

DOMANI = OGGI + timedelta(days=1)
UNA = make.riba(make.ordine(make.LUNA))
MARKET = {"tipo_flusso": "1", "qualificatore_flusso": "$", "soggetto_veicolatore": ABI}


def codes(data: bytes, profile: str | None = None, **how: Any) -> list[str]:
    return [each.code for each in cbi.lint(io.BytesIO(data), "f", profile, **how)]


# --- what several flows share ------------------------------------------------------------------------------

TESTE = {"RIBA-IB": UNA, "MAV-IM": d.mav(d.mav_ordine(d.LUNA)), "RID-IR": d.rid(d.rid_ordine(d.LUNA)), "PC-PC": d.UN_PC}


@pytest.mark.parametrize("there", list(product((False, True), repeat=3)))
@pytest.mark.parametrize("kind", TESTE)
def test_the_three_parts_of_a_qualifier_are_there_together_or_not_at_all(kind: str, there: tuple[bool, ...]) -> None:
    tipo = kind.partition("-")[2]
    filled = [put(tipo, name, MARKET[name]) for name, wanted in zip(MARKET, there, strict=True) if wanted]
    assert codes(then(*filled)(TESTE[kind])) == ([] if len(set(there)) == 1 else [f"{kind}-037"])


@pytest.mark.parametrize("kind", ["RIBA", "MAV", "RID"])
def test_a_collection_may_fall_due_on_the_day_of_the_flow_and_not_before(kind: str) -> None:
    def due(day: date) -> bytes:
        if kind == "RIBA":
            return make.riba(make.ordine(replace(make.LUNA, scadenza=day)))
        debt = replace(d.LUNA, scadenza=day)
        return d.mav(d.mav_ordine(debt)) if kind == "MAV" else d.rid(d.rid_ordine(debt))

    code = f"{kind}-{'10' if kind == 'RID' else '14'}-034"
    assert codes(due(OGGI)) == codes(due(DOMANI)) == []
    assert codes(due(OGGI - timedelta(days=1))) == [code]


@pytest.mark.parametrize("country", ["IT", "SM", "FR", "  "])
def test_only_ibans_of_italy_and_san_marino_have_a_cin(country: str) -> None:
    wrong = then(put("17", "codice_paese", country), put("17", "cin", "A"), put("17", "check_digit", "00"))(d.UN_PC)
    found = [code for code in codes(wrong) if code.startswith("PC-17")]
    assert found == ([] if country == "FR" else ["PC-17-035"])


@pytest.mark.parametrize(("digits", "told"), [("30", []), ("31", ["PC-17-034"]), ("00", []), ("99", ["PC-17-034"])])
def test_check_digits_of_zeros_are_not_known_and_any_others_are_checked(digits: str, told: list[str]) -> None:
    assert codes(put("17", "check_digit", digits)(d.UN_PC)) == told


def test_the_totals_of_orders_may_not_be_off_by_a_cent() -> None:
    for cents, told in ((124_999, ["RIBA-EF-050"]), (125_000, []), (125_001, ["RIBA-EF-050"])):
        assert codes(put("EF", "tot_importi_negativi", f"{cents:015d}")(UNA)) == told


@pytest.mark.parametrize(("number", "told"), [(0, True), (1, False), (2, True)])
def test_orders_and_records_are_counted(number: int, told: bool) -> None:
    assert codes(put("EF", "numero_disposizioni", f"{number:07d}")(UNA)) == ["CBI-EF-050"] * told
    assert codes(put("EF", "numero_record", f"{8 + number:07d}")(UNA)) == ["CBI-EF-051"] * told


def test_an_empty_company_code_is_nobodys_and_another_is_told() -> None:
    assert codes(put("14", "codice_azienda_creditrice", "Z9Y8X")(UNA)) == ["RIBA-14-038"]
    assert "RIBA-14-038" not in codes(put("14", "codice_azienda_creditrice", "")(UNA))


@pytest.mark.parametrize("nth", [1, 2])
def test_every_order_of_a_flow_has_the_causale_of_the_first(nth: int) -> None:
    three = d.mav(*(d.mav_ordine(each) for each in (d.LUNA, d.VIVAIO, d.SARTO)))
    assert [each.line for each in cbi.lint(io.BytesIO(three))] == []
    other = put("14", "causale", "07100", nth=nth)(three)
    assert "MAV-14-032" in codes(other) and codes(other).count("MAV-14-032") == 1


ZERI = {
    "RIBA": (make.riba(*[make.ordine(make.LUNA)] * 2), "51", "numero_ricevuta", "RIBA-51"),
    "MAV": (d.mav(*[d.mav_ordine(d.LUNA)] * 2), "51", "numero_disposizione", "MAV-51"),
}


@pytest.mark.parametrize("kind", ZERI)
def test_a_number_of_zeros_is_missing_and_not_twice_the_same(kind: str) -> None:
    two, tipo, name, code = ZERI[kind]
    zeros = "0" * 10
    assert codes(two) == [f"{code}-999"]
    assert codes(then(put(tipo, name, zeros), put(tipo, name, zeros, nth=1))(two)) == [f"{code}-031"] * 2


# --- Ri.Ba. ------------------------------------------------------------------------------------------------


def test_a_recall_may_be_of_what_fell_due() -> None:
    past = replace(make.LUNA, scadenza=OGGI - timedelta(days=9))
    assert codes(make.riba(make.ordine(past, "14/richiamo")), on=OGGI) == []
    assert codes(make.riba(make.ordine(past)), on=OGGI) == ["RIBA-14-034"]


@pytest.mark.parametrize("abi", sorted(riba.ABI_ESENTI))
def test_the_debtors_of_some_banks_have_codes_that_are_not_checked(abi: bytes) -> None:
    wrong = put("30", "codice_fiscale_cliente", "99900020127")
    assert codes(then(wrong, put("14", "abi_banca_domiciliataria", abi.decode()))(UNA)) == []
    assert codes(then(wrong, put("14", "abi_banca_domiciliataria", "03033"))(UNA)) == ["RIBA-30-034"]


BOLLO = {
    "bollo_provincia": "MILANO",
    "bollo_numero_autorizzazione": "0000012345",
    "bollo_data_autorizzazione": "201126",
}


@pytest.mark.parametrize("there", list(product((False, True), repeat=3)))
def test_the_three_parts_of_an_authorisation_are_there_together_and_the_first_missing_is_blamed(
    there: tuple[bool, ...],
) -> None:
    filled = [put("51", name, BOLLO[name]) for name, wanted in zip(BOLLO, there, strict=True) if wanted]
    found = [(each.code, each.field) for each in cbi.lint(io.BytesIO(then(*filled)(UNA)))]
    missing = [name for name, wanted in zip(BOLLO, there, strict=True) if not wanted]
    assert found == ([] if len(missing) in (0, 3) else [("RIBA-51-037", missing[0])])


def test_only_the_creditor_of_a_non_resident_may_have_no_code() -> None:
    assert codes(make.ESTERA) == []
    assert codes(put("50", "codifica_fiscale_creditore", "")(UNA)) == ["CBI-CAMPO-031"]
    assert "CBI-CAMPO-031" in codes(put("50", "riferimenti_al_debito_1", "")(make.ESTERA))


@pytest.mark.parametrize(("memos", "told"), [(0, []), (1, []), (2, []), (3, ["RIBA-10-023"])])
def test_two_memos_close_an_outcome_flow_at_most(memos: int, told: list[str]) -> None:
    assert codes(make.insolute(memos)) == told


@pytest.mark.parametrize(("causale", "segno", "told"), [("30010", "-", 1), ("30010", "+", 0), ("42010", "+", 1)])
def test_what_was_paid_is_positive_and_what_was_not_is_negative(causale: str, segno: str, told: int) -> None:
    found = codes(put("14", "segno", segno)(make.esiti(make.esito(make.LUNA, causale))))
    assert found.count("RIBA-14-047") == told


def test_the_bank_of_an_order_is_the_receiver_and_that_of_an_outcome_the_sender() -> None:
    assert codes(put("14", "abi_banca_assuntrice", ALTRO_ABI)(UNA)) == ["RIBA-14-037"]
    paid = make.esiti(make.esito(make.LUNA, "30010"))
    assert codes(paid) == [] and codes(put("14", "abi_banca_assuntrice", ALTRO_ABI)(paid)) == ["RIBA-14-037"]


# --- M.Av. and R.I.D. --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("causale", "segno", "told"), [("07000", "+", 0), ("07011", "+", 0), ("07008", "+", 1)])
def test_outcomes_of_mav_that_were_paid_are_positive(causale: str, segno: str, told: int) -> None:
    found = codes(put("14", "segno", segno)(d.mav_esiti(d.mav_esito(d.LUNA, causale))))
    assert found.count("MAV-14-047") == told


@pytest.mark.parametrize("kept", ["20", "30", "50"])
def test_an_outcome_of_rid_with_one_of_its_records_is_not_a_bare_frame(kept: str) -> None:
    dropped = [drop(tipo) for tipo in ("20", "30", "50") if tipo != kept]
    assert "RID-10-021" not in codes(then(*dropped)(d.rid_esiti(d.rid_esito(d.LUNA, "50010"))))


@pytest.mark.parametrize("causale", ["50003", "50007", "50009", "50010"])
def test_a_reason_is_wanted_of_technical_reversals_only(causale: str) -> None:
    assert codes(d.rid_esiti(d.rid_esito(d.LUNA, causale))) == ["RID-70-031"] * (causale == "50007")
    assert codes(d.rid_esiti(d.rid_esito(d.LUNA, causale, "AC"))) == []


@pytest.mark.parametrize("segno", ["+", "-"])
def test_a_memo_of_rid_may_bear_either_sign(segno: str) -> None:
    assert codes(d.rid_esiti(d.rid_esito(d.LUNA, "50010"), d.promemoria("16000", 150, segno))) == []


@pytest.mark.parametrize(("times", "told"), [(1, "RID-60-021"), (2, None), (5, None), (6, "RID-60-023")])
def test_the_long_form_of_a_debt_has_two_to_five_records(times: int, told: str | None) -> None:
    short = d.rid(d.rid_ordine(d.LUNA, lunga=3))
    lines = short.split(b"\r\n")
    at = next(n for n, each in enumerate(lines) if each[1:3] == b"60")
    lines[at : at + 3] = [lines[at]] * times
    changed = put("EF", "numero_record", f"{len(lines) - 1:07d}")(b"\r\n".join(lines))
    assert codes(changed) == ([told] if told else [])


# --- transfers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "told"), [(-1, ["PC-10-040"]), (0, []), (1, [])])
def test_a_transfer_may_be_of_value_on_the_day_it_is_carried_out_and_not_before(days: int, told: list[str]) -> None:
    assert codes(d.pc_del(DOMANI, DOMANI + timedelta(days=days))) == told


def test_a_transfer_without_one_of_the_two_days_has_no_order_of_them() -> None:
    assert codes(put("10", "data_valuta_banca_beneficiario", "")(d.UN_PC)) == []


DESTINAZIONE = ("codice_abi_banca_destinataria", "codice_cab_banca_destinataria", "conto_destinatario")


@pytest.mark.parametrize("name", DESTINAZIONE)
@pytest.mark.parametrize("causale", ["48000", "ZV000"])
def test_a_transfer_says_where_the_money_goes(causale: str, name: str) -> None:
    sound = d.pc(d.pc_ordine(d.LUNA, causale=causale))
    wanted = causale != "ZV000" or name != "conto_destinatario"
    assert codes(sound) == []
    assert ("PC-10-031" in codes(put("10", name, "")(sound))) == wanted


def test_a_refund_without_account_has_a_company() -> None:
    refund = put("10", "conto_destinatario", "")(d.pc(d.pc_ordine(d.LUNA, causale="ZV000", verso=d.LORO)))
    assert "PC-10-033" not in codes(refund)
    assert "PC-10-033" in codes(put("10", "codice_azienda", "")(refund))
    there = d.pc(d.pc_ordine(d.LUNA, causale="ZV000"))
    assert "PC-10-033" not in codes(put("10", "codice_azienda", "")(there))


def test_a_refund_needs_no_iban_and_a_transfer_does() -> None:
    assert codes(then(drop("17"), put("EF", "numero_record", "0000008"))(d.UN_PC)) == ["PC-17-021"]
    refund = d.pc(d.pc_ordine(d.LUNA, causale="ZV000"))
    assert codes(then(drop("17"), put("EF", "numero_record", "0000008"))(refund)) == []


@pytest.mark.parametrize("way", sorted(ASSEGNI))
def test_a_cheque_goes_to_an_address_and_to_no_account(way: str) -> None:
    cheque = {"verso": None, "modalita_di_pagamento": way}
    assert codes(d.pc(d.pc_ordine(d.LUNA, dove=True, **cheque))) == []
    assert codes(d.pc(d.pc_ordine(d.LUNA, **cheque))) == ["PC-40-021"]


@pytest.mark.parametrize(
    ("causale", "verso", "told"),
    [
        ("34000", d.STESSA_BANCA, []),
        ("34000", d.LORO, ["PC-10-045"]),
        ("79000", d.STESSA_BANCA, ["PC-10-046"]),
        ("79000", d.LORO, []),
        ("48000", d.STESSA_BANCA, []),
    ],
)
def test_money_moved_between_ones_own_accounts_stays_in_the_bank_or_leaves_it(
    causale: str, verso: Any, told: list[str]
) -> None:
    assert codes(d.pc(d.pc_ordine(d.LUNA, causale=causale, verso=verso))) == told


@pytest.mark.parametrize(("kind", "code", "told"), [("5", "CLI1", 0), ("", "CLI1", 1), ("", "", 0), ("5", "", 0)])
def test_a_code_of_the_beneficiary_has_a_kind(kind: str, code: str, told: int) -> None:
    change = then(put("10", "tipo_codice", kind), put("10", "codice_cliente_beneficiario", code))
    assert codes(change(d.UN_PC)).count("PC-10-049") == told


def test_the_old_cin_is_that_of_the_iban_where_it_is_still_written() -> None:
    for old, told in (("", []), ("Z", []), ("A", ["PC-70-038"])):
        assert codes(put("70", "cin_coordinate_bancaria", old)(d.UN_PC)) == told


def test_a_reference_twice_is_told_and_no_reference_twice_is_not() -> None:
    two = d.pc(d.pc_ordine(d.LUNA), d.pc_ordine(d.LUNA))
    assert codes(two) == ["PC-70-999"]
    assert codes(then(put("70", "codice_univoco", ""), put("70", "codice_univoco", "", nth=1))(two)) == []


# --- mandates ----------------------------------------------------------------------------------------------

RATE = ("numero_rate", "importo_massimo_rata", "scadenza_prima_rata", "scadenza_ultima_rata")


@pytest.mark.parametrize(("day", "told"), [("300127", ["AL-70-034"]), ("310127", []), ("010227", []), ("", [])])
def test_the_last_instalment_may_be_the_first_and_not_before_it(day: str, told: list[str]) -> None:
    assert codes(put("70", "scadenza_ultima_rata", day)(d.CON_RATE)) == told


@pytest.mark.parametrize("name", RATE)
def test_any_of_the_data_of_instalments_comes_after_their_mark(name: str) -> None:
    bare = d.al(d.richiesta(d.LUNA))
    value = "310127" if name.startswith("scadenza") else "12".rjust(al.Record70.BY_NAME[name].size, "0")
    assert codes(put("70", name, value)(bare)) == ["AL-70-031"]
    assert codes(then(put("70", name, value), put("70", "carattere_speciale", "%"))(bare)) == []


NUOVI = {
    "codice_paese_var": "IT",
    "check_digit_var": "49",
    "cin_var": "R",
    "abi_var": ABI,
    "cab_var": "05001",
    "conto_var": "000000067890",
    "codice_individuale_var": "CLI9",
    "codice_azienda_var": "B2C3D",
    "tipo_codice_individuale_var": "4",
}


@pytest.mark.parametrize("name", NUOVI)
def test_a_change_of_any_one_thing_is_a_change(name: str) -> None:
    bare = put("45", "cab_var", "")(d.al_risposte(d.mandato(d.LUNA, "90430", d.NUOVO_CAB)))
    assert "AL-45-031" in codes(bare)
    assert "AL-45-031" not in codes(put("45", name, NUOVI[name])(bare))


@pytest.mark.parametrize("causale", sorted(al.VARIAZIONI | al.RISPOSTE))
def test_a_change_and_an_answer_have_the_record_that_says_which(causale: bytes) -> None:
    wanted = [*(["45"] if causale in al.VARIAZIONI else []), *(["50"] if causale in al.RISPOSTE else [])]
    files = d.al(d.mandato(d.LUNA, "90218")), d.al_risposte(d.mandato(d.LUNA, "90212"))  # to a bank and from one
    become = put("12", "causale", causale.decode())
    found = [each for data in files for each in cbi.lint(io.BytesIO(become(data))) if each.code == "AL-12-021"]
    assert {each.expected for each in found} == {", ".join(wanted)}


@pytest.mark.parametrize("tipo", ["30", "40", "45", "50"])
def test_a_revocation_has_no_record_besides_its_own(tipo: str) -> None:
    bare = d.al(d.mandato(d.LUNA, "90218"))
    assert codes(bare) == []
    more = insert("70", b" " + tipo.encode() + b"0000001".ljust(117))(bare)
    assert [each.record for each in cbi.lint(io.BytesIO(more)) if each.code == "AL-12-022"] == [tipo]


@pytest.mark.parametrize("name", ["cab_addebito", "conto_addebito", "abi_addebito"])
def test_only_a_request_of_information_may_be_without_branch_and_account(name: str) -> None:
    known = then(put("12", name, ""), put("12", "cin", ""), put("12", "check_digit", ""))
    asked = codes(d.al(d.migrazione(d.LUNA)))
    assert asked == []
    assert "CBI-CAMPO-031" in codes(known(d.UN_MANDATO))


# --- statements --------------------------------------------------------------------------------------------


def movements(*numbers: str) -> bytes:
    data = make.rh(*[replace(make.SPESE, dettagli=())] * len(numbers))
    return then(*(put("62", "progressivo_movimento", each, nth=nth) for nth, each in enumerate(numbers)))(data)


@pytest.mark.parametrize(("numbers", "told"), [(("001", "002"), 0), (("002", "003"), 1), (("001", "003"), 1)])
def test_movements_are_numbered_from_one_by_one(numbers: tuple[str, ...], told: int) -> None:
    assert codes(movements(*numbers)).count("CC-62-024") == told


def test_after_movement_999_comes_movement_001() -> None:
    thousand = make.rh(*[replace(make.SPESE, dettagli=())] * 1_001)
    lines = thousand.split(b"\r\n")
    numbers = [line[10:13] for line in lines if line[1:3] == b"62"]
    assert numbers[997:] == [b"998", b"999", b"001", b"002"] and codes(thousand) == []
    lines[1_001] = lines[1_001][:10] + b"000" + lines[1_001][13:]
    assert "CC-62-024" in codes(b"\r\n".join(lines))


@pytest.mark.parametrize(
    ("kind", "told"),
    [*((kind, 1) for kind in ("NROSUPCBI", "PAYORDREF", "NRPRATICA", "NDISTINTA", "RIFESICBI")), ("ALTRO", 0), ("", 0)],
)
def test_a_coded_kind_of_reference_wants_its_reference(kind: str, told: int) -> None:
    bare = then(put("62", "tipo_riferimento_cliente", kind), put("62", "riferimento_cliente", ""))(make.UN_MOVIMENTO)
    assert codes(bare) == ["CC-62-036"] * told
    assert codes(put("62", "riferimento_cliente", "RIF 1")(bare)) == []


@pytest.mark.parametrize("causale", ["93001", "93011"])
def test_a_statement_has_either_of_its_causali(causale: str) -> None:
    assert codes(put("61", "causale", causale)(make.UN_MOVIMENTO)) == []
    assert codes(put("61", "causale", causale)(make.FILES["ec"])).count("CC-61-032") == 1


@pytest.mark.parametrize(("opening", "movement"), [(100, -100), (-100, 50), (0, 1), (-1, 1)])
def test_the_balance_of_an_account_is_kept_with_its_sign(opening: int, movement: int) -> None:
    sound = make.rh(replace(make.SPESE, importo=movement), saldo=opening)
    final = opening + movement
    assert codes(sound) == []
    off = put("64", "saldo_contabile", f"{abs(final) // 100:012d},{abs(final) % 100 + 1:02d}")(sound)
    assert codes(off) == ["CC-64-050"]


def test_a_balance_of_zero_may_bear_either_sign() -> None:
    sound = make.rh(replace(make.SPESE, importo=-100), saldo=100)
    assert codes(put("64", "segno_saldo_contabile", "D")(sound)) == []


@pytest.mark.parametrize(("divisa", "told"), [("EUR", []), ("USD", ["CC-64-140"]), ("", [])])
def test_a_closing_balance_without_currency_is_in_that_of_the_account(divisa: str, told: list[str]) -> None:
    assert [code for code in codes(put("64", "codice_divisa", divisa)(make.UN_MOVIMENTO)) if code[:2] == "CC"] == told


def test_what_cannot_be_read_of_a_movement_leaves_the_balance_alone() -> None:
    unread: Change = put("62", "importo_movimento", "MILLE")
    assert codes(unread(make.UN_MOVIMENTO)) == ["CBI-IMP-141"]
    assert codes(put("61", "saldo_iniziale", "MILLE")(make.UN_MOVIMENTO)) == ["CBI-CAMPO-033"]
