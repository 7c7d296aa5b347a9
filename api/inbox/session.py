"""/inbox/v1/session and /inbox/v1/changes: what the page starts from, and what it may have missed."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.datastructures import State
from msgspec import Meta
from sqlalchemy import select

from api.auth import CurrentEmbed, CurrentUser
from api.errors import AnyRequest
from shared.db import autocommit
from shared.embeds import Language, Mode
from shared.models import PhoneNumber
from shared.queries.changes import Changes, current_cursor, list_changes
from shared.scope import ScopeType
from shared.user_claims import User
from shared.validation import convert_fields


class EmbedView(msgspec.Struct):
    id: UUID
    name: str | None
    scope_type: ScopeType
    default_mode: Mode
    language: Language
    expires_at: datetime | None


class PhoneNumberView(msgspec.Struct):
    whatsapp_config_id: UUID
    phone_number_id: str
    name: str
    display_phone_number: str


class Session(msgspec.Struct):
    embed: EmbedView
    phone_numbers: list[PhoneNumberView]
    user: User | None
    cursor: str


class SessionAnswer(msgspec.Struct):
    data: Session


class ChangesAnswer(msgspec.Struct):
    data: Changes


class ChangesQuery(msgspec.Struct, frozen=True):
    since: Annotated[int, Meta(ge=0, le=2**63 - 1)]


class SessionController(Controller):
    path = "/"

    @get("/session")
    async def session(self, state: State, embed: CurrentEmbed, user: CurrentUser) -> SessionAnswer:
        """The embed, its numbers, who is looking, and a cursor for `changes`, to be taken before the rest is loaded."""
        numbers = (
            select(PhoneNumber.id, PhoneNumber.phone_number_id, PhoneNumber.name, PhoneNumber.display_phone_number)
            .where(embed.scope.phone_numbers())
            .order_by(PhoneNumber.name, PhoneNumber.id)
            .limit(200)
        )
        async with autocommit(state.engine).connect() as connection:
            cursor = await current_cursor(connection)
            rows = (await connection.execute(numbers)).all()
        view = EmbedView(embed.id, embed.name, embed.scope_type, embed.default_mode, embed.language, embed.expires_at)
        return SessionAnswer(Session(view, [PhoneNumberView(*row) for row in rows], user, cursor))

    @get("/changes")
    async def changes(self, request: AnyRequest, state: State, embed: CurrentEmbed) -> ChangesAnswer:
        """Everything in the scope that changed since the cursor."""
        since = convert_fields(ChangesQuery, dict(request.query_params), strict=False).since
        # Each query may be newer than the one before, since the cursor is taken first.
        async with autocommit(state.engine).connect() as connection:
            return ChangesAnswer(await list_changes(connection, embed.scope, since))
