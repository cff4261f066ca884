"""The real command, as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def cbi(*args: object, stdin: bytes = b"", lang: str = "it", **environ: str) -> Done:
    """Runs `cbi ARGS` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *map(str, args)],
        input=stdin,
        capture_output=True,
        cwd=environ.pop("cwd", ROOT),
        env={**os.environ, "CBI_LANG": lang, "PYTHONPATH": str(ROOT), "COLUMNS": "120", **environ},
        check=False,
    )
    return Done(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))
