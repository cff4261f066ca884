"""The real command, as a user runs it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Thread
from typing import IO, NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def cbi(*args: object, stdin: bytes = b"", lang: str = "it", **environ: str) -> Done:
    """Runs `cbi ARGS` in a process of its own (see `fucina`)."""
    request = {
        "args": list(map(str, args)),
        "cwd": str(environ.pop("cwd", ROOT)),
        "environ": {**os.environ, "CBI_LANG": lang, "PYTHONPATH": str(ROOT), "COLUMNS": "120", **environ},
    }
    given, typed = os.pipe()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        forge = _fucina()
        socket.send_fds(forge, [json.dumps(request).encode()], [given, out.fileno(), err.fileno()])
        os.close(given)
        Thread(target=_type, args=(typed, stdin), daemon=True).start()
        code = int(forge.recv(16))
        return Done(code, *(_text(each) for each in (out, err)))


@cache
def _fucina() -> socket.socket:
    mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.fucina", str(its.fileno())]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    # Its own input is a pipe because that of each command is: whether a stream can be wound back is looked at once.
    subprocess.Popen(command, pass_fds=[its.fileno()], cwd=ROOT, env=environ, stdin=subprocess.PIPE)
    its.close()
    return mine


def _type(typed: int, stdin: bytes) -> None:
    with suppress(BrokenPipeError), os.fdopen(typed, "wb") as stream:
        stream.write(stdin)


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", "replace")
