"""What jobs do, once and again; what is left of one that dies, and of one that fails."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, SSHCertificateBuilder, SSHCertificateType
from sqlalchemy import update

from banksim.dati import SIA
from ledger import aziende, distinte, lavori, ricostruzione, utenti
from ledger.errors import Refused
from ledger.home import Home
from ledger.lavori import FALLITO, IN_CORSO, INTERROTTO, RIUSCITO, Chiave
from ledger.ports import ROME
from ledger.profilo import Profilo
from ledger.schema import DISPOSIZIONE, JOURNAL, LAVORO
from spool import orari, registro
from spool.albero import plant
from spool.lavori import AT_HAND, CONTI, LAVORI, Fatto, Lavoro, Parte, named, run
from tests.console import cbi
from tests.spool import casa, notaio, sportello

ME = "qui:1"


def job(home: Home, nome: str, log: io.StringIO | None = None) -> list[lavori.Corsa]:
    return run(home, LAVORI[nome], ME, registro.open_(log or io.StringIO(), home.ports.clock))


def conti(home: Home, nome: str) -> dict[str, int]:
    (corsa,) = job(home, nome)
    assert corsa.esito == RIUSCITO, corsa
    return dict(corsa.dati["conti"])


def on(home: Home, at: datetime) -> Home:
    home.ports.clock.at = at  # type: ignore[attr-defined]
    return home


def a_job(fai: Any) -> Lavoro:
    return Lavoro("prova", "prova", "trial", "* * * * *", lambda _home: [Parte(fai)])


def events(home: Home) -> int:
    with home.read() as conn:
        return len(conn.execute(JOURNAL.select()).all())


# --- what they do -----------------------------------------------------------------------------------------------------


def test_every_job_done_again_finds_nothing_to_do(signed: Path, tmp_path: Path) -> None:
    home = casa.copy(signed, tmp_path / "home")
    first = {nome: conti(home, nome) for nome in LAVORI}
    assert (first["dispatch"]["inoltrate"], first["checkpoint"]["checkpoint"]) == (1, 1)
    before, told = casa.portrait(home), events(home)
    assert {sum(conti(home, nome).values()) for nome in LAVORI if nome != "replay"} == {0}
    assert conti(home, "replay") == {"rifatti": 1}  # what it looks at, not what it does
    assert (casa.portrait(home), events(home)) == (before, told)


def test_lines_are_jobs_and_one_that_is_down_is_a_failure_with_its_reason(signed: Path, tmp_path: Path) -> None:
    home, far = casa.copy(signed, tmp_path / "home"), sportello.folders(tmp_path / "banca")
    rows = "".join(f'{name} = "{value}"\n' for name, value in far.items())
    (home.path / "linee.toml").write_text(f'[{SIA}.03069]\ntipo = "cartella"\n{rows}')
    conti(home, "dispatch")
    assert conti(home, "deliver") == {"consegnati": 1}
    (Path(far["ritiro"]) / "esiti.cbi").write_bytes(b"x")
    assert conti(on(home, datetime.now(UTC) + timedelta(minutes=5)), "fetch") == {"presi": 1}
    Path(far["ritiro"]).rmdir()
    log = io.StringIO()
    (corsa,) = job(home, "fetch", log)
    assert corsa.esito == FALLITO and '"abi": "03069"' in log.getvalue()


def test_books_that_the_journal_does_not_make_again_are_a_failure(signed: Path, tmp_path: Path) -> None:
    home = casa.copy(signed, tmp_path / "home")
    with home.begin() as conn:
        conn.execute(update(DISPOSIZIONE).values(controparte="ALTRO NOME"))
    (corsa,) = job(home, "replay")
    assert corsa.esito == FALLITO and "cbi replay --check" in str(corsa.dati)


def test_what_is_over_for_long_is_put_away(signed: Path, tmp_path: Path) -> None:
    home = casa.copy(signed, tmp_path / "home")
    done = plant(home.ports.disk, casa.branch(home)).into("done") / "vecchio.cbi"
    done.write_bytes(b"y")
    later = datetime.now(UTC) + timedelta(days=AT_HAND)
    assert conti(on(home, later - timedelta(days=2)), "archive") == {"archiviati": 0, "compressi": 0}
    assert conti(on(home, later + timedelta(days=2)), "archive") == {"archiviati": 1, "compressi": 0}
    assert not done.exists()


def test_what_they_count_has_words() -> None:
    assert all(it and en for it, en in CONTI.values())
    with pytest.raises(Refused, match="LAVORO-003"):
        named(["receive", "pranzo"])
    assert [each.nome for each in named(["checkpoint", "receive"])] == ["receive", "checkpoint"]


def test_a_file_in_quarantine_is_told_and_is_no_failure(home: Home) -> None:
    job(home, "receive")
    casa.drop(home, "rotto.cbi", b"non un flusso\n")
    log = io.StringIO()
    (corsa,) = job(home, "receive", log)
    assert (corsa.esito, corsa.dati["conti"]) == (RIUSCITO, {"file": 1, "quarantena": 1})
    assert [(each["sia"], each["abi"]) for each in corsa.dati["avvisi"]] == [(casa.SIA, "03069")]
    assert "rotto" not in log.getvalue()  # names are of others


def test_a_checkpoint_is_taken_when_something_has_happened_since_the_last(home: Home) -> None:
    assert [conti(home, "checkpoint")["checkpoint"] for _ in range(2)] == [1, 0]
    with home.begin() as conn:
        aziende.add_banca(conn, home.ports, 1, "05034", "BANCA TRE")
    assert conti(home, "checkpoint")["checkpoint"] == 1


def test_a_receipt_is_awaited_for_one_banking_day(home: Home) -> None:
    # Sent on Monday 2 November 2026.
    for day, late in (("2026-11-03T22:00Z", 0), ("2026-11-03T23:00Z", 2)):  # midnight in Rome
        assert conti(on(home, datetime.fromisoformat(day)), "receipts")["senza_ricevuta"] == late
    casa.answers(home)
    conti(home, "receive")
    assert conti(home, "receipts")["senza_ricevuta"] == 0


def test_a_receipt_of_a_friday_is_awaited_on_tuesday(tmp_path: Path) -> None:
    from spool.dispatch import dispatch_ready

    home = casa.build(tmp_path / "home", [casa.flow("RIBA-A", range(1, 3))])
    dispatch_ready(on(home, datetime(2026, 10, 2, 15, tzinfo=ROME)))  # and Sunday 4 October is a feast
    late = [conti(on(home, datetime(2026, 10, day, 8, tzinfo=ROME)), "receipts")["senza_ricevuta"] for day in (3, 5, 6)]
    assert late == [0, 0, 1]


def test_passwords_about_to_expire_are_told_two_weeks_before(home: Home) -> None:
    with home.begin() as conn:
        utenti.set_profilo(conn, home.ports, 1, "bianchi", Profilo(scadenza=30), chi="prova")
    since = datetime(2026, 11, 2, 8, tzinfo=UTC)
    found = [conti(on(home, since + timedelta(days=n)), "expiries")["scadono"] for n in (15, 17)]
    assert found == [0, 1]


def ssh_certificate(until: datetime) -> bytes:
    key = Ed25519PrivateKey.generate()
    made = SSHCertificateBuilder().public_key(key.public_key()).type(SSHCertificateType.USER).valid_for_all_principals()
    return made.valid_after(0).valid_before(int(until.timestamp())).sign(key).public_bytes()


def test_certificates_about_to_expire_are_told_a_month_before_line_by_line(home: Home) -> None:
    end = datetime(2026, 12, 10, tzinfo=UTC)
    pem = {each: notaio.holder("ec", end=each)[0].public_bytes(Encoding.PEM) for each in (end, end + timedelta(days=9))}
    (home.path / "banca.pem").write_bytes(pem[end])
    (home.path / "firme.pem").write_bytes(b"".join(pem.values()))
    (home.path / "chiave-cert.pub").write_bytes(ssh_certificate(end + timedelta(days=9)))
    folders = 'consegna = "a"\nritiro = "b"\n'
    cartella = f'tipo = "cartella"\n{folders}certificato = "banca.pem"\nfirmatari = "firme.pem"\n'
    sftp = f'tipo = "sftp"\n{folders}host = "x"\nutente = "y"\nknown_hosts = "z"\nchiave = "chiave"\n'
    (home.path / "linee.toml").write_text(f"[{SIA}.03069]\n{cartella}[{SIA}.02008]\n{sftp}")
    days = {7: 0, 12: 2, 22: 4}
    assert {day: conti(on(home, datetime(2026, 11, day, tzinfo=UTC)), "expiries")["scadono"] for day in days} == days
    (corsa,) = job(home, "expiries")
    assert Counter(each["abi"] for each in corsa.dati["avvisi"]) == {"03069": 3, "02008": 1}
    assert {each["en"].partition(" lasts until ")[2] for each in corsa.dati["avvisi"]} == {"10/12/2026", "19/12/2026"}
    (home.path / "firme.pem").write_bytes(b"")
    (corsa,) = job(home, "expiries")
    assert corsa.esito == FALLITO and "LINEA-014" in str(corsa.dati)


# --- silence ----------------------------------------------------------------------------------------------------------


def settle(home: Home, text: str) -> None:
    (home.path / orari.FILE).write_text(text, encoding="utf-8")


def states(home: Home) -> list[str]:
    return sorted({stato for _, _, stato in casa.order_states(home)})


def test_nothing_is_presumed_unless_the_company_wants_it(home: Home) -> None:
    assert conti(on(home, datetime(2027, 6, 1, 8, tzinfo=ROME)), "presume")["presunte"] == 0
    assert states(home) == ["Inoltrata"]


def test_orders_of_which_nothing_was_heard_are_presumed_paid_bank_by_bank(home: Home) -> None:
    settle(home, "[presunte.03069]\nRIBA = 5\n")
    # Due on Monday 30 November and Thursday 31 December 2026: the fifth banking day after is 7 December, 11 January.
    found = []
    for day in (date(2026, 12, 4), date(2026, 12, 7), date(2027, 1, 8), date(2027, 1, 11)):
        at = datetime(day.year, day.month, day.day, 8, tzinfo=ROME)
        found.append([conti(on(home, at), "presume")["presunte"] for _ in range(2)])
    assert found == [[0, 0], [12, 0], [0, 0], [12, 0]]
    assert casa.distinta_states(home) == {"RIBA-A": "Elaborata", "RIBA-B": "Inoltrata"}
    assert states(home) == ["Inoltrata", "Presunta pagata"]
    with home.read() as conn:
        assert ricostruzione.check(conn, 1) == []


def test_each_kind_of_a_bank_has_its_own_days(tmp_path: Path) -> None:
    from spool.dispatch import dispatch_ready

    home = casa.build(tmp_path / "home", [casa.flow("RIBA-A", range(1, 3))])
    casa.extend(home.path, Path("fixtures/rid.cbi").read_bytes())
    dispatch_ready(home)
    # Due on Monday 30 November and Thursday 31 December the Ri.Ba., on Sunday 31 January two R.I.D., the third later.
    settle(home, "[presunte.03069]\nRIBA = 25\nRID = 2\n")
    found = {}
    for day in (date(2027, 2, 1), date(2027, 2, 2), date(2027, 2, 8)):
        conti(on(home, datetime(day.year, day.month, day.day, 8, tzinfo=ROME)), "presume")
        found[day.day] = Counter(flusso for flusso, stato in kinds(home) if stato == "Presunta pagata")
    assert found == {1: {"RIBA": 1}, 2: {"RIBA": 1, "RID": 2}, 8: {"RIBA": 2, "RID": 2}}


def kinds(home: Home) -> list[tuple[str, str]]:
    with home.read() as conn:
        return [(row.flusso, row.stato) for row in conn.execute(DISPOSIZIONE.select())]


def test_an_insoluto_that_comes_after_prevails(home: Home) -> None:
    settle(home, "[presunte.03069]\nRIBA = 1\n")
    assert conti(on(home, datetime(2027, 1, 15, 8, tzinfo=ROME)), "presume")["presunte"] == 24
    casa.answers(home)
    conti(home, "receive")
    assert "Insoluta" in states(home) and "Presunta pagata" not in states(home)


def test_a_request_of_recall_is_never_presumed_paid(tmp_path: Path) -> None:
    from spool.dispatch import dispatch_ready

    home = casa.build(tmp_path / "home", [casa.flow("RIBA-A", range(1, 3))])
    casa.extend(home.path, casa.recall("RECALL", range(1, 3)))
    dispatch_ready(home)
    settle(home, "[presunte.03069]\nRIBA = 1\n")
    assert conti(on(home, datetime(2027, 6, 1, 8, tzinfo=ROME)), "presume")["presunte"] == 2
    with home.read() as conn:
        recall = next(each for each in distinte.list_(conn) if each.nome_supporto == "RECALL")
        assert {str(each.stato) for each in distinte.orders(conn, recall.id)} == {"Inoltrata"}


def test_settings_that_cannot_be_read_are_a_run_that_fails_until_they_are_right(home: Home) -> None:
    settle(home, "[presunte.03069]\nPC = 5\n")
    (corsa,) = job(home, "presume")
    assert corsa.esito == FALLITO and corsa.dati["errore"]["it"].startswith("ORARI-001")
    settle(home, "")
    assert conti(home, "presume") == {"presunte": 0}


# --- when they fail, and when they die --------------------------------------------------------------------------------


def test_a_job_that_fails_is_a_row_with_the_reason_and_no_secrets(home: Home) -> None:
    def fail() -> Fatto:
        raise ValueError("IT91H0306902477100000004711")

    log = io.StringIO()
    (corsa,) = run(home, a_job(fail), ME, registro.open_(log, home.ports.clock))
    assert corsa.esito == FALLITO and "ValueError in test_lavori" in corsa.dati["errore"]["en"].replace(
        "tests.spool.", ""
    )
    assert "IT91" not in log.getvalue() + json.dumps(dict(corsa.dati))
    with home.read() as conn:
        assert lavori.last(conn)["prova"] == corsa


def test_one_that_cannot_send_says_which_distinta_and_why(signed: Path, tmp_path: Path) -> None:
    home = casa.copy(signed, tmp_path / "home")
    (home.spool_dir / casa.SIA).write_bytes(b"")  # a file where the folder of the company should be
    (corsa,) = job(home, "dispatch")
    assert corsa.esito == FALLITO
    assert [(each["distinta"], each["guasto"]) for each in corsa.dati["avvisi"]] == [(1, True)]


def test_the_same_job_is_not_done_by_two_at_once(home: Home) -> None:
    other = f"{socket.gethostname()}:{os.getppid()}"  # alive, and not us
    with home.begin() as conn:
        lavori.begin(conn, home.ports, Chiave("receive"), other)
    with pytest.raises(Refused, match="LAVORO-002"):
        job(home, "receive")
    assert conti(home, "dispatch") == {"inoltrate": 0, "attendono": 0}  # another one is


def left_by(home: Home, chi: str) -> str:
    """What becomes of a run of that process when another comes."""
    with home.begin() as conn:
        corsa_id = lavori.begin(conn, home.ports, Chiave("prova"), chi)
        lavori.reap(conn, home.ports, ME)
        found: str = conn.execute(LAVORO.select().where(LAVORO.c.id == corsa_id)).one().esito
        conn.execute(update(LAVORO).values(esito=RIUSCITO))
    return found


def test_a_run_that_nobody_is_doing_any_more_is_interrupted(home: Home) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    host = socket.gethostname()
    assert left_by(home, f"{host}:{dead.pid}") == INTERROTTO
    assert left_by(home, ME) == INTERROTTO  # ours, and we are not at it
    assert left_by(home, f"{host}:{os.getppid()}") == IN_CORSO
    assert left_by(home, f"altra-macchina:{dead.pid}") == IN_CORSO  # it cannot be asked
    assert left_by(home, f"{host}:non un numero") == IN_CORSO


def test_a_run_of_another_machine_is_given_up_after_six_hours(home: Home) -> None:
    with home.begin() as conn:
        lavori.begin(conn, home.ports, Chiave("prova"), "altra-macchina:7")
        at = home.ports.clock.now()
        on(home, at + timedelta(hours=5))
        assert lavori.reap(conn, home.ports, ME) == []
        on(home, at + timedelta(hours=7))
        assert [each.esito for each in lavori.reap(conn, home.ports, ME)] == [INTERROTTO]
        lavori.begin(conn, home.ports, Chiave("prova"), ME)


def test_old_runs_are_forgotten_but_the_last_of_each_job(home: Home) -> None:
    start = home.ports.clock.now()
    for nome in ("receive", "receive", "dispatch"):
        job(home, nome)
    assert conti(on(home, start + timedelta(days=89)), "retention")["dimenticate"] == 0
    assert conti(on(home, start + timedelta(days=91)), "retention")["dimenticate"] == 1
    with home.read() as conn:
        assert lavori.counts(conn) == {
            (nome, RIUSCITO): n for nome, n in (("receive", 1), ("dispatch", 1), ("retention", 2))
        }


# --- the commands -----------------------------------------------------------------------------------------------------


def test_run_once_is_for_cron_and_says_by_its_code_whether_all_went_well(home: Home) -> None:
    done = cbi("--home", home.path, "run", "--once", "receive", "checkpoint")
    assert done.code == 0 and done.out == ""
    assert [json.loads(line)["lavoro"] for line in done.err.splitlines()] == ["receive", "checkpoint"]
    settle(home, "[altro]\n")
    failed = cbi("--home", home.path, "run", "--once")
    assert failed.code == 3
    said = [json.loads(line) for line in failed.err.splitlines()]
    assert {each["lavoro"] for each in said if each["event"] == "fallito"} == {"presume"}
    assert [each["lavoro"] for each in said if each["event"] == "riuscito"][-1] == "retention"
    assert cbi("--home", home.path, "run", "--once", "pranzo").code == 2


def test_jobs_tells_what_each_did_and_when_it_is_next_done(home: Home) -> None:
    cbi("--home", home.path, "run", "--once", "dispatch", "checkpoint")
    told = json.loads(cbi("--home", home.path, "jobs", "--format", "json").out)
    found = {each["lavoro"]: each for each in told["lavori"]}
    assert told["di_turno"] is None and [*found] == [*LAVORI]
    (last,) = found["checkpoint"]["ultime"]
    assert (last["esito"], last["sia"], last["conti"]) == ("riuscito", casa.SIA, {"checkpoint": 1})
    assert found["receive"]["ultime"] == [] and last["secondi"] >= 0
    assert datetime.fromisoformat(found["checkpoint"]["prossima"]) > datetime.fromisoformat(last["fine"])
    text = cbi("--home", home.path, "jobs", lang="en").out
    assert "Nobody is running them: cbi run" in text and "checkpoints: 1" in text


def test_a_dry_run_says_what_would_be_run_and_changes_nothing(home: Home) -> None:
    before = casa.portrait(home)
    done = cbi("--home", home.path, "run", "--dry-run", "receive", lang="en")
    assert done.code == 0 and "at once" in done.out and "reads what the banks send" in done.out
    with home.read() as conn:
        assert (lavori.counts(conn), casa.portrait(home)) == ({}, before)
