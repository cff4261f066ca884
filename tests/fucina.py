"""A process that has imported what commands import, and forks for each: `python -m tests.fucina SOCKET`.

What takes longest in a command is to begin. Each one is a process of its own all the same, forked before anything was
done in it. It ends with whoever started it, whose end of its standard input is then closed.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
from fcntl import F_DUPFD_CLOEXEC, fcntl
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from tests.garzone import LARGEST, MOST

ROOMS = ("commands", "spool", "reconcile", "ledger", "cbi.validators")
LIBRARIES = ("alembic.command", "rich.progress", "rich.table", "schwifty", "stdnum.it")


def main() -> None:
    """Takes requests until nobody is there to make them; in a forked process, is the command that was asked for."""
    import cli

    rooms = (iter_modules(import_module(name).__path__, f"{name}.") for name in ROOMS)
    for name in (*LIBRARIES, *(module.name for room in rooms for module in room)):
        import_module(name)
    _hash_quickly()
    gc.freeze()  # what is there already is nobody's to tidy up
    asked = _asked(Path(sys.argv[1]))
    if asked is None:
        return
    asked = _become(asked)
    try:
        cli.main()
    except SystemExit as end:
        sys.stdout.flush()
        asked.send(str(end.code or 0).encode())
        os._exit(0)


def _hash_quickly() -> None:
    """Passwords cost as little as in the tests themselves; those of the README and of the demo what they cost."""
    from ledger import utenti
    from tests.ledger.sala import QUICK_HASHER

    utenti.HASHER = QUICK_HASHER


def _asked(path: Path) -> socket.socket | None:
    """Who asks for a command, in a process forked to be it; None when nobody will any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{path}.tmp")
        listener.listen()
        Path(f"{path}.tmp").rename(path)
        while sys.stdin not in select.select([sys.stdin, listener], [], [])[0]:
            asked, _ = listener.accept()
            if os.fork() == 0:
                return asked
            asked.close()
    return None


def _become(asked: socket.socket) -> socket.socket:
    """Puts on the streams, the folder and the environment of a request; where its exit code is to be sent."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request, received, _, _ = socket.recv_fds(asked, LARGEST, MOST)
    told = json.loads(request)
    # Out of the way of the numbers that they are to have.
    asked, *streams = (fcntl(each, F_DUPFD_CLOEXEC, 100) for each in (asked.detach(), *received))
    for number, each in zip(told["streams"], streams, strict=True):
        os.dup2(each, number)
    os.chdir(told["cwd"])
    os.environ.clear()
    os.environ.update(told["environ"])
    sys.argv = ["cbi", *told["args"]]
    return socket.socket(fileno=asked)


if __name__ == "__main__":
    main()
