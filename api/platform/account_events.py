"""/platform/v1/account_events: what Meta told of accounts, numbers and templates. Beyond Kapso."""

from typing import Annotated

import msgspec
from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import QueryParameter

from api.access import CurrentKey
from api.openapi import refusals
from api.platform.paging import After, Before, Limit, Moment, in_utc
from shared.paging import CursorQuery, Paging
from shared.queries.account_events import AccountEventFilters, AccountEventView, list_account_events

Exactly = Annotated[str | None, QueryParameter(max_length=200, description="Only those with exactly this value.")]


class AccountEventPage(msgspec.Struct):
    data: list[AccountEventView]
    paging: Paging


class AccountEventController(Controller):
    path = "/account_events"
    tags = ("Account events",)

    @get(responses=refusals())
    async def list(
        self,
        state: State,
        key: CurrentKey,
        field: Exactly = None,
        phone_number_id: Exactly = None,
        occurred_after: Moment = None,
        occurred_before: Moment = None,
        limit: Limit = 20,
        after: After = None,
        before: Before = None,
    ) -> AccountEventPage:
        """What Meta told of the project's accounts, numbers and templates, newest first."""
        filters = AccountEventFilters(
            field=field,
            phone_number_id=phone_number_id,
            occurred_after=in_utc(occurred_after, "occurred_after"),
            occurred_before=in_utc(occurred_before, "occurred_before"),
        )
        async with state.engine.connect() as connection:
            data, paging = await list_account_events(
                connection, key.project_id, filters, CursorQuery(limit, after, before)
            )
        return AccountEventPage(data, paging)
