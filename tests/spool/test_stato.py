"""All that came in is accounted for, or it is said what is not; receipts that are late; what is over is filed."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from cbi.validators.calendari import is_banking_day
from cli import cbi
from ledger import attese, distinte
from ledger.home import Home
from ledger.ports import ROME, FsyncFailed, today
from ledger.stati import Evento
from spool.dispatch import dispatch_ready, tidy
from spool.filing import file_away
from spool.receive import receive
from spool.stato import Somma, Stato, folders, status
from tests.spool import casa

GARBAGE = b"\x00\xff" * 50


@pytest.fixture(scope="module")
def busy_day(sent: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after a day of answers: read, read twice, in an archive, of another bank, hostile, not yet read."""
    home = casa.copy(sent, tmp_path_factory.mktemp("day") / "home")
    casa.answers(home, strays=True)
    new = casa.branch(home).into("new")
    (statement,) = [path for path in new.iterdir() if path.name.startswith("RH")]
    casa.drop(home, "di-nuovo.cbi", statement.read_bytes())
    casa.drop(home, "in-archivio.cbi.gz", gzip.compress(statement.read_bytes() + b"\r\n"))
    casa.drop(home, "sbagliata.cbi", statement.read_bytes() + b"\n\n", abi="02008")
    casa.drop(home, "rotto.cbi", GARBAGE)
    casa.drop(home, "$(x)", GARBAGE)
    casa.drop(home, "detto.cbi", statement.read_bytes() + b"\n")
    casa.drop(home, "detto.cbi.ok", b"")
    receive(home)
    casa.drop(home, "domani.cbi", b"x")
    casa.drop(home, "a-meta.cbi.part", b"x")
    casa.drop(home, "solo.ok", b"")
    home.close()
    return home.path


@pytest.fixture
def day(busy_day: Path, tmp_path: Path) -> Home:
    return casa.copy(busy_day, tmp_path / "day")


def look(home: Home) -> Stato:
    return status(home, today(home.ports))


def sums(stato: Stato, abi: str = "03069") -> dict[str, Somma]:
    (ramo,) = [each for each in stato.rami if each.abi == abi]
    return {somma.nome: somma for somma in ramo.somme}


def names(home: Home, folder: str) -> list[str]:
    return sorted(path.name for path in casa.branch(home).into(folder).iterdir())


# --- the sums ---------------------------------------------------------------------------------------------


def test_after_any_day_all_that_came_in_is_accounted_for(day: Home) -> None:
    stato = look(day)
    assert stato.torna
    for ramo in stato.rami:
        done = day.spool_dir / ramo.sia / ramo.abi / "in" / "done"
        read = [path for path in done.iterdir() if not path.name.endswith(".ok")]
        assert ramo.cartelle["in/done"] == len(read) > 0
    (mine,) = [ramo for ramo in stato.rami if ramo.abi == "03069"]
    assert (mine.cartelle["in/new"], mine.cartelle["in/attesa"], mine.cartelle["in/quarantine"]) == (1, 2, 2)
    assert sums(stato)["supporti"].parti["gia_ricevuti"] == 0  # the very same file again is told by no event
    assert sums(stato)["supporti"].parti["rifiutati"] == 1
    assert sums(stato, "02008")["supporti"].parti["rifiutati"] == 1
    assert any(sums(stato, abi)["esiti"].parti["eccezioni"] for abi in casa.CONTI)
    assert sums(stato)["file"].parti["quarantine"] == 1
    assert mine.fuori_somma == 1  # the same bytes under a hostile name


def test_a_broken_archive_in_quarantine_is_told_below_the_sums(day: Home) -> None:
    (casa.branch(day).into("new") / "domani.cbi").unlink()
    casa.drop(day, "rotto.zip", b"PK\x03\x04" + GARBAGE)
    receive(day)
    (mine,) = [ramo for ramo in look(day).rami if ramo.abi == "03069"]
    assert (mine.cartelle["in/quarantine"], mine.somme[0].parti["quarantine"], mine.fuori_somma) == (3, 1, 2)
    told = CliRunner().invoke(cbi, ["--home", str(day.path), "--lang", "en", "spool", "status"]).output
    assert "A1B2C/03069: 2 more files in quarantine, in no sum" in told


def test_what_is_gone_from_the_folders_is_named(day: Home) -> None:
    (statement,) = [path for path in casa.branch(day).into("done").iterdir() if path.name.startswith("RH")]
    (casa.branch(day).into("done") / "di-nuovo.cbi").unlink()
    assert look(day).torna  # its bytes are still there under the other name
    statement.unlink()
    assert sums(look(day))["file"].mancano == (statement.name,)
    (casa.branch(day).into("done") / "in-archivio.cbi.gz").unlink()
    assert set(sums(look(day))["file"].mancano) == {statement.name, "in-archivio.cbi.gz/in-archivio.cbi"}


def test_what_nobody_has_read_is_named(day: Home) -> None:
    stranger = casa.branch(day).into("done") / "mai-visto.cbi"
    stranger.write_bytes(b"mai visto")
    stato = look(day)
    assert not stato.torna
    assert sums(stato)["file"].estranei == (str(stranger),)


def test_what_a_bank_changed_after_it_was_read_is_both(day: Home) -> None:
    (statement,) = [path for path in casa.branch(day).into("done").iterdir() if path.name.startswith("RH")]
    for path in (statement, casa.branch(day).into("done") / "di-nuovo.cbi"):
        path.write_bytes(path.read_bytes()[:-1])
    found = sums(look(day))["file"]
    assert (found.mancano, len(found.estranei)) == ((statement.name,), 2)


@pytest.mark.parametrize(
    ("statement", "which"),
    [
        ("DELETE FROM esito WHERE id = (SELECT min(id) FROM esito WHERE verdetto = 'applicato')", "esiti"),
        ("UPDATE esito SET verdetto = 'applicato' WHERE verdetto = 'eccezione'", "esiti"),
        ("UPDATE file SET dati = '{}' WHERE origine = 'banca' AND nome LIKE 'RH%'", "supporti"),
    ],
)
def test_rows_that_are_not_those_told_are_named(day: Home, statement: str, which: str) -> None:
    with day.begin() as conn:
        conn.execute(text("PRAGMA defer_foreign_keys = ON"))
        conn.execute(text("UPDATE eccezione SET esito_id = NULL"))
        conn.execute(text(statement))
    stato = look(day)
    bad = [somma for ramo in stato.rami for somma in ramo.somme if not somma.torna]
    assert {somma.nome for somma in bad} == {which}
    assert all(somma.mancano for somma in bad)


def test_a_file_read_and_not_yet_moved_is_still_to_be_found(day: Home) -> None:
    (statement,) = [path for path in casa.branch(day).into("done").iterdir() if path.name.startswith("RH")]
    (casa.branch(day).into("done") / "di-nuovo.cbi").unlink()
    statement.rename(casa.branch(day).into("new") / statement.name)
    stato = look(day)
    assert stato.torna
    assert sums(stato)["file"].parti["new"] == 1


def test_looking_changes_nothing(day: Home) -> None:
    before = casa.portrait(day)
    look(day)
    assert casa.portrait(day) == before


def test_the_command_says_what_does_not_add_up(day: Home) -> None:
    def run(*args: str):  # type: ignore[no-untyped-def]
        return CliRunner(env={"CBI_LANG": "it", "COLUMNS": "200"}).invoke(cbi, ["--home", str(day.path), *args])

    sound = run("spool", "status")
    assert (sound.exit_code, "NO" in sound.stdout) == (0, False)
    assert json.loads(run("spool", "status", "--format", "json").stdout)["torna"] is True
    (casa.branch(day).into("done") / "in-archivio.cbi.gz").unlink()
    found = run("spool", "status")
    assert (found.exit_code, "NO" in found.stdout) == (3, True)
    assert "non torna in-archivio.cbi.gz/in-archivio.cbi" in found.stderr
    assert json.loads(run("spool", "status", "--format", "json").stdout)["torna"] is False


def test_dispatches_that_wait_for_a_person_are_shown(signed: Path, tmp_path: Path) -> None:
    dispatch_ready(casa.copy(signed, tmp_path / "dry", counting := casa.Disk()))
    home = casa.copy(signed, tmp_path / "h", disk := casa.Disk(mode="after", error=lambda: FsyncFailed(5, "no")))
    disk.fail_at = len(counting.calls)
    dispatch_ready(home)
    (ramo,) = [each for each in look(home).rami if each.abi == "03069"]
    assert ([each.distinta_id for each in ramo.incerti], ramo.aperti) == ([1], ())
    told = CliRunner(env={"CBI_LANG": "it"}).invoke(cbi, ["--home", str(home.path), "spool", "status"])
    assert told.exit_code == 0 and "cbi spool resolve 1" in told.stderr


# --- receipts that are late -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent_on", "asked_on", "late"),
    [
        (date(2026, 11, 2), date(2026, 11, 2), False),  # a Monday
        (date(2026, 11, 2), date(2026, 11, 3), False),
        (date(2026, 11, 2), date(2026, 11, 4), True),
        (date(2026, 11, 6), date(2026, 11, 9), False),  # a Friday, and the Monday after it
        (date(2026, 11, 6), date(2026, 11, 10), True),
        (date(2026, 11, 7), date(2026, 11, 9), False),  # a Saturday
        (date(2026, 12, 24), date(2026, 12, 28), False),  # Christmas, Santo Stefano, Sunday
        (date(2026, 12, 24), date(2026, 12, 29), True),
    ],
)
def test_a_receipt_is_late_when_a_whole_banking_day_has_gone(
    signed: Path, tmp_path: Path, sent_on: date, asked_on: date, late: bool
) -> None:
    home = casa.copy(signed, tmp_path / "h")
    home.ports.clock.at = datetime.combine(sent_on, datetime.min.time(), ROME).astimezone(UTC)  # type: ignore[attr-defined]
    dispatch_ready(home)
    with home.read() as conn:
        found = attese.overdue(conn, asked_on)
    assert [(each.distinta_id, each.abi, each.inoltrata) for each in found] == [(1, "03069", sent_on)] * late


def test_what_the_bank_has_answered_or_what_has_not_left_is_not_late(home: Home, signed: Path, tmp_path: Path) -> None:
    ever = date(2030, 1, 1)
    with home.read() as conn:
        assert [each.distinta_id for each in attese.overdue(conn, ever)] == [1, 2]
    with home.begin() as conn:
        distinte.apply(conn, home.ports, 1, Evento.RICEVI, chi="prova")
        distinte.apply(conn, home.ports, 2, Evento.SCARTA, chi="prova")
        assert attese.overdue(conn, ever) == []
    with casa.copy(signed, tmp_path / "ready").read() as conn:
        assert attese.overdue(conn, ever) == []


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 20))
def test_it_is_late_from_a_day_on_and_a_banking_day_lies_between(sent_on: date, after: int) -> None:
    from cbi.validators.calendari import next_banking_day

    asked = sent_on + timedelta(days=after)
    between = [sent_on + timedelta(days=n) for n in range(1, after)]
    assert (next_banking_day(sent_on) < asked) == any(map(is_banking_day, between))


def test_the_status_tells_the_late_ones(home: Home) -> None:
    assert look(home).ritardi == ()
    assert [each.distinta_id for each in status(home, date(2026, 11, 4)).ritardi] == [1, 2]


# --- dated folders ----------------------------------------------------------------------------------------


def aged(home: Home, days: int) -> None:
    """Every file of the spool is that many days old on the clock of the home."""
    at = (home.ports.clock.now() - timedelta(days=days)).timestamp()
    for path in home.spool_dir.rglob("*"):
        if path.is_file():
            os.utime(path, (at, at))


def test_what_is_over_is_filed_by_day_and_still_counted(day: Home) -> None:
    tidy(day)
    aged(day, 40)
    before = casa.folders(day)
    moved = file_away(day, 30)
    when = (today(day.ports) - timedelta(days=40)).strftime("%Y/%m/%d")
    assert moved and all(f"/archive/{when}/" in str(path) for path in moved)
    assert names(day, "done") == []
    assert list(casa.branch(day).out("confirmed").iterdir()) == []
    assert sorted(casa.folders(day).values()) == sorted(before.values())  # nothing is deleted nor changed
    stato = look(day)
    assert stato.torna
    assert sums(stato)["file"].parti["done"] == 0 < sums(stato)["file"].parti["archive"]
    assert file_away(day, 30) == []


def test_what_is_not_over_stays(day: Home) -> None:
    tidy(day)
    aged(day, 30)
    assert file_away(day, 30) == []
    assert names(day, "quarantine") and names(day, "new")
    aged(day, 31)
    assert file_away(day, 30)
    assert names(day, "quarantine") and names(day, "new")


def test_a_sent_file_is_found_where_it_was_filed(home: Home) -> None:
    (path,) = [each for each in casa.left(home) if "RIBA-A" in each.name]
    path.rename(casa.branch(home).out("confirmed") / path.name)
    aged(home, 2)
    (filed,) = file_away(home, 1)
    assert casa.branch(home).where_left(home.ports.disk, path.name) == filed
    assert tidy(home) == []


def test_two_files_of_a_name_are_both_kept(home: Home) -> None:
    for data in (b"1", b"2"):
        (casa.branch(home).into("done") / "CN.cbi").write_bytes(data)
        aged(home, 9)
        file_away(home, 1)
    filed = [path for path in casa.folders(home) if "/archive/" in path]
    assert sorted(path.rpartition("/")[2] for path in filed) == ["CN.cbi", "CN.cbi.1"]


def test_a_crash_or_a_fault_at_any_call_of_filing_loses_nothing(day: Home) -> None:
    tidy(day)
    aged(day, 9)
    day.close()
    calm = casa.copy(day.path, day.path.with_name("calm"), disk := casa.Disk())
    disk.calls.clear()
    expected = sorted(casa.folders(calm).values())
    file_away(calm, 1)
    end, calls = casa.folders(calm), list(disk.calls)
    calm.close()
    for n in casa.crash_points(calls, "before")[::6]:
        for error in (casa.Crash, lambda: OSError(28, "full")):
            home = casa.copy(day.path, day.path.with_name("broken"), disk := casa.Disk(error=error))
            disk.calls.clear()
            disk.fail_at = n
            with suppress(casa.Crash, OSError):
                file_away(home, 1)
            assert sorted(casa.folders(home).values()) == expected
            disk.fail_at = 0
            file_away(home, 1)
            assert casa.folders(home) == end
            home.close()
            shutil.rmtree(home.path)


def test_folders_are_counted_without_reading_a_file(day: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spool.stato.read_foreign", None)
    counts = folders(day.ports.disk, casa.branch(day))
    assert counts["in/new"] == 1 and counts["archive"] == 0
