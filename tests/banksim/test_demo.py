"""The demo runs to its end with the real command, and touches no folder that is not its own."""

from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest

import cbi
from banksim.demo import flows, prepare, spoil


def test_the_demo_ends_with_everything_reconciled(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "banksim.demo", "--home", "casa-demo", "--lang", "en"],
        cwd=tmp_path,
        env=os.environ | {"COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    for said in ("Elaborata", "Scartata", "066", "no order has this key", "the amount is not the order's"):
        assert said in done.stdout
    assert done.stdout.count("Elaborata") >= 2
    assert not list((tmp_path / "casa-demo" / "spool").glob("*/*/in/quarantine/*"))


def test_the_three_seeded_faults_are_the_only_ones() -> None:
    files = flows()
    codes = [d.code for d in cbi.lint(BytesIO(files["presentazione.cbi"])) if d.severity == "error"]
    assert sorted(codes) == ["CBI-CAMPO-034", "RIBA-30-034", "RIBA-EF-050"]
    for name in ("presentazione-corretta.cbi", "terza-banca.cbi"):
        assert not list(cbi.lint(BytesIO(files[name])))


def test_a_fault_that_cannot_be_placed_once_is_not_placed() -> None:
    with pytest.raises(ValueError, match="times, not once"):
        spoil(b"", b"")


def test_a_folder_that_is_not_a_demo_home_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("x")
    with pytest.raises(SystemExit):
        prepare(tmp_path)
    assert precious.read_text() == "x"


def test_a_demo_home_is_made_anew(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    prepare(home)
    (home / "old").write_text("x")
    prepare(home)
    assert not (home / "old").exists()
    assert len(list((home / "flussi").iterdir())) == 6
