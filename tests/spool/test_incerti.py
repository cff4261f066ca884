"""After a failed fsync nobody trusts the file again: a person decides, and what is trusted has another name."""

from __future__ import annotations

import errno
import json
import sqlite3
from collections import Counter
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, event, select
from sqlalchemy.exc import OperationalError

from banksim.risposte import scarto
from cbi import read_supporti
from cli import cbi
from ledger import distinte, firme, intenti, journal, operazioni, ricostruzione, utenti
from ledger.errors import Refused
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import FsyncFailed, real_ports
from ledger.profilo import OPERATIVE, Funzione, Profilo
from ledger.schema import INTENTO, JOURNAL
from spool.dispatch import (
    COMPLETATA,
    FALLITA,
    INCERTA,
    INOLTRATA,
    _complete,
    dispatch,
    dispatch_ready,
    recover,
    would_dispatch,
)
from spool.receive import receive
from spool.resolve import INCERTO, resolve
from tests.ledger.sala import QUICK_HASHER
from tests.spool import casa

FLOW = casa.flow("RIBA-A", range(1, 5))
FSYNCS = ("write_new", "fsync_dir")  # the calls in which the machine makes something durable


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utenti, "HASHER", QUICK_HASHER)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As everywhere else, but passwords are soon tried: here they are at every turn."""
    path = tmp_path_factory.mktemp("signed") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utenti, "HASHER", QUICK_HASHER)
        casa.build(path, [FLOW]).close()
    return path


def failed_fsync() -> OSError:
    return FsyncFailed(errno.EIO, "Input/output error")


def calls_of(signed: Path, tmp_path: Path) -> list[str]:
    home = casa.copy(signed, tmp_path / "count", disk := casa.Disk())
    disk.calls.clear()
    dispatch_ready(home)
    home.close()
    return disk.calls


def doubtful(signed: Path, tmp_path: Path, call: str = "fsync_dir", name: str = "h") -> Home:
    """A home whose dispatch ended at the last call of that name, done but not durable."""
    calls = calls_of(signed, tmp_path / f"dry-{name}")
    home = casa.copy(signed, tmp_path / name, disk := casa.Disk())
    disk.calls.clear()
    disk.fail_at, disk.mode, disk.error = len(calls) - calls[::-1].index(call), "after", failed_fsync
    (inoltro,) = dispatch_ready(home)
    assert inoltro.verdetto == INCERTA
    home.close()
    return Home.open(home.path, casa.ports())


def decide(home: Home, *, left: bool, dry_run: bool = False):  # type: ignore[no-untyped-def]
    return resolve(home, 1, "bianchi", casa.PASSWORD, left=left, dry_run=dry_run)


def the_file(home: Home, folder: str) -> Path:
    (path,) = casa.branch(home).out(folder).iterdir()
    return path


def assert_sound(home: Home) -> None:
    with home.read() as conn:
        assert journal.verify(conn, 1) is None
        assert ricostruzione.check(conn, 1) == []


# --- what is uncertain stays so ---------------------------------------------------------------------------


@pytest.mark.parametrize("call", FSYNCS)
def test_after_a_failed_fsync_nothing_happens_by_itself(signed: Path, tmp_path: Path, call: str) -> None:
    home = doubtful(signed, tmp_path, call)
    before = casa.portrait(home)
    assert recover(home) == []
    assert [(i.verdetto, i.error.code) for i in dispatch_ready(home)] == [(INCERTA, "INOLTRO-002")]  # type: ignore[union-attr]
    assert [i.verdetto for i in would_dispatch(home)] == [INCERTA]
    with pytest.raises(Refused, match="INOLTRO-002"):
        dispatch(home, 1)
    assert casa.portrait(home) == before
    assert casa.distinta_states(home) == {"RIBA-A": "Firmata"}
    assert before["intenti"][0][1] == "incerto"
    with home.read() as conn:
        told = conn.scalars(select(JOURNAL.c.dati).where(JOURNAL.c.tipo == "inoltro_incerto")).all()
    assert [json.loads(each)["errno"] for each in told] == ["EIO"]
    assert_sound(home)


@pytest.mark.parametrize(
    "verb",
    [
        partial(operazioni.take_out, ordini=[1]),
        partial(operazioni.edit, campi={"importo": "1.00"}),
        partial(firme.refuse, motivo="no"),
        firme.zero,
    ],
)
def test_an_uncertain_distinta_cannot_be_changed_nor_lose_its_signatures(signed: Path, tmp_path: Path, verb) -> None:  # type: ignore[no-untyped-def]
    home = doubtful(signed, tmp_path)
    with pytest.raises(Refused, match="INOLTRO-002"):
        verb(home, 1, utente="bianchi", password=casa.PASSWORD)
    assert casa.distinta_states(home) == {"RIBA-A": "Firmata"}


def test_an_uncertain_distinta_is_not_signed_again(signed: Path, tmp_path: Path) -> None:
    home = doubtful(signed, tmp_path)
    with home.begin() as conn:
        utenti.create(conn, home.ports, 1, login="verdi", peso=100, password=casa.PASSWORD)
    for login in ("bianchi", "verdi"):
        with pytest.raises(Refused):
            firme.sign(home, 1, login, casa.PASSWORD)


def test_a_doubt_that_cannot_be_made_durable_is_kept_all_the_same(signed: Path, tmp_path: Path) -> None:
    """No fsync succeeds any more, nor does that of the database."""
    calls = calls_of(signed, tmp_path / "dry")
    home = casa.copy(signed, tmp_path / "h", disk := casa.Disk())
    disk.calls.clear()
    disk.fail_at, disk.mode, disk.error = len(calls), "after", failed_fsync
    full = "PRAGMA synchronous"
    asked = list[int]()

    def refuse(conn: Connection) -> None:
        asked.append(conn.exec_driver_sql(full).scalar_one())
        if disk.calls and asked[-1] == 2 and len(disk.calls) >= disk.fail_at:
            raise OperationalError("COMMIT", None, sqlite3.OperationalError("disk I/O error"))

    event.listen(home.engine, "commit", refuse)
    assert [i.verdetto for i in dispatch_ready(home)] == [INCERTA]
    assert asked[-2:] == [2, 0]
    event.remove(home.engine, "commit", refuse)
    home.close()
    home = Home.open(home.path, casa.ports())
    assert [i.verdetto for i in dispatch_ready(home)] == [INCERTA]
    with home.begin() as conn:
        assert conn.exec_driver_sql(full).scalar_one() == 2
    assert_sound(home)


def test_the_others_go_on(tmp_path: Path) -> None:
    flows = [FLOW, casa.flow("RIBA-B", range(5, 8)), casa.flow("RIBA-C", range(8, 9), "02008")]
    home = casa.build(tmp_path / "h", flows)
    home.close()
    home = Home.open(home.path, casa.ports(disk := casa.Disk(mode="after", error=failed_fsync)))
    disk.calls.clear()
    disk.fail_at = 10**9
    dry = casa.copy(home.path, tmp_path / "dry", counting := casa.Disk())
    counting.calls.clear()
    dispatch_ready(dry)
    disk.fail_at = counting.calls.index("write_new") + 1
    assert [i.verdetto for i in dispatch_ready(home)] == [INCERTA, INOLTRATA, INOLTRATA]
    assert [i.verdetto for i in dispatch_ready(home)] == [INCERTA]


def test_one_found_uncertain_by_another_process_is_told_as_it_is(signed: Path, tmp_path: Path) -> None:
    home = doubtful(signed, tmp_path)
    with home.read() as conn:
        (intento,) = intenti.uncertain(conn)
    assert _complete(home, intento, COMPLETATA).verdetto == INCERTA


def test_a_real_fsync_that_fails_is_told_from_a_write_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    disk = real_ports().disk
    with pytest.raises(FileNotFoundError):
        disk.write_new(tmp_path / "none" / "x", b"x")
    monkeypatch.setattr("os.fsync", fail)
    for call in (lambda: disk.write_new(tmp_path / "x", b"x"), lambda: disk.fsync_dir(tmp_path)):
        with pytest.raises(FsyncFailed) as told:
            call()
        assert told.value.errno == errno.EDQUOT
    with pytest.raises(FileNotFoundError):
        disk.fsync_dir(tmp_path / "none")


# --- every fault of the disk ------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["before", "torn"])
def test_a_call_that_fails_is_tried_again_and_never_uncertain(signed: Path, tmp_path: Path, mode: str) -> None:
    calls, codes = calls_of(signed, tmp_path), (errno.EIO, errno.EDQUOT, errno.EACCES, errno.ENOSPC)
    points = casa.crash_points(calls, mode)
    for n, code in [(n, codes[n % 3]) for n in points] if mode == "before" else product(points, codes):
        home = casa.copy(signed, tmp_path / f"{n}-{code}", disk := casa.Disk())
        disk.calls.clear()
        disk.fail_at, disk.mode, disk.error = n, mode, partial(OSError, code, "no")
        assert [i.verdetto for i in dispatch_ready(home)] == [FALLITA]
        assert {i.verdetto for i in dispatch_ready(home)} <= {COMPLETATA, INOLTRATA}
        assert [path.read_bytes() for path in casa.left(home)] == [FLOW]
        assert casa.distinta_states(home) == {"RIBA-A": "Inoltrata"}
        home.close()


def test_a_fsync_that_fails_at_any_call_is_uncertain_and_either_word_ends_it(signed: Path, tmp_path: Path) -> None:
    calls = calls_of(signed, tmp_path)
    begun = calls.index("read")  # what comes before is the intent: nothing has been put on the disk
    points = [n for n, name in enumerate(calls, 1) if name in FSYNCS and n > begun]
    assert len(points) > 2
    for n in points:
        home = casa.copy(signed, tmp_path / str(n), disk := casa.Disk())
        disk.calls.clear()
        disk.fail_at, disk.mode, disk.error = n, "after", failed_fsync
        assert [i.verdetto for i in dispatch_ready(home)] == [INCERTA]
        assert recover(home) == []
        try:
            decide(home, left=True)
        except Refused as refused:
            assert refused.code == "INOLTRO-004"  # it had not got so far
            decide(home, left=False)
            assert [i.verdetto for i in dispatch_ready(home)] == [INOLTRATA]
        assert [path.read_bytes() for path in casa.left(home)] == [FLOW]
        assert casa.distinta_states(home) == {"RIBA-A": "Inoltrata"}
        assert_sound(home)
        home.close()


@pytest.mark.parametrize("left", [True, False])
def test_a_fault_at_any_call_of_a_decision_leaves_it_to_be_taken_again(
    signed: Path, tmp_path: Path, left: bool
) -> None:
    template = doubtful(signed, tmp_path)
    template.close()
    dry = casa.copy(template.path, tmp_path / "decided", disk := casa.Disk())
    disk.calls.clear()
    decide(dry, left=left)
    expected, calls = casa.portrait(dry), list(disk.calls)
    dry.close()
    full, broken = partial(OSError, errno.ENOSPC, "full"), partial(OSError, errno.EIO, "no")
    for n, name in enumerate(calls, 1):
        changing = ((full, "before"), (failed_fsync, "after"), (casa.Crash, "after"))
        for which, (error, mode) in enumerate(changing if name in casa.CHANGES else [(broken, "before")]):
            home = casa.copy(template.path, tmp_path / f"{n}-{which}", disk := casa.Disk())
            disk.calls.clear()
            disk.fail_at, disk.mode, disk.error = n, mode, error
            with pytest.raises((OSError, casa.Crash)):
                decide(home, left=left)
            assert casa.distinta_states(home) == {"RIBA-A": "Firmata"}
            with home.read() as conn:
                assert len(intenti.uncertain(conn)) == 1
            decide(home, left=left)
            assert casa.portrait(home) == expected
            home.close()


# --- a person decides -------------------------------------------------------------------------------------


def test_it_has_left_then_it_is_inoltrata_and_the_journal_says_who_said_so(signed: Path, tmp_path: Path) -> None:
    home = doubtful(signed, tmp_path)
    deciso = decide(home, left=True)
    assert (deciso.partita, deciso.stato, deciso.path) == (True, "Inoltrata", the_file(home, "new"))
    with home.read() as conn:
        (told,) = conn.scalars(select(JOURNAL.c.dati).where(JOURNAL.c.tipo == "inoltro_compiuto"))
        assert distinte.iter_of(conn, 1)[-1].chi == "bianchi"
    assert json.loads(told)["chi"] == "bianchi"
    assert dispatch_ready(home) == []
    assert_sound(home)


@pytest.mark.parametrize("call", FSYNCS)
def test_it_has_not_left_then_it_leaves_again_under_another_name(signed: Path, tmp_path: Path, call: str) -> None:
    home = doubtful(signed, tmp_path, call)
    deciso = decide(home, left=False)
    assert deciso.path is not None and deciso.path.name == deciso.nome_file + INCERTO
    assert deciso.path.parent == casa.branch(home).out("tmp")
    assert casa.left(home) == []
    (inoltro,) = dispatch_ready(home)
    assert inoltro.nome_file == deciso.nome_file.replace(".cbi", "-2.cbi")
    assert [path.read_bytes() for path in casa.left(home)] == [FLOW]
    assert deciso.path.exists()
    with home.read() as conn:
        assert Counter(conn.scalars(select(INTENTO.c.stato))) == {"ritirato": 1, "compiuto": 1}
    assert_sound(home)


def test_uncertain_twice_it_has_a_third_name(signed: Path, tmp_path: Path) -> None:
    home = doubtful(signed, tmp_path)
    decide(home, left=False)
    home = Home.open(home.path, casa.ports(disk := casa.Disk(mode="after", error=failed_fsync)))
    calls = calls_of(home.path, tmp_path / "again")
    disk.calls.clear()
    disk.fail_at = len(calls)
    assert [i.verdetto for i in dispatch_ready(home)] == [INCERTA]
    decide(home, left=False)
    assert dispatch_ready(home)[0].nome_file.endswith("-3.cbi")


def test_a_word_against_what_is_in_the_folders_is_refused(signed: Path, tmp_path: Path) -> None:
    gone = doubtful(signed, tmp_path, name="gone")
    the_file(gone, "new").unlink()
    other = doubtful(signed, tmp_path, name="other")
    the_file(other, "new").write_bytes(FLOW[:-1])
    halfway = doubtful(signed, tmp_path, "write_new", name="halfway")
    for home in (gone, other, halfway):
        with pytest.raises(Refused, match="INOLTRO-004"):
            decide(home, left=True)
    collected = doubtful(signed, tmp_path, name="collected")
    path = the_file(collected, "new")
    path.rename(casa.branch(collected).out("sent") / path.name)
    with pytest.raises(Refused, match="INOLTRO-005"):
        decide(collected, left=False)
    assert decide(collected, left=True).stato == "Inoltrata"


def test_what_is_not_uncertain_is_not_decided(signed: Path, home: Home, tmp_path: Path) -> None:
    ready = casa.copy(signed, tmp_path / "ready")
    for each in (ready, home):
        for left in (True, False):
            with pytest.raises(Refused, match="INOLTRO-003"):
                decide(each, left=left)


def test_a_dry_run_decides_nothing_and_moves_nothing(signed: Path, tmp_path: Path) -> None:
    home = doubtful(signed, tmp_path)
    before = casa.portrait(home)
    assert decide(home, left=True, dry_run=True).stato == "Inoltrata"
    assert decide(home, left=False, dry_run=True).stato == "Firmata"
    assert casa.portrait(home) == before


def test_only_who_may_dispatch_decides(signed: Path, tmp_path: Path) -> None:
    home = doubtful(signed, tmp_path)
    with home.begin() as conn:
        profilo = Profilo(funzioni=tuple(each for each in OPERATIVE if each is not Funzione.DISPATCH))
        utenti.create(conn, home.ports, 1, login="verdi", peso=1, password=casa.PASSWORD, profilo=profilo)
    with pytest.raises(Refused, match="UTENTE"):
        resolve(home, 1, "verdi", casa.PASSWORD, left=False)
    with pytest.raises(Refused, match="UTENTE"):
        resolve(home, 1, "bianchi", "un'altra frase lunga", left=True)
    with home.read() as conn:
        assert len(intenti.uncertain(conn)) == 1


def test_the_same_bytes_sent_again_after_a_refusal_of_the_bank_leave_again(home: Home) -> None:
    (path,) = [p for p in casa.left(home) if "RIBA-A" in p.name]
    data = path.read_bytes()
    with path.open("rb") as stream:
        refused = scarto(next(read_supporti(stream)), casa.OGGI, ["066"])
    casa.drop(home, "ER.cbi", refused)
    receive(home)
    (verdetto,) = import_file(home, data + casa.flow("RIBA-Z", range(80, 81)), "ancora.cbi", 1).verdetti[:1]
    if verdetto.codice == "ordini_gia_visti":
        firme.approve(home, verdetto.distinta_id or 0, "bianchi", casa.PASSWORD)
    firme.sign(home, verdetto.distinta_id or 0, "bianchi", casa.PASSWORD)
    (inoltro,) = dispatch_ready(home)
    assert (inoltro.verdetto, inoltro.nome_file) == (INOLTRATA, path.name.replace(".cbi", "-2.cbi"))
    assert inoltro.path is not None and inoltro.path.parent.name == "new"
    assert inoltro.path.read_bytes() == data


# --- as it is typed ---------------------------------------------------------------------------------------


def test_dispatch_tells_what_to_do_and_resolve_does_it(
    signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = doubtful(signed, tmp_path)
    home.close()
    monkeypatch.setenv("CBI_LANG", "en")

    def run(*args: str):  # type: ignore[no-untyped-def]
        return CliRunner().invoke(cbi, ["--home", str(home.path), *args], input=f"{casa.PASSWORD}\n")

    told = run("dispatch")
    assert told.exit_code == 3
    assert "uncertain" in told.stdout and "cbi spool resolve 1 --left" in told.stderr
    assert run("spool", "resolve", "1", "--user", "bianchi").exit_code == 2
    assert run("spool", "resolve", "1", "--left", "--not-left", "--user", "bianchi").exit_code == 2
    decided = run("spool", "resolve", "1", "--not-left", "--user", "bianchi", "--format", "json")
    assert decided.exit_code == 0
    assert json.loads(decided.stdout)["stato"] == "Firmata"
    assert run("dispatch").exit_code == 0
    again = run("spool", "resolve", "1", "--left", "--user", "bianchi")
    assert isinstance(again.exception, Refused) and again.exception.code == "INOLTRO-003"
