"""The real command, as a user runs it."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Thread
from typing import IO, NamedTuple

from tests.garzone import ask

ROOT = Path(__file__).resolve().parents[1]


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def cbi(*args: object, stdin: bytes = b"", lang: str = "it", **environ: str) -> Done:
    """Runs `cbi ARGS` in a process of its own (see `fucina`)."""
    cwd = str(environ.pop("cwd", ROOT))
    environ = {**os.environ, "CBI_LANG": lang, "PYTHONPATH": str(ROOT), "COLUMNS": "120", **environ}
    given, typed = os.pipe()
    with os.fdopen(given) as typist, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        Thread(target=_type, args=(typed, stdin), daemon=True).start()
        streams = {number: each.fileno() for number, each in enumerate((typist, out, err))}
        code = ask(fucina(), list(map(str, args)), cwd, environ, streams)
        return Done(code, _text(out), _text(err))


def by_fucina(*args: str) -> list[str]:
    """What to run for `cbi ARGS`, where a program must be run and not a function called."""
    return [sys.executable, "-IS", str(ROOT / "tests" / "garzone.py"), fucina(), *args]


@cache
def fucina() -> str:
    """The socket of the process that forks for each command; it ends with this one."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "fucina"
    command = [sys.executable, "-m", "tests.fucina", str(path)]
    # Its own input is a pipe because that of most commands is: whether a stream can be wound back is looked at once.
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    begun = subprocess.Popen(command, cwd=ROOT, env=environ, stdin=subprocess.PIPE)
    while not path.exists():
        if begun.poll() is not None:
            raise RuntimeError(f"it ended with {begun.returncode}")
        time.sleep(0.05)
    return str(path)


def _type(typed: int, stdin: bytes) -> None:
    with suppress(BrokenPipeError), os.fdopen(typed, "wb") as stream:
        stream.write(stdin)


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", "replace")
