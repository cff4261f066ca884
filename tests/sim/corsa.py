"""Lives, and orders of messages, one after another until there have been so many, over as many runs as it takes.

`.soak/simulatore.N.json` and `.soak/ordini.N.json` say how many, by the code that was lived; N is the share of one of
several processes that run at once.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from typing import Any

from tests.console import ROOT
from tests.sim import ordini, vita

MILLION, HUNDRED_THOUSAND = 1_000_000, 100_000
KEPT = ROOT / ".soak"
CODE = ("ledger", "reconcile", "spool", "tests/sim")


@cache
def code() -> str:
    """The code that is lived, by its digest."""
    files = (path for room in CODE for path in sorted((ROOT / room).rglob("*.py")))
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def life(seed: int) -> Counter[str]:
    """The life of a seed; if it fails, how to live it again is printed."""
    with told(seed):
        found = vita.live(seed)
    return Counter(dispatched=found.dispatched, received=found.received, **found.seen)


def orders(seed: int) -> Counter[str]:
    """The messages of a seed in many orders; if two end differently, how to see them again is printed."""
    with told(f"--orders {seed}"):
        return Counter(orders=ordini.check(seed))


@contextmanager
def told(how: object) -> Iterator[None]:
    try:
        yield
    except BaseException:
        print(f"failed; again: python -m tests.sim {how}", file=sys.stderr)
        raise


def figures(nome: str) -> Counter[str]:
    """What all runs of this code have done of `simulatore` or `ordini`."""
    found: Counter[str] = Counter()
    for path in sorted(KEPT.glob(f"{nome}.*.json")):
        found.update(json.loads(path.read_text()).get(code(), {}))
    return found


def lives(until: int = MILLION, share: int = 0, of: int = 1) -> Iterator[Counter[str]]:
    """Live on until this code has dispatched so many; the figures after each life."""
    return _run("simulatore", life, "dispatched", until, share, of)


def shuffles(until: int = HUNDRED_THOUSAND, share: int = 0, of: int = 1) -> Iterator[Counter[str]]:
    """Deal on until this code has seen so many orders; the figures after each seed."""
    return _run("ordini", orders, "orders", until, share, of)


def _run(
    nome: str, one: Callable[[int], Counter[str]], what: str, until: int, share: int, of: int
) -> Iterator[Counter[str]]:
    KEPT.mkdir(exist_ok=True)
    path = KEPT / f"{nome}.{share}.json"
    while figures(nome)[what] < until:
        kept: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
        seed, begun = share + of * sum(each["seeds"] for each in kept.values()), time.process_time()
        new = one(seed)
        new += Counter(seeds=1, milliseconds=round((time.process_time() - begun) * 1000))
        kept[code()] = Counter(kept.get(code(), {})) + new
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(kept))
        fresh.replace(path)
        yield figures(nome)
