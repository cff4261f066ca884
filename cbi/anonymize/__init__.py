"""A flow that says neither who nor how much, and is still a sound flow: to be shown to others."""

from __future__ import annotations

from cbi.anonymize.files import Coperto, Parte, anonymize
from cbi.anonymize.keyed import Chiave

__all__ = ["Chiave", "Coperto", "Parte", "anonymize"]
