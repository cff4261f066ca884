"""Where each flow and record is in the pages, and what is said of a flow wherever it is named."""

from __future__ import annotations

from cbi.flows.model import TO_BANK, Flow, tipo_of
from cbi.layout import Record
from docs.gen.lingua import Lingua


def page_of(flow: Flow) -> str:
    """The name of the page of a flow."""
    return f"{flow.name.lower()}_{flow.direction}"


def anchor(key: str, cls: type[Record]) -> str:
    """Where on that page a record is."""
    return "record-" + "-".join(part.lower() for part in (tipo_of(key), cls.VARIANTE) if part)


def way(flow: Flow, lingua: Lingua) -> str:
    """Which way the flow travels."""
    if flow.direction == TO_BANK:
        return lingua.say("dall'azienda alla banca", "from the company to the bank")
    return lingua.say("dalla banca all'azienda", "from the bank to the company")
