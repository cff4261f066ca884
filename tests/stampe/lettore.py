"""A reader of the PDFs that were made: where each text stands, and how wide it is; and what they look like."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from typing import Any, NamedTuple

import pytest
from pypdf import PdfReader
from pypdf.generic import ContentStream
from reportlab.pdfbase.pdfmetrics import stringWidth


class Scritta(NamedTuple):
    """A text on a page: its left end, its baseline, its width, the size of its letters, in points."""

    x: float
    y: float
    width: float
    size: float
    text: str


def pages(data: bytes) -> list[list[Scritta]]:
    """The texts of every page."""
    reader = PdfReader(BytesIO(data))
    return [list(_texts(reader, page.get_contents(), page["/Resources"])) for page in reader.pages]


def text(data: bytes) -> list[str]:
    """All that every page says, its texts with a blank between them."""
    return [" ".join(each.text for each in page) for page in pages(data)]


def _texts(reader: PdfReader, stream: Any, resources: Any) -> Iterator[Scritta]:
    font, size, x, y = "", 0.0, 0.0, 0.0
    for operands, operator in ContentStream(stream, reader).operations:
        if operator == b"Tf":
            font, size = str(resources["/Font"][operands[0]]["/BaseFont"]).lstrip("/"), float(operands[1])
        elif operator == b"Tm":
            x, y = float(operands[4]), float(operands[5])
        elif operator == b"Tj":
            said = operands[0].original_bytes.decode("cp1252")
            yield Scritta(x, y, stringWidth(said, font, size), size, said)
        elif operator == b"Do":
            form = resources["/XObject"][operands[0]].get_object()
            yield from _texts(reader, form, form["/Resources"])


def is_whole(data: bytes, margin: float = 36) -> None:
    """Nothing is off the page, and no text is over another."""
    reader = PdfReader(BytesIO(data))
    for page, texts in zip(reader.pages, pages(data), strict=True):
        right, top = float(page.mediabox[2]) - margin, float(page.mediabox[3]) - margin
        lines: list[Scritta] = []
        for each in sorted(texts, key=lambda one: (-one.y, one.x)):
            assert margin - 0.01 <= each.x and each.x + each.width <= right + 0.01, each
            assert margin - 0.01 <= each.y and each.y + each.size <= top + 1, each
            lines = [other for other in lines if other.y - each.y < each.size * 0.9]
            for other in lines:
                assert each.x >= other.x + other.width - 0.01 or each.x + each.width <= other.x + 0.01, (each, other)
            lines.append(each)


DPI = 36  # half a pixel to a point
WHITE = 250  # what is lighter has no ink


def is_seen_whole(data: bytes, margin: float = 36) -> None:
    """As pictures, made by another program: every page has ink between its head and its foot, none in its margins."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm (poppler-utils) is not on this machine")
    seen = subprocess.run(["pdftoppm", "-r", str(DPI), "-gray", "-"], input=data, capture_output=True, check=True)
    pictures, edge = list(_pictures(seen.stdout)), int(margin * DPI / 72) - 1
    assert not seen.stderr and len(pictures) == len(PdfReader(BytesIO(data)).pages)
    for number, rows in enumerate(pictures, 1):
        inked = [min(row) < WHITE for row in rows]
        assert not any((*inked[:edge], *inked[-edge:])), number
        assert all(min((*row[:edge], *row[-edge:])) >= WHITE for row in rows), number
        assert any(inked[2 * edge : -2 * edge]), number


def _pictures(stream: bytes) -> Iterator[list[bytes]]:
    """The rows of each picture of a stream of PGM, a byte a pixel."""
    at = 0
    while head := re.compile(rb"P5\s(\d+)\s(\d+)\s255\s").match(stream, at):
        width, height = map(int, head.groups())
        at = head.end() + width * height
        yield [stream[start : start + width] for start in range(head.end(), at, width)]
    assert at == len(stream)
