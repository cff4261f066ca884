"""Lives one after another until there have been so many dispatches, over as many runs as it takes.

`.soak/simulatore.N.json` says how many, by the code that was lived; N, and every how many seeds, is the share of one of
several processes that run at once.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Any

from tests.console import ROOT
from tests.sim.vita import Figure, live

MILLION = 1_000_000
KEPT = ROOT / ".soak"
CODE = ("ledger", "reconcile", "spool", "tests/sim")


@cache
def code() -> str:
    """The code that is lived, by its digest."""
    files = (path for room in CODE for path in sorted((ROOT / room).rglob("*.py")))
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def told(seed: int) -> Figure:
    """The life of a seed; if it fails, how to live it again is printed."""
    try:
        return live(seed)
    except BaseException:
        print(f"failed; again: python -m tests.sim {seed}", file=sys.stderr)
        raise


def figures() -> Counter[str]:
    """What all lives of this code have done."""
    found: Counter[str] = Counter()
    for path in sorted(KEPT.glob("simulatore.*.json")):
        found.update(json.loads(path.read_text()).get(code(), {}))
    return found


def run(share: int = 0, of: int = 1, until: int = MILLION) -> Iterator[Counter[str]]:
    """Live on until this code has dispatched so many; the figures after each life."""
    KEPT.mkdir(exist_ok=True)
    path = KEPT / f"simulatore.{share}.json"
    while (all_ := figures())["dispatched"] < until:
        kept: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
        begun, seed = time.process_time(), share + of * sum(each["lives"] for each in kept.values())
        figure = told(seed)
        new = Counter(lives=1, dispatched=figure.dispatched, received=figure.received, **figure.seen)
        new["milliseconds"] = round((time.process_time() - begun) * 1000)
        kept[code()] = Counter(kept.get(code(), {})) + new
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(kept))
        fresh.replace(path)
        yield all_ + new
