"""Transports: what carries files to a bank and back ([the protocol](protocollo.py)), and the doors to the network."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from ledger.ports import Ports
from spool.linee import Linea
from spool.trasporti.protocollo import Trasporto

# Kind of line -> module and class: imported only when a line of that kind is opened.
TIPI = {
    "cartella": "spool.trasporti.cartella:Cartella",
    "sftp": "spool.trasporti.sftp:Sftp",
}


@dataclass(frozen=True)
class Rete:
    """The doors to the network: `open` a line, `sleep` some seconds before trying it again. A test gives its own."""

    open: Callable[[Linea, Ports], Trasporto]
    sleep: Callable[[float], None] = time.sleep


def open_line(linea: Linea, ports: Ports) -> Trasporto:
    """The far end of a line. Raises `Chiusa` when it refuses, OSError when it does not answer."""
    module, _, name = TIPI[linea.come.tipo].partition(":")
    transport: Callable[[Linea, Ports], Trasporto] = getattr(importlib.import_module(module), name)
    return transport(linea, ports)


RETE = Rete(open_line)
