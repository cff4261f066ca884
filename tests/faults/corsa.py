"""One command, one fault: the home is copied, the command is run and stopped or failed, what an operator would type
next is typed, and everything is looked at. `python -m tests.faults.corsa --help`.

Each command runs in a process of its own, forked from this one, in which everything is imported already; no database
was ever open in it.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.faults import giudice, guasti
from tests.faults.case import CASE, collect, quick
from tests.faults.comando import Clock, typed
from tests.faults.guasti import GENERI, RARE, Guasto
from tests.faults.passi import PASSI, Passo
from tests.spool.casa import PASSWORD

MOST_RESTARTS = 3
PATIENCE = 600  # seconds that a process may take
DOCUMENTED = (0, 2, 3, 8)  # exit codes; 2, of a file that cannot even be looked at
ALL = guasti.CHANGES | guasti.LOOK | guasti.DATABASE


@dataclass
class Punto:
    """What came of one fault: how many times the engine was started again, what is wrong (nothing, it is hoped), what
    the command printed."""

    passo: str
    genere: str
    guasto: Guasto
    riavvii: int = 0
    mali: list[str] = field(default_factory=list)
    uscita: int = 0
    incerta: bool = False
    rifiuti: int = 0
    secondo: Guasto | None = None

    @property
    def forgiven(self) -> frozenset[str]:
        """What need not be as in a run without faults."""
        if self.incerta:
            return giudice.DECIDED
        return PASSI[self.passo].diverso | (giudice.STRICT if self.guasto.kills else giudice.IN_ANOTHER_ORDER)

    def to_dict(self) -> dict[str, Any]:
        return {
            "passo": self.passo,
            "genere": self.genere,
            "guasto": str(self.guasto),
            "riavvii": self.riavvii,
            "mali": self.mali,
            "incerta": self.incerta,
            "uscita": self.uscita,
            "rifiuti": self.rifiuti,
            "comando": self.command(),
        }

    def command(self) -> str:
        """What does just this again."""
        g = self.guasto
        words = f"python -m tests.faults.corsa --passo '{self.passo}' --genere {self.genere} --n {g.n}"
        if g.errore:
            words += f" --errore {g.errore}" + " --sempre" * g.sempre
        return words + (f" --poi {self.secondo.n}" if self.secondo else "")


# --- processes --------------------------------------------------------------------------------------------------------


def forked(work: Callable[[], Any], out: Path) -> tuple[int, Any]:
    """What a piece of work gives, done in a process of its own, and the exit status of that (negative for a signal);
    what it prints is in `out`."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.alarm(PATIENCE)
        _child(work, writer, out)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        said = stream.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), json.loads(said) if said else None


def _child(work: Callable[[], Any], writer: int, out: Path) -> None:
    code = 1
    try:
        told = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for descriptor in (1, 2):
            os.dup2(told, descriptor)
        os.write(writer, json.dumps(work()).encode())
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


# --- a point ----------------------------------------------------------------------------------------------------------


class Prova:
    """A command, the home it is tried on, and how a run without faults ends."""

    def __init__(self, officina: Path, passo: Passo) -> None:
        self.passo, self.model = passo, officina / "case" / passo.case
        self.root, self.out, self.scratch = officina / "p", officina / "out", officina / "db"
        self.scratch.mkdir(exist_ok=True)
        self.seen: dict[tuple[str, bool, bool], tuple[int, bool, list[str]]] = {}
        if not self.model.exists():
            self.model.parent.mkdir(exist_ok=True)
            _build(self.model, passo.case, self.out)
        self.start()
        with _quietly(self.out):  # in this process: those that are forked from it find every statement ready
            code, self.expected = self._command(0), _as_told(self._looked()["look"])
            self.start()
            before = _as_told(self._looked()["look"])
        self.whole = {each.rpartition(" ")[2] for seen in (before, self.expected) for each in seen["partiti"]}
        gc.collect()
        gc.freeze()
        _require_closed()
        if code != passo.esce:
            raise RuntimeError(f"{passo.nome}: {code} {self.out.read_text()}")
        if wrong := giudice.faults(self.expected, self.expected) + self._unsound():
            raise RuntimeError(f"{passo.nome}: {wrong}")
        if before == self.expected and passo.cambia:
            raise RuntimeError(f"{passo.nome} changes nothing: {self.out.read_text()}")

    def _unsound(self) -> list[str]:
        """What a run without faults should not show; the books that the first version made tell no events."""
        return [] if self.passo.case == "vecchia" else list(self.expected.get("rifatti", ()))

    def start(self) -> None:
        """The home as it was before the command."""
        if self.root.exists():
            shutil.rmtree(self.root)
        shutil.copytree(self.model, self.root)

    def count(self, calls: int, restart: int = 0) -> list[str]:
        """The calls of the command, one by one."""
        if restart == 0:
            self.start()

        def work() -> Any:
            guasti.count(self.root, calls)
            self._command(restart)
            return guasti.counted()

        _, found = forked(work, self.out)
        return list(found)

    def _command(self, restart: int) -> int:
        words = self.passo.argv if restart == 0 else self.passo.ancora or self.passo.argv
        return typed(words, self.root, self.passo.at + timedelta(hours=restart), *self.passo.segreti)

    def _typed(self, restart: int, guasto: Guasto | None, *, look: bool = False) -> dict[str, Any]:
        if guasto is not None:
            guasto.arm(self.root)
        code = self._command(restart)
        if guasto is not None:
            guasti.count(Path("/nowhere"), 0)
        return {"code": code, **(self._looked(restart) if look else {})}

    def _looked(self, restart: int = 0, like: dict[str, Any] | None = None) -> dict[str, Any]:
        from ledger.ports import real_ports

        ports = replace(real_ports(), clock=Clock(self.passo.at + timedelta(hours=restart, minutes=30)))
        return {"look": giudice.look(self.root, ports, banks=self.passo.ritirano, like=like)}

    def point(self, genere: str, guasto: Guasto, poi: Guasto | None = None) -> Punto:
        """One fault, and all that follows; with `poi`, another while the operator tries again."""
        self.start()
        point = Punto(self.passo.nome, genere, guasto, secondo=poi)
        status, seen = forked(lambda: self._typed(0, guasto), self.out)
        point.uscita = status if seen is None else seen["code"]
        point.mali += self._conduct(status, seen, guasto)
        if poi is not None:
            code, seen = forked(lambda: self._typed(1, poi), self.out)
            point.mali += self._conduct(code, seen, poi)
        if guasto.n % 2:
            collect(self.root, self.passo.ritirano)
        point.mali += self._half_written()
        point.rifiuti = len(giudice.rubbish(self.root))
        before = (giudice.state(self.root, self.scratch), guasto.kills, guasto.lasting)
        if before in self.seen:  # what comes of it is known
            point.riavvii, point.incerta, wrong = self.seen[before]
            point.mali += wrong
            return point
        wrong = self._recover(point)
        self.seen[before] = (point.riavvii, point.incerta, wrong)
        point.mali += wrong
        return point

    def _conduct(self, status: int, seen: dict[str, Any] | None, guasto: Guasto) -> list[str]:
        """What is wrong with how a command ended: killed by another than who should, or with words that nobody can
        use."""
        if status == -signal.SIGKILL and guasto.kills:
            return []
        said = self.out.read_text("utf-8", "replace")
        if status or seen is None:
            return [f"finito con {status}: {said[-600:]}"]
        if "Traceback" in said or seen["code"] not in DOCUMENTED:
            return [f"uscita {seen['code']}: {said[-600:]}"]
        return ["non dice perché"] if seen["code"] and not said.strip() else []

    def _half_written(self) -> list[str]:
        """What a bank would find that is not what was signed."""
        seen = giudice.folders(self.root)["partiti"]
        return [f"scritto a metà: {each}" for each in seen if each.rpartition(" ")[2] not in self.whole]

    def _recover(self, point: Punto) -> list[str]:
        """Types what an operator would, until all is as it should be, a few times at most; what is wrong then."""
        wrong: list[str] = []
        for restart in range(0 if self.passo.guarda else 1, MOST_RESTARTS + 1):
            code, seen = forked(lambda restart=restart: self._again(restart), self.out)
            if seen is None:
                return [f"riavvio {restart} finito con {code}: {self.out.read_text()[-600:]}"]
            if seen["look"].get("incerti") and point.guasto.lasting:
                point.incerta, restart = True, restart + 1
                seen = self._decide(seen["look"]["incerti"], restart)
            wrong = giudice.faults(seen["look"], self.expected, point.forgiven)
            point.riavvii = restart
            if not wrong:
                break
        return wrong

    def _again(self, restart: int) -> dict[str, Any]:
        """What an operator sees: at first as it is, then with the command typed again."""
        return self._typed(restart, None, look=True) if restart else self._looked(like=self.expected)

    def _decide(self, distinte: list[int], restart: int) -> dict[str, Any]:
        """A person has asked the bank: what has left has left, anything else leaves again."""

        def work() -> dict[str, Any]:
            for n in distinte:
                if self._said(f"spool resolve {n} --left --user bianchi", restart):
                    self._said(f"spool resolve {n} --not-left --user bianchi", restart)
            self._said("dispatch", restart)
            return self._looked(restart)

        _, seen = forked(work, self.out)
        return seen or {"look": {"partiti": []}}

    def _said(self, words: str, restart: int) -> int:
        return typed(words, self.root, self.passo.at + timedelta(hours=restart), PASSWORD)


@contextmanager
def _quietly(out: Path) -> Iterator[None]:
    """What is printed in this process goes to a file."""
    kept = [os.dup(descriptor) for descriptor in (1, 2)]
    told = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(told, descriptor)
    os.close(told)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, saved in zip((1, 2), kept, strict=True):
            os.dup2(saved, descriptor)
            os.close(saved)


def _as_told(seen: dict[str, Any]) -> dict[str, Any]:
    """As a process that was forked would have told it."""
    told: dict[str, Any] = json.loads(json.dumps(seen))
    return told


def _require_closed() -> None:
    """No database is open here: a connection must not be in two processes."""
    held = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.exists()]
    if any("cbi.db" in each.name for each in held):
        raise RuntimeError("a database is open")


def _build(model: Path, name: str, out: Path) -> None:
    def work() -> None:
        quick()
        scratch = model.with_suffix(".tmp")
        scratch.mkdir()
        CASE[name](scratch)
        (scratch / "fatti").mkdir()
        gc.collect()
        scratch.rename(model)

    code, _ = forked(work, out)
    if code:
        raise RuntimeError(f"{name}: {out.read_text()}")


# --- many points ------------------------------------------------------------------------------------------------------


def points(prova: Prova, generi: list[str], every: int, crossed: bool) -> Iterator[Punto]:
    """A command at every call, or at one in so many, of each kind of fault."""
    for genere in generi:
        total = len(prova.count(GENERI[genere].calls))
        for guasto in guasti.faults(genere, total, every * prova.passo.ogni, crossed=crossed):
            yield prova.point(genere, guasto)


def twice(prova: Prova, every: int) -> Iterator[Punto]:
    """A command killed at every call, and killed again at every call of what is typed next."""
    total = len(prova.count(RARE))
    for n in range(1, total + 1, every):
        first = Guasto("uccisa", RARE, n)
        prova.start()
        forked(lambda first=first: prova._typed(0, first), prova.out)
        again = len(prova.count(RARE, restart=1))
        for m in range(1, again + 1, every):
            yield prova.point("seconda", first, Guasto("uccisa", RARE, m))


def warm() -> None:
    """Import all that commands import, so that those who are forked need not."""
    from cli import COMMANDS

    for place in COMMANDS.values():
        importlib.import_module(place.partition(":")[0])
    root = Path(__file__).resolve().parents[2]
    for room in ("commands", "spool", "reconcile", "ledger", "spool/trasporti"):
        for path in sorted((root / room).glob("*.py")):
            importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts))
    for name in ("alembic.command", "alembic.config", "alembic.context", "alembic.runtime.environment", "tenacity"):
        importlib.import_module(name)
    for name in ("sqlalchemy.dialects.sqlite.pysqlite", "rich.table", "structlog", "prometheus_client", "zipfile"):
        importlib.import_module(name)
    import cbi
    from ledger import database
    from tests.faults.case import DUE

    list(cbi.lint(BytesIO(DUE)))
    database.connect = cache(database.connect)  # an engine knows the statements that it has made: it is not lost
    quick()
    gc.collect()
    gc.freeze()


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passo", action="append", choices=list(PASSI), help="only this command; may be repeated")
    parser.add_argument("--genere", action="append", choices=[*GENERI, "seconda"], help="only this kind of fault")
    parser.add_argument("--ogni", type=int, default=1, help="one call in so many")
    parser.add_argument("--incroci", action="store_true", help="each call in every way of its kind, not by turns")
    parser.add_argument("--n", type=int, help="only this call, from 1")
    parser.add_argument("--poi", type=int, help="and then this one, of what is typed next")
    parser.add_argument("--errore", type=int, default=0, help="its errno")
    parser.add_argument("--sempre", action="store_true", help="and every call after it")
    parser.add_argument("--json", action="store_true", help="a line for each point")
    return parser


def main() -> int:
    given = arguments().parse_args()
    if not guasti.preloaded():
        os.environ["LD_PRELOAD"] = str(guasti.compiled())
        os.execv(sys.executable, [sys.executable, "-m", "tests.faults.corsa", *sys.argv[1:]])
    del os.environ["LD_PRELOAD"]
    warm()
    memory = Path("/dev/shm")
    officina = Path(tempfile.mkdtemp(prefix="cbi-faults-", dir=memory if memory.is_dir() else None))
    try:
        return _run(given, officina)
    finally:
        shutil.rmtree(officina)


def _run(given: argparse.Namespace, officina: Path) -> int:
    told: Counter[str] = Counter()
    for nome in given.passo or PASSI:
        prova = Prova(officina, PASSI[nome])
        for point in _asked(prova, given):
            told["punti"] += 1
            told["mali"] += bool(point.mali)
            if given.json:
                print(json.dumps(point.to_dict(), ensure_ascii=False), flush=True)
            elif point.mali:
                print(point.command(), *(each[-500:] for each in point.mali[:4]), sep="\n    ", flush=True)
        print(f"{nome}: {dict(told)}", file=sys.stderr, flush=True)
    return 1 if told["mali"] else 0


def _asked(prova: Prova, given: argparse.Namespace) -> Iterator[Punto]:
    if given.n is not None:
        (genere,) = given.genere
        kind = GENERI.get(genere)
        first = Guasto(kind.come, kind.calls, given.n, given.errore, given.sempre) if kind else None
        second = None if given.poi is None else Guasto("uccisa", RARE, given.poi)
        yield prova.point(genere, first or Guasto("uccisa", RARE, given.n), second)
        return
    generi = given.genere or [*GENERI, "seconda"]
    yield from points(prova, [each for each in generi if each in GENERI], given.ogni, given.incroci)
    if "seconda" in generi:
        yield from twice(prova, given.ogni)


if __name__ == "__main__":
    os.environ.setdefault("COLUMNS", "160")
    os.environ["CBI_LANG"] = "it"
    sys.exit(main())
