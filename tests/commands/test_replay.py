"""`cbi replay` and `cbi audit export --into`, as an auditor types them."""

import json

import pytest

from tests.console import ROOT, cbi
from tests.spool.casa import SIA, build, flow

LEFT = "RIBA-20261102-PRIMO-"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    from spool.dispatch import dispatch_ready

    home = build(tmp_path_factory.mktemp("casa") / "casa", [flow("PRIMO", range(1, 4))])
    dispatch_ready(home)
    home.close()
    return home.path


@pytest.fixture(scope="module")
def archive(template):
    done = cbi("--home", template, "audit", "export", "--into", template.parent / "copia", lang="en")
    assert (done.code, done.out, done.err) == (0, "", f"{template.parent / 'copia'}: contents 1\n")
    return template.parent / "copia"


def test_from_an_archive_to_a_home_and_back(archive, tmp_path):
    done = cbi("replay", archive, "--into", tmp_path / "nuova", lang="en")
    told, made = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert told.startswith(f"{SIA}: all as it was: events ")
    assert told.endswith(", contents 1, files sent 1")
    assert made == f"{tmp_path / 'nuova'}: home made again"
    checked = cbi("--home", tmp_path / "nuova", "replay", "--check", "--format", "json")
    (company,) = json.loads(checked.out)
    assert (checked.code, company["sia"], company["file_inoltrati"], company["file_diversi"]) == (0, SIA, 1, [])


@pytest.mark.parametrize(
    ("lang", "told", "advice"),
    [
        ("it", "evento 6: il suo contenuto non corrisponde", "Non usare questo archivio"),
        ("en", "event 6: its content does not match", "Do not use this home"),
    ],
)
def test_an_event_that_was_changed_is_named(archive, tmp_path, lang, told, advice):
    copied = _copied(archive, tmp_path)
    path = copied / "journal.ndjson"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:5], lines[5].replace('at":"20', 'at":"21'), *lines[6:]]))
    done = cbi("replay", copied, "--into", tmp_path / "nuova", lang=lang)
    assert done.code == 3
    assert told in done.out
    assert advice in done.err
    assert not (tmp_path / "nuova").exists()


@pytest.mark.parametrize(("lang", "told"), [("it", "non è più nell'archivio"), ("en", "is no longer in the archive")])
def test_a_content_that_is_not_there_is_named(archive, tmp_path, lang, told):
    copied = _copied(archive, tmp_path)
    for path in list((copied / "archive").rglob("*"))[-1:]:
        path.unlink()
    done = cbi("replay", copied, "--into", tmp_path / "nuova", lang=lang)
    assert (done.code, told in done.out) == (3, True)
    (company,) = json.loads(cbi("replay", copied, "--into", tmp_path / "nuova", "--format", "json").out)
    assert [each["codice"] for each in company["contenuti_guasti"]] == ["ARCHIVIO-001"]


def test_a_file_made_otherwise_is_told_with_its_first_different_byte(capsys):
    from commands.common import Ctx
    from commands.replay_text import print_repliche
    from ledger.journal import Cammino
    from ledger.partenze import Diversa
    from ledger.replica import Fuori, Replica
    from ledger.verifica import Verdetto

    fuori = Fuori(7, "x.cbi", Diversa(3, 41, "0000012", "0000013"))
    replica = Replica(Verdetto(SIA, Cammino(9, "f" * 64), 0), eventi=9, partiti=1, fuori=(fuori,))
    for lang in ("it", "en"):
        print_repliche(Ctx(lang=lang), [replica], None, "text")
    assert capsys.readouterr().out.splitlines() == [
        f"{SIA}: distinta 7, x.cbi: riga 3, colonna 41: è partito '0000012', rifatto '0000013'",
        f"{SIA}: distinta 7, x.cbi: line 3, column 41: '0000012' left, '0000013' was made again",
    ]


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["replay"], 2),
        (["replay", "copia"], 2),
        (["replay", "copia", "--check"], 2),
        (["replay", "--check"], 2),
        (["replay", "fixtures", "--into", "x"], 3),
        (["replay", "copia", "--into", "x", "--until", "domani"], 2),
        (["audit", "export", "--into", "x", "--sia", SIA], 2),
    ],
)
def test_what_is_not_understood_or_not_there_is_told(template, args, code):
    home = ["--home", template] if args[0] == "audit" else []
    done = cbi(*home, *args)
    assert done.code == code
    assert "Traceback" not in done.err
    assert not (ROOT / "x").exists()


def test_until_the_day_before_there_is_no_event(archive, tmp_path):
    done = cbi("replay", archive, "--into", tmp_path / "nuova", "--until", "2026-11-01", lang="en")
    assert (done.code, f"{SIA}: all as it was: events 0, contents 0, files sent 0" in done.out) == (0, True)


def _copied(archive, tmp_path):
    import shutil

    shutil.copytree(archive, tmp_path / "copia")
    return tmp_path / "copia"
