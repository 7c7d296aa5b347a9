"""What a form's fields say, as our structs read it."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

import msgspec
from litestar.datastructures.multi_dicts import MultiMixin

from api.errors import AnyRequest
from shared.ids import new_id

Errors = dict[str, list[str]]
"""What is wrong with each field, as InvalidFieldsError has it."""


class Form:
    """The fields of a form, or of a query. A field that is missing is empty."""

    def __init__(self, fields: MultiMixin[Any] | None = None) -> None:
        self._fields = [] if fields is None else list(fields.multi_items())

    @classmethod
    def of(cls, **fields: str) -> Self:
        """A form that is filled in."""
        form = cls()
        form._fields = list(fields.items())
        return form

    def is_filled_in(self) -> bool:
        """Whether there is anything in it at all."""
        return bool(self._fields)

    def text(self, name: str) -> str:
        """The last value, without space around it."""
        value = self._last(name)
        return value.strip()

    def secret(self, name: str) -> str:
        """The last value as it is: space may be part of a password."""
        return self._last(name)

    def optional(self, name: str) -> str | None:
        return self.text(name) or None

    def lines(self, name: str) -> list[str]:
        """The lines of a text area that are not empty."""
        return [line.strip() for line in self.text(name).splitlines() if line.strip()]

    def all(self, name: str) -> list[str]:
        """The values of the boxes that are ticked."""
        return [value for key, value in self._fields if key == name and isinstance(value, str)]

    def ticked(self, name: str) -> bool:
        return self.text(name) == "on"

    def moment(self, name: str) -> str | None:
        """The value of an input of type datetime-local, which is in UTC here and has no seconds, in ISO 8601."""
        text = self.text(name)
        seconds = ":00" if text.count(":") == 1 else ""
        return f"{text}{seconds}Z" if text else None

    def id(self) -> UUID:
        """What the form will make has the id that was made up with the form, so that it is made once."""
        return self.uuid("form_id") or new_id()

    def uuid(self, name: str) -> UUID | None:
        try:
            return UUID(self.text(name))
        except ValueError:
            return None

    def time(self, name: str) -> datetime | None:
        """A time that we wrote into the form ourselves."""
        try:
            return msgspec.convert(self.text(name), datetime)
        except msgspec.ValidationError:
            return None

    def _last(self, name: str) -> str:
        values = self.all(name)
        return values[-1] if values else ""


async def read_form(request: AnyRequest) -> Form:
    """The fields of the request's body."""
    return Form(await request.form())
