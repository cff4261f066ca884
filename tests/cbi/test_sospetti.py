"""What breaks no rule and is told to who asks for it: lower case, texts that may have been cut, unknown banks."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from cbi.validators import banche
from cbi.validators.diagnostics import Diagnostic
from cbi.validators.lint import lint
from fixtures import disposizioni as made
from fixtures import make
from fixtures.comune import Change, put, then
from tests.console import ROOT

FULL = "FERRAMENTA LUNAPIENA E FIGLI S"  # thirty characters


def told(data: bytes, profile: str = "severo") -> list[Diagnostic]:
    found = list(lint(io.BytesIO(data), "flusso.cbi", profile))
    assert found == list(lint(io.BytesIO(data), "flusso.cbi", profile, fast=False))
    return found


def places(data: bytes) -> list[tuple[str, int, str | None]]:
    return [(diagnostic.code, diagnostic.line, diagnostic.field) for diagnostic in told(data)]


# --- lower case ----------------------------------------------------------------------------------------------


def test_lower_case_is_told_from_its_first_letter_to_its_last() -> None:
    (found,) = told(put("30", "descrizione_debitore_1", "Ferramenta LUNA piena SNC")(made.UN_MAV))
    assert (found.code, found.start, found.end) == ("CBI-CAR-100", 12, 31)


def test_a_single_lower_case_letter_is_told_also_in_the_last_column() -> None:
    found = told(put("30", "descrizione_debitore_1", f"{FULL[:29]}z")(made.UN_MAV))
    assert [(d.code, d.start, d.end) for d in found] == [("CBI-CAR-101", 11, 40), ("CBI-CAR-100", 40, 40)]


def test_a_code_in_lower_case_is_no_ones_business() -> None:
    assert told(put("14", "codice_cliente_debitore", "cli000001")(made.UN_MAV)) == []


# --- texts cut short -----------------------------------------------------------------------------------------

NAME, SECOND = "descrizione_debitore_1", "descrizione_debitore_2"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (put("30", NAME, FULL), [NAME]),
        (put("30", NAME, FULL[:29]), []),
        (put("30", NAME, f"{FULL[:29]}."), []),
        (then(put("30", NAME, FULL), put("30", SECOND, "NC")), []),
        (then(put("30", NAME, FULL), put("30", SECOND, FULL)), [SECOND]),
        (put("40", "comune_e_sigla_provincia", "CASTELLO DELLE TRE NUVOLETTE"[:23] + "MI"), []),
        (put("20", "descrizione_creditore_4", "A" * 24), ["descrizione_creditore_4"]),
    ],
)
def test_a_text_that_fills_its_field_and_goes_on_nowhere_may_have_been_cut(change: Change, wanted: list[str]) -> None:
    assert [field for code, _, field in places(change(made.UN_MAV)) if code == "CBI-CAR-101"] == wanted


def test_a_text_goes_on_in_the_next_record_of_its_kind_and_ends_in_the_last() -> None:
    flow = made.rid(made.rid_ordine(made.LUNA, lunga=2))
    full = "R" * 45
    first = put("60", "riferimenti_al_debito_2", full)(flow)
    assert told(first) == []
    last = put("60", "riferimenti_al_debito_2", full, nth=1)(flow)
    assert places(last) == [("CBI-CAR-101", 9, "riferimenti_al_debito_2")]


def test_what_repeats_in_every_order_is_told_once_and_what_differs_each_time() -> None:
    same = then(put("30", NAME, FULL), put("30", NAME, FULL, nth=1))(made.DUE_MAV)
    assert [line for _, line, _ in places(same)] == [5]
    other = then(put("30", NAME, FULL), put("30", NAME, f"{FULL[:29]}N", nth=1))(made.DUE_MAV)
    assert [line for _, line, _ in places(other)] == [5, 13]


def test_what_a_bank_writes_passes_through_no_portal() -> None:
    data = then(put("30", NAME, "Ferramenta"), put("20", "descrizione_creditore_1", "A" * 24))(made.MAV_PAGATO)
    assert told(data) == []


# --- banks ---------------------------------------------------------------------------------------------------


def test_an_unknown_bank_is_told_once_wherever_it_stands_and_whoever_sends_it() -> None:
    orders = made.rid(made.rid_ordine(made.LUNA, conti=False), made.rid_ordine(made.VIVAIO, conti=False))
    unknown = then(*(put("10", "abi_banca_domiciliataria", "02998", nth) for nth in (0, 1)))(orders)
    assert places(unknown) == [("CBI-BANCA-100", 2, "abi_banca_domiciliataria")]
    two = put("10", "abi_banca_domiciliataria", "02997", nth=1)(unknown)
    assert [line for _, line, _ in places(two)] == [2, 8]
    from_bank = put("14", "abi_banca_esattrice", "02998")(made.MAV_PAGATO)
    assert places(from_bank) == [("CBI-BANCA-100", 2, "abi_banca_esattrice")]


def test_zeros_are_not_an_unknown_bank_nor_is_one_merged_into_another() -> None:
    assert told(put("14", "abi_banca_esattrice", "00000")(made.MAV_PAGATO)) == []
    assert told(put("61", "codice_abi_originario_banca", "02998")(make.UN_MOVIMENTO)) == []


@pytest.mark.parametrize(("abi", "part"), [("03069", "INTESA"), ("01000", "ITALIA"), ("05387", "BPER")])
def test_a_bank_has_its_present_name(abi: str, part: str) -> None:
    assert part in (banche.nome(abi) or "").upper()


@pytest.mark.parametrize("abi", ["00000", "02998", "", "3069", "ABCDE"])
def test_what_no_bank_has_as_abi_has_no_name(abi: str) -> None:
    assert banche.nome(abi) is None


def test_the_registry_of_banks_is_not_imported_until_a_name_is_asked_for() -> None:
    script = (
        "import sys, io, cbi; from cbi.validators.lint import lint;"
        "data = open(sys.argv[1], 'rb').read(); assert not list(lint(io.BytesIO(data)));"
        "print('schwifty' in sys.modules);"
        "list(lint(io.BytesIO(data), '-', 'severo')); print('schwifty' in sys.modules)"
    )
    path = str(ROOT / "fixtures" / "riba.cbi")
    done = subprocess.run([sys.executable, "-c", script, path], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
