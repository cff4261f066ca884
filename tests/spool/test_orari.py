"""Until when a bank takes a flow: by the clock and the calendar of Rome, also when the clock changes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cli import cbi
from fixtures import f24
from fixtures.comune import SIA
from ledger import aziende, distinte, firme, utenti
from ledger.errors import Refused
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import ROME
from spool import orari
from spool.dispatch import ATTENDE, FALLITA, INOLTRATA, dispatch, dispatch_ready, would_dispatch
from spool.orari import Ritardo
from tests.ledger.sala import blank
from tests.spool import casa

LIMITE = "16:30"


def settle(home: Home, text: str) -> Home:
    (home.path / orari.FILE).write_text(text, encoding="utf-8")
    return home


def on(home: Home, at: datetime) -> Home:
    home.ports.clock.at = at - timedelta(seconds=1)  # type: ignore[attr-defined]
    return home


def rome(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME)


@pytest.fixture
def ready(signed: Path, tmp_path: Path) -> Home:
    """With a signed Ri.Ba., for a bank that takes them until half past four."""
    return settle(casa.copy(signed, tmp_path / "home"), f'[limiti.03069]\nRIBA = "{LIMITE}"\n')


# --- the rule ---------------------------------------------------------------------------------------------------------

DAYS = {  # of 2026: the instants when clocks change are among the hours of the first two
    "2026-03-28": None,  # Saturday
    "2026-03-29": None,  # Sunday, clocks go forward
    "2026-04-03": date(2026, 4, 3),  # Good Friday: open in Italy
    "2026-04-06": None,  # Easter Monday
    "2026-10-04": None,  # St Francis, and Sunday
    "2026-10-25": None,  # Sunday, clocks go back
    "2026-10-26": date(2026, 10, 26),
    "2026-12-08": None,
}


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("hour", ["00:00", "02:30", "16:29:59.999999", "16:30", "23:59"])
def test_what_is_in_time_on_an_open_day_leaves_on_that_day(day: str, hour: str) -> None:
    late = orari._late(LIMITE, rome(f"{day}T{hour}"))
    in_time = DAYS[day] is not None and hour < LIMITE
    assert (late is None) is in_time
    if late is not None:
        assert late.attende and late.limite == (LIMITE if DAYS[day] else "")


@pytest.mark.parametrize(
    ("at", "dal"),
    [
        ("2026-03-27T16:30", date(2026, 3, 30)),  # over the night when clocks go forward
        ("2026-10-02T18:00", date(2026, 10, 5)),  # 4 October is a Sunday
        ("2026-10-23T16:30", date(2026, 10, 26)),  # over the night when clocks go back
        ("2026-12-24T17:00", date(2026, 12, 28)),
        ("2026-04-02T17:00", date(2026, 4, 3)),
        ("2027-10-01T17:00", date(2027, 10, 5)),  # a Friday: 4 October is a Monday
    ],
)
def test_what_is_late_goes_the_next_banking_day(at: str, dal: date) -> None:
    assert orari._late(LIMITE, rome(at)) == Ritardo(LIMITE, dal, attende=True)


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(ROME)) | st.sampled_from(
    [rome(f"{day}T{hour:02d}:{minute:02d}") for day in DAYS for hour in (0, 1, 2, 3, 16, 23) for minute in (0, 30, 59)]
)
HOURS = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59)).filter(lambda hour: hour != "00:00")


@given(INSTANTS, HOURS)
def test_what_waits_is_in_time_at_the_start_of_its_day(at: datetime, limite: str) -> None:
    """Nobody waits twice."""
    late = orari._late(limite, at)
    if late is not None:
        midnight = datetime(late.dal.year, late.dal.month, late.dal.day, tzinfo=ROME)
        assert late.dal > at.astimezone(ROME).date()
        assert orari._late(limite, midnight) is None


@given(INSTANTS, INSTANTS, HOURS)
def test_who_signs_later_does_not_leave_earlier(one: datetime, other: datetime, limite: str) -> None:
    first, second = sorted((one, other))
    days = [late.dal if (late := orari._late(limite, at)) else at.astimezone(ROME).date() for at in (first, second)]
    assert days == sorted(days)


# --- what leaves ------------------------------------------------------------------------------------------------------


def test_a_flow_signed_late_waits_for_the_next_banking_day_and_leaves_by_itself(ready: Home) -> None:
    on(ready, rome("2026-11-06T16:30"))  # Friday
    (would,) = would_dispatch(ready)
    (inoltro,) = dispatch_ready(ready)
    assert (inoltro.verdetto, inoltro.dal, inoltro.ritardo) == (would.verdetto, would.dal, would.ritardo)
    assert (inoltro.verdetto, inoltro.dal) == (ATTENDE, date(2026, 11, 9))
    assert inoltro.ritardo == Ritardo(LIMITE, date(2026, 11, 9), attende=True)
    with pytest.raises(Refused, match="INOLTRO-010"):
        dispatch(ready, 1)
    (sunday,) = dispatch_ready(on(ready, rome("2026-11-08T23:59")))
    assert (sunday.verdetto, casa.left(ready)) == (ATTENDE, [])
    (monday,) = dispatch_ready(on(ready, rome("2026-11-09T00:00")))
    assert (monday.verdetto, len(casa.left(ready))) == (INOLTRATA, 1)


@pytest.mark.parametrize("text", ["", '[limiti.02008]\nRIBA = "00:01"\n', '[limiti.03069]\nRID = "00:01"\n'])
def test_nothing_waits_where_no_hour_was_set_for_that_bank_and_flow(ready: Home, text: str) -> None:
    (inoltro,) = dispatch_ready(on(settle(ready, text), rome("2026-11-07T23:00")))  # a Saturday night
    assert (inoltro.verdetto, inoltro.ritardo) == (INOLTRATA, None)


def test_what_was_begun_before_the_hour_is_completed_after_it(ready: Home) -> None:
    with pytest.raises(casa.Crash), casa.crash_at_commit(on(ready, rome("2026-11-06T16:00")), 2):
        dispatch(ready, 1)
    (inoltro,) = dispatch_ready(on(ready, rome("2026-11-06T17:00")))
    assert inoltro.verdetto == "completata"


@pytest.mark.parametrize(
    "text",
    [
        "limiti = 3",
        "[limite.03069]",
        '[limiti.3069]\nRIBA = "16:30"',
        '[limiti.03069]\nRIBBA = "16:30"',
        '[limiti.03069]\nRIBA = "24:00"',
        '[limiti.03069]\nRIBA = "00:00"',
        '[limiti.03069]\nRIBA = "16:3\\n0"',
        "[limiti.03069]\nRIBA = 16:30:00",
        "[presunte.03069]\nRIBA = 0",
        "[presunte.03069]\nRIBA = true",
        "[presunte.03069]\nF4 = 3",
        "[limiti.03069",
        "\0",
    ],
)
def test_settings_that_say_something_else_are_refused_in_words(ready: Home, text: str) -> None:
    with pytest.raises(Refused) as refused:
        orari.read(settle(ready, text))
    assert refused.value.code == "ORARI-001" and refused.value.it.startswith("orari.toml: ")
    assert "[limiti.ABI]" in refused.value.hint_it and "[limiti.ABI]" in refused.value.hint_en


def test_settings_that_are_not_text_are_refused(ready: Home) -> None:
    (ready.path / orari.FILE).write_bytes(b"\xff\xfe")
    (inoltro,) = dispatch_ready(ready)
    assert inoltro.verdetto == FALLITA and isinstance(inoltro.error, Refused) and inoltro.error.code == "ORARI-001"
    with pytest.raises(Refused, match="ORARI-001"):
        dispatch(ready, 1)
    assert casa.left(ready) == []


# --- F24 --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def delega(tmp_path: Path) -> Home:
    """With a delegation to be signed."""
    made = blank(tmp_path / "casa", casa.ports())
    with made.begin() as conn:
        azienda = aziende.create(conn, made.ports, sia=SIA, nome="PROVA", codice_fiscale=casa.partita_iva(9_999))
        utenti.create(conn, made.ports, azienda, login="bianchi", peso=100, password=casa.PASSWORD)
    import_file(made, f24.f4(f24.SEMPLICE), "f24.cbi", azienda)
    return made


def late_at(home: Home, at: datetime) -> Ritardo | None:
    with home.read() as conn:
        return orari.ritardo(orari.read(home), conn, distinte.get(conn, 1), at)


def test_a_delegation_is_late_from_eleven_of_its_day_of_payment(delega: Home) -> None:
    day = f24.PAGAMENTO
    at = partial(datetime, day.year, day.month, day.day, tzinfo=ROME)
    dal = late_at(delega, at(11, 0))
    assert late_at(delega, at(10, 59)) is None and late_at(delega, at(18) - timedelta(days=1)) is None
    assert dal is not None and (dal.limite, dal.attende) == ("11:00", False) and dal.dal > day
    after = late_at(delega, at(8) + timedelta(days=1))
    assert after is not None and (after.limite, after.attende) == ("", False)


def test_a_bank_may_want_delegations_earlier(delega: Home) -> None:
    with delega.read() as conn:
        abi = distinte.get(conn, 1).abi
    settle(delega, f'[limiti.{abi}]\nF4 = "09:30"\n')
    day = datetime(f24.PAGAMENTO.year, f24.PAGAMENTO.month, f24.PAGAMENTO.day, 9, 30, tzinfo=ROME)
    found = late_at(delega, day)
    assert found is not None and found.limite == "09:30" and late_at(delega, day - timedelta(minutes=1)) is None


def test_a_late_delegation_leaves_all_the_same_and_that_is_told(delega: Home) -> None:
    firme.sign(delega, 1, "bianchi", casa.PASSWORD)
    noon = datetime(f24.PAGAMENTO.year, f24.PAGAMENTO.month, f24.PAGAMENTO.day, 12, tzinfo=ROME)
    (inoltro,) = dispatch_ready(on(delega, noon))
    assert inoltro.verdetto == INOLTRATA and inoltro.ritardo is not None and inoltro.ritardo.limite == "11:00"


# --- what people are told ---------------------------------------------------------------------------------------------


def test_whoever_signs_late_is_told_before_and_after(
    signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = casa.copy(signed, tmp_path / "home")
    import_file(home, casa.flow("RIBA-B", range(5, 7)), "altro.cbi", 1)
    settle(home, f'[limiti.03069]\nRIBA = "{LIMITE}"\n')
    monkeypatch.setattr("ledger.ports._Clock.now", lambda self: rome("2026-11-06T17:00"))
    monkeypatch.setenv("CBI_LANG", "en")
    monkeypatch.setenv("COLUMNS", "250")
    run = partial(CliRunner().invoke, cbi)
    told = run(["--home", str(home.path), "sign", "2", "--user", "bianchi"], input=f"{casa.PASSWORD}\n")
    assert told.exit_code == 0
    assert "distinta 2: after 16:30: goes the next banking day, 09/11/2026" in told.stderr
    assert "distinta 2: Firmata, leaves from 09/11/2026 on" in told.stdout
    sent = run(["--home", str(home.path), "dispatch"])
    assert sent.exit_code == 0 and sent.stdout.count("goes the next banking day, 09/11/2026") >= 1


def test_whoever_signs_a_delegation_late_is_told_without_any_settings(
    delega: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = datetime(f24.PAGAMENTO.year, f24.PAGAMENTO.month, f24.PAGAMENTO.day, 12, tzinfo=ROME)
    monkeypatch.setattr("ledger.ports._Clock.now", lambda self: noon)
    monkeypatch.setenv("CBI_LANG", "it")
    run = partial(CliRunner().invoke, cbi)
    told = run(["--home", str(delega.path), "sign", "1", "--user", "bianchi"], input=f"{casa.PASSWORD}\n")
    assert "sono passate le 11:00 del giorno di pagamento" in told.stderr
    assert told.exit_code == 0 and "distinta 1: Inoltrata" in told.stdout
