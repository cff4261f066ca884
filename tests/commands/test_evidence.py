"""The evidence of one distinta: complete, the same every time, and checked by who has only the zip and a public key."""

import hashlib
import json
import shutil
import sqlite3
import warnings
import zipfile

import pytest
from click.testing import CliRunner

from cli import cbi
from docs import verifica as esterna
from ledger import checkpoint, fascicolo, utenti
from ledger.errors import Refused
from ledger.importa import import_file
from spool.dispatch import dispatch_ready
from spool.receive import receive
from tests.ledger.giornale import linked
from tests.ledger.sala import QUICK_HASHER
from tests.spool.casa import SIA, answers, build, flow


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A home where two flows left and the bank answered; a third flow waits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utenti, "HASHER", QUICK_HASHER)
        home = build(
            tmp_path_factory.mktemp("casa"), [flow("PRIMO", range(1, 6)), flow("SECONDO", range(6, 9), "02008")]
        )
        dispatch_ready(home)
        answers(home)
        receive(home)
        import_file(home, flow("TERZO", range(20, 22)), "terzo.cbi", 1)
    home.close()
    return home.path


@pytest.fixture
def run(template, tmp_path, monkeypatch):
    shutil.copytree(template, tmp_path / "casa")
    monkeypatch.chdir(tmp_path)

    def run(*args, lang="it"):
        result = CliRunner().invoke(cbi, ["--home", "casa", "--lang", lang, *map(str, args)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def refused(code, run, *args):
    with pytest.raises(Refused) as found:
        run(*args)
    assert found.value.code == code


def contents(path):
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def rewrite(path, files):
    with zipfile.ZipFile(path, "w") as bundle:
        for name, data in files.items():
            bundle.writestr(name, data)
    return str(path)


def with_manifest(files):
    """The files with a manifest that is theirs; the seal stays that of another."""
    told = {name: data for name, data in files.items() if not name.startswith("manifesto")}
    rows = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(told.items()))
    return {**files, "manifesto.txt": rows.encode()}


def sealed(files, seed=bytes(32)):
    """All of it made again by somebody with a key of their own."""
    files = with_manifest(files)
    return {**files, "manifesto.firma": checkpoint.seal(seed, files["manifesto.txt"]).encode()}


@pytest.fixture
def bundle(run, tmp_path):
    run("evidence", 1)
    (tmp_path / "chiave.txt").write_text(run("audit", "key").stdout)
    return tmp_path / "prova-1.zip"


def test_a_bundle_holds_what_left_what_came_back_and_who_signed(run, bundle, template):
    files = contents(bundle)
    (sent,) = [data for name, data in files.items() if name.startswith("flusso/")]
    assert sent == next(template.glob("spool/*/03069/out/*/*.cbi")).read_bytes()
    came = {path.read_bytes() for path in template.glob("spool/*/03069/in/done/*")}
    got = [data for name, data in files.items() if name.startswith("ricevuti/")]
    assert got and set(got) <= came
    (firma,) = json.loads(files["firme.json"])
    assert (firma["login"], firma["sha256"]) == ("bianchi", hashlib.sha256(sent).hexdigest())
    assert firma["regole"]["soglia"] == 100
    events = [json.loads(line) for line in files["eventi.ndjson"].splitlines()]
    steps = [json.loads(event["dati"]).get("evento") for event in events]
    assert {"importa", "firma", "inoltra", "paga", "elabora", None} <= set(steps)
    others = {event["soggetto"] for event in events if event["tipo"] == "distinta_stato"}
    assert others == {"distinta:1"}


def test_a_bundle_is_verified_with_the_key_and_placed_in_the_whole_journal(run, bundle, tmp_path, capsys):
    (tmp_path / "giornale").write_text(run("audit", "export").stdout)
    assert esterna.main([str(bundle), "chiave.txt", "giornale"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert "files hold" in told[0] and "own" not in told[0]
    assert told[1].startswith(f"{SIA}: ") and "events hold" in told[1]


def test_without_a_key_of_ones_own_the_bundle_says_that_the_key_is_its_own(bundle, capsys):
    assert esterna.main([str(bundle)]) == 0
    assert "compare it with the one you were given" in capsys.readouterr().out


def test_a_journal_made_again_contradicts_the_bundle(run, bundle, tmp_path, capsys):
    events = [json.loads(line) for line in run("audit", "export").stdout.splitlines()]
    again = linked([{**event, "at": "2026-03-02T09:00:00.000000Z"} for event in events])
    (tmp_path / "giornale").write_text("".join(f"{json.dumps(event)}\n" for event in again))
    assert esterna.main([str(bundle), "giornale"]) == 3
    assert "the journal was written again" in capsys.readouterr().out


def test_the_bytes_are_the_same_until_something_happens(run, bundle):
    before = bundle.read_bytes()
    run("evidence", 1, "-o", "altra.zip")
    assert (bundle.parent / "altra.zip").read_bytes() == before
    run("audit", "checkpoint")
    run("evidence", 1, "-o", "altra.zip")
    assert (bundle.parent / "altra.zip").read_bytes() == before  # the checkpoint that answered for it still does


def test_one_that_has_not_left_has_its_bytes_and_no_answers(run):
    run("evidence", 3)
    files = contents("prova-3.zip")
    (name,) = [name for name in files if name.startswith("flusso/")]
    assert hashlib.sha256(files[name]).hexdigest().startswith(name.removeprefix("flusso/").removesuffix(".cbi"))
    assert not [name for name in files if name.startswith("ricevuti/")]
    assert json.loads(files["firme.json"]) == []
    assert esterna.main(["prova-3.zip"]) == 0


@pytest.mark.parametrize(("lang", "title"), [("it", "Prove della distinta 1"), ("en", "Evidence of distinta 1")])
def test_there_is_a_page_for_people_in_both_languages(bundle, lang, title):
    page = contents(bundle)[f"pagina.{lang}.txt"].decode()
    assert page.startswith(f"{title}\n")
    assert "bianchi" in page and "inoltra: Firmata -> Inoltrata (spool)" in page and "cbi-checkpoint-v1" in page
    assert "ricevuti/001-" in page


def test_any_changed_byte_of_any_file_is_found(bundle):
    files = contents(bundle)
    for name, data in files.items():
        for at in range(0, len(data), max(1, len(data) // 7)):
            spoilt = {**files, name: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]}
            assert esterna.main([rewrite(bundle, spoilt), "chiave.txt"]) == 3, (name, at)
            if not name.startswith("manifesto"):
                assert esterna.main([rewrite(bundle, with_manifest(spoilt)), "chiave.txt"]) == 3, (name, at)


def test_a_file_more_or_less_is_found(bundle):
    files = contents(bundle)
    for name in files:
        less = {each: data for each, data in files.items() if each != name}
        assert esterna.main([rewrite(bundle, less), "chiave.txt"]) == 3, name
    assert esterna.main([rewrite(bundle, {**files, "altro": b""}), "chiave.txt"]) == 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rewrite(bundle, files)
        with zipfile.ZipFile(bundle, "a") as again:
            again.writestr("firme.json", b"[]")
            again.writestr("firme.json", files["firme.json"])
    assert esterna.main([str(bundle), "chiave.txt"]) == 3


def test_a_bundle_sealed_again_by_somebody_else_is_found_by_its_key(bundle):
    files = contents(bundle)
    assert esterna.main([rewrite(bundle, sealed(files)), "chiave.txt"]) == 3
    theirs = {**files, "chiavi.txt": files["chiavi.txt"] + checkpoint.key_line(checkpoint.public(bytes(32))).encode()}
    assert esterna.main([rewrite(bundle, sealed(theirs))]) == 0  # it holds by itself, and says whose key it is
    only = {**files, "chiavi.txt": checkpoint.key_line(checkpoint.public(bytes(32))).encode()}
    assert esterna.main([rewrite(bundle, sealed(only))]) == 3  # its checkpoint is by a key that nobody gave


def test_even_with_the_key_what_is_inside_must_agree(bundle, run):
    """What somebody with the secret key, and not with the journal, could put together."""
    seed = bytes.fromhex((bundle.parent / "casa" / "audit" / "chiave").read_text())
    files = contents(bundle)
    chain, events = files["catena.txt"], files["eventi.ndjson"]
    (name,) = [name for name in files if name.startswith("flusso/")]
    for change in (
        {name: b"altro"},
        {"ricevuti/999": b"altro"},
        {"catena.txt": b"".join(chain.splitlines(keepends=True)[:-1])},
        {"catena.txt": b"".join(chain.splitlines(keepends=True)[1:])},
        {"catena.txt": chain[:-5] + b"0000\n"},
        {"catena.txt": b"x\n"},
        {"catena.txt": b""},
        {"eventi.ndjson": events.replace(b"bianchi", b"verdi")},
        {"eventi.ndjson": b"{}"},
        {"checkpoint.txt": b"x"},
    ):
        assert esterna.main([rewrite(bundle, sealed({**files, **change}, seed)), "chiave.txt"]) == 3, change
    assert esterna.main([rewrite(bundle, sealed(files, seed)), "chiave.txt"]) == 0


def test_a_bundle_that_unpacks_to_too_much_is_not_unpacked(bundle, monkeypatch):
    monkeypatch.setattr(esterna, "LARGEST", 1000)
    assert esterna.main([str(bundle)]) == 3


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_there_is_no_evidence_of_what_is_not_there(run):
    refused("DISTINTA-001", run, "evidence", 99)


def test_an_altered_journal_proves_nothing(run, tmp_path):
    raw = sqlite3.connect(tmp_path / "casa" / "cbi.db")
    raw.execute("DROP TRIGGER journal_no_update")
    raw.execute("UPDATE journal SET tipo = 'x' WHERE numero = 1")
    raw.commit()
    raw.close()
    refused("FASCICOLO-001", run, "evidence", 1)
    assert not (tmp_path / "prova-1.zip").exists()


def test_bytes_that_are_no_longer_those_stored_prove_nothing(run, tmp_path):
    sent = next((tmp_path / "casa" / "spool").glob("*/03069/out/*/*.cbi")).read_bytes()
    sha256 = hashlib.sha256(sent).hexdigest()
    (tmp_path / "casa" / "archive" / sha256[:2] / sha256).write_bytes(sent + b" ")
    refused("ARCHIVIO-002", run, "evidence", 1)


def test_a_bundle_has_its_limits(run, monkeypatch):
    monkeypatch.setattr(fascicolo, "MOST_FILES", 0)
    refused("FASCICOLO-002", run, "evidence", 1)
    monkeypatch.setattr(fascicolo, "MOST_FILES", 1000)
    monkeypatch.setattr(fascicolo, "LARGEST", 2000)
    refused("FASCICOLO-002", run, "evidence", 1)
