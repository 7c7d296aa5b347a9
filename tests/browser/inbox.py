"""What the staff see and do, in a frame or on a page of its own."""

import re

from playwright.async_api import FrameLocator, Locator, Page, expect


class Inbox:
    def __init__(self, root: Page | FrameLocator) -> None:
        self.root = root
        self.rows = root.locator("button.row")
        self.names = root.locator(".row-name")
        self.log = root.locator("section.log")
        self.messages = root.get_by_role("article")
        self.composer = root.get_by_role("textbox", name=re.compile("^Reply to"))
        self.search = root.get_by_role("textbox", name="Search")
        self.back = root.get_by_role("button", name="Back to conversations")
        self.gone = root.get_by_role("heading", name="This inbox is no longer available")

    def row(self, name: str) -> Locator:
        return self.rows.filter(has_text=name)

    def unread(self, name: str, count: int) -> Locator:
        plural = "" if count == 1 else "s"
        return self.row(name).get_by_role("img", name=f"{count} unread message{plural}", exact=True)

    def message(self, text: str) -> Locator:
        return self.messages.filter(has_text=text)

    def connection(self, label: str) -> Locator:
        return self.root.get_by_role("status").filter(has_text=re.compile(f"^{label}"))

    async def is_live(self) -> None:
        await expect(self.connection("Live$")).to_be_attached()

    async def open(self, name: str) -> None:
        await self.row(name).click()
        await expect(self.messages.last).to_be_visible()

    async def find(self, name: str) -> None:
        """Open somebody who may be far down in the list."""
        await self.search.fill(name)
        await expect(self.names.first).to_have_text(name)
        await self.open(name)

    async def reply(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")
