"""How many changes to the rules go unseen: one operator, number or name changed at a time in `cbi/validators`.

    python -m bench.mutants [--sample N] [--seed N] [--list] [MODULE ...]

Changes are those of mutmut, also where mutmut makes none: in decorated functions and at the top of modules, where the
rules and their tables are. Of all of them a sample is drawn; each is tried in a process of its own, which looks first
at what is found in the fixtures, then runs tests, the likeliest first, until one fails. Left out are changes that no
behaviour can show: annotations, how data classes are made, what is remembered and how much of it.

One that no test notices is printed and must be judged: a test is missing, the code is useless, or nothing that can
be seen changes, and then it goes into `equivalent.toml` with the reason.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib
import importlib.machinery
import os
import random
import resource
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import libcst as cst
from mutmut.mutation.mutators import mutation_operators

ROOT = Path(__file__).resolve().parent.parent
VALIDATORS = ROOT / "cbi" / "validators"
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
UNSEEN_CALLS = frozenset(("dataclass", "lru_cache", "TypeVar"))
# Which rules are asked every time (what they say is the same), encodings (their names have no case), lists of names.
UNSEEN_NAMES = frozenset(("vary", "_VARY", "encoding", "__all__"))
SECONDS = 90  # of processor time: a change that takes more than this is noticed by whoever waits
GIBIBYTES = 2
# Tests of a module, besides what is found in the fixtures; with more of them a change may still be noticed.
USUAL = ("limiti", "disposizioni", "invio", "fast")
TESTS = {
    "banche": ("sospetti",),
    "calendari": ("calendari", "invio"),
    "catalogue": ("regole", "profili"),
    "coordinates": ("coordinates",),
    "diagnostics": ("telling", "regole"),
    "doubles": ("lint", "stranezze"),
    "explain": ("lint", "limiti", "stranezze", "disposizioni", "sospetti", "parziali"),
    "f24": ("f24", "invio", "fast"),
    "fast": ("fast", "invio", "stranezze"),
    "lint": ("lint", "stranezze", "invio", "parziali"),
    "parziali": ("parziali",),
    "pe": ("parziali",),
    "profili": ("profili",),
    "reading": ("lint", "limiti", "stranezze", "invio", "disposizioni"),
    "rendicontazione": ("limiti", "causali", "parziali"),
    "rules": ("fast", "lint", "invio"),
    "sospetti": ("sospetti",),
    "tables": ("tabelle", "causali"),
    "telling": ("telling", "regole"),
}
# Not again: what is long, or looked at already.
AGAIN = "not damaged and not read_over_and_kept and not proving_and_explaining and not whatever_the_day"


@dataclass(frozen=True)
class Mutant:
    """A module with one change: its whole text, and the lines taken away and put in."""

    module: str
    text: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.module}\n    - {self.before}\n    + {self.after}"


# --- making them -------------------------------------------------------------------------------------------


class Changes(cst.CSTVisitor):
    """Every node of a module that may be changed, with what it may become."""

    def __init__(self, path: Path) -> None:
        self.name, self.module = path.stem, cst.parse_module(path.read_text(encoding="utf-8"))
        self.found: list[tuple[cst.CSTNode, cst.CSTNode]] = []
        self.module.visit(self)

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _unseen(node):
            return False
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                self.found += [(node, changed) for changed in operator(node)]
        return True

    def mutant(self, number: int) -> Mutant | None:
        """The module after a change; None where it is no longer Python, or says the same."""
        text = cst.ensure_type(self.module.deep_replace(*self.found[number]), cst.Module).code
        try:
            if ast.dump(ast.parse(text)) == ast.dump(ast.parse(self.module.code)):
                return None
        except SyntaxError:
            return None
        lines = [*difflib.unified_diff(self.module.code.splitlines(), text.splitlines(), n=0)][2:]
        before, after = ("\n".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
        return Mutant(self.name, text, before, after)


def _unseen(node: cst.CSTNode) -> bool:
    """Whether no behaviour can show what is done to a node."""
    match node:
        case cst.Annotation():
            return True
        case cst.Call(func=cst.Name(value=name)):
            return name in UNSEEN_CALLS
        case (
            cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]) | cst.Arg(keyword=cst.Name(value=name))
        ):
            return name in UNSEEN_NAMES
    return False


def draw(modules: Sequence[Changes], size: int, seed: int) -> Iterator[Mutant]:
    """A sample of all the changes of some modules, in a random order."""
    every = [(changes, number) for changes in modules for number in range(len(changes.found))]
    random.Random(seed).shuffle(every)
    drawn = (changes.mutant(number) for changes, number in every)
    yield from islice((mutant for mutant in drawn if mutant is not None), size)


# --- trying them -------------------------------------------------------------------------------------------


def killed(mutant: Mutant) -> bool:
    """Whether something tells a mutant from the module, in a process of its own."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (GIBIBYTES << 30, GIBIBYTES << 30))
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):  # noqa: PTH123
            os._exit(_try(mutant))
    return os.waitpid(child, 0)[1] != 0


def _try(mutant: Mutant) -> int:
    """0 if nothing is noticed."""
    path = str(VALIDATORS / f"{mutant.module}.py")
    get_code = importlib.machinery.SourceFileLoader.get_code

    def changed(self: importlib.machinery.SourceFileLoader, name: str) -> object:
        return compile(mutant.text, path, "exec") if self.path == path else get_code(self, name)

    importlib.machinery.SourceFileLoader.get_code = changed  # type: ignore[method-assign, assignment]
    try:
        return 0 if _verdicts_hold() and _tests_pass(mutant.module) else 1
    except BaseException:
        return 1


def _verdicts_hold() -> bool:
    from fixtures import campi, make

    for fast in (True, False):
        kept = iter(make.VERDETTI.read_text(encoding="utf-8").splitlines())
        for esame in make.esami():
            if any(line != next(kept, "") for line in make.verdetto(esame, fast=fast)):
                return False
        if next(kept, ""):
            return False
    kept = iter(campi.CAMPI.read_text(encoding="utf-8").splitlines())
    found = (line for flow in campi.FLUSSI for line in (*campi.campi(flow), *campi.righe(flow)))
    return all(line == next(kept, "") for line in found) and not next(kept, "")


def _tests_pass(module: str) -> bool:
    import pytest

    paths = [str(ROOT / "tests" / "cbi" / f"test_{name}.py") for name in TESTS.get(module, USUAL)]
    return pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-k", AGAIN, *paths]) == 0


# --- the report --------------------------------------------------------------------------------------------


def equivalent() -> set[tuple[str, str, str]]:
    """The changes judged to change nothing that can be seen."""
    listed = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))
    return {(module, each["before"], each["after"]) for module, found in listed.items() for each in found}


def main() -> None:
    parser = argparse.ArgumentParser(prog="mutants")
    parser.add_argument("modules", nargs="*", help="only of these, not of all")
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="shows the sample and tries nothing")
    asked = parser.parse_args()
    os.environ["CI"] = "1"  # the same cases for every mutant
    os.chdir(ROOT)
    _warm_up()
    paths = [path for path in sorted(VALIDATORS.glob("*.py")) if not asked.modules or path.stem in asked.modules]
    modules = [Changes(path) for path in paths]
    print(f"{sum(len(module.found) for module in modules)} changes; seed {asked.seed}", flush=True)
    sample = draw(modules, asked.sample, asked.seed)
    if asked.list:
        print(*sample, sep="\n")
    else:
        report(sample)


def report(sample: Iterable[Mutant]) -> None:
    """Tries a sample; prints who survives, and the score: of what was tried, when it is interrupted."""
    known, alike = equivalent(), Counter[str]()
    tried, dead = Counter[str](), Counter[str]()
    with suppress(KeyboardInterrupt):
        for number, mutant in enumerate(sample, 1):
            if (mutant.module, mutant.before, mutant.after) in known:
                alike[mutant.module] += 1
                continue
            began = time.monotonic()
            noticed = killed(mutant)
            tried[mutant.module] += 1
            dead[mutant.module] += noticed
            if not noticed:
                print(f"{number}: {mutant} ({time.monotonic() - began:.0f} s)", flush=True)
    for module in sorted(tried | alike):
        print(f"{module:16} {dead[module]:4} of {tried[module]:4}, {alike[module]} equivalent")
    print(f"killed {dead.total()} of {tried.total()}: {dead.total() * 100 // max(tried.total(), 1)} %;", end=" ")
    print(f"{alike.total()} equivalent besides")


def _warm_up() -> None:
    """Loads what is slow to load and is not changed."""
    for name in ("holidays", "hypothesis", "pytest", "schwifty", "stdnum"):
        importlib.import_module(name)


if __name__ == "__main__":
    main()
