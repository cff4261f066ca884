"""Flows known in part: what is known is read and checked, what is not is kept as it comes."""

from __future__ import annotations

import io
from datetime import date

import pytest

import cbi
from cbi.flows import av, pe
from cbi.flows.describe import describe
from cbi.flows.fix import fix
from cbi.flows.registry import BUILT_IN
from cbi.validators.lint import lint
from fixtures import make
from fixtures.comune import EOL, Change, insert, put, swap, trimmed
from fixtures.parziali import LETTERA, MAREA, NEBBIA
from tests.console import ROOT
from tests.console import cbi as run

PE, AV, EP, SL = (make.FILES[name] for name in ("pe", "av", "ep", "sl"))


def codes(data: bytes) -> list[str]:
    found = list(lint(io.BytesIO(data)))
    assert found == list(lint(io.BytesIO(data), fast=False))
    return [diagnostic.code for diagnostic in found]


def only(data: bytes) -> cbi.Supporto:
    (supporto,) = cbi.read_supporti(io.BytesIO(data))
    return supporto


# --- typed values ----------------------------------------------------------------------------------------


def test_a_transfer_abroad_as_its_orderer_knows_it() -> None:
    first, second = pe.bonifici(only(PE))
    assert (first.numero, first.riferimento, first.importo, first.divisa) == (1, MAREA.riferimento, 125_000, "EUR")
    assert (first.beneficiario, first.conto_beneficiario) == (MAREA.beneficiario, MAREA.conto)
    assert (first.data_addebito, first.data_accredito) == (date(2026, 11, 23), date(2026, 11, 25))
    assert (second.importo, second.divisa, second.bic, second.spese) == (NEBBIA.importo, "USD", None, "14")


def test_a_notice_in_what_is_known_of_it() -> None:
    first, second = av.avvisi(only(AV))
    assert (first.numero, first.importo, first.scadenza, first.abi) == (1, 125_000, date(2027, 1, 31), "03069")
    assert [avviso.codice_fiscale_creditore for avviso in (first, second)] == ["99900020126", "99900010127"]
    assert b"".join(avviso.raw for avviso in (first, second)) in AV


# --- what is not known -----------------------------------------------------------------------------------


def test_records_that_are_not_documented_are_let_by_wherever_they_come() -> None:
    inside = insert("P1", b" P2".ljust(120))(PE)
    assert codes(inside) == ["CBI-REC-100", "CBI-EF-051"]
    assert only(inside).canonical == inside
    assert len(only(inside).ordini) == 2


def test_what_is_not_documented_before_an_order_goes_with_it() -> None:
    strange = b" 120000001".ljust(120)
    more = insert("10", strange)(AV)
    first, second = av.avvisi(only(more))
    assert (first.numero, first.line, first.raw.count(strange)) == (1, 2, 1)
    assert second.numero == 2 and only(more).ordini[0].numero == 1


def test_what_is_documented_is_wanted_in_its_place_all_the_same() -> None:
    assert codes(swap("P0", "P1")(PE))[0] in ("CBI-REC-021", "CBI-REC-025")


def test_a_record_let_by_is_told_of_after_what_comes_before_it() -> None:
    raw = insert("P1", b" P2 SHORT")(put("P0", "fca_4471", "99")(PE))
    found = list(lint(io.BytesIO(raw)))
    assert [diagnostic.line for diagnostic in found if diagnostic.code != "CBI-REC-100"] == [3, 4, 15]


EP_20 = b" 200000001ESEGUITO IL 20/11/2026".ljust(120)
waiting = pytest.mark.parametrize(
    "damage", [put("10", "numero_progressivo", "0000007"), lambda data: data], ids=["waiting", "passed"]
)


@waiting
def test_a_short_record_is_told_first_of_its_length_whether_or_not_others_wait(damage: Change) -> None:
    found = codes(damage(EP).replace(EP_20, EP_20.rstrip()))
    assert found.index("CBI-RIGA-100") < found.index("CBI-REC-100")


@waiting
def test_a_blank_line_is_told_of_after_the_undocumented_record_before_it(damage: Change) -> None:
    found = codes(damage(EP).replace(EP_20 + EOL, EP_20 + EOL + EOL))
    assert found.index("CBI-REC-100") < found.index("CBI-FILE-103")


@pytest.mark.parametrize(("name", "content"), [("importo", "12,50"), ("causale", "99999"), ("segno", "X")])
def test_columns_that_are_guessed_are_read_and_not_judged(name: str, content: str) -> None:
    assert codes(put("10", name, content)(EP)) == ["CBI-REC-100"]
    assert "CBI-PROG-024" in codes(put("10", "numero_progressivo", "0000007")(EP))


def test_characters_that_no_record_may_hold_are_told_also_where_columns_are_guessed() -> None:
    assert "CBI-CAR-032" in codes(put("10", "causale", "4800#")(EP))


def test_numbers_that_are_guessed_are_not_cured() -> None:
    guessed, known = put("10", "importo", "1250")(EP), put("10", "numero_progressivo", "1")(EP)
    assert b"".join(curato.data for curato in fix(io.BytesIO(guessed))) == guessed
    assert b"".join(curato.data for curato in fix(io.BytesIO(known))) == EP


def test_what_has_no_known_decimals_is_not_money() -> None:
    found = describe(only(PE))
    assert (found.orders, found.negative, found.positive, found.wrong) == (2, None, None, {})
    assert set(found.due) == {date(2026, 11, 23)}


def test_a_trailer_that_says_nothing_known_is_not_said_to_agree() -> None:
    assert describe(only(AV)).wrong is None and describe(only(AV)).positive == 223_050


def test_how_sure_a_field_is_is_shown_beside_it() -> None:
    shown = run("context", ROOT / "fixtures" / "ep.cbi", 2).out
    assert "affidabilità: bassa" in shown
    assert "Market Place · affidabilità alta" in shown
    assert "confidence medium" in run("context", ROOT / "fixtures" / "ep.cbi", 2, lang="en").out


# --- free text -------------------------------------------------------------------------------------------


def texts(data: bytes) -> list[str]:
    return [record.raw.decode().rstrip() for ordine in only(data).ordini for record in ordine.records]


def test_the_lines_of_a_text_are_its_own_whatever_they_look_like() -> None:
    assert texts(SL) == list(LETTERA)  # one begins like a header, one like a trailer, one is blank
    assert codes(SL) == ["CBI-REC-100"]
    assert only(SL).coda is not None and only(SL).canonical == SL


@pytest.mark.parametrize("form", [lambda raw: raw.replace(EOL, b"\n"), lambda raw: raw.replace(EOL, b""), trimmed])
def test_a_text_is_the_same_in_every_physical_form(form: Change) -> None:
    assert texts(form(SL)) == list(LETTERA)
    assert only(form(SL)).canonical == SL


def test_what_comes_after_a_text_is_read_as_what_it_is() -> None:
    raw = SL + make.FILES["riba"] + SL.replace(b"SL2011260", b"SL2011269")
    assert [(s.flow, len(s.ordini) > 0) for s in cbi.read_supporti(io.BytesIO(raw))] == [
        ("SL", True),
        ("RIBA", True),
        ("SL", True),
    ]
    assert set(codes(raw)) == {"CBI-REC-100"}


def test_a_receipt_sent_twice_is_found_also_beyond_a_text() -> None:
    doubled = put("51", "numero_ricevuta", "0000001001", nth=1)(make.FILES["riba"])
    assert "RIBA-51-999" in codes(SL + doubled)
    (found,) = (diagnostic for diagnostic in lint(io.BytesIO(SL + doubled)) if diagnostic.code == "RIBA-51-999")
    assert (found.distinta, found.line) == (2, 6 + 14)


def test_a_text_whose_trailer_is_lost_ends_where_another_header_is() -> None:
    raw = SL.rsplit(b" EFA1B2C", 1)[0] + make.FILES["riba"]
    assert [s.flow for s in cbi.read_supporti(io.BytesIO(raw))] == ["SL", "RIBA"]
    assert codes(raw) == ["CBI-REC-100", "CBI-REC-027"]


def test_a_cure_leaves_the_blank_lines_of_a_text() -> None:
    (curato,) = fix(io.BytesIO(SL))
    assert (curato.data, curato.cures) == (SL, ())


def test_a_text_goes_both_ways() -> None:
    assert {(flow.name, flow.direction) for flow in BUILT_IN.flows if flow.free} == {
        ("SL", "to_bank"),
        ("SL", "from_bank"),
    }
    assert [only(make.FILES[name]).direction for name in ("sl", "sl_banca")] == ["to_bank", "from_bank"]


@pytest.mark.parametrize("name", ["ep", "ap", "ap_effetti", "sl", "cn", "er", "f24_accettazioni", "f24_revoche"])
def test_the_trailer_of_a_flow_known_in_part_repeats_the_header(name: str) -> None:
    renamed = put("EF", "nome_supporto", "ALTRO")(make.FILES[name])
    assert "CBI-EF-037" in codes(renamed)


def test_the_trailer_counts_the_records_also_of_a_flow_known_in_part() -> None:
    assert "CBI-EF-051" in codes(put("EF", "numero_record", "0000099")(EP))
