"""What a command takes, in a process of its own: time by the clock and of the processor, and memory at its peak."""

from __future__ import annotations

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
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "cli", *arguments], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode)
