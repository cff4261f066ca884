"""The names of banks, by ABI.

Source: the registry of `schwifty`, imported at the first name asked for. It misses banks and keeps merged ones: what it
does not know is worth a notice, never a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

_PAESI = ("IT", "SM")  # where a bank has an ABI


def nome(abi: str) -> str | None:
    """The name of a bank, or None for one that the registry does not know."""
    return _nomi().get(abi)


@cache
def _nomi() -> Mapping[str, str]:
    from schwifty import registry

    # The last entry of a bank is the one kept by hand, and says its present name.
    return {bank.bank_code: bank.name for paese in _PAESI for bank in registry.get_banks_by_country(paese)}
