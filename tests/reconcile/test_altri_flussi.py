"""Outcomes of M.Av. and R.I.D. against orders, by the key of each kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import cbi
from cbi.flows import mav, rid
from cbi.flows.disposizione import Promemoria
from fixtures.comune import SIA
from ledger import aziende, distinte, firme, outcomes, utenti
from ledger.home import Home
from ledger.importa import import_file
from ledger.stati import Evento, Stato
from reconcile.a_mano import match
from reconcile.conto import Arrivo, Conto
from reconcile.esiti import apply_esiti
from reconcile.risposte import LETTORI
from spool.dispatch import dispatch_ready
from spool.receive import receive
from spool.stato import status
from tests.console import ROOT
from tests.ledger.sala import blank
from tests.reconcile.banco import supporto
from tests.spool import casa

ABI = "03069"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = blank(tmp_path / "casa", casa.ports())
    with made.begin() as conn:
        azienda = aziende.create(conn, made.ports, sia=SIA, nome="PROVA", codice_fiscale=casa.partita_iva(9_999))
        utenti.create(conn, made.ports, azienda, login="bianchi", peso=100, password=casa.PASSWORD)
    yield made
    made.close()


def fixture(name: str) -> bytes:
    return (ROOT / "fixtures" / f"{name}.cbi").read_bytes()


def sent(home: Home, name: str) -> list[distinte.Disposizione]:
    """The orders of a fixture flow, imported, signed and sent."""
    report = import_file(home, fixture(name), f"{name}.cbi", 1)
    number = report.verdetti[0].distinta_id or 0
    firme.sign(home, number, "bianchi", casa.PASSWORD)
    dispatch_ready(home)
    with home.read() as conn:
        return list(distinte.orders(conn, number))


def apply(home: Home, flow: cbi.Supporto, items: list[object]) -> Conto:
    with home.begin() as conn:
        kept = {"azienda": 1, "abi": ABI, "nome": "e.cbi", "sha256": f"{len(outcomes.files(conn)):064d}"}
        file_id = outcomes.add_file(conn, home.ports, **kept, dimensione=1)
        return apply_esiti(conn, home.ports, Arrivo(1, ABI, file_id, "e.cbi"), flow, items)  # type: ignore[arg-type]


def states(home: Home, number: int = 1) -> list[Stato]:
    with home.read() as conn:
        return [order.stato for order in distinte.orders(conn, number)]


def answers(name: str, orders: list[distinte.Disposizione], effects: list[str]) -> tuple[cbi.Supporto, list[object]]:
    """The outcomes of a fixture, made to speak of these orders."""
    flow = supporto(fixture(f"{name}_esiti"))
    module = {"mav": mav, "rid": rid}[name]
    model = next(each for each in LETTORI[flow.flow](flow) if not isinstance(each, Promemoria))
    said: list[object] = []
    sents = module.disposizioni(supporto(fixture(name)))
    for n, (order, typed, effect) in enumerate(zip(orders, sents, effects, strict=False)):
        same = {"importo": order.importo, "scadenza": order.scadenza, "line": 2 + n, "effetto": effect}
        same |= {"controparte": order.controparte, "codice_cliente": order.codice_cliente}
        if isinstance(typed, mav.Disposizione):
            same |= {"numero_disposizione": typed.numero_disposizione}
        else:
            same |= {"azienda": typed.azienda, "tipo_codice": typed.tipo_codice}
        said.append(replace(model, **same))  # type: ignore[arg-type]
    return flow, said


@pytest.mark.parametrize("name", ["mav", "rid"])
def test_outcomes_move_the_orders_they_speak_of_and_end_their_distinta(home: Home, name: str) -> None:
    orders = sent(home, name)
    flow, said = answers(name, orders, ["paid", "unpaid", "rejected"])
    conto = apply(home, flow, said)
    assert (conto.ricevuti, conto.applicati, conto.eccezioni) == (3, 3, 0)
    assert states(home) == [Stato.PAGATA, Stato.INSOLUTA, Stato.STORNATA]
    with home.read() as conn:
        assert distinte.get(conn, 1).stato is Stato.ELABORATA
    assert apply(home, flow, said).gia_applicati == 3


def test_a_slip_paid_after_it_was_struck_off_is_paid(home: Home) -> None:
    orders = sent(home, "mav")
    for effect in ("unpaid", "paid_late"):
        assert apply(home, *answers("mav", orders, [effect])).applicati == 1
    assert states(home)[0] is Stato.PAGATA


def test_an_unpaid_rid_stays_unpaid_whatever_is_said_later(home: Home) -> None:
    orders = sent(home, "rid")
    assert apply(home, *answers("rid", orders, ["unpaid"])).applicati == 1
    assert apply(home, *answers("rid", orders, ["paid"])).eccezioni == 1
    assert states(home)[0] is Stato.INSOLUTA


def test_silence_yields_to_the_insoluto_that_comes_after_it(home: Home) -> None:
    orders = sent(home, "rid")
    with home.begin() as conn:
        for order in orders:
            distinte.apply_order(conn, home.ports, order.id, Evento.PRESUMI, chi="presunzione")
    apply(home, *answers("rid", orders, ["unpaid"]))
    assert states(home) == [Stato.INSOLUTA] + [Stato.PRESUNTA_PAGATA] * (len(orders) - 1)
    with home.read() as conn:
        assert distinte.get(conn, 1).stato is Stato.ELABORATA


def test_a_flow_of_outcomes_is_received_like_those_of_riba(home: Home) -> None:
    for name in ("mav", "rid"):
        sent(home, name)
    for name in ("mav_esiti", "rid_esiti"):
        (home.spool_dir / SIA / ABI / "in" / "new" / f"{name}.cbi").write_bytes(fixture(name))
    files = receive(home)
    assert {file.verdetto for file in files} == {"fatto"}
    assert all(file.conto.squares() and file.conto.ricevuti and file.conto.promemoria for file in files)
    with home.read() as conn:
        assert {row.flusso for row in outcomes.eccezioni(conn)} <= {"MAV", "RID"}


def test_the_key_of_one_kind_says_nothing_of_another(home: Home) -> None:
    orders = sent(home, "mav")
    with home.read() as conn:
        assert outcomes.candidates(conn, 1, "RIBA", [orders[0].chiave]) == {}
        assert outcomes.candidates(conn, 1, "MAV", [orders[0].chiave, ""]).keys() == {orders[0].chiave}


# --- payments, F24, mandates ------------------------------------------------------------------------------------------


def arrives(home: Home, name: str, data: bytes | None = None) -> Conto:
    """A file of the bank, received whole."""
    (home.spool_dir / SIA / ABI / "in" / "new" / f"{name}.cbi").write_bytes(data or fixture(name))
    (file,) = receive(home)
    assert file.verdetto == "fatto", file.motivi
    assert file.conto.squares()
    return file.conto


def reasons(home: Home) -> list[str]:
    with home.read() as conn:
        return [row.motivo for row in outcomes.eccezioni(conn)]


@pytest.fixture
def december(home: Home) -> Home:
    """The same home, when delegations that are paid on 16 December may leave."""
    home.ports.clock.at = datetime(2026, 12, 1, 8, tzinfo=UTC)  # type: ignore[attr-defined]
    return home


def test_the_receipt_of_a_delegation_is_the_proof_that_it_was_paid(december: Home) -> None:
    first, second = sent(december, "f24")
    flow = supporto(fixture("f24_quietanze"))
    (receipt,) = LETTORI["Q4"](flow)
    good = replace(receipt, importo=first.importo)  # type: ignore[type-var]
    refused = replace(good, line=20, protocollo=2, importo=second.importo, motivo="FONDI INSUFFICIENTI")  # type: ignore[call-arg]
    assert apply(december, flow, [good, refused]).applicati == 2
    assert states(december) == [Stato.QUIETANZATA, Stato.RIFIUTATA]
    assert apply(december, flow, [replace(refused, motivo=None)]).applicati == 1  # type: ignore[call-arg]
    assert states(december) == [Stato.QUIETANZATA, Stato.QUIETANZATA]


def test_a_receipt_of_another_amount_waits_for_a_person(december: Home) -> None:
    sent(december, "f24")
    assert arrives(december, "f24_quietanze").eccezioni == 1
    assert reasons(december) == ["importo_diverso"]


def test_a_frame_that_nobody_can_read_waits_for_a_person_with_its_lines(december: Home) -> None:
    sent(december, "f24")
    before = states(december)
    assert arrives(december, "f24_accettazioni").eccezioni == 1
    assert states(december) == before
    with december.read() as conn:
        (row,) = outcomes.eccezioni(conn)
        assert row.motivo in ("corpo_non_noto", "supporto_sconosciuto")
        assert json.loads(row.dati)["righe"]
    assert status(december, date(2026, 12, 1)).torna


def test_answers_about_mandates_move_their_requests_and_what_the_bank_does_by_itself_waits(home: Home) -> None:
    orders = sent(home, "al")
    flow = supporto(fixture("al_risposte"))
    first = next(iter(LETTORI["AL"](flow)))
    mine = {"azienda": SIA, "tipo_codice": orders[0].chiave.split("-")[1], "codice_cliente": orders[0].codice_cliente}
    said = [replace(first, line=n, effetto=effect, **mine) for n, effect in ((2, "accepted"), (5, "changed"))]  # type: ignore[type-var]
    conto = apply(home, flow, list(said))
    assert (conto.applicati, conto.eccezioni) == (1, 1)
    assert states(home)[0] is Stato.ACCETTATA
    assert reasons(home) == ["iniziativa_banca"]
    conto = apply(home, flow, [replace(first, line=2, effetto="revoked", **mine)])  # type: ignore[type-var]
    assert states(home)[0] is Stato.REVOCATA


def test_the_outcome_of_a_transfer_says_too_little_to_choose_its_order(home: Home) -> None:
    orders = sent(home, "pc")
    before = states(home)
    conto = arrives(home, "ep")
    assert conto.ricevuti == conto.eccezioni > 0
    assert states(home) == before
    with home.read() as conn:
        row = outcomes.eccezioni(conn)[0]
    decided = match(home, row.esito, [orders[0].id], "bianchi", casa.PASSWORD)
    assert decided.stati == {orders[0].id: Stato.ORDINATA}
