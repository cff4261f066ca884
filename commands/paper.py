"""Paper: a PDF that is there whole or not at all, for what commands print."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from commands.common import Ctx, busy
from commands.opening import open_output

if TYPE_CHECKING:
    from datetime import datetime

    from stampe.foglio import Foglio


@contextmanager
def paper(
    ctx: Ctx, to: str, title: str, azienda: str, at: datetime, *, in_chiaro: bool = False, sdraiato: bool = False
) -> Iterator[Foglio]:
    """A document to be written on: named `to`, or (`-`) standard output, it appears when all is on it.

    Raises `Refused` (REPORT-001) where the library that makes PDFs is missing.
    """
    from stampe.foglio import Foglio, Intestazione
    from stampe.lingua import Lingua

    with open_output(to) as out:
        foglio = Foglio(out, Intestazione(azienda, title, at), Lingua(ctx.lang, in_chiaro), sdraiato=sdraiato)
        yield foglio
        with busy(ctx, "scrivo il PDF", "writing the PDF"):
            foglio.close()
