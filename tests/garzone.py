"""Has a command run by the process that forks for each (see `fucina`): `python -IS garzone.py SOCKET ARGS`.

It imports next to nothing: in the pages it stands for `cbi`.
"""

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

LARGEST = 1 << 20  # bytes of a request: arguments and environment
MOST = 16  # streams


def ask(forge: str, args: Sequence[str], cwd: str, environ: Mapping[str, str], streams: Mapping[int, int]) -> int:
    """The exit code of `cbi ARGS`, run with these descriptors as the streams of those numbers; 137 if it was killed."""
    request = {"args": args, "cwd": cwd, "environ": dict(environ), "streams": list(streams)}
    with socket.socket(socket.AF_UNIX) as asked:
        asked.connect(forge)
        socket.send_fds(asked, [json.dumps(request).encode()], list(streams.values()))
        return int(asked.recv(16) or 137)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    mine = {number: number for number in range(MOST // 2) if _is_open(number)}
    sys.exit(ask(sys.argv[1], sys.argv[2:], str(Path.cwd()), os.environ, mine))
