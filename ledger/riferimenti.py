"""What a movement speaks of: found in its references and not stored, so that which file came first does not matter; of
one that names nothing, what somebody said."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, tuple_

from ledger.schema import DISPOSIZIONE, DISTINTA, ESITO, MOVIMENTO, PROMEMORIA, RAPPORTO, SCHEDA

PAGAMENTI = "PC"
"""The kind whose orders bear a name that the bank gives back: 70 71-100."""


def about_distinta(distinta_id: int) -> Select[Any]:
    """The ids of the movements that speak of a distinta: by its nome supporto (NROSUPCBI, MsgId), by the reference of
    the memo of the outcomes of its orders (RIFESICBI), by the name of one of its payments (EndToEndId), or because
    somebody said so of it or of one of its orders."""
    mine = select(DISTINTA.c.nome_supporto).where(DISTINTA.c.id == distinta_id)
    memos = (
        select(ESITO.c.riferimento_promemoria)
        .join(DISPOSIZIONE, DISPOSIZIONE.c.id == ESITO.c.disposizione_id)
        .where(DISPOSIZIONE.c.distinta_id == distinta_id)
    )
    payments = select(DISPOSIZIONE.c.chiave).where(
        DISPOSIZIONE.c.distinta_id == distinta_id, DISPOSIZIONE.c.flusso == PAGAMENTI
    )
    orders = select(DISPOSIZIONE.c.id).where(DISPOSIZIONE.c.distinta_id == distinta_id)
    bank = select(DISTINTA.c.azienda_id, DISTINTA.c.abi).where(DISTINTA.c.id == distinta_id)
    m = MOVIMENTO.c
    speaks = or_(
        and_(m.tipo_riferimento == "NROSUPCBI", m.riferimento.in_(mine)),
        and_(m.tipo_riferimento == "RIFESICBI", m.riferimento.in_(memos)),
        m.msg_id.in_(mine),
        m.end_to_end.in_(payments),
        m.distinta_id == distinta_id,
        m.disposizione_id.in_(orders),
    )
    of_bank = select(SCHEDA.c.id).where(tuple_(SCHEDA.c.azienda_id, SCHEDA.c.abi).in_(bank))
    return select(func.coalesce(m.gemello_id, m.id)).where(speaks, m.scheda_id.in_(of_bank))


def links() -> list[ColumnElement[Any]]:
    """What a movement speaks of: `distinta`, by what names it, or else by who said so; `promemoria` and `esiti` (how
    many), by RIFESICBI."""
    m = MOVIMENTO.c
    of_bank = (DISTINTA.c.azienda_id == RAPPORTO.c.azienda_id, DISTINTA.c.abi == RAPPORTO.c.abi)
    name = case((m.tipo_riferimento == "NROSUPCBI", m.riferimento), else_=m.msg_id)
    by_name = select(func.max(DISTINTA.c.id)).where(*of_bank, DISTINTA.c.nome_supporto == name)
    by_payment = (
        select(func.max(DISTINTA.c.id))
        .join(DISPOSIZIONE, DISPOSIZIONE.c.distinta_id == DISTINTA.c.id)
        .where(*of_bank, DISPOSIZIONE.c.azienda_id == RAPPORTO.c.azienda_id, DISPOSIZIONE.c.flusso == PAGAMENTI)
        .where(DISPOSIZIONE.c.chiave == m.end_to_end, m.end_to_end.is_not(None))
    )
    memo = (
        select(func.min(PROMEMORIA.c.id))
        .where(PROMEMORIA.c.azienda_id == RAPPORTO.c.azienda_id, PROMEMORIA.c.abi == RAPPORTO.c.abi)
        .where(m.tipo_riferimento == "RIFESICBI")
        .where(PROMEMORIA.c.riferimento == m.riferimento, PROMEMORIA.c.importo == m.importo)
    )
    esiti = (
        select(func.count(ESITO.c.id))
        .where(ESITO.c.azienda_id == RAPPORTO.c.azienda_id, ESITO.c.abi == RAPPORTO.c.abi)
        .where(m.tipo_riferimento == "RIFESICBI", ESITO.c.riferimento_promemoria == m.riferimento)
    )
    by_order = select(DISPOSIZIONE.c.distinta_id).where(DISPOSIZIONE.c.id == m.disposizione_id)
    named = [each.scalar_subquery() for each in (by_name, by_payment)]
    return [
        func.coalesce(*named, m.distinta_id, by_order.scalar_subquery()).label("distinta"),
        memo.scalar_subquery().label("promemoria"),
        esiti.scalar_subquery().label("esiti"),
    ]
