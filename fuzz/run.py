"""The long run: several fuzzers at once over one growing corpus, until so many inputs have been tried.

    python -m fuzz.run [--inputs N] [--workers N]

It may be stopped and started again: `fuzz/state/figures.json` holds what each session did, and the goal is for all
sessions together. An input is counted once it has gone through the readers; what is replayed from the corpus is not.
The first input that breaks something stops the run and is left in `fuzz/crashes/`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATE, CRASHES = HERE / "state", HERE / "crashes"
GOAL = 10_000_000
EVERY = 2.0  # seconds between one look at the workers and the next


@dataclass
class Session:
    """What one session did. `code` tells the sources of `cbi` that it tried; times in seconds, memory in MiB."""

    began: str
    code: str
    workers: int
    inputs: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0
    slowest: float = 0.0
    peak_mib: int = 0
    crashes: list[str] = field(default_factory=list)


def code() -> str:
    """The digest of what is tried: a change of `cbi` begins a count of its own."""
    found = hashlib.sha256()
    for path in sorted((HERE.parent / "cbi").rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


class Worker:
    """One fuzzer in a process of its own, and the figures that it leaves."""

    def __init__(self, number: int) -> None:
        self.log, self.tally = STATE / f"worker-{number}.log", STATE / f"tally-{number}.json"
        self.tally.unlink(missing_ok=True)
        self.last: dict[str, float] = {}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fuzz.readers", "-reload=1", str(STATE / "found")],
                stdout=log,
                stderr=log,
                cwd=HERE.parent,
                env={**os.environ, "CBI_FUZZ_TALLY": str(self.tally)},
            )

    def figures(self) -> dict[str, float]:
        """The last figures left, if any."""
        with suppress(OSError, ValueError):  # not yet written, or half-way through being
            self.last = json.loads(self.tally.read_text())
        return self.last


def run(goal: int, workers: int) -> None:
    """Fuzzes until all sessions together have tried `goal` inputs, or one of them broke something."""
    (STATE / "found").mkdir(parents=True, exist_ok=True)
    before = sessions()
    session = Session(datetime.now(UTC).isoformat(timespec="seconds"), code(), workers)
    known, began = set(crashes()), time.monotonic()
    team = [Worker(number) for number in range(workers)]
    try:
        while sum(s.inputs for s in (*before, session)) < goal and all(w.process.poll() is None for w in team):
            time.sleep(EVERY)
            count(session, team, time.monotonic() - began)
            keep([*before, session])
    except KeyboardInterrupt:
        pass
    finally:
        for worker in team:
            worker.process.kill()
            worker.process.wait()
        count(session, team, time.monotonic() - began)
        session.crashes = sorted(set(crashes()) - known)
        keep([*before, session])


def count(session: Session, team: list[Worker], seconds: float) -> None:
    """Sums what the workers have done so far."""
    figures = [worker.figures() for worker in team]
    session.seconds = round(seconds, 1)
    session.inputs = int(sum(one.get("inputs", 0) for one in figures))
    session.processor_seconds = round(sum(one.get("processor", 0.0) for one in figures), 1)
    session.slowest = round(max((one.get("slowest", 0.0) for one in figures), default=0.0), 4)
    session.peak_mib = int(max((one.get("peak_mib", 0) for one in figures), default=0))


def crashes() -> list[str]:
    """The inputs that broke something and are still there."""
    return sorted(path.name for path in CRASHES.iterdir()) if CRASHES.is_dir() else []


def sessions() -> list[Session]:
    """What was done before."""
    path = STATE / "figures.json"
    return [Session(**one) for one in json.loads(path.read_text())] if path.exists() else []


def keep(done: list[Session]) -> None:
    """Replaces the figures on disk, whole."""
    fresh = STATE / "figures.new"
    fresh.write_text(json.dumps([asdict(session) for session in done], indent=2) + "\n")
    fresh.replace(STATE / "figures.json")


def told(done: list[Session]) -> str:
    """The figures of all the sessions, in words."""
    inputs, seconds = sum(s.inputs for s in done), sum(s.processor_seconds for s in done)
    same = sum(s.inputs for s in done if s.code == code())
    slowest, peak = max(s.slowest for s in done), max(s.peak_mib for s in done)
    lines = [
        f"{inputs:,} inputs in {len(done)} sessions, {same:,} of them on the code as it is now",
        f"{seconds / 3600:.1f} hours of processor time, {inputs / max(seconds, 1):,.0f} inputs a second of it",
        f"slowest input {slowest * 1000:.0f} ms of processor time, peak memory {peak} MiB",
        f"{len(list((STATE / 'found').iterdir()))} inputs found worth keeping",
        *(f"BROKEN by fuzz/crashes/{name}" for name in crashes()),
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m fuzz.run", description="The long fuzzing run; resumes itself.")
    parser.add_argument("--inputs", type=int, default=GOAL, help="how many, over all sessions")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    for asked in (signal.SIGINT, signal.SIGTERM):  # in the background the first is ignored unless asked for
        signal.signal(asked, signal.default_int_handler)
    run(given.inputs, given.workers)
    print(told(sessions()))
    if sum(session.inputs for session in sessions()) < given.inputs:
        sys.exit("stopped before the goal; how each worker ended is in fuzz/state/worker-*.log")


if __name__ == "__main__":
    main()
