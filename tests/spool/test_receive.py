"""What arrives is read once, routed, kept; what is not understood is put aside with the reasons."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import Connection

from banksim.risposte import conferma, decide, flusso_esiti, rendiconto, ricevuta, scarto
from cbi import read_supporti
from fixtures.comune import put
from ledger import aziende, distinte, journal, outcomes
from ledger.home import Home
from spool import lettura
from spool.dispatch import dispatch_ready
from spool.lettura import Hostile, read_foreign
from spool.quarantena import NOTE
from spool.receive import (
    FALLITO,
    FATTO,
    GIA_RICEVUTO,
    QUARANTENA,
    RIFIUTATO,
    FileRicevuto,
    _attempt,
    all_waiting,
    receive,
)
from tests.spool import casa

DAY = date(2027, 1, 4)
GARBAGE = b"\x00\xff" * 500


def sent_supporto(home: Home, abi: str = "03069"):  # type: ignore[no-untyped-def]
    (path,) = [p for p in casa.left(home) if abi in p.parts]
    return next(read_supporti(BytesIO(path.read_bytes())))


def names(home: Home, folder: str, abi: str = "03069") -> list[str]:
    return sorted(p.name for p in casa.branch(home, abi).into(folder).iterdir())


def only(results: list[FileRicevuto]) -> FileRicevuto:
    (result,) = results
    return result


# --- the ordinary day -------------------------------------------------------------------------------------


def test_a_day_of_answers_is_all_accounted_for(home: Home) -> None:
    casa.answers(home)
    results = receive(home)
    assert {r.verdetto for r in results} == {FATTO}
    assert all(r.conto.squares() for r in results)
    assert casa.distinta_states(home) == {"RIBA-A": "Elaborata", "RIBA-B": "Elaborata"}
    assert {state for _, _, state in casa.order_states(home)} == {"Pagata", "Insoluta"}
    assert names(home, "new") == names(home, "new", "02008") == []
    assert receive(home) == []
    with home.read() as conn:
        assert journal.verify(conn, 1) is None


def test_a_cn_frame_says_the_bank_has_the_flow(home: Home) -> None:
    casa.drop(home, "CN.cbi", conferma(sent_supporto(home), DAY))
    result = only(receive(home))
    assert (result.verdetto, result.conto.applicati) == (FATTO, 1)
    assert casa.distinta_states(home)["RIBA-A"] == "Ricevuta Banca"
    assert [p.parent.name for p in casa.left(home) if "RIBA-A" in p.name] == ["confirmed"]


def test_a_sidecar_says_the_bank_has_the_flow(home: Home) -> None:
    (path,) = [p for p in casa.left(home) if "RIBA-A" in p.name]
    casa.drop(home, f"{path.name}.ack", ricevuta(path.name, path.read_bytes()))
    assert only(receive(home)).conto.applicati == 1
    assert casa.distinta_states(home)["RIBA-A"] == "Ricevuta Banca"


@pytest.mark.parametrize(
    "content",
    [b"", b"ok", b"[]", b'{"file": "altro.cbi"}', b"\xff"],
)
def test_a_sidecar_that_is_not_one_goes_to_quarantine(home: Home, content: bytes) -> None:
    casa.drop(home, "RIBA-A.cbi.ack", content)
    assert only(receive(home)).motivi[0]["code"] == "RIC-007"
    assert names(home, "quarantine") == ["RIBA-A.cbi.ack", f"RIBA-A.cbi.ack{NOTE}"]


def test_a_flow_received_and_refused_on_one_day_may_be_told_so_in_one_file(home: Home) -> None:
    supporto = sent_supporto(home)
    casa.drop(home, "due.cbi", conferma(supporto, DAY) + scarto(supporto, DAY, ["050"]))
    assert only(receive(home)).verdetto == FATTO
    assert casa.distinta_states(home)["RIBA-A"] == "Scartata"


def test_an_answer_to_what_a_crash_cut_halfway_finds_it_sent(signed: Path, tmp_path: Path) -> None:
    home = casa.copy(signed, tmp_path / "h")
    with casa.crash_at_commit(home, 2), pytest.raises(casa.Crash):
        dispatch_ready(home)
    casa.drop(home, "er.cbi", scarto(sent_supporto(home), DAY, ["050"]))
    assert only(receive(home)).conto.applicati == 1
    assert casa.distinta_states(home) == {"RIBA-A": "Scartata"}


@pytest.mark.parametrize("which", ["file", "digest"])
def test_a_sidecar_for_what_was_not_sent_is_an_exception(home: Home, which: str) -> None:
    (path,) = [p for p in casa.left(home) if "RIBA-A" in p.name]
    name = "mai-inviato.cbi" if which == "file" else path.name
    casa.drop(home, f"{name}.ack", ricevuta(name, b"altri byte"))
    result = only(receive(home))
    assert (result.verdetto, result.conto.eccezioni) == (FATTO, 1)
    assert casa.distinta_states(home)["RIBA-A"] == "Inoltrata"
    with home.read() as conn:
        assert [e.motivo for e in outcomes.eccezioni(conn)] == ["file_sconosciuto"]


def test_an_er_frame_refuses_the_flow_with_its_codes(home: Home) -> None:
    casa.drop(home, "ER.cbi", scarto(sent_supporto(home), DAY, ["066", "050"]))
    receive(home)
    assert casa.distinta_states(home) == {"RIBA-A": "Scartata", "RIBA-B": "Inoltrata"}
    assert [p.parent.name for p in casa.left(home) if "RIBA-A" in p.name] == ["rejected"]
    with home.read() as conn:
        last = json.loads(distinte.iter_of(conn, 1)[-1].dati)
    assert last["codici"] == ["066", "050"]
    assert len(last["righe"]) == 2


def test_in_whatever_order_the_files_of_a_day_are_read_it_ends_the_same(answered: Path, tmp_path: Path) -> None:
    ends = []
    for n in range(4):
        home = casa.copy(answered, tmp_path / str(n))
        for branch in (casa.branch(home), casa.branch(home, "02008")):
            waiting = sorted(p for p in branch.into("new").iterdir() if not p.name.endswith(".ack"))
            for turn, path in enumerate(waiting[n % len(waiting) :] + waiting[: n % len(waiting)]):
                path.rename(path.with_name(f"{turn}-{path.name}" if n % 2 else f"{9 - turn}-{path.name}"))
        receive(home)
        ends.append((casa.order_states(home), casa.distinta_states(home), casa.portrait(home)["movimenti"]))
        home.close()
    assert ends[0] == ends[1] == ends[2] == ends[3]


# --- the same thing twice ---------------------------------------------------------------------------------


def test_the_same_file_again_changes_nothing_and_is_said(home: Home) -> None:
    casa.answers(home)
    receive(home)
    before = casa.portrait(home)
    for abi in ("03069", "02008"):
        for path in casa.branch(home, abi).into("done").iterdir():
            shutil.copy(path, casa.branch(home, abi).into("new") / path.name)
    results = receive(home)
    assert {(r.verdetto, s.verdetto) for r in results for s in r.supporti} == {(FATTO, GIA_RICEVUTO)}
    after = casa.portrait(home)
    for what in ("esiti", "iter", "movimenti", "promemoria", "ordini", "distinte", "eccezioni"):
        assert after[what] == before[what]


def test_the_same_name_with_other_bytes_loses_neither(home: Home) -> None:
    supporto = sent_supporto(home)
    for day in (DAY, date(2027, 1, 5)):
        casa.drop(home, "CN.cbi", conferma(supporto, day))
        receive(home)
    assert names(home, "done") == ["CN.cbi", "CN.cbi.1"]


def test_the_same_statement_in_another_file_is_not_kept_twice(home: Home) -> None:
    casa.answers(home)
    receive(home)
    (path,) = [p for p in casa.branch(home).into("done").iterdir() if p.name.startswith("RH")]
    casa.drop(home, "RH-again.cbi", path.read_bytes() + b"\r\n")
    before = casa.portrait(home)["n_movimenti"]
    result = only(receive(home))
    assert (result.conto.movimenti, result.conto.movimenti_gia_presenti > 0) == (0, True)
    assert casa.portrait(home)["n_movimenti"] == before


# --- what is not understood -------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", GARBAGE, b"ciao\n", b"\x00" * 121, b" EF\r\n"])
def test_what_is_no_flow_goes_to_quarantine_with_the_reasons(home: Home, data: bytes) -> None:
    casa.drop(home, "strano.bin", data)
    casa.drop(home, "z-CN.cbi", conferma(sent_supporto(home), DAY))
    bad, good = receive(home)
    assert (bad.verdetto, good.verdetto) == (QUARANTENA, FATTO)
    assert names(home, "quarantine") == ["strano.bin", f"strano.bin{NOTE}"]
    assert (casa.branch(home).into("quarantine") / "strano.bin").read_bytes() == data
    note = json.loads((casa.branch(home).into("quarantine") / f"strano.bin{NOTE}").read_text())
    assert note["file"] == "strano.bin"
    assert note["diagnostica"]


def test_many_reasons_are_counted_not_all_written(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cbi.validators.lint.LIMIT", 50)
    monkeypatch.setattr("spool.quarantena.MAX_NOTED", 20)
    outcome = flusso_esiti(decide(sent_supporto(home), 1), "30010", DAY)
    good = flusso_esiti(decide(sent_supporto(home), 1), "30010", date(2027, 1, 5))
    casa.drop(home, "rotto.cbi", outcome.replace(b" 20", b" 99") * 3 + good)
    result = only(receive(home))
    assert result.verdetto == QUARANTENA
    assert {s.verdetto for s in result.supporti} == {RIFIUTATO}
    note = json.loads((casa.branch(home).into("quarantine") / f"rotto.cbi{NOTE}").read_text())
    assert (len(note["diagnostica"]), note["omesse"]) == (20, len(result.motivi) - 20)


def test_a_faulty_supporto_does_not_stop_the_good_one_beside_it(home: Home) -> None:
    decision = decide(sent_supporto(home), 1, unpaid_percent=50)
    bad = flusso_esiti(decision, "42010", DAY).replace(b"420100000", b"42010X000")
    good = flusso_esiti(decision, "30010", DAY)
    casa.drop(home, "misto.cbi", bad + good)
    result = only(receive(home))
    assert result.verdetto == QUARANTENA
    assert [s.verdetto for s in result.supporti] == [RIFIUTATO, "elaborato"]
    assert result.conto.applicati == len(decision.of("30010"))
    paid = {state for _, _, state in casa.order_states(home)}
    assert "Pagata" in paid
    assert "Insoluta" not in paid


def test_an_outcome_of_a_kind_nobody_knows_is_an_exception(home: Home) -> None:
    decision = decide(sent_supporto(home), 1, unpaid_percent=50)
    casa.drop(home, "esiti.cbi", flusso_esiti(decision, "42010", DAY).replace(b"420100000", b"420990000"))
    result = only(receive(home))
    assert (result.verdetto, result.conto.eccezioni) == (FATTO, len(decision.of("42010")))
    with home.read() as conn:
        assert {e.motivo for e in outcomes.eccezioni(conn)} == {"causale_sconosciuta"}


def test_a_flow_for_another_company_or_from_another_bank_is_refused(home: Home) -> None:
    casa.drop(home, "CN.cbi", conferma(sent_supporto(home), DAY), abi="02008")
    assert only(receive(home)).motivi[0]["code"] == "RIC-005"
    assert casa.distinta_states(home)["RIBA-A"] == "Inoltrata"


def test_our_own_orders_dropped_among_the_answers_are_refused(home: Home) -> None:
    casa.drop(home, "ordini.cbi", casa.flow("RIBA-Z", range(900, 902)))
    assert only(receive(home)).motivi[0]["code"] == "RIC-004"


def test_a_folder_of_a_company_that_is_not_here_is_not_believed(home: Home) -> None:
    sconosciuta = home.spool_dir / "ZZZZZ" / "03069" / "in" / "new"
    sconosciuta.mkdir(parents=True)
    (sconosciuta / "CN.cbi").write_bytes(conferma(sent_supporto(home), DAY))
    assert only(receive(home)).motivi[0]["code"] == "RIC-002"
    assert (sconosciuta.parent / "quarantine" / "CN.cbi").exists()


def test_a_refused_file_given_again_after_the_cause_is_cured_is_read(home: Home, tmp_path: Path) -> None:
    casa.drop(home, "CN.cbi", conferma(sent_supporto(home), DAY), abi="02008")
    receive(home)
    refused = casa.branch(home, "02008").into("quarantine") / "CN.cbi"
    shutil.copy(refused, casa.branch(home).into("new"))
    assert only(receive(home)).conto.applicati == 1
    assert casa.distinta_states(home)["RIBA-A"] == "Ricevuta Banca"


def test_what_a_bank_adds_of_its_own_is_no_reason_to_refuse(home: Home) -> None:
    lines = flusso_esiti(decide(sent_supporto(home), 1), "30010", DAY).splitlines()
    lines[-1] = lines[-1][:114] + b"000000"
    casa.drop(home, "esiti.cbi", b"\n".join(line.rstrip() for line in lines) + b"\n")
    result = only(receive(home))
    assert (result.verdetto, result.motivi) == (FATTO, ())
    assert result.conto.applicati == result.conto.ricevuti > 0


def test_a_statement_without_its_currency_is_kept_all_the_same(home: Home) -> None:
    statement = rendiconto([decide(sent_supporto(home), 1)], DAY, casa.CONTI["03069"], 0)
    casa.drop(home, "RH.cbi", statement.replace(b"EUR", b"   ", 1))
    result = only(receive(home))
    assert (result.verdetto, result.conto.movimenti > 0) == (FATTO, True)


def test_a_statement_without_its_account_is_kept_all_the_same(home: Home) -> None:
    statement = rendiconto([decide(sent_supporto(home), 1)], DAY, casa.CONTI["03069"], 0)
    casa.drop(home, "RH.cbi", put("61", "conto_corrente", "")(statement))
    result = only(receive(home))
    assert (result.verdetto, result.conto.movimenti > 0) == (FATTO, True)


@pytest.mark.parametrize(("tipo", "name"), [("61", "saldo_iniziale"), ("64", "saldo_contabile")])
def test_a_statement_without_its_balance_cannot_be_told(home: Home, tipo: str, name: str) -> None:
    statement = rendiconto([decide(sent_supporto(home), 1)], DAY, casa.CONTI["03069"], -1_000_000_000)
    casa.drop(home, "RH.cbi", put(tipo, name, "")(statement))
    result = only(receive(home))
    assert (result.verdetto, result.motivi[0]["code"]) == (QUARANTENA, "RIC-006")


def test_a_movement_without_its_sign_cannot_be_told(home: Home) -> None:
    statement = rendiconto([decide(sent_supporto(home), 1)], DAY, casa.CONTI["03069"], 0)
    booked = f"{DAY:%d%m%y}".encode()
    casa.drop(home, "RH.cbi", statement.replace(booked + b"D", booked + b" ", 1))
    result = only(receive(home))
    assert (result.verdetto, result.motivi[0]["code"]) == (QUARANTENA, "RIC-006")
    assert casa.portrait(home)["n_movimenti"] == 0


def test_a_file_in_which_nothing_is_found_is_never_taken_for_read(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cbi.lint", lambda *_: iter(()))
    casa.drop(home, "vuoto.cbi", b"")
    assert only(receive(home)).motivi[0]["code"] == "RIC-003"


def test_what_would_be_read_is_told_without_touching_anything(home: Home) -> None:
    assert all_waiting(home) == []
    casa.drop(home, "a.cbi", b"")
    assert [name for _, name in all_waiting(home)] == ["a.cbi"]
    shutil.rmtree(home.spool_dir)
    assert all_waiting(home) == []
    assert not home.spool_dir.exists()
    assert receive(home) == []
    assert names(home, "new") == names(home, "new", "02008") == []


def test_a_file_that_cannot_be_put_away_is_told_and_stays(home: Home) -> None:
    casa.drop(home, "a.cbi", GARBAGE)
    disk = casa.Disk(error=lambda: FileNotFoundError(2, "No such file or directory"))
    counting = casa.Disk()
    receive(casa.copy(home.path, home.path.with_name("count"), counting))
    disk.fail_at = counting.calls.index("rename", counting.calls.index("write_new")) + 1
    assert [r.verdetto for r in receive(Home.open(home.path, casa.ports(disk)))] == [FALLITO]
    assert [r.verdetto for r in receive(home)] == [QUARANTENA]


# --- hostile things ---------------------------------------------------------------------------------------


HOSTILE = ["..x", ".nascosto", "riga\nnuova", "\x1b[31m", "$(touch x)", "-rf", "a;b", "*", "~", "é", "x" * 200]


@pytest.mark.parametrize("name", [os.fsencode(n) for n in HOSTILE] + [b"\xff\xfe.cbi"])
def test_a_hostile_name_touches_nothing_outside(home: Home, tmp_path: Path, name: bytes) -> None:
    victim = tmp_path / "victim"
    victim.write_text("intact")
    (casa.branch(home).into("new") / os.fsdecode(name)).write_bytes(GARBAGE)
    result = only(receive(home))
    assert (result.verdetto, result.motivi[0]["code"]) == (QUARANTENA, "RIC-001")
    assert names(home, "new") == []
    assert all(n.isascii() and n.isprintable() for n in names(home, "quarantine"))
    assert victim.read_text() == "intact"
    assert {p.name for p in tmp_path.iterdir()} == {"home", "victim"}


def test_links_pipes_and_folders_are_not_followed_nor_opened(home: Home, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(conferma(sent_supporto(home), DAY))
    new = casa.branch(home).into("new")
    (new / "a-link.cbi").symlink_to(secret)
    (new / "b-dangling.cbi").symlink_to(tmp_path / "nothing")
    os.mkfifo(new / "c-pipe.cbi")
    (new / "d-folder").mkdir()
    (new / "e-loop").symlink_to(new / "e-loop")
    results = receive(home)
    assert [r.motivi[0]["code"] for r in results] == ["RIC-001"] * 5
    assert names(home, "new") == []
    assert secret.exists()
    assert casa.distinta_states(home)["RIBA-A"] == "Inoltrata"


def test_a_file_over_the_limit_is_not_swallowed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = casa.drop(home, "grande.cbi", b"")
    with path.open("r+b") as stream:
        stream.truncate(lettura.MAX_FILE + 1)
    assert only(receive(home)).motivi[0]["code"] == "RIC-001"
    assert names(home, "new") == []


def test_a_file_at_the_limit_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"12345")
    assert read_foreign(path, 5) == b"12345"
    with pytest.raises(Hostile):
        read_foreign(path, 4)


def test_a_file_taken_by_another_process_meanwhile_is_no_error(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spool.receive.all_waiting", lambda home: [(casa.branch(home), "svanito.cbi")])
    assert receive(home) == []


class Meanwhile(Home):
    """A home of which others do something the first time that it is about to be written."""

    @contextmanager
    def begin(self, *, lasting: bool = True) -> Iterator[Connection]:
        for what in (*vars(self).pop("others", ()),):
            what()
        with super().begin(lasting=lasting) as conn:
            yield conn


@pytest.mark.parametrize("first", ["cut short", "a link"])
def test_what_a_bank_leaves_under_the_name_of_a_file_that_another_process_has_moved_is_read(
    home: Home, first: str
) -> None:
    """Whoever looked at the first file does not move the second."""
    (sent,) = [each for each in casa.left(home) if "03069" in each.parts]
    whole, path = ricevuta(sent.name, sent.read_bytes()), casa.branch(home).into("new") / f"{sent.name}.ack"
    path.symlink_to(sent) if first == "a link" else path.write_bytes(whole[:80])

    def other() -> None:
        assert only(receive(home)).verdetto == QUARANTENA
        path.write_bytes(whole)

    with home.read() as conn:
        (company,) = aziende.list_(conn)
    mine = Meanwhile(home.path, home.ports, home.engine)
    vars(mine)["others"] = [other]
    assert _attempt(mine, casa.branch(home), path.name, company.id, 0, None) == []
    assert names(home, "new") == [path.name]
    assert only(receive(home)).verdetto == FATTO
    assert casa.distinta_states(home)["RIBA-A"] == "Ricevuta Banca"


def test_a_file_that_cannot_be_read_now_stays_and_the_rest_go_on(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    casa.drop(home, "a.cbi", GARBAGE)
    casa.drop(home, "b.cbi", conferma(sent_supporto(home), DAY))

    def unreadable(path: Path, **when: object) -> bytes:
        if path.name == "a.cbi":
            raise PermissionError(13, "Permission denied")
        return read_foreign(path)

    monkeypatch.setattr("spool.receive.read_foreign", unreadable)
    assert [r.verdetto for r in receive(home)] == [FALLITO, FATTO]
    assert names(home, "new") == ["a.cbi"]


def test_any_other_error_of_opening_is_told_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_foreign(tmp_path / "none")


# --- crashes ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a day of answers waiting, some of them broken, hostile or matching nothing."""
    flows = [casa.flow("RIBA-A", range(1, 6)), casa.flow("RIBA-B", range(6, 9), "02008")]
    home = casa.build(tmp_path_factory.mktemp("answered") / "home", flows)
    dispatch_ready(home)
    casa.answers(home, seed=10, strays=True)
    casa.drop(home, "rotto.cbi", GARBAGE)
    casa.drop(home, "m\ne.cbi", GARBAGE)
    home.close()
    return home.path


@pytest.fixture(scope="module")
def undisturbed(answered: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, list[str]]:  # type: ignore[type-arg]
    """What comes of it when nothing goes wrong, and the disk calls it takes."""
    home = casa.copy(answered, tmp_path_factory.mktemp("calm") / "home", disk := casa.Disk())
    disk.calls.clear()
    receive(home)
    return casa.portrait(home), list(disk.calls)


@pytest.mark.parametrize("mode", ["before", "after", "torn"])
def test_a_crash_at_any_disk_call_of_a_reception_loses_and_doubles_nothing(
    answered: Path,
    undisturbed: tuple[dict, list[str]],  # type: ignore[type-arg]
    tmp_path: Path,
    mode: str,
) -> None:
    expected, calls = undisturbed
    points = casa.crash_points(calls, mode)
    assert len(points) > 3
    for n in casa.some(points):
        home = casa.copy(answered, tmp_path / str(n), disk := casa.Disk())
        disk.calls.clear()
        disk.fail_at, disk.mode = n, mode
        with pytest.raises(casa.Crash):
            receive(home)
        home.close()
        after = Home.open(home.path, casa.ports())
        receive(after)
        assert casa.portrait(after) == expected, n
        assert receive(after) == []
        after.close()
        shutil.rmtree(home.path)


def test_a_crash_before_any_commit_of_a_reception_loses_and_doubles_nothing(
    answered: Path,
    undisturbed: tuple[dict, list[str]],  # type: ignore[type-arg]
    tmp_path: Path,
) -> None:
    for n in range(1, 9):
        home = casa.copy(answered, tmp_path / str(n))
        with casa.crash_at_commit(home, n):
            try:
                receive(home)
            except casa.Crash:
                receive(home)
        assert casa.portrait(home) == undisturbed[0]
        home.close()


def test_two_receptions_at_once_apply_everything_once(
    answered: Path,
    undisturbed: tuple[dict, list[str]],  # type: ignore[type-arg]
    tmp_path: Path,
) -> None:
    casa.copy(answered, tmp_path / "h").close()
    together = threading.Barrier(3)

    def run() -> None:
        home = Home.open(tmp_path / "h", casa.ports())
        together.wait()
        receive(home)
        home.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = Home.open(tmp_path / "h", casa.ports())
    receive(after)
    found, expected = casa.portrait(after), dict(undisturbed[0])
    for what in ("esiti", "iter", "movimenti", "ordini", "distinte", "eccezioni", "promemoria"):
        assert found[what] == expected[what]
