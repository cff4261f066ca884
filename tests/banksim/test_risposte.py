"""The simulated bank speaks the standard: what it writes passes `cbi.lint`, and says the same thing each time."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest

import cbi
from banksim import SIMULATORE
from banksim import __main__ as sim
from banksim.dati import conto, partita_iva, presentazione
from banksim.risposte import conferma, decide, flusso_esiti, promemoria, rendiconto, ricevuta, scarto, stray
from cbi.flows.rendicontazione import rapporti
from cbi.flows.riba import Esito, Promemoria, disposizioni, esiti

DAY = date(2027, 1, 4)
ACCOUNT = conto("03069", "02477", "100000004711")
FLOW = presentazione("RIBA-A", ACCOUNT, range(1, 61), date(2026, 11, 2), [date(2026, 11, 30)])


def read(data: bytes) -> cbi.Supporto:
    (supporto,) = cbi.read_supporti(BytesIO(data))
    return supporto


SENT = read(FLOW)
DECISION = decide(SENT, 1)


def defects(data: bytes) -> list[str]:
    return [str(d.to_dict()) for d in cbi.lint(BytesIO(data)) if d.severity == "error"]


def test_the_flow_of_the_company_is_flawless() -> None:
    assert defects(FLOW) == []
    assert len(list(disposizioni(SENT))) == 60


@pytest.mark.parametrize(
    "data",
    [
        conferma(SENT, DAY),
        scarto(SENT, DAY, ["066", "XXX"]),
        flusso_esiti(DECISION, "30010", DAY),
        flusso_esiti(DECISION, "42010", DAY),
        rendiconto([DECISION], DAY, ACCOUNT, 1_000),
        rendiconto([DECISION], DAY, ACCOUNT, -10_000_000_000),
    ],
)
def test_every_answer_is_flawless_and_for_the_company(data: bytes) -> None:
    assert defects(data) == []
    supporto = read(data)
    assert supporto.identita[:3] == ("03069", "A1B2C", DAY)
    assert supporto.canonical == data


def test_receipts_and_refusals_name_the_flow() -> None:
    for data in (conferma(SENT, DAY), scarto(SENT, DAY, ["066"])):
        assert read(data).identita[3] == "RIBA-A"


def test_every_order_has_one_outcome() -> None:
    said = [e for c in ("30010", "42010") for e in esiti(read(flusso_esiti(DECISION, c, DAY)))]
    outcomes = Counter(e.numero_ricevuta for e in said if isinstance(e, Esito))
    assert outcomes == Counter(d.numero_ricevuta for d in disposizioni(SENT))
    assert {e.effetto for e in said if isinstance(e, Esito)} == {"paid", "unpaid"}


def test_promemoria_sum_up_the_outcomes_that_carry_their_reference() -> None:
    items = list(esiti(read(flusso_esiti(DECISION, "42010", DAY))))
    memos = {m.causale: m for m in items if isinstance(m, Promemoria)}
    unpaid = [e for e in items if isinstance(e, Esito)]
    assert memos["37000"].importo == sum(e.importo for e in unpaid)
    assert memos["16000"].importo == sum(e.spese or 0 for e in unpaid)
    assert {m.riferimento for m in memos.values()} == {e.riferimento_promemoria for e in unpaid}
    assert [m for m, _ in promemoria(DECISION, "30010")] == ["16000"]


@pytest.mark.parametrize("opening", [0, 5, -700_000])
def test_the_balances_square(opening: int) -> None:
    (rapporto,) = rapporti(read(rendiconto([DECISION], DAY, ACCOUNT, opening)))
    assert rapporto.saldo_iniziale == opening
    assert rapporto.saldo_finale == opening + sum(m.importo_con_segno for m in rapporto.movimenti)
    assert rapporto.iban == ACCOUNT["iban"]
    assert {m.tipo_riferimento for m in rapporto.movimenti} == {None, "NROSUPCBI", "RIFESICBI"}


def test_the_same_seed_says_the_same_and_another_seed_another() -> None:
    def said(seed: int) -> list[str]:
        return [e.causale for e in decide(SENT, seed).esiti]

    assert said(1) == said(1)
    assert any(said(1) != said(seed) for seed in range(2, 9))
    assert "42010" not in [e.causale for e in decide(SENT, 1, unpaid_percent=0).esiti]
    assert "30010" not in [e.causale for e in decide(SENT, 1, unpaid_percent=100).esiti]


def test_a_stray_is_not_the_order_any_more() -> None:
    one = DECISION.esiti[0]
    changed = stray(one, numero_ricevuta="9900000001").disposizione
    assert (changed.numero_ricevuta, changed.importo) == ("9900000001", one.disposizione.importo)


def test_the_sidecar_names_the_file_and_its_bytes() -> None:
    content = json.loads(ricevuta("f.cbi", b"abc"))
    assert content == {
        "file": "f.cbi",
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    }


def test_invented_codes_have_right_check_characters() -> None:
    from schwifty import IBAN
    from stdnum.it import iva

    assert all(iva.is_valid(partita_iva(n)) for n in [*range(500), 9_999])
    assert len({partita_iva(n) for n in range(500)}) == 500
    for numero in ("100000004711", "8150", "00AB12CD34EF"):
        IBAN(conto("02008", "02430", numero)["iban"], validate_bban=True)


def spool(tmp_path: Path) -> Path:
    for abi in ("03069", "02008"):
        for folder in ("out/new", "out/sent", "out/confirmed", "in/new"):
            (tmp_path / "A1B2C" / abi / folder).mkdir(parents=True)
        (tmp_path / "A1B2C" / abi / "out" / "new" / f"RIBA-{abi}.cbi").write_bytes(FLOW.replace(b"03069", abi.encode()))
    return tmp_path


def test_the_simulator_takes_and_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = spool(tmp_path)
    sim.main([str(root), "receipts", "--date", "2026-11-03", "--refuse", "RIBA-A"])
    assert not list(root.glob("*/*/out/new/*"))
    assert sorted(p.name for p in root.glob("*/*/in/new/*")) == ["ER-RIBA-02008.cbi", "ER-RIBA-03069.cbi"]
    sim.main([str(root), "outcomes", "--date", "2027-01-04", "--strays"])
    sim.main([str(root), "statement", "--date", "2027-01-05"])
    found = Counter(p.name.split("-")[0] for p in root.glob("*/*/in/new/*"))
    assert found == {"ER": 2, "ESITI": 4, "RH": 2}
    assert not list(root.glob("*/*/in/*.part"))
    assert capsys.readouterr().out.count(SIMULATORE) == 3


def test_a_bank_may_answer_with_a_sidecar_and_another_with_a_frame(tmp_path: Path) -> None:
    root = spool(tmp_path)
    sim.receipts(root, DAY, ack=["02008"])
    assert sorted(p.name for p in root.glob("*/*/in/new/*")) == ["CN-RIBA-03069.cbi", "RIBA-02008.cbi.ack"]


def test_with_nothing_taken_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert sim.outcomes(spool(tmp_path), DAY) == []
    assert sim.statement(tmp_path, DAY) == []
