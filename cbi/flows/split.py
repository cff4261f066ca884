"""One file made into several: supporti by kind, by bank, one by one; and no more orders or euros than wanted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from itertools import count as counting

from cbi.flows.coda import amount_of
from cbi.flows.model import TO_BANK, Flow, Ordine, Supporto
from cbi.flows.rework import NonRiscrivibile, flow_of, remade, sound

BY = ("supporto", "bank", "flow")
Identita = tuple[str, str, date | None, str]
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True)
class Limits:
    """What one file may hold: orders, and cents in all; None for no limit."""

    orders: int | None = None
    total: int | None = None

    def allow(self, orders: int, total: int) -> bool:
        """Whether so many orders, of so many cents, are within them."""
        return (self.orders is None or orders <= self.orders) and (self.total is None or total <= self.total)


NO_LIMITS = Limits()


@dataclass(frozen=True)
class Pezzo:
    """What goes into the file `file` next: a whole supporto, or the part of one (`parts` is then above 1)."""

    file: str
    supporto: Supporto
    origin: Supporto
    part: int = 1
    parts: int = 1


@dataclass
class _File:
    """The file that is being filled, of those of one group."""

    stem: str
    number: int = 1
    orders: int = 0
    total: int = 0

    @property
    def name(self) -> str:
        return f"{self.stem}.cbi" if self.number == 1 else f"{self.stem}.{self.number}.cbi"

    def take(self, orders: int, total: int, limits: Limits) -> str:
        """The name of the file that takes them: this one, or the next when they do not fit."""
        if self.orders and not limits.allow(self.orders + orders, self.total + total):
            self.number, self.orders, self.total = self.number + 1, 0, 0
        self.orders, self.total = self.orders + orders, self.total + total
        return self.name


def bank_of(supporto: Supporto) -> str:
    """The bank that a supporto goes to or comes from."""
    sender, receiver, _, _ = supporto.identita
    return receiver if supporto.direction == TO_BANK else sender


def split(supporti: Sequence[Supporto], by: str = "supporto", limits: Limits = NO_LIMITS) -> Iterator[Pezzo]:
    """Where each supporto goes. One that exceeds the limits is cut, its parts renamed, renumbered and summed anew.

    Raises `NonRiscrivibile` for a supporto that has to be cut and cannot be without hiding a defect.
    """
    files: dict[tuple[str, ...], _File] = {}
    taken = {supporto.identita for supporto in supporti}
    for supporto in supporti:
        group = _group(supporto, by)
        if group not in files:
            files[group] = _File(_stem(group, {file.stem.lower() for file in files.values()}))
        flow = flow_of(supporto)
        parts = _parts(flow, supporto, limits)
        for number, ordini in enumerate(parts, 1):
            made = supporto
            if len(parts) > 1:
                made = remade(flow, supporto, _name(supporto, taken), ordini)
                taken.add(made.identita)
            file = files[group].take(len(ordini), _total(flow, ordini), limits)
            yield Pezzo(file, made, supporto, number, len(parts))


def _group(supporto: Supporto, by: str) -> tuple[str, ...]:
    kind = f"{supporto.flow.lower()}_{supporto.direction}"
    if by == "flow":
        return (kind,)
    if by == "bank":
        return (bank_of(supporto),)
    return (supporto.flow.lower(), bank_of(supporto), supporto.identita[3], str(supporto.numero))


def _stem(group: tuple[str, ...], taken: Collection[str]) -> str:
    """A name of safe characters, unlike every other also where case does not count."""
    stem = _UNSAFE.sub("_", "_".join(group[:3])) or "_"
    others = (f"{stem}-{number}" for number in counting(2))
    return next(name for name in chain((stem,), others) if name.lower() not in taken)


def _name(supporto: Supporto, taken: Collection[Identita]) -> str:
    """A name that no other supporto has: the old one, with a suffix, within its columns."""
    size, (sender, receiver, created, name) = supporto.header.BY_NAME["nome_supporto"].size, supporto.identita
    names = (f"{name[: size - len(str(number)) - 1]}-{number}" for number in counting(1))
    return next(made for made in names if (sender, receiver, created, made) not in taken)


def _parts(flow: Flow, supporto: Supporto, limits: Limits) -> list[Sequence[Ordine]]:
    """The orders of each part; a single one for a supporto that is within the limits."""
    if limits.allow(len(supporto.ordini), _total(flow, supporto.ordini)):
        return [supporto.ordini]
    if not sound(flow, supporto):
        it = "il supporto ha difetti che una divisione nasconderebbe, o un corpo non dichiarato"
        raise NonRiscrivibile(supporto.line, it, "the supporto has defects that cutting it would hide, or a raw body")
    parts: list[Sequence[Ordine]] = []
    part: list[Ordine] = []
    total = 0
    for ordine in supporto.ordini:
        amount = amount_of(flow, ordine)
        if not limits.allow(1, amount):
            it = "la disposizione supera da sola il totale"
            raise NonRiscrivibile(ordine.line, it, "the order exceeds the total by itself")
        if part and not limits.allow(len(part) + 1, total + amount):
            parts.append(part)
            part, total = [], 0
        part.append(ordine)
        total += amount
    return [*parts, part]


def _total(flow: Flow, ordini: Sequence[Ordine]) -> int:
    return sum(amount_of(flow, ordine) for ordine in ordini)
