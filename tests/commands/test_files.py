"""`cbi lint`, `parse`, `write`, `context`, `explain` as a user meets them, with good input and with bad."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.console import ROOT, Done, by_fucina, cbi

RIBA = ROOT / "fixtures" / "riba.cbi"
BROKEN = ROOT / "fixtures" / "regole" / "RIBA-30-034.rotta.cbi"
WARNED = ROOT / "fixtures" / "regole" / "RIBA-14-038.rotta.cbi"


def told(done: Done) -> str:
    """What was said, having made sure that no traceback was."""
    assert "Traceback" not in done.err
    return done.err


def test_a_clean_file_is_said_to_be_clean() -> None:
    done = cbi("lint", RIBA)
    assert (done.code, done.out) == (0, "")
    assert "nessun difetto" in told(done)
    assert "no defects" in cbi("lint", RIBA, lang="en").err


def test_a_defect_is_shown_with_place_record_ruler_and_hint() -> None:
    done = cbi("lint", BROKEN)
    assert done.code == 3
    first, record, ruler, hint = done.out.splitlines()[:4]
    assert first.startswith(f"{BROKEN}:") and ":71: errore RIBA-30-034: " in first
    assert record.startswith("    | 30") and len(record) == 5 + 120 + 1
    assert ruler == " " * 5 + " " * 70 + "^" * 16
    assert hint.startswith("    = ")


def test_warnings_alone_leave_the_exit_code_clean() -> None:
    assert cbi("lint", WARNED).code == 0


def test_the_same_defects_as_data() -> None:
    array = json.loads(cbi("lint", BROKEN, "--format", "json").out)
    lines = [json.loads(line) for line in cbi("lint", BROKEN, "--format", "ndjson").out.splitlines()]
    assert array == lines
    wanted = {"code", "severity", "file", "line", "record", "field", "start", "end", "value", "expected"}
    wanted |= {"message_it", "message_en", "hint_it", "hint_en", "distinta", "disposizione", "related"}
    assert set(array[0]) == wanted
    assert (array[0]["code"], array[0]["record"], array[0]["start"], array[0]["end"]) == ("RIBA-30-034", "30", 71, 86)


def test_several_files_are_checked_and_the_worst_counts() -> None:
    done = cbi("lint", RIBA, BROKEN, "--format", "json")
    assert done.code == 3 and len({d["file"] for d in json.loads(done.out)}) == 1
    assert cbi("lint", RIBA, "non-esiste.cbi", BROKEN).code == 8


def test_standard_input_is_a_file_called_dash() -> None:
    done = cbi("lint", "-", stdin=BROKEN.read_bytes())
    assert done.code == 3 and done.out.startswith("-:")


def test_a_profile_decides_how_strict_to_be_and_an_unknown_one_is_refused() -> None:
    short = ROOT / "fixtures" / "riba_righe_accorciate.cbi"
    assert "avviso CBI-RIGA-100" in cbi("lint", short).out
    assert "nota CBI-RIGA-100" in cbi("lint", short, "--profile", "da_banca").out
    cut = ROOT / "fixtures" / "regole" / "CBI-CAR-101.rotta.cbi"
    assert cbi("lint", cut).out == ""
    strict = cbi("lint", cut, "--profile", "severo")
    assert strict.code == 0 and "avviso CBI-CAR-101" in strict.out
    done = cbi("lint", RIBA, "--profile", "boh")
    assert done.code == 2 and "da_banca" in told(done)


def test_colours_stay_on_the_terminal() -> None:
    assert "\x1b" not in cbi("lint", BROKEN).out + cbi("lint", BROKEN, NO_COLOR="1").out


@pytest.mark.parametrize("command", [("lint",), ("parse",), ("context",), ("write", "-o", "OUT")], ids=lambda c: c[0])
@pytest.mark.parametrize("bad", ["missing", "directory"])
def test_what_cannot_be_read_is_said_with_exit_code_8(command: tuple[str, ...], bad: str, tmp_path: Path) -> None:
    path = tmp_path / "x.cbi"
    if bad == "directory":
        path.mkdir()
    name, *rest = command
    rest = [str(tmp_path / "out") if part == "OUT" else part for part in rest]
    done = cbi(name, path, *(["1"] if name == "context" else []), *rest)
    assert done.code == 8 and str(path) in told(done)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "code", "rule"),
    [
        (b"", 3, "CBI-FILE-001"),
        (bytes(range(256)) * 40, 8, "CBI-FILE-043"),
        (b"%PDF-1.7 not a flow", 8, "CBI-FILE-043"),
        (b"\n" * 5000, 8, "CBI-FILE-043"),
        ("{'json': 'no'}".encode("utf-16"), 8, "CBI-FILE-043"),
    ],
    ids=["empty", "binary", "pdf", "blank lines", "utf-16"],
)
def test_what_is_not_a_flow_is_said_not_to_be(content: bytes, code: int, rule: str, tmp_path: Path) -> None:
    path = tmp_path / "x.cbi"
    path.write_bytes(content)
    done = cbi("lint", path)
    assert done.code == code and rule in done.out
    told(done)
    assert cbi("parse", path).code == 8


def test_a_gigabyte_in_one_line_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.cbi"
    with path.open("wb") as stream:
        stream.truncate(1 << 30)
    done = cbi("lint", path)
    assert done.code == 8 and "CBI-FILE-043" in done.out


def test_parse_and_write_are_inverses(tmp_path: Path) -> None:
    for name in ("riba", "riba_esiti", "riba_non_residente", "riba_richiamo", "rh", "ec", "due_banche"):
        source = ROOT / "fixtures" / f"{name}.cbi"
        lines, made = tmp_path / "x.ndjson", tmp_path / "x.cbi"
        lines.write_text(cbi("parse", source).out, encoding="utf-8")
        done = cbi("write", lines, "-o", made)
        assert done.code == 0, done.err
        assert made.read_bytes() == source.read_bytes()


def test_parse_groups_by_supporto_and_order() -> None:
    (supporto,) = json.loads(cbi("parse", RIBA, "--format", "json").out)
    assert (supporto["flow"], supporto["direction"], supporto["line"]) == ("RIBA", "to_bank", 1)
    assert [ordine["numero"] for ordine in supporto["ordini"]] == [1, 2, 3]
    assert [record["record"] for record in supporto["ordini"][0]["records"]] == [
        "14",
        "20",
        "30",
        "40",
        "50",
        "51",
        "70",
    ]
    assert supporto["coda"]["fields"]["numero_disposizioni"] == "3"


def test_a_record_that_is_not_canonical_keeps_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.cbi"
    path.write_bytes(RIBA.read_bytes().replace(b" 200000001", b" 20      1", 1))
    items = [json.loads(line) for line in cbi("parse", path).out.splitlines()]
    assert [item["line"] for item in items if "raw" in item] == [3]
    assert items[2]["fields"]["numero_progressivo"] == "1"


@pytest.mark.parametrize(
    ("line", "culprit"),
    [
        ("no json", "JSON"),
        ("[]", "record"),
        (
            '{"flow": "RIBA", "direction": "to_bank", "record": "14", "variant": "", "fields": {"importo": "1,5"}}',
            "importo",
        ),
        ('{"flow": "CN", "direction": "from_bank", "record": "CN", "variant": "", "fields": {}}', "CN"),
        ("", "JSON"),
        ("[" * 100_000, "JSON"),
    ],
)
def test_write_refuses_what_is_not_a_record_and_leaves_no_file(line: str, culprit: str, tmp_path: Path) -> None:
    good = cbi("parse", RIBA).out if line else ""
    done = cbi("write", "-", "-o", tmp_path / "x.cbi", stdin=(good + line).encode())
    assert done.code == 3 and culprit in told(done)
    if line:
        assert f":{len(good.splitlines()) + 1}:" in done.err
    assert list(tmp_path.iterdir()) == []


def test_write_can_be_tried_without_writing(tmp_path: Path) -> None:
    done = cbi("write", "-", "-o", tmp_path / "x.cbi", "--dry-run", stdin=cbi("parse", RIBA).out.encode())
    assert done.code == 0 and list(tmp_path.iterdir()) == []


def test_write_does_not_touch_the_file_that_is_there_when_it_fails(tmp_path: Path) -> None:
    path = tmp_path / "x.cbi"
    path.write_bytes(b"what was there")
    assert cbi("write", "-", "-o", path, stdin=b"no").code == 3
    assert path.read_bytes() == b"what was there"


def test_context_explains_a_record_field_by_field() -> None:
    done = cbi("context", RIBA, 2)
    assert done.code == 0
    assert "data_pagamento" in done.out and "importo" in done.out and "CBI-RIB-001" in done.out
    assert cbi("context", RIBA, 999).code == 2


def test_context_names_the_bank_of_an_abi_and_the_reason_of_an_unpaid_order() -> None:
    done = cbi("context", ROOT / "fixtures" / "rid_esiti.cbi", 12)
    assert "50003" in done.out and "stornata: insufficienza di fondi" in " ".join(done.out.split())
    assert "INTESA" in done.out and "UNICREDIT" in done.out
    unknown = cbi("context", ROOT / "fixtures" / "regole" / "CBI-BANCA-100.rotta.cbi", 2)
    assert "|02998|" in unknown.out and "UNICREDIT" not in unknown.out


TOO_LONG = "FERRAMENTA LUNAPIENA E FIGLI S.N.C."


@pytest.mark.parametrize(
    ("name", "record", "field", "text", "it", "en"),
    [
        ("riba", "30", "descrizione_debitore_1", TOO_LONG, "al più 30 caratteri", "at most 30 characters"),
        ("riba", "40", "indirizzo", "VIA DELLA LIBERTÀ 1", "solo i caratteri ammessi", "admitted characters"),
        ("riba", "14", "importo", "99999999999999.00", "al più 13 caratteri", "at most 13 characters"),
        ("al", "40", "intestatario_conto", "C/O LUNAPIENA", "solo i caratteri ammessi", "admitted characters"),
    ],
)
def test_write_never_cuts_nor_changes_a_value_that_does_not_fit(
    name: str, record: str, field: str, text: str, it: str, en: str, tmp_path: Path
) -> None:
    items = [json.loads(line) for line in cbi("parse", ROOT / "fixtures" / f"{name}.cbi").out.splitlines()]
    number, item = next((number, item) for number, item in enumerate(items, 1) if item["record"] == record)
    item["fields"][field] = text
    given = "\n".join(map(json.dumps, items)).encode()
    for lang, words in (("it", it), ("en", en)):
        done = cbi("write", "-", "-o", tmp_path / "x.cbi", stdin=given, lang=lang)
        assert done.code == 3 and f":{number}: {field}: " in told(done) and words in done.err
    assert list(tmp_path.iterdir()) == []


def test_context_says_how_sure_it_is_of_a_frame() -> None:
    assert "bassa" in cbi("context", ROOT / "fixtures" / "cn.cbi", 1).out


def test_explain_tells_a_rule_and_helps_with_a_wrong_code() -> None:
    it, en = cbi("explain", "RIBA-30-034"), cbi("explain", "riba-30-034", lang="en")
    assert it.code == en.code == 0 and it.out != en.out
    assert "CBI-RIB-001" in it.out
    wrong = cbi("explain", "RIBA-30")
    assert wrong.code == 2 and "RIBA-30-034" in told(wrong)
    assert "CC-64-050" in cbi("explain").out


def test_help_is_there_for_every_command() -> None:
    from cli import COMMANDS

    assert cbi("--version").out.startswith("cbi")
    assert cbi("nonesiste").code == 2
    for name in COMMANDS:
        done = cbi(name, "--help")
        assert done.code == 0 and name in done.out


def test_a_reader_that_goes_away_is_not_an_error() -> None:
    import subprocess

    big = ROOT / "fixtures" / "regole" / "CBI-FILE-200.rotta.cbi"
    for command in (("parse", RIBA), ("lint", big)):
        words = shlex.join(by_fucina(*map(str, command)))
        done = subprocess.run(
            ["bash", "-c", f"{words} | head -1; exit ${{PIPESTATUS[0]}}"], cwd=ROOT, capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")


def test_a_refusal_speaks_the_language_asked_for_and_says_what_to_do(tmp_path: Path) -> None:
    empty = {"CBI_HOME": str(tmp_path / "none")}
    it, en = cbi("distinte", **empty), cbi("--lang", "en", "distinte", lang="it", **empty)
    assert it.code == en.code == 3
    assert "cbi --home" in told(it) and "cbi --home" in told(en)
    assert it.err != en.err and "There is no" in en.err


def test_a_file_without_permission_is_told_and_not_half_read(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from cli import cbi as group
    from commands.failures import run

    opened = Path.open

    def forbidden(self: Path, *args: Any, **kwargs: Any) -> Any:
        if self == RIBA:
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", forbidden)
    monkeypatch.setattr("sys.argv", ["cbi", "--lang", "it", "lint", str(RIBA)])
    assert run(group) == 8
    assert "manca il permesso" in capfd.readouterr().err
