"""The fuzzer's invariants, over what it has found so far and over some seconds of inputs that nobody has seen."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

import cbi
from fixtures.comune import put
from fuzz import invariants
from fuzz.invariants import Broken, examine
from fuzz.mutations import CHANGES, LONGEST, Mutator, in_order, shortened
from fuzz.run import Session, keep, sessions, told
from tests.console import ROOT

FIXTURES = sorted((ROOT / "fixtures").glob("*.cbi"))
CORPUS = sorted((ROOT / "fuzz" / "corpus").iterdir())
RIBA = (ROOT / "fixtures" / "riba.cbi").read_bytes()
RH = (ROOT / "fixtures" / "rh.cbi").read_bytes()
FRESH = 2_000
needs_atheris = pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed here")


def test_the_invariants_hold_of_all_that_was_kept() -> None:
    broken = {}
    for path in (*CORPUS, *FIXTURES):
        try:
            examine(path.read_bytes(), all_of_them=True)
        except Exception as error:
            broken[path.name] = repr(error)
    assert broken == {}
    assert len(CORPUS) > 100 and sum(path.stat().st_size for path in CORPUS) < 1 << 20


def test_any_field_may_be_left_blank() -> None:
    seen = set()
    for path in FIXTURES:
        lines = path.read_bytes().split(b"\r\n")
        for letto in cbi.read_records(io.BytesIO(path.read_bytes())):
            record, at = letto.record, letto.riga.number - 1
            kind = letto.flow and (letto.flow.name, letto.flow.direction), type(record)
            if kind in seen or letto.riga.raw != record.raw:
                continue
            seen.add(kind)
            for field in record.FIELDS:
                if field.cut(record.raw).strip():
                    blank = field.paste(record.raw, b" " * field.size)
                    examine(b"\r\n".join([*lines[:at], blank, *lines[at + 1 :]]))
    assert len(seen) > 100


@needs_atheris
def test_the_invariants_hold_of_fresh_inputs(tmp_path: Path) -> None:
    tally = tmp_path / "tally.json"
    seed = 20261120 if "CI" in os.environ else Random().randrange(1, 1 << 31)
    (tmp_path / "found").mkdir()
    # By way of a shell: a process begins with the peak memory of the one that starts it, which here has run many tests.
    by_a_shell = ["/bin/sh", "-c", '"$@"; exit $?', "sh"]
    fuzzer = [sys.executable, "-m", "fuzz.readers", f"-runs={FRESH + len(CORPUS)}", f"-seed={seed}"]
    done = subprocess.run(
        [*by_a_shell, *fuzzer, tmp_path / "found"],
        cwd=ROOT,
        env={**os.environ, "CBI_FUZZ_TALLY": str(tally)},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    figures = json.loads(tally.read_text())
    assert FRESH / 2 < figures["inputs"] <= FRESH + len(CORPUS)
    assert figures["peak_mib"] < 256


# --- the invariants notice ---------------------------------------------------------------------------------


def test_a_defect_that_only_one_path_tells_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "lint", lambda stream, *_, fast, **__: iter(()) if fast else cbi.lint(stream))
    with pytest.raises(Broken, match="both paths"):
        examine(put("14", "importo", "X")(RIBA), all_of_them=True)


def test_a_record_that_is_lost_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = cbi.read_records
    monkeypatch.setattr(cbi, "read_records", lambda stream: list(whole(stream))[:-1])
    with pytest.raises(Broken, match="keep the"):
        examine(RIBA, all_of_them=True)


def test_a_byte_that_changes_on_its_way_through_json_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cbi.fields.Cents.from_text", lambda self, text: b"1" * self.size)
    with pytest.raises(Broken, match="written"):
        examine(RIBA)


def test_an_account_that_cannot_be_seen_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(invariants.VISTE, ("RH", "from_bank"), lambda supporto: iter(()))
    with pytest.raises(Broken, match="seen"):
        examine(RH)


# --- changes that leave a file looking like one ------------------------------------------------------------


def mutator() -> Mutator:
    return Mutator([path.read_bytes() for path in FIXTURES], LONGEST)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_changed_file_is_still_made_of_records(change) -> None:  # type: ignore[no-untyped-def]
    made = mutator()
    lines = shortened(RIBA, LONGEST).split(b"\r\n")
    results = [change(made, lines, Random(seed)) for seed in range(50)]
    assert any(result != lines for result in results)
    records = [line for result in results for line in result if line]
    assert sum(len(line) == 120 for line in records) > 0.8 * len(records)


def test_a_mutation_depends_on_its_seed_alone_and_is_never_too_long() -> None:
    made = mutator()
    results = [made.mutate(RIBA, 2_000, Random(seed)) for seed in range(200)]
    assert results == [made.mutate(RIBA, 2_000, Random(seed)) for seed in range(200)]
    assert max(map(len, results)) <= 2_000
    assert len(set(results)) > 150


def test_a_file_put_in_order_again_is_clean() -> None:
    orders = RIBA.split(b"\r\n")
    wrong = b"\r\n".join([*orders[:8], *orders[1:]])
    assert list(cbi.lint(io.BytesIO(wrong))) != []
    found = {diagnostic.code for diagnostic in cbi.lint(io.BytesIO(in_order(wrong)))}
    assert found == {"RIBA-51-999"}  # the same receipt twice


def test_a_file_too_long_keeps_as_many_orders_as_fit() -> None:
    short = shortened(RIBA, LONGEST)
    assert len(short) <= LONGEST < len(RIBA)
    assert list(cbi.lint(io.BytesIO(short))) == []


# --- the count of a long run -------------------------------------------------------------------------------


def test_the_figures_of_a_run_add_up_over_its_sessions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("fuzz.run.STATE", tmp_path)
    (tmp_path / "found").mkdir()
    assert sessions() == []
    one = Session("2026-11-20T10:00:00+00:00", "another", 2, inputs=400, processor_seconds=2.0, slowest=0.05)
    keep([one])
    keep([*sessions(), Session("2026-11-20T11:00:00+00:00", "another", 2, inputs=600, processor_seconds=3.0)])
    assert sessions()[0] == one
    assert "1,000 inputs in 2 sessions, 0 of them on the code as it is now" in told(sessions())
    assert "200 inputs a second" in told(sessions())
