"""`python -m tests.sim SEED ...` lives those lives again, `--orders SEED` deals those messages again.

Without seeds it goes on until there have been a million dispatches, with `--orders` a hundred thousand orders
(`--share 1 --of 2`: as the second of two processes). `--count` tells how far that is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from tests.sim import corsa
from tests.sim.scena import sweep


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="*", type=int)
    parser.add_argument("--orders", action="store_true")
    parser.add_argument("--share", type=int, default=0)
    parser.add_argument("--of", type=int, default=1)
    parser.add_argument("--count", action="store_true")
    try:
        for each in found(parser.parse_args()):
            print(each, flush=True)
    finally:
        sweep()


def found(given: argparse.Namespace) -> Iterable[object]:
    if given.count:
        return (dict(corsa.figures(nome)) for nome in ("simulatore", "ordini"))
    if given.seeds:
        return map(corsa.orders if given.orders else corsa.life, given.seeds)
    run = corsa.shuffles if given.orders else corsa.lives
    return map(dict, run(share=given.share, of=given.of))


main()
