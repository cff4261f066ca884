"""`--profile FILE.toml` as a user meets it, on every command that reads flows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.console import ROOT, Done, cbi

BANCA = ROOT / "fixtures" / "profili" / "banca.toml"
FLOW = ROOT / "fixtures" / "ap_effetti.cbi"


def with_profile(*args: object, profile: Path = BANCA) -> Done:
    done = cbi(*args, "--profile", profile)
    assert "Traceback" not in done.err
    return done


def test_a_flow_of_the_profile_is_checked_and_read_field_by_field() -> None:
    assert with_profile("lint", FLOW).out == ""
    assert "CBI-REC-100" in cbi("lint", FLOW).out
    first = json.loads(with_profile("parse", FLOW).out.splitlines()[1])
    assert (first["record"], first["fields"]["importo"]) == ("10", "1250.00")
    assert "Scadenza dell'effetto" in with_profile("context", FLOW, 2).out
    (described,) = json.loads(with_profile("describe", FLOW, "--format", "json").out)
    assert (described["orders"], described["positive"], described["trailer_agrees"]) == (2, "2230.50", True)


def test_a_flow_of_the_profile_is_written_byte_for_byte_and_only_with_it(tmp_path: Path) -> None:
    records = tmp_path / "ap.ndjson"
    records.write_text(with_profile("parse", FLOW).out, encoding="utf-8")
    made = tmp_path / "ap.cbi"
    assert with_profile("write", records, "-o", made).code == 0
    assert made.read_bytes() == FLOW.read_bytes()
    assert cbi("write", records, "-o", tmp_path / "no.cbi").code == 3
    assert not (tmp_path / "no.cbi").exists()


def test_a_flow_of_the_profile_is_cut_joined_compared_and_cured(tmp_path: Path) -> None:
    assert cbi("split", FLOW, "-d", tmp_path, "--max-orders", 1).code == 0  # a frame: no orders to cut
    assert with_profile("split", FLOW, "-d", tmp_path / "parts", "--max-orders", 1).code == 0
    parts = sorted((tmp_path / "parts").iterdir())
    assert len(parts) == 2
    assert with_profile("merge", *parts, "-o", tmp_path / "again.cbi").code == 0
    assert with_profile("diff", FLOW, tmp_path / "again.cbi").code == 3  # the name has changed
    short = tmp_path / "short.cbi"
    short.write_bytes(FLOW.read_bytes().replace(b"0000004 ", b"0000009 "))
    assert with_profile("fix", short, "-o", tmp_path / "cured.cbi").code == 0
    assert (tmp_path / "cured.cbi").read_bytes() == FLOW.read_bytes()


@pytest.mark.parametrize("command", ["lint", "parse", "describe"])
def test_a_profile_that_will_not_do_ends_the_command_with_file_row_and_what_to_do(command: str, tmp_path: Path) -> None:
    shutil.copytree(BANCA.parent, tmp_path / "p")
    broken = tmp_path / "p" / "effetti.csv"
    broken.write_text(broken.read_text("utf-8").replace("22,34,amount_cents", "23,34,amount_cents"), encoding="utf-8")
    done = with_profile(command, FLOW, profile=tmp_path / "p" / "banca.toml")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("effetti.csv:16: ")


def test_a_profile_or_a_layout_that_cannot_be_read_is_said_with_exit_code_8(tmp_path: Path) -> None:
    missing = tmp_path / "no.toml"
    done = with_profile("lint", FLOW, profile=missing)
    assert done.code == 8 and str(missing) in done.err
    missing.write_text('tracciati = ["no.csv"]', encoding="utf-8")
    done = with_profile("lint", FLOW, profile=missing)
    assert done.code == 8 and str(tmp_path / "no.csv") in done.err


def test_a_profile_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(b"\xff\xfe")
    done = with_profile("lint", FLOW, profile=path)
    assert done.code == 3 and str(path) in done.err


def test_a_layout_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('tracciati = ["a.csv"]', encoding="utf-8")
    text = (BANCA.parent / "effetti.csv").read_text("utf-8").replace("\n", "\r\n")
    (tmp_path / "a.csv").write_bytes(text.encode("utf-8-sig"))
    assert with_profile("lint", FLOW, profile=tmp_path / "p.toml").code == 0
