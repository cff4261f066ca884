"""Every command of the README and of the pages under docs/, typed as printed, prints what the page says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.console import ROOT, by_fucina

MARK = "@@@ end of command"
WRITTEN = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("docs/howto/*.md")))
}
TYPED = [name for name, text in WRITTEN.items() if "```console\n" in text]


class Typed(NamedTuple):
    """A command of a console block and the lines that follow it; a line `…` stands for any others."""

    command: str
    output: list[str]


def typed(page: str) -> list[Typed]:
    """The commands of a page; a line that begins with `> ` goes on with the command above it."""
    found: list[Typed] = []
    for block in re.findall(r"^```console\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Typed(line[2:], []))
            elif line.startswith(">") and not found[-1].output:
                found[-1] = Typed(f"{found[-1].command}\n{line[2:]}", [])
            else:
                found[-1].output.append(line)
    return found


def commands_on_path(folder: Path, page: str) -> str:
    """A PATH on which `cbi` and `python` are this checkout's, whatever is installed. The commands of the README begin
    from nothing, as a user's do; those of the other pages are forked (see `fucina`)."""
    (folder / "bin").mkdir()
    begun = [sys.executable, "-m", "cli"] if page == "README.md" else by_fucina()
    for name, command in (("cbi", begun), ("python", [sys.executable])):
        script = folder / "bin" / name
        script.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return f"{folder / 'bin'}:{os.environ['PATH']}"


@pytest.mark.skipif(shutil.which("bash") is None, reason="the commands of the pages are typed in bash")
@pytest.mark.parametrize("name", TYPED)
def test_the_session_of_a_page_goes_as_printed(name: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "verifica.py", tmp_path / "docs")  # the program that auditors are given
    commands = typed(WRITTEN[name])
    script = "exec 2>&1\n" + "".join(f"{each.command}\necho '{MARK}'\n" for each in commands)
    environ = {**os.environ, "PATH": commands_on_path(tmp_path, name), "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
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


def test_the_four_uses_have_a_page_that_is_typed() -> None:
    assert {f"docs/howto/{use}.md" for use in ("importing", "signing", "reconciling", "replay")} <= set(TYPED)


def test_make_targets_of_the_pages_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:`|^)make (\w+)", "\n".join(WRITTEN.values()), re.MULTILINE))
    assert {"demo", "test", "docs"} <= targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", WRITTEN["README.md"])
    assert links and all((ROOT / link).exists() for link in links)
