"""A process that has imported what commands import and becomes one at each request: `python -m tests.fucina FD`.

What takes longest in a command is to begin. Each one is a process of its own all the same, forked before it has done
anything; the sessions of the pages, and the demo, are typed in processes that begin from nothing.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
from importlib import import_module
from pkgutil import iter_modules

LARGEST = 1 << 20  # bytes of a request: arguments and environment
STREAMS = 3
ROOMS = ("commands", "spool", "reconcile", "ledger", "cbi.validators")
LIBRARIES = ("alembic.command", "rich.progress", "rich.table", "schwifty", "stdnum.it")


def main() -> None:
    """Serves requests until nobody is there to make them; in a forked process, runs the command and ends as it does."""
    import cli

    rooms = (iter_modules(import_module(name).__path__, f"{name}.") for name in ROOMS)
    for name in (*LIBRARIES, *(module.name for room in rooms for module in room)):
        import_module(name)
    gc.freeze()  # what is there already is nobody's to tidy up
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        while _is_server(asked):
            pass
        if asked.fileno() >= 0:
            return
    try:
        cli.main()
    except SystemExit as end:
        sys.stdout.flush()
        os._exit(int(end.code or 0))


def _is_server(asked: socket.socket) -> bool:
    """Answers one request: false when there is none, and in the process that is to be the command."""
    request, streams, _, _ = socket.recv_fds(asked, LARGEST, STREAMS)
    if not request:
        return False
    child = os.fork()
    if child == 0:
        asked.close()
        _become(**json.loads(request), streams=streams)
        return False
    for each in streams:
        os.close(each)
    _, status = os.waitpid(child, 0)
    asked.send(str(os.waitstatus_to_exitcode(status)).encode())
    return True


def _become(args: list[str], cwd: str, environ: dict[str, str], streams: list[int]) -> None:
    for number, each in enumerate(streams):
        os.dup2(each, number)
        os.close(each)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["cbi", *args]


if __name__ == "__main__":
    main()
