"""Tables on a terminal, however narrow: no word is broken, and nothing is left out."""

from io import StringIO

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from commands.common import Ctx
from commands.tables import print_table

WORDS = st.text("abcdè0189.-/", min_size=1, max_size=20)
CELLS = st.lists(WORDS, max_size=6).map(" ".join)


def shown(width, headings, rows):
    ctx = Ctx(lang="it")
    ctx.console = Console(file=StringIO(), width=width)
    print_table(ctx, "Prova", headings, rows)
    return ctx.console.file.getvalue()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 7).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=4)),
    st.integers(50, 130),
)
def test_every_word_of_a_table_is_there_whole_and_within_the_width(rows, width):
    headings = [f">Importo{n}" if n % 2 else f"Perché{n}" for n in range(len(rows[0]))]
    said = shown(width, headings, rows)
    assert all(len(line) <= width for line in said.splitlines())
    there = said.split()
    for word in " ".join(cell for row in rows for cell in row).split():
        assert word in there
    assert all(
        any(name.lstrip(">") == word for word in there)
        for name, *cells in zip(headings, *rows, strict=True)
        if any(cells)
    )


def test_rows_that_have_no_room_beside_are_one_under_another():
    rows = [("1", "03069", "l'importo non è quello della disposizione"), ("2", "02008", "")]
    wide, narrow = (shown(width, (">Esito", "Banca", "Perché"), rows) for width in (60, 18))
    assert wide.splitlines()[2].split() == ["Esito", "Banca", "Perché"]
    lines = [line.split() for line in narrow.splitlines() if line.strip()]
    assert ["Esito", "1"] in lines and ["Banca", "02008"] in lines
    assert [line[0] for line in lines].count("Perché") == 1
