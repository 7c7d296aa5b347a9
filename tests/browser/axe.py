"""What axe finds wrong with a page as it is now: https://github.com/dequelabs/axe-core."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

_SCRIPT = Path(__file__).resolve().parents[2] / "templates/inbox/node_modules/axe-core/axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """(rules) => axe.run(document, {
    runOnly: rules, resultTypes: ["violations"], elementRef: false
}).then(({ violations, passes }) => ({ violations, passes: passes.length }))"""


async def violations(page: Page) -> list[str]:
    """A line for each rule and element that breaks it. Raises AssertionError if axe looked at nothing."""
    return await _run(page, _RULES, 10)


async def contrast_violations(page: Page) -> list[str]:
    """The same for colours alone: for a page that was looked at before, in another theme."""
    return await _run(page, ["color-contrast"], 0)


async def _run(page: Page, rules: list[str], fewest: int) -> list[str]:
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_SCRIPT.read_text())
    # Colours in the middle of a transition belong to nothing that anybody reads.
    await page.evaluate("() => Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {})))")
    result: dict[str, Any] = await page.evaluate(_RUN, rules)
    assert result["passes"] > fewest
    return [
        f"{violation['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
