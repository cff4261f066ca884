"""What leaves, leaves once, whatever crashes."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger import distinte, intenti
from ledger.errors import Refused
from ledger.home import Home
from ledger.schema import DISTINTA, INTENTO, ITER
from ledger.stati import Evento
from spool import dispatch as module
from spool.dispatch import (
    COMPLETATA,
    FALLITA,
    GIA_INOLTRATA,
    INOLTRATA,
    RITIRATA,
    dispatch,
    dispatch_ready,
    recover,
    tidy,
    would_dispatch,
)
from tests.spool import casa

FLOW = casa.flow("RIBA-A", range(1, 5))


def assert_left_once(home: Home) -> None:
    files = casa.left(home)
    assert [p.read_bytes() for p in files] == [FLOW]
    assert casa.distinta_states(home) == {"RIBA-A": "Inoltrata"}
    with home.read() as conn:
        events = Counter(conn.scalars(select(ITER.c.evento)))
        assert events[Evento.INOLTRA] == 1
        assert Counter(conn.scalars(select(INTENTO.c.stato)))["compiuto"] == 1
        assert intenti.pending(conn) == []
    assert not list(home.spool_dir.glob("*/*/out/tmp/*"))


def test_a_signed_distinta_leaves_with_its_exact_bytes(signed: Path, tmp_path: Path) -> None:
    home = casa.copy(signed, tmp_path / "h")
    (inoltro,) = dispatch_ready(home)
    assert inoltro.verdetto == INOLTRATA
    assert inoltro.path is not None
    assert inoltro.path.parent == casa.branch(home).out("new")
    assert inoltro.path.name == inoltro.nome_file
    assert_left_once(home)


def test_asking_again_sends_nothing_again(signed: Path, tmp_path: Path) -> None:
    home = casa.copy(signed, tmp_path / "h")
    dispatch_ready(home)
    assert dispatch_ready(home) == []
    with pytest.raises(Refused) as refused:
        dispatch(home, 1)
    assert refused.value.code == "STATO-001"
    assert_left_once(home)


def test_one_that_another_process_sends_after_it_was_found_ready_is_no_failure(
    signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = casa.copy(signed, tmp_path / "h")

    def late(home: Home, distinta_id: int) -> module.Inoltro:
        dispatch(home, distinta_id)  # the other process
        return dispatch(home, distinta_id)

    monkeypatch.setattr(module, "dispatch", late)
    (inoltro,) = dispatch_ready(home)
    assert (inoltro.verdetto, inoltro.error) == (GIA_INOLTRATA, None)
    assert [path.name for path in casa.left(home)] == [inoltro.nome_file]
    assert_left_once(home)


def test_without_its_signatures_nothing_leaves(tmp_path: Path) -> None:
    home = casa.build(tmp_path / "h", [FLOW], signed=False)
    assert dispatch_ready(home) == []
    with pytest.raises(Refused):
        dispatch(home, 1)
    assert casa.left(home) == []
    with home.read() as conn:
        assert intenti.pending(conn) == []


def test_bytes_changed_after_the_signature_do_not_leave(signed: Path, tmp_path: Path) -> None:
    home = casa.copy(signed, tmp_path / "h")
    tamper(home)
    (inoltro,) = dispatch_ready(home)
    assert inoltro.verdetto == FALLITA
    assert isinstance(inoltro.error, Refused)
    assert casa.left(home) == []


def test_an_intent_whose_bytes_have_been_lost_meanwhile_is_withdrawn(signed: Path, tmp_path: Path) -> None:
    home = interrupted(signed, tmp_path / "h")
    tamper(home)
    (inoltro,) = recover(home)
    assert inoltro.verdetto == RITIRATA
    assert recover(home) == []
    assert casa.left(home) == []
    assert casa.distinta_states(home) == {"RIBA-A": "Firmata"}


def test_a_file_the_bank_has_already_taken_is_not_written_again(signed: Path, tmp_path: Path) -> None:
    disk = casa.Disk()
    casa.copy(signed, tmp_path / "dry", disk)
    home = interrupted(signed, tmp_path / "h", after="rename")
    (path,) = casa.left(home)
    path.rename(casa.branch(home).out("sent") / path.name)
    (inoltro,) = recover(home)
    assert (inoltro.verdetto, inoltro.path) == (COMPLETATA, casa.branch(home).out("sent") / path.name)
    assert_left_once(home)


def calls_of_a_dispatch(signed: Path, tmp_path: Path) -> list[str]:
    disk = casa.Disk()
    home = casa.copy(signed, tmp_path / "count", disk)
    disk.calls.clear()
    dispatch_ready(home)
    home.close()
    return list(disk.calls)


@pytest.mark.parametrize("mode", ["before", "after", "torn"])
def test_a_crash_at_any_disk_call_loses_and_doubles_nothing(signed: Path, tmp_path: Path, mode: str) -> None:
    calls = calls_of_a_dispatch(signed, tmp_path)
    points = range(1, len(calls) + 1) if mode == "before" else casa.crash_points(calls, mode)
    assert points
    for n in casa.some(points):
        home = casa.copy(signed, tmp_path / f"{mode}-{n}", disk := casa.Disk())
        disk.calls.clear()
        disk.fail_at, disk.mode = n, mode
        with pytest.raises(casa.Crash):
            dispatch_ready(home)
        home.close()
        after = Home.open(home.path, casa.ports())
        dispatch_ready(after)
        assert_left_once(after)
        assert dispatch_ready(after) == []
        after.close()


@pytest.mark.parametrize("n", [1, 2])
def test_a_crash_before_any_commit_loses_and_doubles_nothing(signed: Path, tmp_path: Path, n: int) -> None:
    home = casa.copy(signed, tmp_path / "h")
    with casa.crash_at_commit(home, n), pytest.raises(casa.Crash):
        dispatch_ready(home)
    dispatch_ready(home)
    assert_left_once(home)


def test_a_second_crash_during_the_recovery_loses_and_doubles_nothing(signed: Path, tmp_path: Path) -> None:
    total = len(calls_of_a_dispatch(signed, tmp_path))
    for n in casa.some(range(total // 2, total + 1), 8):
        for m in casa.some(range(1, total), 5):
            home = casa.copy(signed, tmp_path / f"{n}-{m}", disk := casa.Disk())
            for fail_at in (n, m):
                disk.calls.clear()
                disk.fail_at = fail_at
                try:
                    dispatch_ready(home)
                except casa.Crash:
                    continue
            disk.fail_at = 0
            dispatch_ready(home)
            assert_left_once(home)
            home.close()


def test_a_disk_that_says_no_leaves_the_intent_to_be_completed(signed: Path, tmp_path: Path) -> None:
    for n in range(1, len(calls_of_a_dispatch(signed, tmp_path)) + 1):
        home = casa.copy(signed, tmp_path / str(n), disk := casa.Disk())
        disk.calls.clear()
        disk.fail_at, disk.error = n, lambda: OSError(28, "No space left on device")
        (inoltro,) = dispatch_ready(home)
        assert inoltro.verdetto == FALLITA
        disk.fail_at = 0
        dispatch_ready(home)
        assert_left_once(home)
        home.close()


def test_a_failed_recovery_says_so_and_is_tried_again(signed: Path, tmp_path: Path) -> None:
    home = interrupted(signed, tmp_path / "h")
    broken = Home.open(home.path, casa.ports(disk := casa.Disk()))
    disk.calls.clear()
    disk.fail_at, disk.error = 1, lambda: OSError(5, "Input/output error")
    (inoltro,) = dispatch_ready(broken)
    assert inoltro.verdetto == FALLITA
    assert [i.verdetto for i in recover(home)] == [COMPLETATA]
    assert_left_once(home)


def test_an_intent_that_the_states_no_longer_allow_is_told_and_kept(signed: Path, tmp_path: Path) -> None:
    home = interrupted(signed, tmp_path / "h")
    with home.begin() as conn:
        conn.execute(DISTINTA.update().values(stato="Da spedire"))
    (inoltro,) = dispatch_ready(home)
    assert inoltro.verdetto == FALLITA
    assert isinstance(inoltro.error, Refused)
    with home.read() as conn:
        assert len(intenti.pending(conn)) == 1


def test_what_would_leave_is_told_without_sending_it(signed: Path, tmp_path: Path) -> None:
    home = casa.copy(signed, tmp_path / "ready")
    assert [(i.distinta_id, i.verdetto) for i in would_dispatch(home)] == [(1, INOLTRATA)]
    assert casa.left(home) == []
    halfway = interrupted(signed, tmp_path / "h")
    assert [(i.distinta_id, i.verdetto) for i in would_dispatch(halfway)] == [(1, COMPLETATA)]
    dispatch_ready(halfway)
    assert would_dispatch(halfway) == []


def test_what_has_left_is_completed_whatever_became_of_the_archive(signed: Path, tmp_path: Path) -> None:
    home = interrupted(signed, tmp_path / "h", after="rename")
    tamper(home)
    assert [i.verdetto for i in recover(home)] == [COMPLETATA]
    assert_left_once(home)


def test_asking_for_one_left_halfway_completes_it(signed: Path, tmp_path: Path) -> None:
    home = interrupted(signed, tmp_path / "h")
    dispatch(home, 1)
    assert_left_once(home)


def test_one_bank_that_fails_does_not_stop_the_other(tmp_path: Path) -> None:
    flows = [FLOW, casa.flow("RIBA-B", range(5, 8), "02008")]
    home = casa.build(tmp_path / "h", flows)
    (home.spool_dir / "A1B2C").mkdir()
    (home.spool_dir / "A1B2C" / "03069").write_text("not a folder")
    assert [i.verdetto for i in dispatch_ready(home)] == [FALLITA, INOLTRATA]
    assert casa.distinta_states(home) == {"RIBA-A": "Firmata", "RIBA-B": "Inoltrata"}


def test_two_processes_at_once_send_one_file(signed: Path, tmp_path: Path) -> None:
    casa.copy(signed, tmp_path / "h").close()
    together = threading.Barrier(4)
    results = []

    def run() -> None:
        home = Home.open(tmp_path / "h", casa.ports())
        together.wait()
        results.extend(dispatch_ready(home))
        home.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(r.verdetto for r in results)[INOLTRATA] + Counter(r.verdetto for r in results)[COMPLETATA] == 1
    assert_left_once(Home.open(tmp_path / "h", casa.ports()))


def test_an_intent_completed_by_another_in_between_is_left_alone(signed: Path, tmp_path: Path) -> None:
    home = interrupted(signed, tmp_path / "h")
    with home.read() as conn:
        (intento,) = intenti.pending(conn)
    recover(home)
    assert module._complete(home, intento, COMPLETATA).verdetto == GIA_INOLTRATA
    assert_left_once(home)


def test_the_same_bytes_always_leave_under_the_same_name(signed: Path, tmp_path: Path) -> None:
    names = {dispatch_ready(casa.copy(signed, tmp_path / str(n)))[0].nome_file for n in range(2)}
    assert len(names) == 1
    assert names.pop().startswith("RIBA-20261102-RIBA-A-")


def test_what_the_bank_confirmed_is_put_with_the_confirmed(home: Home) -> None:
    (path,) = [p for p in casa.left(home) if "RIBA-A" in p.name]
    assert tidy(home) == []
    with home.begin() as conn:
        distinte.apply(conn, home.ports, 1, Evento.RICEVI, chi="prova")
    assert tidy(home) == [casa.branch(home).out("confirmed") / path.name]
    assert not path.exists()
    assert tidy(home) == []


def test_a_flow_that_cannot_be_put_away_now_is_put_away_next_time(home: Home) -> None:
    with home.begin() as conn:
        distinte.apply(conn, home.ports, 1, Evento.SCARTA, chi="prova")
    disk = casa.Disk(error=lambda: OSError(5, "Input/output error"))
    broken = Home.open(home.path, casa.ports(disk))
    counted = Home.open(casa.copy(home.path, home.path.with_name("count")).path, casa.ports(counting := casa.Disk()))
    counting.calls.clear()
    tidy(counted)
    disk.calls.clear()
    disk.fail_at = counting.calls.index("rename") + 1
    assert tidy(broken) == []
    assert [p.parent.name for p in tidy(home)] == ["rejected"]


def test_a_file_of_nobody_in_out_new_is_left_where_it_is(home: Home) -> None:
    stranger = casa.branch(home).out("new") / "ALTRO.cbi"
    stranger.write_bytes(b"x")
    tidy(home)
    assert stranger.exists()


def tamper(home: Home) -> None:
    with home.read() as conn:
        sha256 = distinte.get(conn, 1).sha256
    (path,) = [p for p in home.archive_dir.rglob(sha256) if p.is_file()]
    path.chmod(0o600)
    path.write_bytes(FLOW.replace(b"RIBA-A", b"RIBA-X"))


def interrupted(signed: Path, target: Path, *, after: str = "") -> Home:
    """A home where the dispatch crashed at its second transaction: at its first call, or after the call
    named."""
    disk = casa.Disk()
    probe = casa.copy(signed, target.with_name("probe"), disk)
    disk.calls.clear()
    with casa.crash_at_commit(probe, 2), pytest.raises(casa.Crash):
        dispatch_ready(probe)
    probe.close()
    calls = list(disk.calls)
    n = calls.index(after) + 1 if after else calls.index("exists", calls.index("read")) + 1
    home = casa.copy(signed, target, disk := casa.Disk())
    disk.calls.clear()
    disk.fail_at, disk.mode = n, "after" if after else "before"
    with pytest.raises(casa.Crash):
        dispatch_ready(home)
    home.close()
    return Home.open(target, casa.ports())
