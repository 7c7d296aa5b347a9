"""What a form offers to choose from, searched as one types: numbers, customers, and people of the team."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncConnection

from api.dashboard.access import CurrentProject
from api.dashboard.forms import Form
from api.dashboard.pages import Page, render
from api.errors import AnyRequest, found
from shared.paging import CursorQuery
from shared.queries.customers import CustomerView, get_customer, search_customers
from shared.queries.phone_numbers import PhoneNumberView, get_phone_number, search_phone_numbers
from shared.queries.users import UserView, get_user, search_users

SHOWN = 8
MOST_WORDS = 200  # characters
WHOLE_PROJECT = "project"
NOBODY = "nobody"


class Choice(msgspec.Struct, frozen=True):
    """A radio button: its value, what it says, and what tells it from others of the same name."""

    value: str
    label: str
    detail: str = ""


class Group(msgspec.Struct, frozen=True):
    """Choices under a heading; `more` is the cursor of those that follow, in the query parameter `key`."""

    title: str
    key: str
    choices: list[Choice]
    more: str | None


class Picker(msgspec.Struct, frozen=True):
    """What is chosen stands first, whatever is searched for, so that a search loses nothing."""

    name: str
    words: str
    chosen: str
    first: list[Choice]
    groups: list[Group]


def searches(form: Form, *names: str) -> bool:
    """Whether a form with these pickers was sent to search, and is not finished. Without a script Enter in a search
    sends it, with other words than those that were searched for; so does the search of a form that holds a secret.
    """
    if form.ticked("search") or any(form.text(cursor) for cursor in ("customers_after", "numbers_after", "team_after")):
        return True
    asked = (name for name in names if form.all(f"{name}_searched"))
    return any(form.text(f"{name}_words") != form.text(f"{name}_searched") for name in asked)


class PickerController(Controller):
    path = "/{project_id:uuid}/pickers"

    @get("/{name:str}")
    async def choices(self, request: AnyRequest, state: State, project: CurrentProject, name: FromPath[str]) -> Page:
        picker_of = found(PICKERS.get(name), "Picker")
        async with state.engine.connect() as connection:
            picker = await picker_of(connection, project.id, Form(request.query_params))
        return render(request, "picker_choices.html", picker=picker)


async def scope_picker(connection: AsyncConnection, project_id: UUID, form: Form) -> Picker:
    """The values are "project", "customer:<id>" and "phone_number:<Meta's id>". Raises InvalidCursorError."""
    words, chosen = form.text("scope_words")[:MOST_WORDS], form.text("scope") or WHOLE_PROJECT
    first = [Choice(WHOLE_PROJECT, "The whole project", "Every number and every customer")]
    kind, _, scope_id = chosen.partition(":")
    if kind == "customer" and (customer_id := _uuid(scope_id)):
        customer = await get_customer(connection, project_id, customer_id)
        first += [] if customer is None else [_customer(customer)]
    elif kind == "phone_number":
        number = await get_phone_number(connection, project_id, scope_id[:100])
        first += [] if number is None else [_number(number)]
    groups = [
        await _customers(connection, project_id, form, words, chosen, _customer),
        await _numbers(connection, project_id, form, words, chosen, _number),
    ]
    return Picker("scope", words, chosen, first, groups)


async def assignee_picker(connection: AsyncConnection, project_id: UUID, form: Form) -> Picker:
    """Whose conversations an embed shows. The values are "" and a person's id. Raises InvalidCursorError."""
    everybody = Choice("", "Everybody's", "Whoever a conversation is assigned to")
    return await _people(connection, project_id, form, "assigned_user_id", everybody)


async def member_picker(connection: AsyncConnection, project_id: UUID, form: Form) -> Picker:
    """Whose a conversation is to be. The values are "nobody" and a person's id. Raises InvalidCursorError."""
    nobody = Choice(NOBODY, "Nobody", "Inboxes of one person do not show it")
    return await _people(connection, project_id, form, "user_id", nobody)


async def _people(connection: AsyncConnection, project_id: UUID, form: Form, name: str, none: Choice) -> Picker:
    words, chosen = form.text(f"{name}_words")[:MOST_WORDS], form.text(name)
    first = [none]
    if user_id := _uuid(chosen):
        user = await get_user(connection, project_id, user_id)
        first += [] if user is None else [_user(user)]
    users, paging = await search_users(connection, project_id, words, CursorQuery(SHOWN, form.optional("team_after")))
    groups = [Group("Team", "team_after", _others(map(_user, users), chosen), paging.next)]
    return Picker(name, words, chosen, first, groups)


async def customer_picker(connection: AsyncConnection, project_id: UUID, form: Form) -> Picker:
    """The values are "" and a customer's id. Raises InvalidCursorError."""
    words, chosen = form.text("customer_id_words")[:MOST_WORDS], form.text("customer_id")
    first = [Choice("", "The business's own", "It answers for itself")]
    if customer_id := _uuid(chosen):
        customer = await get_customer(connection, project_id, customer_id)
        first += [] if customer is None else [_owner(customer)]
    groups = [await _customers(connection, project_id, form, words, chosen, _owner)]
    return Picker("customer_id", words, chosen, first, groups)


async def number_picker(connection: AsyncConnection, project_id: UUID, form: Form) -> Picker:
    """The values are Meta's ids, and "project". Raises InvalidCursorError."""
    words, chosen = form.text("phone_number_id_words")[:MOST_WORDS], form.text("phone_number_id") or WHOLE_PROJECT
    first = [Choice(WHOLE_PROJECT, "The project", "Numbers that come and go, and workflows")]
    if chosen != WHOLE_PROJECT:
        number = await get_phone_number(connection, project_id, chosen[:100])
        first += [] if number is None else [_listened(number)]
    groups = [await _numbers(connection, project_id, form, words, chosen, _listened)]
    return Picker("phone_number_id", words, chosen, first, groups)


PICKERS: dict[str, Callable[[AsyncConnection, UUID, Form], Awaitable[Picker]]] = {
    "scope": scope_picker,
    "assignee": assignee_picker,
    "member": member_picker,
    "customer": customer_picker,
    "number": number_picker,
}


async def _customers(
    connection: AsyncConnection,
    project_id: UUID,
    form: Form,
    words: str,
    chosen: str,
    choice: Callable[[CustomerView], Choice],
) -> Group:
    key = "customers_after"
    customers, paging = await search_customers(connection, project_id, words, CursorQuery(SHOWN, form.optional(key)))
    return Group("Customers", key, _others(map(choice, customers), chosen), paging.next)


async def _numbers(
    connection: AsyncConnection,
    project_id: UUID,
    form: Form,
    words: str,
    chosen: str,
    choice: Callable[[PhoneNumberView], Choice],
) -> Group:
    key = "numbers_after"
    numbers, paging = await search_phone_numbers(connection, project_id, words, CursorQuery(SHOWN, form.optional(key)))
    return Group("Numbers", key, _others(map(choice, numbers), chosen), paging.next)


def _listened(number: PhoneNumberView) -> Choice:
    return Choice(number.phone_number_id, number.name, number.display_phone_number)


def _owner(customer: CustomerView) -> Choice:
    return Choice(str(customer.id), customer.name, customer.external_customer_id or "")


def _customer(customer: CustomerView) -> Choice:
    return Choice(f"customer:{customer.id}", customer.name, customer.external_customer_id or "")


def _number(number: PhoneNumberView) -> Choice:
    return Choice(f"phone_number:{number.phone_number_id}", number.name, number.display_phone_number)


def _user(user: UserView) -> Choice:
    return Choice(str(user.user_id), user.name, user.email)


def _others(choices: "map[Choice]", chosen: str) -> list[Choice]:
    return [choice for choice in choices if choice.value != chosen]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
