"""What commands share."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from commands.common import Ctx, counted


def said(ctx: Ctx, many: int) -> str:
    ctx.err = Console(file=StringIO(), force_terminal=ctx.environ["TERM"] == "xterm", width=80)
    assert list(counted(ctx, "leggo", "reading", iter(range(many)), many)) == list(range(many))
    assert isinstance(ctx.err.file, StringIO)
    return ctx.err.file.getvalue()


def test_a_bar_knows_how_much_there_is_to_do_and_is_for_terminals_alone() -> None:
    shown = said(Ctx(lang="en", environ={"TERM": "xterm"}), 7)
    assert "reading" in shown and "100%" in shown
    assert said(Ctx(lang="en", environ={"TERM": "dumb"}), 7) == ""
