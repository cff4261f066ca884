"""The audit of a home: what holds, what does not, and what the machine may do while a checkpoint is taken."""

import json
import shutil
import sqlite3
import stat
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import cbi
from docs import verifica as esterna
from ledger import aziende, checkpoint, journal, sigilli, verifica
from ledger.errors import Refused
from ledger.home import Home
from tests.faults.disco import dark
from tests.ledger.sala import FailingDisk, Fault, furnish, ports

OTHER = {"sia": "Z9Y8X", "nome": "Altra", "codice_fiscale": "77665540017"}


@pytest.fixture
def azienda(sala):
    with sala.home.read() as conn:
        return aziende.find(conn)


@pytest.fixture
def run(sala, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")

    def run(*args, lang="it"):
        result = CliRunner().invoke(cbi, ["--home", str(sala.home.path), "--lang", lang, "audit", *map(str, args)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def tamper(sala, *statements):
    """What somebody who owns the database could do, from outside."""
    if sala.home.engine.dialect.name == "postgresql":
        with sala.home.begin() as conn:
            for statement in (
                "SET LOCAL session_replication_role = replica",
                *statements,
            ):  # no triggers, no references
                conn.exec_driver_sql(statement)
        return
    raw = sqlite3.connect(sala.home.path / "cbi.db")
    for trigger in ("journal_no_update", "journal_no_delete", "journal_in_order"):
        raw.execute(f"DROP TRIGGER IF EXISTS {trigger}")
    for statement in statements:
        raw.execute(statement)
    raw.commit()
    raw.close()


def happen(sala, n=3):
    with sala.home.begin() as conn:
        for i in range(n):
            at = sala.home.ports.clock.now()
            journal.append(conn, azienda_id=sala.azienda_id, tipo="prova", soggetto="cosa", dati={"i": i}, at=at)


def refused(code, call, *args, **kwargs):
    with pytest.raises(Refused) as found:
        call(*args, **kwargs)
    assert found.value.code == code
    return found.value


# --- verify -----------------------------------------------------------------------------------------------------------


def test_a_sound_journal_is_told_with_its_head_and_with_what_cannot_be_seen(sala, run):
    with sala.home.read() as conn:
        numero, testa = journal.head(conn, sala.azienda_id)
    done = run("verify", lang="en")
    assert done.exit_code == 0
    assert f"A1B2C: {numero} events hold, head {testa}" in done.stdout
    assert "no checkpoint" in done.stderr
    assert "cbi audit checkpoint" in done.stderr


def test_with_a_checkpoint_it_is_told_up_to_where_it_answers(run):
    line = run("checkpoint").stdout.strip()
    done = run("verify", lang="en")
    assert f"a checkpoint answers up to event {line.split()[2]}" in done.stdout
    assert done.stderr == ""
    (told,) = json.loads(run("verify", "--format", "json").stdout)
    assert (told["eventi"], told["garantiti"], told["guasto"]) == (int(line.split()[2]) + 1, int(line.split()[2]), None)


@pytest.mark.ovunque
@pytest.mark.parametrize("lang", ["it", "en"])
def test_the_first_bad_event_is_named_in_words(sala, run, lang):
    run("checkpoint")
    tamper(sala, "UPDATE journal SET soggetto = 'altro' WHERE numero >= 3")
    done = run("verify", lang=lang)
    assert done.exit_code == 3
    assert {"it": "A1B2C: evento 3: il suo contenuto", "en": "A1B2C: event 3: its content"}[lang] in done.stdout
    assert {"it": "ripristinare", "en": "restore"}[lang] in done.stderr
    (told,) = json.loads(run("verify", "--format", "json", lang=lang).stdout)
    assert (told["guasto"]["numero"], told["guasto"]["motivo"]) == (3, "hash")


def test_a_checkpoint_kept_elsewhere_shows_that_the_end_was_cut_off(sala, run, tmp_path):
    happen(sala)
    early = run("checkpoint").stdout
    happen(sala)
    late = run("checkpoint").stdout
    mail = tmp_path / "posta.txt"
    mail.write_text(f"Spett.le revisore,\n\n  {early}  {late}\nCordiali saluti\n")
    cut = int(late.split()[2])
    (sala.home.audit_dir / "A1B2C").write_text(early)
    tamper(sala, f"DELETE FROM journal WHERE numero >= {cut}")
    assert run("verify").exit_code == 0  # who cut the end took away the checkpoint of the home as well
    for given in (mail, late):
        done = run("verify", "--checkpoint", given, lang="en")
        assert done.exit_code == 3
        assert f"event {cut}: it is missing" in done.stdout
        assert f"answers up to event {early.split()[2]}" in done.stdout


@pytest.mark.ovunque
def test_the_checkpoints_of_the_home_show_it_by_themselves(sala, run):
    happen(sala)
    cut = int(run("checkpoint").stdout.split()[2])
    tamper(sala, f"DELETE FROM journal WHERE numero >= {cut}")
    assert f"evento {cut}: manca" in run("verify").stdout


def test_a_checkpoint_taken_while_others_verify_is_no_alarm(sala, azienda, monkeypatch):
    stored = sigilli.stored

    def meanwhile(home, sia):
        monkeypatch.setattr(sigilli, "stored", stored)
        happen(sala)
        sigilli.take(home, azienda)
        return stored(home, sia)

    monkeypatch.setattr(sigilli, "stored", meanwhile)
    (verdetto,) = verifica.verify(sala.home)
    assert verdetto.sound
    assert verdetto.garantiti == verdetto.cammino.eventi - 1


def test_a_journal_emptied_whole_is_found_without_any_checkpoint(sala, run):
    tamper(sala, "DELETE FROM journal")
    assert "evento 1: manca" in run("verify").stdout


def test_every_company_is_verified_or_the_one_that_is_named(sala, run):
    with sala.home.begin() as conn:
        other = aziende.create(conn, sala.home.ports, **OTHER)
    assert [line.split(":")[0] for line in run("verify").stdout.splitlines()] == ["A1B2C", "Z9Y8X"]
    tamper(sala, f"UPDATE journal SET tipo = 'x' WHERE azienda_id = {other}")
    assert run("verify").exit_code == 3
    assert run("verify", "--sia", "A1B2C").exit_code == 0
    refused("AZIENDA-005", run, "verify", "--sia", "00000")


@pytest.mark.ovunque
def test_events_given_to_a_company_that_is_not_there_are_found(sala, run):
    tamper(sala, "UPDATE journal SET azienda_id = 77 WHERE numero = (SELECT max(numero) FROM journal)")
    done = run("verify")
    assert done.exit_code == 3
    assert "?77: evento 1: qui ci si aspettava questo numero" in done.stdout


@pytest.mark.sqlite
def test_a_checkpoint_of_a_company_that_is_not_here_finds_no_chain(tmp_path, sala, run):
    furnish(tmp_path / "altra").home.close()
    shutil.copytree(sala.home.path, tmp_path / "copia")
    copy = Home.open(tmp_path / "copia", ports())
    with copy.begin() as conn:
        other = aziende.create(conn, copy.ports, **OTHER)
        azienda = aziende.get(conn, other)
    sigilli.public_key(sala.home)
    shutil.copytree(sala.home.audit_dir, copy.audit_dir)
    line = verifica.attest(copy, azienda).riga
    copy.close()
    assert "Z9Y8X: evento 1: manca" in run("verify", "--checkpoint", line).stdout


@pytest.mark.sqlite
def test_rows_and_index_that_disagree_are_found(sala, run):
    tamper(
        sala,
        "CREATE INDEX spia ON journal (tipo)",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = 'CREATE INDEX spia ON journal (soggetto)' WHERE name = 'spia'",
    )
    done = run("verify", lang="en")
    assert done.exit_code == 3
    assert "indexes and rows do not agree" in done.stdout


@pytest.mark.sqlite
def test_a_database_that_was_damaged_is_told(sala, run):
    sala.home.close()
    path = sala.home.path / "cbi.db"
    data = path.read_bytes()
    path.write_bytes(data[:8192] + bytes(len(data) - 8192))
    assert refused("HOME-011", run, "verify").exit_code == 8


# --- checkpoints ------------------------------------------------------------------------------------------------------


def test_the_line_is_one_printable_line_and_the_public_key_proves_it(run):
    line, key = run("checkpoint").stdout, run("key").stdout
    assert line.count("\n") == 1 and line.strip().isprintable() and line.isascii()
    assert line.split()[0] == "cbi-checkpoint-v1"
    keys = esterna.read_keys(key.splitlines())
    assert esterna.read_checkpoint(line.strip(), keys) == ("A1B2C", int(line.split()[2]), line.split()[3])


def test_the_secret_is_for_its_owner_only_and_nowhere_else(sala, run):
    told = run("checkpoint").stdout + run("key").stdout + run("export").stdout
    path = sala.home.audit_dir / "chiave"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() not in told
    others = [each for each in sala.home.path.rglob("*") if each.is_file() and each != path]
    assert others and all(path.read_bytes() not in each.read_bytes() for each in others)


def test_the_key_is_made_once_and_kept(run):
    assert run("key").stdout == run("key").stdout
    assert run("checkpoint").stdout.split()[5] == run("key").stdout.split()[1] == run("checkpoint").stdout.split()[5]


def test_a_key_that_was_lost_is_followed_by_another_and_the_old_one_still_proves(sala, azienda, run):
    before = run("checkpoint").stdout.strip()
    (sala.home.audit_dir / "chiave").unlink()
    after = run("checkpoint").stdout.strip()
    assert before.split()[5] != after.split()[5]
    assert [line.split()[1] for line in run("key").stdout.splitlines()] == [before.split()[5], after.split()[5]]
    assert run("verify", "--checkpoint", before, "--checkpoint", after).exit_code == 0


def test_a_key_that_comes_back_from_a_backup_is_the_one_in_use_again(sala, run):
    run("key")
    path = sala.home.audit_dir / "chiave"
    old = path.read_bytes()
    path.unlink()
    run("key")
    path.write_bytes(old)
    assert [line.split()[1] for line in run("key").stdout.splitlines()][-1] == checkpoint.key_id(
        checkpoint.public(bytes.fromhex(old.decode()))
    )


@pytest.mark.parametrize("spoilt", [b"", b"zz", b"ab" * 31, b"\xff" * 64])
def test_a_spoilt_key_is_told(sala, azienda, spoilt):
    sigilli.public_key(sala.home)
    (sala.home.audit_dir / "chiave").write_bytes(spoilt)
    refused("CHIAVE-001", sigilli.take, sala.home, azienda)


def test_each_checkpoint_is_in_the_journal_and_names_the_one_before(sala, run):
    first, second = (run("checkpoint").stdout.strip() for _ in range(2))
    with sala.home.read() as conn:
        told = [json.loads(e["dati"]) for e in journal.events(conn, sala.azienda_id) if e["tipo"] == "checkpoint"]
    assert told == [{"riga": first, "precedente": ""}, {"riga": second, "precedente": first}]
    assert (sala.home.audit_dir / "A1B2C").read_text() == f"{first}\n{second}\n"


def test_what_was_altered_is_not_signed(sala, run):
    tamper(sala, "UPDATE journal SET tipo = 'x' WHERE numero = 2")
    refused("CHECKPOINT-004", run, "checkpoint")
    assert not (sala.home.audit_dir / "A1B2C").exists()


def test_a_line_that_is_not_a_checkpoint_is_refused(run, tmp_path):
    line = run("checkpoint").stdout.strip()
    for text_ in (line[:-1], line + "0", line.replace("v1", "v2"), line.upper()):
        (tmp_path / "posta").write_text(text_)
        refused("CHECKPOINT-001", run, "verify", "--checkpoint", tmp_path / "posta")
    (tmp_path / "posta").write_text("niente\n")
    refused("CHECKPOINT-001", run, "verify", "--checkpoint", tmp_path / "posta")


def test_a_checkpoint_of_another_home_is_refused(tmp_path, run):
    stranger = furnish(tmp_path / "altra")
    stranger.home.ports.random.last = 1000
    with stranger.home.read() as conn:
        azienda = aziende.find(conn)
    line = sigilli.take(stranger.home, azienda).riga
    stranger.home.close()
    refused("CHECKPOINT-002", run, "verify", "--checkpoint", line)


def test_a_checkpoint_changed_in_any_character_is_refused(run):
    line = run("checkpoint").stdout.strip()
    keys = esterna.read_keys(run("key").stdout.splitlines())
    known = checkpoint.keys(run("key").stdout.splitlines())
    for at, character in enumerate(line):
        changed = line[:at] + ("1" if character == "0" else "0") + line[at + 1 :]
        with pytest.raises(Refused):
            checkpoint.require_signed(checkpoint.read(changed), known)
        if at % 9 == 0:  # it takes its time, in plain Python
            with pytest.raises(esterna.Doubt):
                esterna.read_checkpoint(changed, keys)


def test_a_spoilt_file_of_checkpoints_is_told(sala, run):
    run("checkpoint")
    path = sala.home.audit_dir / "A1B2C"
    path.write_text(path.read_text().replace(" A1B2C ", " A1B2D "))
    refused("CHECKPOINT-003", run, "verify")
    path.write_text("cbi-checkpoint-v1 A1B2C")
    refused("CHECKPOINT-001", run, "verify")


def test_public_keys_that_are_not_what_they_say_do_not_count(sala, run):
    run("checkpoint")
    told = sala.home.audit_dir / "chiavi"
    line = told.read_text()
    told.write_text(line.replace(line.split()[2], "00" * 32) + "altro\n")
    assert sigilli.public_keys(sala.home) == {}
    refused("CHECKPOINT-002", run, "verify")


# --- when the machine stops -------------------------------------------------------------------------------------------


def test_whatever_fails_while_a_checkpoint_is_taken_the_home_stays_sound_and_the_next_one_is_taken(tmp_path):
    template = furnish(tmp_path / "home")
    template.home.close()
    failed = 0
    for fail_at in range(1, 100):
        path = tmp_path / f"copia{fail_at}"
        shutil.copytree(template.home.path, path)
        disk = FailingDisk(fail_at)
        home = Home.open(path, ports())
        home = Home(path, ports(disk), home.engine)
        with home.read() as conn:
            azienda = aziende.find(conn)
        try:
            sigilli.take(home, azienda)
        except Fault:
            failed += 1
        else:
            break
        finally:
            home.close()
        again = Home.open(path, ports())
        again.ports.random.last = 500
        (verdetto,) = verifica.verify(again)
        assert verdetto.sound
        taken = sigilli.take(again, azienda)
        assert sigilli.stored(again, "A1B2C")[-1] == taken
        (verdetto,) = verifica.verify(again)
        assert (verdetto.sound, verdetto.garantiti) == (True, taken.numero)
        assert list(sigilli.public_keys(again)) == [taken.chiave]
        again.close()
    assert failed > 10


def test_killed_while_the_first_is_taken_and_then_without_power_no_checkpoint_is_without_its_key(tmp_path):
    template = furnish(tmp_path / "home")
    template.home.close()
    runs = count()

    def make():
        return Path(shutil.copytree(template.home.path, tmp_path / f"copia{next(runs)}"))

    def work(root, disk):
        home = Home.open(root, ports(disk))
        home.ports.random.last = 100 * next(runs)
        try:
            with home.read() as conn:
                azienda = aziende.find(conn)
            sigilli.take(home, azienda)
        finally:
            home.close()

    taken = 0
    for albero in dark(make, work):
        lines, keys = ((albero.get(f"audit/{name}") or b"").decode().splitlines() for name in ("A1B2C", sigilli.KEYS))
        for line in lines:
            checkpoint.require_signed(checkpoint.read(line), checkpoint.keys(keys))
        taken += len(lines)
    assert taken > 5


def test_a_file_that_is_private_is_so_from_its_first_byte(tmp_path):
    seen = []
    disk = ports().disk
    path = tmp_path / "segreto"
    disk.write_new(path, b"x", 0o600)
    seen.append(stat.S_IMODE(path.stat().st_mode))
    assert seen == [0o600]
    with pytest.raises(FileExistsError):
        disk.write_new(path, b"y", 0o600)


# --- export -----------------------------------------------------------------------------------------------------------


def exported(run, tmp_path, *args):
    path = tmp_path / "giornale.ndjson"
    path.write_text(run("export", *args).stdout)
    return path


@pytest.mark.ovunque
def test_an_exported_journal_is_verified_by_a_program_that_knows_nothing_of_the_engine(sala, run, tmp_path, capsys):
    line, key = run("checkpoint").stdout, run("key").stdout
    with sala.home.begin() as conn:
        aziende.create(conn, sala.home.ports, **OTHER)
    path, notes = exported(run, tmp_path), tmp_path / "posta"
    notes.write_text(key + line)
    assert esterna.main([str(path), str(notes)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"A1B2C: checkpoint of event {line.split()[2]}: its signature holds"
    assert [row.split(":")[0] for row in told] == ["A1B2C", "A1B2C", "Z9Y8X"]
    assert told[2].endswith("cannot be seen")
    assert exported(run, tmp_path, "--sia", "Z9Y8X").read_text().count("\n") == 1


@pytest.mark.sqlite
def test_what_was_tampered_with_goes_out_as_it_is(sala, run, tmp_path, capsys):
    tamper(sala, "UPDATE journal SET dati = CAST(x'7bff' AS TEXT) WHERE numero = 3")
    assert esterna.main([str(exported(run, tmp_path))]) == 3
    assert "event 3: its data are not written" in capsys.readouterr().out


def test_the_verifier_says_what_it_cannot_read(tmp_path, capsys, run):
    assert esterna.main([]) == 2
    assert esterna.main([str(tmp_path / "manca")]) == 2
    (tmp_path / "altro").write_text("ciao\n")
    assert esterna.main([str(tmp_path / "altro")]) == 2
    line = run("checkpoint").stdout
    for wrong in ("{}\n", "{\n", '{"at":1}\n'):
        (tmp_path / "altro").write_text(wrong)
        assert esterna.main([str(tmp_path / "altro")]) == 3
    (tmp_path / "altro").write_text(line)
    assert esterna.main([str(tmp_path / "altro")]) == 3  # its key was not given
    (tmp_path / "altro").write_text(line.replace("v1", "v9"))
    assert esterna.main([str(tmp_path / "altro")]) == 3
    capsys.readouterr()


def test_a_company_spoken_of_and_absent_is_told(run, tmp_path, capsys, sala):
    notes, path = tmp_path / "posta", tmp_path / "giornale"
    notes.write_text(run("key").stdout + run("checkpoint").stdout)
    with sala.home.begin() as conn:
        aziende.create(conn, sala.home.ports, **OTHER)
    path.write_text(run("export", "--sia", "Z9Y8X").stdout)
    assert esterna.main([str(path), str(notes)]) == 3
    assert "A1B2C: event 1: it is missing" in capsys.readouterr().out


def test_the_verifier_imports_nothing_of_the_engine_and_is_short():
    import ast
    import sys
    from pathlib import Path

    source = Path(esterna.__file__).read_text("utf-8")
    tree = ast.walk(ast.parse(source))
    names = {
        name
        for node in tree
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
    assert source.count("\n") < 300
