"""Processes at work on one home, one of them moving at a time, the one that chance says.

Each is a thread. It stops at its points: before each call that changes the disk, before it begins to write in the
database, before it commits. There it goes on, or lets another go on, or a bank does something, or it dies, or the
machine stops, or the disk refuses; nothing else but the seed decides which.
"""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from threading import Lock, Thread

from ledger.ports import FsyncFailed
from tests.sim.disco import Disco


class Stop(BaseException):
    """The process is no more: nothing that it does from now on has any effect."""


# What may happen at a point, and how often; `mean` points go by between one and the next.
EVENTI = {"another": 60, "bank": 30, "dies": 2, "stops": 1, "full": 2, "lost": 1}
MEAN = 5


class Processo(Thread):
    """A process, doing what `fai` says; `dead` once it was killed."""

    def __init__(self, turni: Turni, nome: str, fai: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.turni, self.nome, self.fai = turni, nome, fai
        self.turn, self.dead, self.error = Lock(), False, None
        self.turn.acquire()

    error: BaseException | None

    def run(self) -> None:
        self.turn.acquire()
        try:
            if not self.dead:
                self.fai()
        except Stop:
            pass
        except BaseException as error:
            self.error = error
        self.turni.left(self)


class Turni:
    """Whose turn it is. `bank` is called when a bank is to do something."""

    def __init__(self, draw: Random, disco: Disco, bank: Callable[[], None]) -> None:
        self.draw, self.disco, self.bank = draw, disco, bank
        self.calm = False  # no more faults
        self.seen: Counter[str] = Counter()
        self.doubted: set[str] = set()  # names of files of which the disk did not say that they last
        self.alive: list[Processo] = []
        self.now: Processo | None = None
        self.writer: Processo | None = None
        self.over = Lock()
        self.over.acquire()
        self.stopped = False
        self._next()

    def run(self, **work: Callable[[], None]) -> None:
        """Let processes work until each has done, or is dead; the disk is then as a stop of the machine leaves it, if
        there was one. Raises what they raise."""
        self.stopped = False
        self.alive = all_ = [Processo(self, nome, fai) for nome, fai in work.items()]
        self.alive = [*all_]
        for each in all_:
            each.start()
        self.now = self.draw.choice(self.alive)
        self.now.turn.release()
        self.over.acquire()
        for each in all_:
            each.join()
        self.now = None
        if self.stopped:
            self.disco.stop(self.draw)
        for each in all_:
            if each.error is not None:
                raise each.error

    def left(self, one: Processo) -> None:
        """A process has ended: what it held is free."""
        self.alive.remove(one)
        if self.writer is one:
            self.writer = None
        if self.alive:
            self.now = self.draw.choice(self.alive)
            self.now.turn.release()
        else:
            self.over.release()

    # --- points -------------------------------------------------------------------------------------------------------

    def point(self, call: str, path: Path | None = None) -> None:
        """The process of this turn is about to do something that others can see."""
        if self.now is None:  # nobody is at work: the world is being furnished, or looked at
            return
        if self.now.dead:
            raise Stop
        if self.calm:
            return
        self.left_to_go -= 1
        if self.left_to_go <= 0:
            self._next()
            self._happen(call, path)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Have the right to write, once whoever has it has done."""
        me = self.now
        if me is None:
            yield
            return
        self.point("begin")
        while self.writer not in (None, me):
            self._to(self.writer)
        self.writer = me
        try:
            yield
        finally:
            if self.writer is me:
                self.writer = None

    def _next(self) -> None:
        self.left_to_go = self.draw.randint(1, 2 * MEAN)

    def _happen(self, call: str, path: Path | None) -> None:
        what = self.draw.choices([*EVENTI], [*EVENTI.values()])[0]
        if what in ("full", "lost") and call not in CAN_FAIL[what]:
            what = "another"
        self.seen[what] += 1
        getattr(self, f"_{what}")(call, path)

    def _another(self, _call: str, _path: Path | None) -> None:
        others = [each for each in self.alive if each is not self.now]
        if others:
            self._to(self.draw.choice(others))

    def _bank(self, _call: str, _path: Path | None) -> None:
        self.bank()

    def _dies(self, call: str, path: Path | None) -> None:
        me = self.now
        if call == "fsync" and path is not None:
            self.disco.cut(path, self.draw)
        me.dead = True
        raise Stop

    def _stops(self, _call: str, _path: Path | None) -> None:
        self.stopped = True
        for each in self.alive:
            each.dead = True
        raise Stop

    def _full(self, _call: str, path: Path | None) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    def _lost(self, _call: str, path: Path | None) -> None:
        self.doubted |= {path.name, *self.disco.folders.get(str(path), ())} if path else set()
        raise FsyncFailed(errno.EIO, "Input/output error", str(path))

    def _to(self, other: Processo) -> None:
        me = self.now
        self.now = other
        other.turn.release()
        me.turn.acquire()
        if me.dead:
            raise Stop


CAN_FAIL = {"full": ("write_new", "mkdir", "rename"), "lost": ("fsync",)}
