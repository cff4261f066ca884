"""`python -m tests.sim SEED ...` lives those lives again; without seeds it goes on until there have been a million
dispatches (`--share 1 --of 2`: as the second of two processes). `--count` tells how far that is."""

from __future__ import annotations

import argparse

from tests.sim.corsa import MILLION, figures, run, told
from tests.sim.scena import sweep


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="*", type=int)
    parser.add_argument("--share", type=int, default=0)
    parser.add_argument("--of", type=int, default=1)
    parser.add_argument("--until", type=int, default=MILLION)
    parser.add_argument("--count", action="store_true")
    given = parser.parse_args()
    try:
        if given.count:
            print(dict(figures()))
        elif given.seeds:
            for seed in given.seeds:
                print(seed, told(seed), flush=True)
        else:
            for found in run(given.share, given.of, given.until):
                print(dict(found), flush=True)
    finally:
        sweep()


main()
