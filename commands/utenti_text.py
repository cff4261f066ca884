"""How changes that wait for approval, and companies, are shown: tables for people, plain objects for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from commands.common import Ctx
from commands.tables import moment, print_json, print_table, say
from ledger.cambi import RICHIESTO
from ledger.canonico import canonical

if TYPE_CHECKING:
    from ledger.cambi import Cambio


def print_cambi(ctx: Ctx, found: Sequence[Cambio], form: str) -> None:
    """Changes, a line each."""
    if form == "json":
        print_json([cambio_json(each) for each in found])
    elif not found:
        say(ctx, "Nessun cambio.", "No change.")
    else:
        headings = (">ID", "Quando", "Cambio", "Dati", "Approvato da", ">Su 100", "Stato")
        print_table(ctx, ctx.say("Cambi", "Changes"), headings, [_cells(each) for each in found])


def _cells(cambio: Cambio) -> tuple[str, ...]:
    dati = ", ".join(f"{name} {_short(value)}" for name, value in cambio.dati.items())
    approved = ", ".join(cambio.approvato)
    return (
        str(cambio.id),
        moment(cambio.at),
        cambio.tipo,
        dati,
        approved,
        str(cambio.raggiunti) if cambio.stato == RICHIESTO else "-",
        cambio.stato,
    )


def _short(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value)


def cambio_json(cambio: Cambio) -> dict[str, Any]:
    """A change as a plain object."""
    return {**vars(cambio), "at": cambio.at.isoformat(), "scade": cambio.scade.isoformat()}
