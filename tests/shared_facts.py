"""The tables and golden flows kept beside the project; tests that need them skip, saying so, where they are absent."""

from __future__ import annotations

from pathlib import Path

import pytest

FACTS = Path(__file__).resolve().parents[2] / "shared" / "cbi"
needs_facts = pytest.mark.skipif(not FACTS.is_dir(), reason="the tables of the standard are not beside the project")
