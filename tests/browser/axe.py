"""What axe finds wrong with a page as it is now: https://github.com/dequelabs/axe-core."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

_SCRIPT = Path(__file__).resolve().parents[2] / "templates/inbox/node_modules/axe-core/axe.min.js"
ALL = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS = ("color-contrast",)
_RUN = """(rules) => axe.run(document, {
    runOnly: rules, resultTypes: ["violations"], elementRef: false
}).then(({ violations, passes, incomplete }) =>
    ({ violations, seen: passes.length + incomplete.length }))"""


async def violations(page: Page, rules: tuple[str, ...] = ALL) -> list[str]:
    """A line for each rule and element that breaks it. Raises AssertionError if axe looked at nothing."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_SCRIPT.read_text())
    # Colours in the middle of a transition belong to nothing that anybody reads.
    await page.evaluate("() => Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {})))")
    result: dict[str, Any] = await page.evaluate(_RUN, rules)
    assert result["seen"] > (10 if rules == ALL else 0)
    return [
        f"{violation['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
