"""What an inbox has told its host's page."""

from typing import Any

from playwright.async_api import Page

from tests.waiting import eventually

# A host that keeps what each of its elements, by id, has told it.
LISTENS = """
window.told = {};
for (const inbox of document.querySelectorAll("porthole-inbox")) {
  const told = (window.told[inbox.id] = []);
  for (const type of ["ready", "unread", "conversation-opened", "conversation-closed", "message-received",
      "handoff-requested", "resize", "ended", "error"])
    inbox.addEventListener(type, (event) => { event.preventDefault(); told.push([type, event.detail]); });
}
"""


class Told:
    """What a page was told, by the element with this id or by hand."""

    def __init__(self, page: Page, element: str) -> None:
        self._page = page
        self._element = element

    async def all(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._page.evaluate(
            "([id, kind]) => told[id].filter(([type]) => type === kind).map(([, detail]) => detail)",
            [self._element, kind],
        )
        return found

    async def last(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The newest of a kind, once it says what is wanted."""

        async def said() -> dict[str, Any] | None:
            newest = (await self.all(kind))[-1:]
            return next((one for one in newest if {**one, **wanted} == one), None)

        found = await eventually(said, 20)
        assert found is not None
        return found

    async def does(self, call: str, *arguments: Any) -> Any:
        """What comes of a method: True, or the failure's code."""
        return await self._page.evaluate(
            f"([id, given]) => document.getElementById(id).{call}(...given).then(() => true, ({{ code }}) => code)",
            [self._element, list(arguments)],
        )

    async def becomes(self, name: str, value: Any) -> None:
        await self._page.evaluate(
            "([id, name, value]) => { document.getElementById(id)[name] = value }", [self._element, name, value]
        )
