"""How what was done to a distinta is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.common import Ctx
from commands.tables import say, warn

if TYPE_CHECKING:
    from ledger.rifacimento import Fatto


def print_fatto(ctx: Ctx, fatto: Fatto) -> None:
    """The distinta and its state; on standard error what keeps it, and the notices."""
    n, where = fatto.distinta_id, f"cbi distinte show {fatto.distinta_id}"
    if n is None:
        say(ctx, f"disposizione {fatto.ordini[0]}: {fatto.stato}", f"order {fatto.ordini[0]}: {fatto.stato}")
    else:
        say(ctx, *[f"distinta {n}: {fatto.stato}"] * 2)
    if fatto.errori:
        warn(ctx, f"  errori: {fatto.errori}; quali: {where}", f"  errors: {fatto.errori}; which: {where}")
    if fatto.doppi:
        go = f"cbi distinte approve {n} --user U"
        warn(
            ctx,
            f"  disposizioni già viste: {fatto.doppi}; per confermarle: {go}",
            f"  orders seen before: {fatto.doppi}; to confirm them: {go}",
        )
    for it, en in fatto.avvisi:
        warn(ctx, f"  {it}", f"  {en}")
