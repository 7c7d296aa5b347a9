"""What is done to embeds through the Platform API and in the dashboard, with its lines in the audit log; their open
iframes hear of it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import State
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.audit import SEALED, Actor, made, record
from shared.operations.create_embed import EmbedSecrets, NewEmbed, create_embed
from shared.operations.revoke_embed import revoke_embed
from shared.operations.rotate_embed import RotatedSecrets, Rotation, rotate_embed
from shared.operations.update_embed import EmbedChanges, update_embed
from shared.publish import close_embed
from shared.pubsub import PubSub
from shared.queries.embeds import InboxEmbedView, get_embed


async def add_embed(
    state: State, project_id: UUID, actor: Actor, wanted: NewEmbed, embed_id: UUID | None = None
) -> tuple[InboxEmbedView, EmbedSecrets]:
    """The embed, and what is shown once. Raises what `create_embed` raises."""
    async with state.engine.begin() as connection:
        secrets = await create_embed(connection, project_id, wanted, state.settings.secret_key, embed_id)
        changes = made(msgspec.structs.asdict(wanted))
        await record(connection, project_id, actor, "inbox_embed.created", secrets.embed_id, changes)
        view = await get_embed(connection, project_id, secrets.embed_id)
    assert view is not None
    return view, secrets


async def change_embed(
    state: State, project_id: UUID, actor: Actor, embed_id: UUID, wanted: EmbedChanges
) -> InboxEmbedView:
    """Change an embed; its open iframes load again. Raises what `update_embed` raises."""
    async with state.engine.begin() as connection:
        changes = await update_embed(connection, project_id, embed_id, wanted)
        if changes:
            await record(connection, project_id, actor, "inbox_embed.updated", embed_id, changes)
        view = await get_embed(connection, project_id, embed_id)
    assert view is not None
    if changes:
        await close_embed(state.pubsub, embed_id, "embed_changed")
    return view


async def replace_token(
    state: State, project_id: UUID, actor: Actor, embed_id: UUID, rotation: Rotation, seen_at: datetime | None = None
) -> tuple[InboxEmbedView, RotatedSecrets]:
    """The embed, and what is shown once. Raises what `rotate_embed` raises."""
    async with state.engine.begin() as connection:
        secrets = await rotate_embed(connection, project_id, embed_id, rotation, state.settings.secret_key, seen_at)
        changes: dict[str, Any] = {"grace_seconds": [None, rotation.grace_seconds]}
        if secrets.signing_secret is not None:
            changes["signing_secret"] = [SEALED, SEALED]
        await record(connection, project_id, actor, "inbox_embed.rotated", embed_id, changes)
        view = await get_embed(connection, project_id, embed_id)
    assert view is not None
    await close_embed(state.pubsub, embed_id, "embed_changed")
    return view, secrets


async def end_embed(state: State, project_id: UUID, actor: Actor, embed_id: UUID) -> None:
    """Revoke an embed at once; its open iframes close. Raises NotFoundError."""
    async with state.engine.begin() as connection:
        if await revoke_embed(connection, project_id, embed_id):
            await record(connection, project_id, actor, "inbox_embed.revoked", embed_id)
    await close_embed(state.pubsub, embed_id, "revoked_token")


async def record_revoked(
    connection: AsyncConnection,
    project_id: UUID,
    actor: Actor,
    embed_ids: Iterable[UUID],
    changes: Mapping[str, Any],
) -> None:
    """The lines of the embeds that went with what they had shown."""
    for embed_id in embed_ids:
        await record(connection, project_id, actor, "inbox_embed.revoked", embed_id, changes)


async def tell_revoked(pubsub: PubSub, embed_ids: Iterable[UUID]) -> None:
    """After the commit: their open iframes close."""
    for embed_id in embed_ids:
        await close_embed(pubsub, embed_id, "revoked_token")
