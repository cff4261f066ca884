"""Statements: kept once, and tied to what they speak of whichever file came first."""

from __future__ import annotations

import itertools

import cbi
from banksim.dati import conto
from banksim.risposte import Decisione, decide, flusso_esiti, promemoria, rendiconto
from cbi import Supporto
from cbi.flows.rendicontazione import rapporti
from ledger import movimenti, outcomes
from ledger.home import Home
from ledger.movimenti import Voce
from ledger.ricerca import Filtro
from reconcile.conto import Arrivo
from reconcile.movimenti import store_rapporti
from tests.reconcile.banco import DAY, Banco, bench, supporto
from tests.reconcile.conftest import FLOW

DECISION: Decisione = decide(supporto(FLOW), 1, unpaid_percent=30)
ACCOUNT = conto("03069", "02477", "100000004711")
RH = supporto(rendiconto([DECISION], DAY, ACCOUNT, -5_000))
UNPAID = supporto(flusso_esiti(DECISION, "42010", DAY))
PAID = supporto(flusso_esiti(DECISION, "30010", DAY))


def keep(b: Banco, flow: Supporto) -> tuple[int, int]:
    b.files += 1
    file_id = outcomes.add_file(
        b.conn, b.home.ports, azienda=1, abi="03069", nome="rh", sha256=f"rh{b.files}", dimensione=1
    )
    arrivo = Arrivo(1, "03069", file_id, "rh")
    result = store_rapporti(b.conn, b.home.ports, arrivo, flow, rapporti(flow))
    return result.movimenti, result.movimenti_gia_presenti


def shown(b: Banco) -> list[Voce]:
    return list(movimenti.each(b.conn, Filtro()))


def links(b: Banco) -> set[tuple[str | None, int, int | None, bool, int]]:
    return {(m.tipo_riferimento, m.importo, m.distinta, m.promemoria is not None, m.esiti) for m in shown(b)}


def test_the_statement_of_the_simulator_squares() -> None:
    (rapporto,) = rapporti(RH)
    assert rapporto.saldo_iniziale == -5_000
    assert rapporto.saldo_finale == -5_000 + sum(m.importo_con_segno for m in rapporto.movimenti)


def test_a_statement_is_kept_once(home: Home) -> None:
    with bench(home) as b:
        n = len(next(rapporti(RH)).movimenti)
        assert keep(b, RH) == (n, 0)
        assert keep(b, RH) == (0, n)
        assert len(shown(b)) == n


def test_movements_find_their_flow_in_whatever_order_the_files_come(home: Home) -> None:
    unpaid = len(DECISION.of("42010"))
    paid = len(DECISION.of("30010"))
    assert unpaid
    total = sum(e.disposizione.importo for e in DECISION.esiti)
    expected = {("NROSUPCBI", total, 1, False, 0), (None, 123_456, None, False, 0)}
    expected |= {("RIFESICBI", cents, None, True, unpaid) for _, cents in promemoria(DECISION, "42010")}
    expected |= {("RIFESICBI", cents, None, True, paid) for _, cents in promemoria(DECISION, "30010")}
    for order in itertools.permutations([RH, UNPAID, PAID]):
        with bench(home) as b:
            for flow in order:
                keep(b, flow) if flow is RH else b.apply(flow)
            assert links(b) == expected


def test_without_the_outcome_flow_the_movement_is_kept_untied(home: Home) -> None:
    with bench(home) as b:
        keep(b, RH)
        assert all(not m.promemoria and not m.esiti for m in shown(b))


def test_a_day_without_movements_is_kept(home: Home) -> None:
    head, _, *_, tail = [record for ordine in RH.ordini for record in ordine.records]
    kept = ("tipo_record", "numero_progressivo")
    still = [
        (tipo, {name: value for name, value in record.values().items() if name not in kept})
        for tipo, record in (("61", head), ("64", tail))
    ]
    header = {"mittente": "03069", "ricevente": "A1B2C", "data_creazione": DAY, "nome_supporto": "RH-VUOTO"}
    with bench(home) as b:
        assert keep(b, supporto(cbi.compose("RH", "from_bank", header, [still]))) == (0, 0)
        assert shown(b) == []
