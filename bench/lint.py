"""How fast a file is checked, as a ratio to a bare loop that slices every field of every line and does nothing else.

    python -m bench.lint [FLOW ...]

Ratio and loop are measured on the same file in the same run, each in a process of its own, taking turns, start
included, in processor time. Peak memory is that of the checking process. No figure here is a test.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.flows import KINDS, Kind, write
from cbi.flows.model import tipo_of

ROUNDS = 3
SMALL = 10  # megabytes of the file whose peak is compared with that of the big one

SLICE = """
import sys
spans = {spans}
for line in open(sys.argv[1], "rb"):
    for start, end in {of_line}:
        line[start:end]
"""
LINT = """
import sys
from cbi.validators.lint import lint
found = [d.code for d in lint(open(sys.argv[1], "rb", buffering=0))]
if found:
    sys.exit(f"not clean: {found[:3]}")
"""
PROBE = """
import resource
{code}
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def main() -> None:
    wanted = set(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            if not wanted or kind.name in wanted:
                print(measure(kind, Path(folder) / "flow.cbi"), flush=True)


def measure(kind: Kind, path: Path) -> str:
    """One line of the report."""
    make(kind, SMALL, path)
    peaks = [run(LINT, path)[1]]
    make(kind, kind.megabytes, path)
    size, bare = path.stat().st_size / 1e6, slice_loop(kind)
    loops, checks = zip(*((run(bare, path), run(LINT, path)) for _ in range(ROUNDS)), strict=True)
    peaks.append(max(peak for _, peak in checks))
    loop, check = (median(seconds for seconds, _ in runs) for runs in (loops, checks))
    ratio = median(one / other for (one, _), (other, _) in zip(loops, checks, strict=True))
    speeds = f"slice loop {size / loop:3.0f} MB/s  lint {size / check:3.0f} MB/s  ratio {ratio:.2f}"
    peak = f"peak at {SMALL}, {kind.megabytes} MB: {peaks[0]:.0f}, {peaks[1]:.0f} MiB"
    return f"{kind.name:8}{kind.direction:10}{size:5.0f} MB  {speeds}  {peak}"


def slice_loop(kind: Kind) -> str:
    """The bare loop over the fields of the flow, by type of record, with its subtype where there is one."""
    spans = {
        tipo_of(key).replace("-", "").encode(): [(field.start - 1, field.end) for field in cls.FIELDS]
        for key, cls in reversed(kind.flow.records.items())
    }
    simple = "spans[line[1:3]]"
    return SLICE.format(
        spans=spans,
        of_line=f"spans.get(line[1:3]) or {simple[:-1]} + line[10:12]]" if kind.flow.subtypes else simple,
    )


def run(code: str, path: Path) -> tuple[float, float]:
    """Processor seconds and peak MiB of a process that runs `code` on a file."""
    command = [sys.executable, "-c", PROBE.format(code=code), str(path)]
    seconds, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), int(peak) / 1024


def make(kind: Kind, megabytes: int, path: Path) -> None:
    with path.open("wb") as stream:
        stream.writelines(write(kind, megabytes))


if __name__ == "__main__":
    main()
