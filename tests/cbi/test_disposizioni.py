"""Orders and outcomes as typed values, and how their flows are told apart."""

from __future__ import annotations

import io
from datetime import date

import pytest

import cbi
from cbi.flows import al, mav, pc, rid
from cbi.flows.disposizione import Promemoria
from cbi.flows.registry import recognise
from cbi.validators.lint import lint
from fixtures import disposizioni as made
from fixtures import make
from fixtures.comune import ABI, SIA, drop, insert, put, repeat, then


def one(name: str) -> cbi.Supporto:
    (supporto,) = cbi.read_supporti(io.BytesIO(made.FILES[name]))
    return supporto


def codes(data: bytes) -> list[str]:
    return [diagnostic.code for diagnostic in lint(io.BytesIO(data))]


# --- typed values ------------------------------------------------------------------------------------------


def test_a_mav_has_its_numbers_and_its_references_whichever_record_bears_them() -> None:
    short, _, long = mav.disposizioni(one("mav"))
    assert (short.numero, short.numero_disposizione, short.importo, short.segno) == (1, "0000001001", 125_000, "-")
    assert (short.controparte, short.codice_fiscale) == (made.LUNA.nome, made.LUNA.fiscale)
    assert short.riferimento == "FATT. N. 1001 DEL 30/10/2026"
    assert long.riferimento == "RIGA 1 RIGA 2 RIGA 3 RIGA 4 RIGA 5 RIGA 6"
    assert (long.scadenza, long.nostro_abi, long.nostro_conto) == (made.SARTO.scadenza, ABI, made.NOSTRO[3])
    assert not short.richiamo


def test_a_recall_of_a_mav_is_known_by_its_causale() -> None:
    (recall,) = mav.disposizioni(one("mav_richiamo"))
    assert recall.richiamo and recall.segno == "+"


def test_outcomes_of_mav_say_what_happened_when_and_at_what_cost() -> None:
    paid, struck_off, memo = mav.esiti(one("mav_esiti"))
    assert isinstance(paid, mav.Esito) and isinstance(struck_off, mav.Esito) and isinstance(memo, Promemoria)
    assert (paid.effetto, struck_off.effetto) == ("paid", "unpaid")
    assert (paid.spese, paid.bollettino, paid.abi) == (120, "070000001001", made.LORO[1])
    assert paid.data_pagamento == date(2026, 11, 18)
    assert (memo.causale, memo.importo, memo.riferimento) == ("16000", 240, paid.riferimento_promemoria)


def test_a_rid_bears_the_key_of_its_mandate() -> None:
    first, long, _ = rid.disposizioni(one("rid"))
    assert (first.azienda, first.tipo_codice, first.codice_cliente, first.tipo_rid) == (SIA, "4", "CLI000001", "U")
    assert (first.abi, first.cab, first.conto) == made.LORO[1:4]
    assert long.riferimento == "RIGA 1 RIGA 2 RIGA 3 RIGA 4"
    assert first.riferimento_mittente == "RIF001001"


def test_outcomes_of_rid_are_told_from_memos_by_their_causale() -> None:
    paid, technical, no_funds, memo = rid.esiti(one("rid_esiti"))
    assert isinstance(paid, rid.Esito) and isinstance(technical, rid.Esito) and isinstance(no_funds, rid.Esito)
    assert [esito.effetto for esito in (paid, technical, no_funds)] == ["paid", "unpaid", "unpaid"]
    assert technical.motivo == "AC"
    assert isinstance(memo, Promemoria) and memo.importo == 150


def test_a_rid_of_a_non_resident_is_read_with_its_own_record_70() -> None:
    (ordine,) = one("rid_non_residente").ordini
    assert ordine.records[-1].variante == "non_residente"
    assert ordine.records[-1].fields()["banca_di_accredito"] == "BANCA DELLE MAREE"


def test_payments_say_to_whom_how_and_by_which_reference() -> None:
    transfer, long, cheque = pc.disposizioni(one("pc"))
    assert (transfer.abi, transfer.cab, transfer.conto) == made.LORO[1:4]
    assert (transfer.segno, transfer.importo, transfer.codice_univoco) == ("+", 125_000, f"{SIA}20112026001001")
    assert transfer.scadenza == date(2026, 11, 27) and transfer.data_valuta == date(2026, 11, 29)
    assert long.riferimento == "PARTE 1 PARTE 2 PARTE 3"
    assert (transfer.assegno, cheque.assegno, cheque.abi, cheque.conto) == (False, True, None, None)


def test_mandates_are_known_by_their_key_and_what_their_causale_does() -> None:
    request, revocation, migration, change, refusal = al.mandati(one("al"))
    effects = [request.effetto, revocation.effetto, migration.effetto, change.effetto, refusal.effetto]
    assert effects == ["request", "revoke", "request", "change", "reject_90210"]
    assert (request.azienda, request.tipo_codice, request.codice) == (SIA, "4", "CLI000001")
    assert (request.sottoscrittore, request.intestatario) == (made.LUNA.nome, made.LUNA.nome)
    assert (migration.cab, migration.conto) == (None, None)
    assert change.variazione is not None and change.variazione.azienda == "B2C3D"
    assert refusal.riferimenti_originari == "AL20112601 RIF001001"


def test_a_bank_answers_a_mandate_and_a_request_of_iban_is_another_flow() -> None:
    accepted, changed, revoked = al.mandati(one("al_risposte"))
    assert [answer.effetto for answer in (accepted, changed, revoked)] == ["accepted", "changed", "revoked"]
    assert changed.variazione is not None and changed.variazione.cab == "05001"
    (first, _) = al.mandati(one("al_iban"))
    assert (one("al_iban").flow, first.causale, first.data) == ("AL_IBAN", "90717", None)


def test_an_outcome_of_which_only_the_frame_is_there_is_refused_from_a_bank_as_well() -> None:
    bare = then(drop("20"), drop("30"), drop("50"))(made.rid_esiti(made.rid_esito(made.LUNA, "50010")))
    (found,) = [found for found in lint(io.BytesIO(bare)) if found.code == "RID-10-021"]
    assert found.severity == "error"
    with pytest.raises(cbi.ValoreErrato, match="present in the order"):
        list(rid.esiti(next(cbi.read_supporti(io.BytesIO(bare)))))


# --- which flow it is --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mav", "mav_esiti", "rid", "rid_esiti", "al", "al_risposte", "al_iban"])
def test_where_both_codes_are_digits_the_first_order_tells_the_flow(name: str) -> None:
    lines = made.FILES[name].replace(SIA.encode(), b"12345").split(b"\r\n")
    supporto = one(name)
    found = recognise(lines[0], lines[1])
    assert (found.name, found.direction) == (supporto.flow, supporto.direction)


def test_a_trimmed_first_order_tells_the_flow_as_well() -> None:
    lines = made.FILES["mav_esiti"].replace(SIA.encode(), b"12345").split(b"\r\n")
    assert recognise(lines[0], lines[1].rstrip() + b"\r\n" + lines[2]).direction == "from_bank"


# --- the order of records ----------------------------------------------------------------------------------


def test_records_50_and_60_exclude_one_another() -> None:
    both = insert("70", b" 600000001ALTRO TESTO".ljust(120))(made.UN_RID)
    assert "CBI-REC-025" in codes(both)


def test_records_50_and_59_exclude_one_another() -> None:
    both = insert("70", b" 590000001ALTRO TESTO".ljust(120))(made.UN_MAV)
    assert "CBI-REC-025" in codes(both)


def test_outcomes_of_mav_with_the_59s_before_the_51_are_read() -> None:
    before = then(insert("51", b" 590000001RIGA 1".ljust(120)), drop("50"))(made.MAV_PAGATO)
    assert codes(before) == []
    (supporto,) = cbi.read_supporti(io.BytesIO(before))
    esito = next(iter(mav.esiti(supporto)))
    assert isinstance(esito, mav.Esito) and esito.riferimento == "RIGA 1"


def test_each_record_too_many_is_told_in_its_place() -> None:
    found = lint(io.BytesIO(repeat("60", 5)(made.rid(made.rid_ordine(made.LUNA, lunga=2)))))
    assert [found.line for found in found if found.code == "RID-60-023"] == [13, 14]


def test_a_foreign_country_in_a_transfer_is_not_judged_by_the_italian_checks() -> None:
    abroad = put("17", "codice_paese", "FR")(made.UN_PC)
    assert codes(abroad) == []


def test_the_account_of_a_record_10_may_lack_the_leading_zeros_of_the_iban() -> None:
    assert codes(put("10", "conto_ordinante", "12345")(made.UN_PC)) == []


def test_memos_may_be_in_the_totals_of_an_outcome_flow_or_not() -> None:
    with_memo = made.FILES["mav_esiti"]
    memo = 240
    without = put("EF", "tot_importi_negativi", f"{made.VIVAIO.importo:015d}")(with_memo)
    assert codes(with_memo) == codes(without) == []
    wrong = put("EF", "tot_importi_negativi", f"{made.VIVAIO.importo + memo + 1:015d}")(with_memo)
    assert codes(wrong) == ["MAV-EF-050"]


# --- coordinates -------------------------------------------------------------------------------------------

COORDINATE = [
    ("mav", "14", "cab_banca_assuntrice", "CBI-CAMPO-042"),
    ("mav", "16", "codice_cab", "CBI-CAMPO-042"),
    ("rid", "10", "cab_banca_assuntrice", "CBI-CAMPO-042"),
    ("rid", "10", "abi_banca_domiciliataria", "RID-10-042"),
    ("rid", "10", "cab_banca_domiciliataria", "CBI-CAMPO-042"),
    ("rid", "17", "codice_abi", "CBI-CAMPO-042"),
    ("pc", "10", "codice_cab_banca_ordinante", "CBI-CAMPO-042"),
    ("pc", "10", "codice_abi_banca_destinataria", "PC-10-031"),
    ("pc", "17", "codice_cab", "CBI-CAMPO-042"),
    ("pc", "PC", "ricevente", "CBI-CAMPO-042"),
    ("al", "12", "abi_addebito", "CBI-CAMPO-042"),
    ("al", "12", "cab_addebito", "CBI-CAMPO-042"),
    ("al_iban", "12", "cab_addebito", "CBI-CAMPO-042"),
    ("riba", "14", "abi_banca_domiciliataria", "RIBA-14-042"),
    ("riba_richiamo", "14", "abi_banca_domiciliataria", "RIBA-14-042"),
    ("riba", "14", "cab_banca_assuntrice", "CBI-CAMPO-042"),
    ("riba_esiti", "14", "cab_banca_domiciliataria", "CBI-CAMPO-042"),
    ("rh", "61", "cab_banca", "CBI-CAMPO-042"),
    ("ec", "61", "codice_abi_banca", "CBI-CAMPO-042"),
    ("f24", "F4", "ricevente", "CBI-CAMPO-042"),
]


@pytest.mark.parametrize(("name", "tipo", "field", "code"), COORDINATE)
def test_zeros_are_no_bank_and_no_branch_in_any_flow(name: str, tipo: str, field: str, code: str) -> None:
    assert code in codes(put(tipo, field, "00000")(make.FILES[name]))
    for other in ("CBI-CAMPO-042", "RID-10-042", "RIBA-14-042", "PC-10-031"):
        assert other not in codes(put(tipo, field, "00001")(make.FILES[name]))


@pytest.mark.parametrize(("name", "tipo", "field"), [place[:3] for place in COORDINATE if place[2] != "ricevente"])
def test_a_bank_or_branch_is_of_five_digits_in_any_flow(name: str, tipo: str, field: str) -> None:
    assert "CBI-CAMPO-033" in codes(put(tipo, field, "0A123")(make.FILES[name]))
    assert "CBI-CAMPO-039" in codes(put(tipo, field, "3069")(make.FILES[name]))


@pytest.mark.parametrize(("name", "tipo", "field"), [("riba", "14", "cab_banca_domiciliataria")])
def test_zeros_stand_for_nothing_where_nothing_need_be(name: str, tipo: str, field: str) -> None:
    assert codes(put(tipo, field, "00000")(make.FILES[name])) == codes(put(tipo, field, "")(make.FILES[name])) == []


def test_a_request_about_mandates_may_lack_branch_and_account_in_blanks_or_in_zeros() -> None:
    migration = made.al(made.migrazione(made.LUNA))
    unknown = then(put("12", "cab_addebito", ""), put("12", "conto_addebito", ""))(migration)
    zeros = then(put("12", "cab_addebito", "00000"), put("12", "conto_addebito", "0" * 12))(migration)
    assert codes(unknown) == codes(zeros) == []
    assert codes(put("12", "abi_addebito", "00000")(migration)) == ["CBI-CAMPO-042"]
    assert codes(put("12", "causale", "90218")(zeros)) == ["CBI-CAMPO-042"]


@pytest.mark.parametrize("name", ["abi_var", "cab_var", "conto_var", "check_digit_var"])
def test_new_coordinates_are_checked_only_when_they_are_all_there(name: str) -> None:
    wrong = put("45", "check_digit_var", "50")(made.CONTO_CAMBIATO)
    assert codes(wrong) == ["AL-45-034"]
    assert codes(put("45", name, "")(wrong)) == []


def test_an_order_without_identifier_of_the_creditor_is_sound() -> None:
    assert codes(put("16", "creditor_identifier", "")(made.UN_RID)) == []
    foreign = put("16", "creditor_identifier", "DE98ZZZ09999999999")(made.UN_RID)
    assert codes(foreign) == []
    assert codes(put("16", "creditor_identifier", "DE97ZZZ09999999999")(made.UN_RID)) == ["RID-16-134"]
