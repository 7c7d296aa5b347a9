"""Search in the list: which conversations a text finds, and the message of each that holds it."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Uuid, and_, any_, bindparam, func, or_, select, union
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.fold import fold
from shared.models import Contact, Conversation, Message
from shared.scope import Scope
from shared.snippet import snippet


class MatchView(msgspec.Struct):
    """The newest message of a conversation that holds the words of a search; `text` is one line of it, around them."""

    conversation_id: UUID
    message_id: UUID
    text: str
    timestamp: datetime


def found_conversations(scope: Scope, search: str) -> Any:
    """Conversations whose contact's name or number contains the text, or that hold a message with words that start so.

    A union of two index scans: an OR across the tables would use neither index. Each is made once, also where a phone's
    history has just come and the planner still takes the tables for empty.
    """
    needles = {fold(search)}
    digits = re.sub(r"[\s()+.-]", "", search)
    if digits.isdigit():  # a number as people write it: +1 (555) 010-0123
        needles.add(digits)
    in_scope = select(Conversation.id).where(scope.conversations())
    contacts = select(Contact.id).where(
        Contact.project_id == scope.project_id,
        or_(*(Contact.search.contains(needle, autoescape=True) for needle in sorted(needles))),
    )
    words = searched_words(search)
    if not words:  # One letter is in most names: the list itself is gone through until a page is full.
        return in_scope.where(Conversation.contact_id.in_(contacts))
    named = contacts.cte("named").prefix_with("MATERIALIZED", dialect="postgresql")
    hits = select(Message.conversation_id).distinct().where(_holds(scope, words))
    if scope != Scope(scope.project_id):  # of a part of the project, which may be small, no more than that is looked at
        hits = hits.where(Message.conversation_id.in_(in_scope))
    held = hits.cte("hits").prefix_with("MATERIALIZED", dialect="postgresql")
    return union(
        in_scope.where(Conversation.contact_id.in_(select(named.c.id))),
        in_scope.where(Conversation.id.in_(select(held.c.conversation_id))),
    )


async def newest_matches(
    connection: AsyncConnection, scope: Scope, search: str, conversation_ids: Iterable[UUID]
) -> list[MatchView]:
    """Of each of the conversations the newest message that holds the words; those that were found by their contact
    alone have none.
    """
    ids, words = list(conversation_ids), searched_words(search)
    if not ids or not words:
        return []
    # All that hold them, by the index of words, as the list itself has asked. To go through a conversation from its
    # newest message back would mean to take each of them apart, also where the contact alone was found.
    hits = (
        select(Message.conversation_id, Message.id, Message.sent_at)
        .where(_holds(scope, words))
        .cte("hits")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    newest = (
        select(hits.c.conversation_id, hits.c.id)
        .ext(distinct_on(hits.c.conversation_id))
        .where(hits.c.conversation_id == any_(bindparam("ids", type_=ARRAY(Uuid))))
        .order_by(hits.c.conversation_id, hits.c.sent_at.desc(), hits.c.id.desc())
        .subquery()
    )
    rows = await connection.execute(
        select(Conversation.id, Message.id, Message.text, Message.sent_at)
        .join(newest, newest.c.conversation_id == Conversation.id)
        .join(Message, Message.id == newest.c.id)
        .where(scope.conversations()),
        {"ids": ids},
    )
    return [MatchView(conversation_id, row_id, snippet(text, words), at) for conversation_id, row_id, text, at in rows]


def searched_words(search: str) -> list[str]:
    """The words that a message has to hold, each as the beginning of one of its own. A single letter is in all."""
    return [word for word in re.findall(r"\w+", fold(search)) if len(word) > 1]


def _holds(scope: Scope, words: list[str]) -> ColumnElement[bool]:
    query = func.to_tsquery("simple", " & ".join(f"{word}:*" for word in words))
    return and_(
        Message.project_id == scope.project_id,
        Message.discarded_at.is_(None),  # nobody sees it any more
        func.to_tsvector("simple", func.fold(Message.text)).bool_op("@@")(query),
    )
