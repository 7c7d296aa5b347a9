"""docs/compatibility.md, "How to switch": what a reader copies from it is all that a program has to change."""

import re
import sys

from tests.compatibility.clients import HERE, NODE, Customer, run
from tests.stack import Stack

DOCUMENT = (HERE.parents[1] / "docs" / "compatibility.md").read_text()


def _sample(language: str, stack: Stack) -> str:
    (code,) = re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    here = stack.base_url.removeprefix("http://")
    return str(code).replace("https://", "http://").replace("inbox.example.com", here)


async def test_the_python_clients_find_everything_at_the_new_address(stack: Stack, ana: Customer) -> None:
    code = f"""
import asyncio
key = "{stack.project.api_key}"
{_sample("python", stack)}
async def main():
    conversations = await whatsapp.conversations.list(phone_number_id="{ana.number}")
    customers = await platform.customers.list()
    print(len(conversations["data"]), len(customers))
asyncio.run(main())
"""
    assert (await run(sys.executable, "-c", code)).split() == ["1", "1"]


async def test_the_typescript_client_finds_everything_at_the_new_address(stack: Stack, ana: Customer) -> None:
    code = f"""
const key = "{stack.project.api_key}";
{_sample("ts", stack)}
const conversations = await whatsapp.conversations.list({{ phoneNumberId: "{ana.number}" }});
console.log(conversations.data.length);
"""
    assert (await run(NODE, "--input-type=module", "-e", code)).split() == ["1"]
