"""The fuzzer itself: one process of libFuzzer over the readers, guided by the branches of `cbi` that an input takes.

    python -m fuzz.readers [-runs=N] [-seed=N] [other options of libFuzzer] [FOLDER]

New inputs worth keeping are written to FOLDER; fixtures and the kept corpus are where it begins. An input that breaks
an invariant, takes more than a second or more than 256 MiB ends the process and is left in `fuzz/crashes/`.
With `CBI_FUZZ_TALLY` a file is kept up to date with how many inputs were tried (see `fuzz.run`).
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

import atheris
from atheris.import_hook import HookManager

# Every line goes through these many times: being guided by their branches too costs half the speed and leads nowhere
# that changes of fields and lines do not. So does following the values that are compared.
UNGUIDED = ["cbi.fields", "cbi.layout", "cbi.flows.model", "cbi.flows.physical"]
UNGUIDED += ["cbi.validators.diagnostics", "cbi.validators.reading", "cbi.validators.telling"]

with HookManager({"cbi"}, set(UNGUIDED), enable_loader_override=True, trace_dataflow=False):
    from cbi.validators import doubles, prove
    from cbi.validators.rules import Ruleset
    from fuzz import invariants, mutations

HERE = Path(__file__).resolve().parent
FIXTURES, CORPUS, CRASHES = HERE.parent / "fixtures", HERE / "corpus", HERE / "crashes"
SECONDS = 1.0  # of processor time for an input; past ten on the clock libFuzzer ends what does not end by itself
LIMITS = ("-timeout=10", "-rss_limit_mb=256", f"-max_len={mutations.LONGEST}", "-use_counters=0", "-mutate_depth=1")
GARBAGE = 20_000  # objects made between one look for garbage and the next: an input leaves little of it
STEP = 64  # inputs between one writing of the tally and the next


def seeds() -> list[Path]:
    """What the fuzzer begins with: fixtures and kept corpus."""
    return [*sorted(FIXTURES.rglob("*.cbi")), *sorted(CORPUS.iterdir())]


class Tally:
    """How many fresh inputs were tried, and the worst of them. What is replayed from the corpus is not counted."""

    def __init__(self) -> None:
        self.path = os.environ.get("CBI_FUZZ_TALLY")
        self.fresh, self.inputs, self.slowest = False, 0, 0.0

    def add(self, seconds: float) -> None:
        """Takes account of an input."""
        self.slowest = max(self.slowest, seconds)
        self.inputs += self.fresh
        self.fresh = False
        if self.path and self.inputs % STEP == 0:
            self.write(Path(self.path))

    def write(self, path: Path) -> None:
        """Leaves the figures where another process reads them."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        figures = {"inputs": self.inputs, "slowest": self.slowest, "processor": process_time(), "peak_mib": peak}
        path.write_text(json.dumps(figures))


def quicken() -> None:
    """What is made once for a file is here made once for all: a filter of a few bytes, flows compiled.

    So small a filter suspects doubles where there are none: the second look is taken more often, not less.
    """
    doubles._MASK = (1 << 10) - 1
    for where, name in (prove, "groups_of"), (prove, "crossings_of"), (Ruleset, "for_sending"):
        setattr(where, name, _once(getattr(where, name)))


def _once(function: Callable[..., Any]) -> Callable[..., Any]:
    """What a function answers about the same things, worked out once; the things are kept, and so their identities."""
    known: dict[tuple[Any, ...], Any] = {}

    def once(*about: Any) -> Any:
        key = tuple(one if isinstance(one, bytes) else id(one) for one in about)
        if key not in known:
            known[key] = about, function(*about)
        return known[key][1]

    return once


def main() -> None:
    quicken()
    tally, paths = Tally(), seeds()
    known = [path.read_bytes() for path in paths]
    mutator = mutations.Mutator(known, mutations.LONGEST)
    for data in known:  # whatever is compiled at first use is compiled now, and no input is blamed for it
        invariants.examine(data)

    gc.freeze()
    gc.set_threshold(GARBAGE)

    def try_one(data: bytes) -> None:
        began = process_time()
        invariants.examine(data)
        took = process_time() - began
        if took > SECONDS:
            raise invariants.Broken(f"an input takes less than {SECONDS} s: {took}")
        tally.add(took)

    def mutate(data: bytes, size: int, seed: int) -> bytes:
        tally.fresh = True
        rng = Random(seed)
        return atheris.Mutate(data, size) if rng.random() < 0.2 else mutator.mutate(data, size, rng)

    CRASHES.mkdir(exist_ok=True)
    begin = f"-seed_inputs={','.join(map(str, paths))}"
    options = [*LIMITS, begin, f"-artifact_prefix={CRASHES}/", *sys.argv[1:]]
    atheris.Setup([f"{sys.executable} -m fuzz.readers", *options], try_one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
