"""Every command of the README, typed as printed, prints what the README says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.console import ROOT

MARK = "@@@ end of command"


class Typed(NamedTuple):
    """A command of a console block and the lines that follow it; a line `…` stands for any others."""

    command: str
    output: list[str]


def typed() -> list[Typed]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found: list[Typed] = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Typed(line[2:], []))
            else:
                found[-1].output.append(line)
    return found


def cbi_on_path(folder: Path) -> str:
    """A PATH on which `cbi` is this checkout's, whatever is installed."""
    script = folder / "bin" / "cbi"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cli "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return f"{script.parent}:{os.environ['PATH']}"


@pytest.mark.skipif(shutil.which("bash") is None, reason="the README's commands are typed in bash")
def test_the_session_of_the_readme_goes_as_printed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    commands = typed()
    script = "exec 2>&1\n" + "".join(f"{each.command}\necho '{MARK}'\n" for each in commands)
    environ = {**os.environ, "PATH": cbi_on_path(tmp_path), "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    environ.pop("CBI_HOME", None)
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    outputs = done.stdout.split(f"{MARK}\n")
    assert len(outputs) == len(commands) + 1
    for each, output in zip(commands, outputs, strict=False):
        same(each, [line.rstrip() for line in output.splitlines()])


def same(each: Typed, got: list[str]) -> None:
    wanted = [line.rstrip() for line in each.output]
    if "…" in wanted:
        wanted = wanted[: wanted.index("…")]
        assert len(got) > len(wanted), each.command
        got = got[: len(wanted)]
    assert strip_blank(got) == strip_blank(wanted), each.command


def strip_blank(lines: list[str]) -> list[str]:
    return [line for line, after in pairwise([*lines, ""]) if line or after]


def test_make_targets_of_the_readme_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:`|^)make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links and all((ROOT / link).exists() for link in links)
