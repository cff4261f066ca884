"""What a bank would not take yet: it is signed, it waits for its day, and leaves by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import cbi
from fixtures import f24
from fixtures.comune import SIA
from ledger import aziende, firme, utenti
from ledger.errors import Refused
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import ROME
from spool.dispatch import ATTENDE, INOLTRATA, dispatch, dispatch_ready, would_dispatch
from tests.ledger.sala import blank
from tests.spool import casa

DAL = f24.PAGAMENTO - timedelta(days=25)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """With a delegation, imported and signed six weeks before its day of payment."""
    made = blank(tmp_path / "casa", casa.ports())
    with made.begin() as conn:
        azienda = aziende.create(conn, made.ports, sia=SIA, nome="PROVA", codice_fiscale=casa.partita_iva(9_999))
        utenti.create(conn, made.ports, azienda, login="bianchi", peso=100, password=casa.PASSWORD)
    report = import_file(made, f24.f4(f24.SEMPLICE), "f24.cbi", azienda)
    assert report.finale == "Elaborato" and not report.verdetti[0].errori
    firme.sign(made, 1, "bianchi", casa.PASSWORD)
    yield made
    made.close()


def on(home: Home, day: date) -> Home:
    """The same home, at the first minute of a day of Rome."""
    home.ports.clock.at = datetime.combine(day, datetime.min.time(), ROME)  # type: ignore[attr-defined]
    return home


@pytest.mark.parametrize(("day", "leaves"), [(DAL - timedelta(days=1), False), (DAL, True), (f24.PAGAMENTO, True)])
def test_a_delegation_leaves_from_twenty_five_days_before_its_payment(home: Home, day: date, leaves: bool) -> None:
    on(home, day)
    (would,) = would_dispatch(home)
    (inoltro,) = dispatch_ready(home)
    assert (would.verdetto, would.dal) == (inoltro.verdetto, inoltro.dal)
    assert (inoltro.verdetto, inoltro.dal) == ((INOLTRATA, None) if leaves else (ATTENDE, DAL))
    assert len(casa.left(home)) == leaves
    assert casa.distinta_states(home) == {"F24-20112601": "Inoltrata" if leaves else "Firmata"}


def test_one_that_waits_cannot_be_sent_by_name_either(home: Home) -> None:
    with pytest.raises(Refused) as refused:
        dispatch(home, 1)
    assert refused.value.code == "INOLTRO-001"
    assert DAL.strftime("%d/%m/%Y") in refused.value.it
    assert casa.left(home) == []


def test_a_kind_without_such_a_limit_does_not_wait(tmp_path: Path) -> None:
    home = casa.build(tmp_path / "altra", [casa.flow("RIBA-A", range(1, 3))])
    assert [(each.verdetto, each.dal) for each in dispatch_ready(home)] == [(INOLTRATA, None)]


def test_whoever_signs_or_sends_is_told_from_which_day_it_leaves(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    import_file(home, f24.i4(f24.VEICOLO), "i24.cbi", 1)
    monkeypatch.setattr("ledger.ports._Clock.now", lambda self: datetime(2026, 11, 2, 8, tzinfo=ROME))
    monkeypatch.setenv("CBI_LANG", "en")
    run = partial(CliRunner().invoke, cbi)
    day = f"{DAL:%d/%m/%Y}"
    signed = run(["--home", str(home.path), "sign", "2", "--user", "bianchi"], input=f"{casa.PASSWORD}\n")
    assert signed.exit_code == 0 and f"distinta 2: Firmata, leaves from {day} on" in signed.output
    sent = run(["--home", str(home.path), "dispatch", "--format", "json"])
    assert sent.exit_code == 0
    assert {(each["verdetto"], each["dal"], each["errore"]) for each in json.loads(sent.stdout)} == {
        (ATTENDE, DAL.isoformat(), f"the bank takes it from {day} on")
    }
    assert casa.left(home) == []
