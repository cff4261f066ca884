"""How a home fares: the figures, who is told, and that they say nothing of anybody's account."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from sqlalchemy import update

from ledger import giacenze, lavori
from ledger.home import Home
from ledger.intenti import INCERTO
from ledger.lavori import FALLITO, RIUSCITO, Chiave
from ledger.schema import INTENTO
from spool import misure, orari
from spool.dispatch import dispatch_ready
from spool.receive import receive
from tests.console import cbi
from tests.spool import casa


def figures(home: Home) -> dict[str, float]:
    """Each series of the text with its value."""
    lines = misure.text(home).decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def of(home: Home, name: str, abi: str = "03069") -> float:
    return figures(home)[f'cbi_{name}{{abi="{abi}",sia="{casa.SIA}"}}']


def ran(home: Home, nome: str, esito: str) -> None:
    with home.begin() as conn:
        lavori.end(conn, home.ports, lavori.begin(conn, home.ports, Chiave(nome), "qui:1"), esito, {})


def later(home: Home, **more: float) -> Home:
    home.ports.clock.at += timedelta(**more)  # type: ignore[attr-defined]
    return home


@pytest.fixture
def ready(signed: Path, tmp_path: Path) -> Home:
    """With a signed distinta that has not left."""
    return casa.copy(signed, tmp_path / "home")


def test_what_is_ready_and_has_not_left_is_counted_with_how_long_it_waits(ready: Home) -> None:
    with ready.read() as conn:
        since = min(each.at for each in giacenze.signed(conn).values())
    ready.ports.clock.at = since + timedelta(minutes=30)  # type: ignore[attr-defined]
    assert of(ready, "pending_distinte") == 1
    assert 1800 <= of(ready, "oldest_pending_seconds") < 1810
    assert of(ready, "pending_distinte", "02008") == of(ready, "oldest_pending_seconds", "02008") == 0
    assert figures(ready)["cbi_healthy"] == 1
    later(ready, minutes=31)
    assert figures(ready)["cbi_healthy"] == 0 and "non parte da 61 minuti" in misure.measure(ready).mali[0][0]
    dispatch_ready(ready)
    assert (of(ready, "pending_distinte"), figures(ready)["cbi_healthy"]) == (0, 1)


def test_what_waits_for_its_day_is_not_late(ready: Home) -> None:
    (ready.path / orari.FILE).write_text('[limiti.03069]\nRIBA = "16:30"\n')
    ready.ports.clock.at = datetime(2026, 11, 7, 12, tzinfo=UTC)  # type: ignore[attr-defined]
    assert of(ready, "pending_distinte") == 0 and figures(ready)["cbi_healthy"] == 1


def test_settings_that_cannot_be_read_are_a_reason_and_the_other_figures_are_there(ready: Home) -> None:
    (ready.path / orari.FILE).write_text("[")
    assert figures(ready)["cbi_healthy"] == 0 and of(ready, "quarantined_files", "02008") == 0
    assert misure.measure(ready).mali[0][0].startswith("ORARI-001")


def test_files_in_quarantine_are_counted_without_their_notes(home: Home) -> None:
    casa.drop(home, "rotto.cbi", b"non un flusso\n")
    receive(home)
    assert (of(home, "quarantined_files"), of(home, "quarantined_files", "02008")) == (1, 0)


def test_receipts_that_do_not_come_are_counted(home: Home) -> None:
    assert of(home, "overdue_receipts") == 0
    assert (of(later(home, days=3), "overdue_receipts"), of(home, "overdue_receipts", "02008")) == (1, 1)


def test_an_uncertain_dispatch_is_never_well(home: Home) -> None:
    with home.begin() as conn:
        conn.execute(update(INTENTO).where(INTENTO.c.abi == "03069").values(stato=INCERTO))
    assert (of(home, "uncertain_dispatches"), of(home, "uncertain_dispatches", "02008")) == (1, 0)
    assert figures(home)["cbi_healthy"] == 0


def test_jobs_are_counted_and_the_last_failure_is_a_reason_until_it_succeeds(home: Home) -> None:
    assert "cbi_last_reconcile_timestamp_seconds" not in figures(home)
    for esito in (RIUSCITO, FALLITO):
        ran(home, "receive", esito)
    found = figures(home)
    assert found['cbi_job_runs{job="receive",outcome="riuscito"}'] == 1
    assert found['cbi_job_runs{job="receive",outcome="fallito"}'] == found["cbi_healthy"] + 1 == 1
    assert found["cbi_last_reconcile_timestamp_seconds"] < found['cbi_job_last_end_timestamp_seconds{job="receive"}']
    assert found['cbi_job_last_duration_seconds{job="receive"}'] > 0
    ran(home, "receive", RIUSCITO)
    assert figures(home)["cbi_healthy"] == 1


def test_figures_are_of_companies_and_banks_and_never_of_accounts(home: Home) -> None:
    text = misure.text(home).decode()
    assert set(re.findall(r'(\w+)="', text)) <= {"sia", "abi", "job", "outcome"}
    assert all(account["iban"] not in text and account["iban"][-12:] not in text for account in casa.CONTI.values())


def test_metrics_are_on_a_port_and_so_is_whether_all_is_well(home: Home) -> None:
    with misure.served(home, "127.0.0.1", 0) as port:
        root = f"http://127.0.0.1:{port}"
        assert urlopen(f"{root}/metrics").read() == misure.text(home)
        assert json.load(urlopen(f"{root}/healthz")) == {"stato": "ok", "motivi": []}
        ran(home, "receive", FALLITO)
        with pytest.raises(HTTPError) as ill:
            urlopen(f"{root}/healthz")
        assert ill.value.code == 503
        assert json.load(ill.value)["motivi"][0]["en"] == "job receive: the last time it did not succeed"
        with pytest.raises(HTTPError) as absent:
            urlopen(f"{root}/etc/passwd")
        assert absent.value.code == 404


def test_the_textfile_is_there_whole_after_each_run(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "cbi.prom"
    target.write_text("vecchio")
    assert cbi("--home", home.path, "run", "--once", "receive", "--metrics-file", target).code == 0
    told = cbi("--home", home.path, "metrics")
    assert told.code == 0 and target.read_text().splitlines()[-1] == told.out.splitlines()[-1] == "cbi_healthy 1.0"
    assert [each.name for each in tmp_path.iterdir() if each.name.endswith(".tmp")] == []
