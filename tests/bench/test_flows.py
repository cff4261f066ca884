"""The big flows that speed is measured on are what they claim: sound, and no two orders alike."""

from __future__ import annotations

import io

import pytest

import cbi
from bench.flows import KINDS, Kind, write
from cbi.flows.registry import DECLARED
from cbi.validators.lint import lint

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.name}-{kind.direction}")


@each_kind
def test_a_flow_to_measure_with_is_clean(kind: Kind) -> None:
    data = b"".join(write(kind, 0.1))
    assert len(data) > 100_000
    assert list(lint(io.BytesIO(data))) == []


@each_kind
def test_its_orders_differ_beyond_their_number(kind: Kind) -> None:
    (supporto,) = cbi.read_supporti(io.BytesIO(b"".join(write(kind, 0.1))))
    bodies = {b"".join(record.raw[10:] for record in ordine.records) for ordine in supporto.ordini}
    assert len(bodies) == len(supporto.ordini) > 10


def test_every_flow_that_is_declared_whole_is_measured() -> None:
    measured = {(kind.name, kind.direction) for kind in KINDS}
    whole = [flow for flow in DECLARED if "*" not in flow.records]
    assert {(flow.name, flow.direction) for flow in whole} == measured
