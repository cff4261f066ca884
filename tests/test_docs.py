"""The pages under docs/ are those that the declarations make, and examples in them run."""

from __future__ import annotations

import doctest
import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

import cbi
from tests.console import ROOT


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_make", ROOT / "docs" / "make.py")
    if spec is None or spec.loader is None:
        raise ImportError("docs/make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES = maker().pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    there = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert there == PAGES[name].rstrip("\n") + "\n", "run `make docs`"


def test_every_command_and_option_is_documented() -> None:
    import click

    from cli import COMMANDS, cbi

    context = click.Context(cbi)
    for name in COMMANDS:
        command = cbi.get_command(context, name)
        assert command is not None and command.help
        for param in command.params:
            if isinstance(param, click.Option):
                assert param.help, (name, param.name)


def test_the_examples_of_the_library_run() -> None:
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        outcome = doctest.testmod(cbi)
        readme = doctest.testfile(str(ROOT / "docs" / "library.md"), module_relative=False)
    finally:
        os.chdir(before)
    assert (outcome.failed, readme.failed) == (0, 0)
    assert outcome.attempted > 3 and readme.attempted > 5
