"""How a replay is told: what was made again, company by company, and the first thing that is not as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.audit_text import difference, print_fault, verdetto_json
from commands.common import Ctx
from commands.tables import print_json, say, warn

if TYPE_CHECKING:
    from ledger.replica import Contenuto, Fuori, Replica


def print_repliche(ctx: Ctx, found: Sequence[Replica], into: Path | None, form: str) -> None:
    """A paragraph for each company; `into` is the home made again, None when one was checked."""
    if form == "json":
        print_json([_json(ctx, each) for each in found])
        return
    for each in found:
        _print(ctx, each)
    if into is not None and all(each.whole for each in found):
        say(ctx, f"{into}: archivio rifatto", f"{into}: home made again")
    elif into is not None:
        warn(ctx, f"{into}: non è stato fatto", f"{into}: was not made")


def _print(ctx: Ctx, replica: Replica) -> None:
    sia, guasto = replica.verdetto.sia, replica.verdetto.cammino.guasto
    if guasto is not None:
        print_fault(ctx, replica.verdetto, guasto)
        return
    n, contents, left = replica.eventi, replica.contenuti, replica.partiti
    if replica.sound:
        it = f"{sia}: tutto com'era: eventi {n}, contenuti {contents}, file inoltrati {left}"
        say(ctx, it, f"{sia}: all as it was: events {n}, contents {contents}, files sent {left}")
    for each in replica.guasti:
        say(ctx, *_content(sia, each))
    for differenza in replica.differenze:
        said = f"{sia}: {difference(ctx, differenza)}"
        say(ctx, said, said)
    for fuori in replica.fuori:
        say(ctx, *_outside(sia, fuori))


def _content(sia: str, each: Contenuto) -> tuple[str, str]:
    return f"{sia}: {each.soggetto}: {each.perche.it}", f"{sia}: {each.soggetto}: {each.perche.en}"


def _outside(sia: str, fuori: Fuori) -> tuple[str, str]:
    at = fuori.diversa
    where = f"{sia}: distinta {fuori.distinta_id}, {fuori.nome_file}"
    return (
        f"{where}: riga {at.line}, colonna {at.column}: è partito {at.atteso!r}, rifatto {at.trovato!r}",
        f"{where}: line {at.line}, column {at.column}: {at.atteso!r} left, {at.trovato!r} was made again",
    )


def _json(ctx: Ctx, replica: Replica) -> dict[str, Any]:
    """What came of one company, as a plain object."""
    faults = [
        {"soggetto": each.soggetto, "sha256": each.sha256, "codice": each.perche.code}
        | {"messaggio": each.perche.message(ctx.lang)}
        for each in replica.guasti
    ]
    return {
        **verdetto_json(ctx, replica.verdetto),
        "rifatti": replica.eventi,
        "contenuti": replica.contenuti,
        "contenuti_guasti": faults,
        "differenze": [asdict(each) for each in replica.differenze],
        "file_inoltrati": replica.partiti,
        "file_diversi": [asdict(each) for each in replica.fuori],
    }
