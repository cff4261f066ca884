"""`cbi describe`, `diff`, `split`, `merge`, `fix`, `anonymize` as a user meets them, with good input and with bad."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.console import ROOT, Done, cbi

FIXTURES = ROOT / "fixtures"
RIBA, BANCHE, RH, CN = (FIXTURES / f"{name}.cbi" for name in ("riba", "due_banche", "rh", "cn"))
UTF8 = FIXTURES / "riba_utf8.cbi"
MISCOUNTED = FIXTURES / "regole" / "CBI-EF-051.rotta.cbi"
WRONG_CODE = FIXTURES / "regole" / "RIBA-30-034.rotta.cbi"


def told(done: Done) -> str:
    """What was said, having made sure that no traceback was."""
    assert "Traceback" not in done.err
    return done.err


def written(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- describe --------------------------------------------------------------------------------------------


def test_describe_tells_what_a_file_carries_in_both_languages() -> None:
    it, en = cbi("describe", RIBA), cbi("describe", RIBA, lang="en")
    assert it.code == en.code == 0
    assert "2.640,49" in it.out and "2,640.49" in en.out
    assert "torna" in it.out and "agrees" in en.out
    for text in ("A1B2C", "RIBA20112601", "31/01/2027", "02008 UNICREDIT", "30000"):
        assert text in it.out


def test_describe_tells_every_supporto_and_what_its_trailer_should_say() -> None:
    found = json.loads(cbi("describe", BANCHE, "--format", "json").out)
    assert [(d["ricevente"], d["negative"], d["trailer_agrees"]) for d in found] == [
        ("03069", "1250.00", True),
        ("05387", "980.50", True),
    ]
    assert found[0]["due"] == [{"key": "2027-01-31", "orders": 1, "total": "1250.00"}]
    (wrong,) = json.loads(cbi("describe", MISCOUNTED, "--format", "json").out)
    assert wrong["trailer_should_be"] == {"numero_record": "9"}
    assert "numero_record = 9" in cbi("describe", MISCOUNTED).out


def test_describe_of_statements_and_frames_has_no_totals() -> None:
    (statement,) = json.loads(cbi("describe", RH, "--format", "json").out)
    assert (statement["orders"], statement["negative"]) == (2, None)
    assert cbi("describe", CN).code == 0


# --- diff ------------------------------------------------------------------------------------------------


def test_diff_of_a_file_with_itself_in_another_form_is_nothing() -> None:
    done = cbi("diff", FIXTURES / "riba_lf.cbi", FIXTURES / "riba_senza_fine_riga.cbi")
    assert (done.code, done.out) == (0, "") and "nessuna differenza" in told(done)


def test_diff_tells_fields_and_orders() -> None:
    done = cbi("diff", RIBA, FIXTURES / "riba_latin1.cbi")
    assert done.code == 3
    assert "30 descrizione_debitore_1: FERRAMENTA LUNAPIENA SNC → CAFFÈ LUNAPIENA SNC" in done.out
    assert "- RIBA20112601 disposizione 1003 (riga 16)" in done.out
    found = json.loads(cbi("diff", RIBA, FIXTURES / "riba_latin1.cbi", "--format", "json").out)
    assert [(d["what"], d["ordine"]) for d in found] == [("changed", None), ("changed", "1001"), ("removed", "1003")]


# --- split -----------------------------------------------------------------------------------------------


def test_split_writes_whole_supporti_and_never_over_what_is_there(tmp_path: Path) -> None:
    out = tmp_path / "parts"
    assert cbi("split", BANCHE, "-d", out, "--by", "bank").code == 0
    assert written(out) == ["03069.cbi", "05387.cbi"]
    assert b"".join((out / name).read_bytes() for name in written(out)) == BANCHE.read_bytes()
    again = cbi("split", BANCHE, "-d", out, "--by", "bank")
    assert again.code == 3 and "--force" in told(again)
    assert cbi("split", BANCHE, "-d", out, "--by", "bank", "--force").code == 0


def test_split_by_number_or_total_makes_flows_that_are_clean(tmp_path: Path) -> None:
    done = cbi("split", RIBA, "-d", tmp_path / "n", "--max-orders", 2, "--format", "json")
    assert [(d["nome_supporto"], d["orders"], d["total"], d["parts"]) for d in json.loads(done.out)] == [
        ("RIBA20112601-1", 2, "2230.50", 2),
        ("RIBA20112601-2", 1, "409.99", 2),
    ]
    assert cbi("split", RIBA, "-d", tmp_path / "t", "--max-total", "1500,00").code == 0
    files = [*(tmp_path / "n").iterdir(), *(tmp_path / "t").iterdir()]
    assert len(files) == 4
    assert cbi("lint", *files).out == ""


def test_split_can_be_tried_without_writing(tmp_path: Path) -> None:
    done = cbi("split", RIBA, "-d", tmp_path / "parts", "--max-orders", 1, "--dry-run")
    assert done.code == 0 and "RIBA20112601-3" in done.out and written(tmp_path) == []


@pytest.mark.parametrize(
    ("args", "code", "why"),
    [
        ((RIBA, "--max-total", "poco"), 2, "non è un importo"),
        ((RIBA, "--max-total", "0"), 2, "non è un importo"),
        ((RIBA, "--max-orders", "0"), 2, "max-orders"),
        ((RIBA, "--max-total", "10"), 3, "riba.cbi:2: la disposizione supera"),
        ((MISCOUNTED, "--max-total", "10"), 3, "difetti"),
        ((FIXTURES / "regole" / "CBI-RIGA-043.rotta.cbi",), 3, ":4: la riga ha più dati"),
        ((FIXTURES / "regole" / "CBI-REC-020.rotta.cbi",), 3, "fuori da ogni supporto"),
    ],
)
def test_split_says_what_it_cannot_do_and_writes_nothing(
    args: tuple[object, ...], code: int, why: str, tmp_path: Path
) -> None:
    done = cbi("split", *args, "-d", tmp_path / "parts")
    assert done.code == code and why in told(done)
    assert written(tmp_path) == []


# --- merge -----------------------------------------------------------------------------------------------


def test_merge_undoes_split(tmp_path: Path) -> None:
    assert cbi("split", RIBA, "-d", tmp_path, "--max-orders", 1).code == 0
    done = cbi("merge", *sorted(tmp_path.iterdir()), "-o", tmp_path / "all.cbi")
    assert done.code == 0 and "3 disposizioni, 2.640,49" in done.out
    assert cbi("lint", tmp_path / "all.cbi").out == ""
    names = json.loads(cbi("diff", RIBA, tmp_path / "all.cbi", "--format", "json").out)
    assert [field["field"] for d in names for field in d["fields"]] == ["nome_supporto", "nome_supporto"]


def test_merge_puts_different_kinds_one_after_the_other(tmp_path: Path) -> None:
    done = cbi("merge", RIBA, RH, "-o", tmp_path / "all.cbi", "--format", "json")
    assert [len(union["origins"]) for union in json.loads(done.out)] == [1, 1]
    assert (tmp_path / "all.cbi").read_bytes() == RIBA.read_bytes() + RH.read_bytes()


def test_merge_to_standard_output_says_the_rest_elsewhere() -> None:
    done = cbi("merge", RIBA, RH, "-o", "-")
    assert done.out.encode() == RIBA.read_bytes() + RH.read_bytes() and "disposizioni" in told(done)


def test_merge_refuses_the_same_supporto_twice_and_can_be_tried(tmp_path: Path) -> None:
    done = cbi("merge", BANCHE, RIBA, "-o", tmp_path / "all.cbi")
    assert done.code == 3 and "riba.cbi:1: il supporto RIBA20112601 c'è due volte" in told(done)
    assert cbi("merge", RIBA, RH, "-o", tmp_path / "all.cbi", "--dry-run").code == 0
    assert written(tmp_path) == []


# --- fix -------------------------------------------------------------------------------------------------


def test_fix_lists_each_cure_and_the_result_is_clean(tmp_path: Path) -> None:
    done = cbi("fix", UTF8, "-o", tmp_path / "x.cbi")
    assert done.code == 0 and "nessun difetto" in told(done)
    assert f"{UTF8}:4:11: caratteri non ammessi" in done.out and "«CAFFE LUNAPIENA SNC»" in done.out
    assert cbi("lint", tmp_path / "x.cbi").out == ""
    (cura,) = json.loads(cbi("fix", MISCOUNTED, "-o", tmp_path / "y.cbi", "--format", "json").out)
    assert (cura["kind"], cura["line"], cura["start"], cura["before"], cura["after"]) == (
        *("trailer", 9, 83),
        *("0000012", "0000009"),
    )


def test_fix_leaves_a_clean_file_as_it_is(tmp_path: Path) -> None:
    done = cbi("fix", RIBA, "-o", tmp_path / "x.cbi")
    assert (done.code, done.out) == (0, "")
    assert (tmp_path / "x.cbi").read_bytes() == RIBA.read_bytes()


def test_fix_leaves_errors_to_lint_and_says_so(tmp_path: Path) -> None:
    done = cbi("fix", WRONG_CODE, "-o", tmp_path / "x.cbi", lang="en")
    assert done.code == 3 and "1 error" in told(done)
    assert (tmp_path / "x.cbi").read_bytes() == WRONG_CODE.read_bytes()


def test_fix_can_be_tried_and_never_writes_over_what_it_reads(tmp_path: Path) -> None:
    done = cbi("fix", UTF8, "-o", tmp_path / "x.cbi", "--dry-run")
    assert done.code == 0 and done.out and written(tmp_path) == []
    mine = tmp_path / "mine.cbi"
    mine.write_bytes(UTF8.read_bytes())
    done = cbi("fix", mine, "-o", mine)
    assert done.code == 2 and "mine.cbi" in told(done)
    assert mine.read_bytes() == UTF8.read_bytes()


def test_fix_reads_standard_input_and_writes_standard_output() -> None:
    done = cbi("fix", "-", "-o", "-", stdin=(FIXTURES / "riba_lf.cbi").read_bytes())
    assert done.code == 0 and "\r\n" in done.out and "-:1:120:" in told(done)


# --- anonymize -------------------------------------------------------------------------------------------

NOBODY = ("LUNAPIENA", "99900020126", "LAGHETTO", "RIBA20112601", "A1B2C")


def test_anonymize_makes_a_sound_file_that_names_nobody(tmp_path: Path) -> None:
    out = tmp_path / "x.cbi"
    done = cbi("anonymize", RIBA, "-o", out)
    assert (done.code, done.out, told(done)) == (0, "", "")
    assert cbi("lint", out).out == ""
    text = out.read_text("ascii")
    assert [name for name in NOBODY if name in text] == []
    assert [name for name in NOBODY if name not in RIBA.read_text("ascii")] == []


def test_anonymize_gives_the_same_for_the_same_key_only(tmp_path: Path) -> None:
    key, other = tmp_path / "key", tmp_path / "other"
    key.write_text("tre asini sul tetto\n")
    other.write_text("quattro asini sul tetto\n")
    runs = [("--key-file", key), ("--key-file", key), ("--key-fd", 0), ("--key-file", other), (), ()]
    outs = [cbi("anonymize", RIBA, "-o", "-", *args, stdin=key.read_bytes()).out for args in runs]
    assert outs[0] == outs[1] == outs[2] and len(set(outs)) == 4


@pytest.mark.parametrize(
    ("args", "code", "why"),
    [
        (("--key-fd", 0), 2, "troppo corta"),
        (("--key-fd", 0, "--ask-key"), 2, "una chiave sola"),
        (("--key-file", "nope"), 8, "nope"),
    ],
)
def test_anonymize_says_what_is_wrong_with_a_key(args: tuple[object, ...], code: int, why: str, tmp_path: Path) -> None:
    done = cbi("anonymize", RIBA, "-o", tmp_path / "x.cbi", *args, stdin=b"corta\n")
    assert done.code == code and why in told(done) and written(tmp_path) == []


def test_anonymize_lists_what_it_covers_and_never_writes_over_what_it_reads(tmp_path: Path) -> None:
    done = cbi("anonymize", FIXTURES / "er.cbi", "-o", tmp_path / "x.cbi", lang="en")
    assert done.code == 0 and "er.cbi:2: 00 non_documentato: not understood" in told(done)
    mine = tmp_path / "mine.cbi"
    mine.write_bytes(RIBA.read_bytes())
    assert cbi("anonymize", mine, "-o", mine).code == 2 and mine.read_bytes() == RIBA.read_bytes()


# --- bad input -------------------------------------------------------------------------------------------

COMMANDS = [
    *(("describe",), ("split", "-d", "OUT"), ("merge", "-o", "OUT"), ("fix", "-o", "OUT"), ("diff", RIBA)),
    ("anonymize", "-o", "OUT"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("bad", ["missing", "directory", "empty", "not a flow"])
def test_what_cannot_be_read_is_said_with_exit_code_8(command: tuple[object, ...], bad: str, tmp_path: Path) -> None:
    path, out = tmp_path / "x.cbi", tmp_path / "out"
    if bad == "directory":
        path.mkdir()
    elif bad != "missing":
        path.write_bytes(b"" if bad == "empty" else b"Scadenza;Importo\r\n31/01/2027;1250,00\r\n")
    name, *rest = command
    done = cbi(name, *(out if part == "OUT" else part for part in rest), path)
    refused = bad == "not a flow" and name in ("split", "merge")
    assert done.code == (3 if refused else 8) and str(path) in told(done)
    assert not out.exists()
