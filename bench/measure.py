"""What a command takes, in a process of its own: time by the clock and of the processor, and memory at its peak.

    python -m bench.measure ARGUMENT ...

runs `cbi` with these arguments and prints the figures. `measured` does the same from a process that may be large: what
a process begins with, on Linux, is the peak of the one that it was forked from, and so there is a small one between
them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import NamedTuple


class Run(NamedTuple):
    """Seconds by the clock and of the processor, peak memory in MiB, exit code."""

    seconds: float
    processor: float
    peak: float
    code: int


def measured(*arguments: str) -> Run:
    """Run `cbi` with these arguments; what it prints is of no interest, what it complains of is seen."""
    between = [sys.executable, "-m", "bench.measure", *arguments]
    return Run(*json.loads(subprocess.run(between, stdout=subprocess.PIPE, check=True).stdout))


def main() -> None:
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "cli", *sys.argv[1:]], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    print(json.dumps(Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode)))


if __name__ == "__main__":
    main()
