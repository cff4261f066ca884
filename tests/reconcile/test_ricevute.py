"""Receipts and refusals of whole flows, in whatever order they come."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from banksim.risposte import conferma, scarto
from ledger import distinte, outcomes
from ledger.home import Home
from ledger.stati import Evento
from ledger.varco import Lavoro
from reconcile.codici_er import codes_in, meaning
from reconcile.conto import Arrivo
from reconcile.ricevute import confirm, reject
from reconcile.silenzio import presume
from spool.dispatch import dispatch_ready
from tests.reconcile.banco import DAY, Banco, bench, decision, outcome_flow, supporto
from tests.reconcile.conftest import FLOW
from tests.spool import casa

SENT = supporto(FLOW)
CN, ER = supporto(conferma(SENT, DAY)), supporto(scarto(SENT, DAY, ["066", "XXX"]))
BANK = decision(FLOW)


def say(b: Banco, what: str) -> str:
    arrivo = Arrivo(1, "03069", 1, "f.cbi")
    if what == "cn":
        return confirm(b.conn, b.home.ports, arrivo, CN)
    if what == "er":
        return reject(b.conn, b.home.ports, arrivo, ER)
    conto = b.apply(outcome_flow(BANK, "30010", list(BANK.esiti)))
    return "applicato" if conto.applicati else "eccezione"


@pytest.mark.parametrize(
    ("words", "verdicts", "state"),
    [
        (["cn"], ["applicato"], "Ricevuta Banca"),
        (["cn", "cn"], ["applicato", "gia_applicato"], "Ricevuta Banca"),
        (["er"], ["applicato"], "Scartata"),
        (["er", "er"], ["applicato", "gia_applicato"], "Scartata"),
        (["cn", "er"], ["applicato", "applicato"], "Scartata"),
        (["er", "cn"], ["applicato", "gia_applicato"], "Scartata"),
        (["cn", "esiti"], ["applicato", "applicato"], "Elaborata"),
        (["esiti", "cn"], ["applicato", "gia_applicato"], "Elaborata"),
        (["esiti", "er"], ["applicato", "eccezione"], "Elaborata"),
    ],
)
def test_what_the_bank_says_of_a_flow(home: Home, words: list[str], verdicts: list[str], state: str) -> None:
    with bench(home) as b:
        assert [say(b, word) for word in words] == verdicts
        assert b.distinta() == state


def test_receipts_in_any_order_end_in_the_same_state(home: Home) -> None:
    ends = set()
    for words in itertools.permutations(["cn", "er", "cn"]):
        with bench(home) as b:
            for word in words:
                say(b, word)
            ends.add(b.distinta())
    assert ends == {"Scartata"}


def test_a_refusal_after_everything_was_answered_is_an_exception_with_the_codes(home: Home) -> None:
    with bench(home) as b:
        say(b, "esiti")
        say(b, "er")
        (eccezione,) = outcomes.eccezioni(b.conn)
    dati = json.loads(eccezione.dati)
    assert (eccezione.motivo, dati["codici"], dati["stato"]) == ("ricevuta_contraria", ["066", "XXX"], "Elaborata")


def test_a_refusal_and_the_silence_that_is_taken_for_payment_end_the_same_whichever_comes_first(home: Home) -> None:
    ends = []
    for refused_first in (True, False):
        with bench(home) as b:
            late = replace(home.ports, clock=casa.Clock(datetime(2027, 3, 1, 8, tzinfo=UTC)))
            if refused_first:
                say(b, "er")
            presume(Lavoro(b.conn, replace(home, ports=late), 1, "prova", str), "03069", "RIBA", 1)
            if not refused_first:
                assert b.distinta() == "Elaborata"
                say(b, "er")
            ends.append((b.distinta(), {str(each.stato) for each in distinte.orders(b.conn, 1)}, b.reasons()))
    assert ends == [("Scartata", {"Scartata"}, [])] * 2


def test_a_receipt_for_a_supporto_nobody_sent_is_an_exception(home: Home) -> None:
    ghost = supporto(conferma(supporto(FLOW.replace(b"RIBA-A", b"RIBA-Q")), DAY))
    with bench(home) as b:
        assert confirm(b.conn, b.home.ports, Arrivo(1, "03069", 1, "f.cbi"), ghost) == "eccezione"
        assert b.reasons() == ["supporto_sconosciuto"]
        assert b.distinta() == "Inoltrata"


def test_a_bank_cannot_confirm_what_went_to_another(home: Home) -> None:
    with bench(home) as b:
        assert confirm(b.conn, b.home.ports, Arrivo(1, "02008", 1, "f.cbi"), CN) == "eccezione"
        assert b.distinta() == "Inoltrata"


def test_the_codes_of_a_refusal_are_in_the_iter(home: Home) -> None:
    with bench(home) as b:
        say(b, "er")
        last = json.loads(distinte.iter_of(b.conn, 1)[-1].dati)
    assert last["codici"] == ["066", "XXX"]
    assert len(last["righe"]) == 2


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ([b" 000000001 066 cliente"], ["066"]),
        ([b"037,050", b"(999)", b"037"], ["037", "050", "999"]),
        ([b"0660 1066 A066 066B 123"], []),
        ([b"XXX"], ["XXX"]),
        ([], []),
    ],
)
def test_only_known_codes_that_stand_alone_are_codes(lines: list[bytes], codes: list[str]) -> None:
    assert codes_in(lines) == codes
    assert all(all(meaning(code)) for code in codes)


@pytest.mark.parametrize(
    ("day", "states"), [(date(2026, 11, 2), ["Scartata", "Inoltrata"]), (DAY, ["Scartata", "Scartata"])]
)
def test_a_late_refusal_is_of_what_had_left_by_its_day(tmp_path, day: date, states: list[str]) -> None:  # type: ignore[no-untyped-def]
    home = casa.build(tmp_path / "h", [FLOW])
    dispatch_ready(home)
    with home.begin() as conn:
        distinte.apply(conn, home.ports, 1, Evento.SCARTA, chi="prova")
    home.close()
    again = casa.extend(tmp_path / "h", casa.flow("RIBA-A", range(1, 13), oggi=date(2026, 11, 3)))
    again.ports.clock.at += timedelta(1)
    dispatch_ready(again)
    with bench(again) as b:
        assert reject(b.conn, again.ports, Arrivo(1, "03069", 1, "f.cbi"), supporto(scarto(SENT, day, ["066"])))
        assert [b.distinta(1), b.distinta(2)] == states
