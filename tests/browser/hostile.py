"""What people have sent to chats in order to break them, and webhooks that bring it in every place that is shown."""

import base64
import itertools
import json
import time
from collections.abc import Callable
from typing import Any

from tests.factories import new_wamid

Json = dict[str, Any]

_CODE = "top.pwned=1"
_LONE_HIGH, _LONE_LOW = "\ud83d", "\ude00"

TEXTS = [
    # Elements and their events.
    f"<script>{_CODE}</script>",
    f"<img src=x onerror={_CODE}>",
    f'"><svg onload="{_CODE}">',
    f"<svg><animate onbegin={_CODE} attributeName=x dur=1s>",
    f'<iframe srcdoc="<script>{_CODE}</script>"></iframe>',
    f"<details open ontoggle={_CODE}>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={_CODE}>",
    f"</textarea></title></style><body onload={_CODE}>",
    f"<a href=javascript:{_CODE}>click</a>",
    "<base href=https://evil.example/><link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    '<form action="https://evil.example"><button>Sign in again</button></form>',
    '<img src="https://evil.example/pixel.gif">',
    "<!--<img src='--><img src=x onerror=top.pwned=1>'>",
    f"<noscript><p title='</noscript><img src=x onerror={_CODE}>'>",
    # Entities, templates, and what other formats would run.
    f"&lt;script&gt;{_CODE}&lt;/script&gt; &#60;b&#62; &NotEqualTilde; &amp;amp;",
    f"{{{{constructor.constructor('{_CODE}')()}}}}",
    f"${{{_CODE}}} #{{{_CODE}}} <%= {_CODE} %> {{% debug %}} {{name}} {{count}}",
    "%s%n%x %00 ../../../../etc/passwd \\\\server\\share",
    "'; DROP TABLE message; -- \\' OR 1=1",
    "__proto__ constructor toString hasOwnProperty",
    f'{{"__proto__": {{"pwned": 1}}, "{_CODE}": null}}',
    "[click](javascript:alert(1)) ![x](https://evil.example/p.png) [x]: data:text/html,1",
    # Links.
    f"javascript:{_CODE}",
    f"JaVaScRiPt:{_CODE} java\tscript:{_CODE} \x01javascript:{_CODE}",
    f"javascript://www.a.example/%0A{_CODE}",
    "data:text/html;base64,PHNjcmlwdD50b3AucHduZWQ9MTwvc2NyaXB0Pg==",
    "vbscript:msgbox(1) file:///etc/passwd blob:https://evil.example/1 view-source:https://a.example",
    'https://evil.example/"onmouseover="top.pwned=1"x="',
    "https://evil.example/'><script>top.pwned=1</script>",
    "https://bank.example@evil.example/login https://bank.example%40evil.example/",
    "https://\u0430pple.com https://\u0440\u0430\u0443\u0440\u0430l.com https://goog\u217ce.com",
    "https://evil.example/\u202egpj.exe http://\u202emoc.elgoog",
    "http://[::1]/ http://0x7f.1/ http://2130706433/ http://[ https://% www. www..example",
    "https://a.example/" + "a" * 3000,
    "https://a.example/" + ")" * 2000 + "." * 2000,
    "https:/\\evil.example \\\\evil.example //evil.example",
    "a@b.example?cc=all@evil.example&body=x mailto:x@y.example?attach=/etc/passwd tel:*21*1#",
    # Directions, marks and signs that are not seen.
    "Invoice \u202efdp.exe",
    "\u202e\u202e\u202e\u2066\u2067 all the rest of the page \u202d",
    "\u2069\u2069\u2069\u202c ends what it did not begin \u200f\u200e\u061c",
    "مرحبا *abc* 123 https://a.example/مرحبا?x=1 (مرحبا)",
    "Z" + "".join(chr(0x300 + place % 0x70) for place in range(400)) + "algo",
    "\u0e01" + "\u0e49" * 400,
    "ﷺ﷽" * 60,
    "\u200b\u200c\u200d\u2060\ufeff" * 60,
    "\u00ad".join("soft hyphens"),
    "\x00 nul \x07 bell \x1b[31mred\x1b[0m \x7f \x80 \x9b \u2028 line \u2029 paragraph",
    f"half {_LONE_HIGH} of {_LONE_LOW} a pair {_LONE_LOW}{_LONE_HIGH}",
    "\ufffe\uffff\U0001fffe\U0010ffff \ue000 \U000e0001\U000e0041",
    # Much.
    "W" * 65_536,
    "word " * 13_000,
    "\n" * 4000 + "the end",
    "👨‍👩‍👧‍👦" * 800,
    "👨‍" * 3000,
    "🏴" + "\U000e0067" * 500 + "\U000e007f",
    "*" * 4000,
    "*_~" * 2000 + "a" + "~_*" * 2000,
    "> " * 1000 + "deep",
    "```" + "\n" * 500 + "x" * 2000 + "```",
    "- " + "\n- ".join("abc" for _ in range(2000)),
    "999. last\n000. first\n12345678901234567890. huge",
    # Styles, and what looks like the page itself.
    "</style><style>*{display:none!important}</style>",
    "position:fixed;inset:0;z-index:99999;background:url(https://evil.example/css)",
    "\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: x=1\r\n\r\n<html>",
    "Today\u2003\u2003\u2003 3 unread messages",
]

_SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{_CODE}"><script>{_CODE}</script></svg>'
_HTML = f"<!doctype html><script>{_CODE}</script>"
FILES = [
    {"data": base64.b64encode(data.encode()).decode(), "mime_type": mime_type, "filename": name}
    for data, mime_type, name in (
        (_SVG, "image/svg+xml", "picture.svg"),
        (_HTML, "text/html", "page.html"),
        (_SVG, "image/png", "invoice \u202egnp.exe"),
        (_HTML, "application/pdf", "a/../../b.pdf.exe"),
        ("x", "text/plain", f"<img src=x onerror={_CODE}>.txt"),
        ("x", "text/plain", "W" * 3000 + ".txt"),
    )
]


def _quoting(text: str, earlier: str) -> Json:
    return {"type": "text", "text": {"body": text}, "context": {"id": earlier, "forwarded": True}}


def _reacting(text: str, earlier: str) -> Json:
    return {"type": "reaction", "reaction": {"message_id": earlier, "emoji": text}}


def _advertised(text: str, earlier: str) -> Json:
    ad = {"source_url": text, "source_type": text, "headline": text, "body": text, "image_url": "https://evil.example"}
    return {"type": "text", "text": {"body": "Is this still on?"}, "referral": ad}


def _unsupported(text: str, earlier: str) -> Json:
    error = {"code": 131051, "title": text, "message": text, "error_data": {"details": text}}
    return {"type": "unsupported", "unsupported": {"type": text}, "errors": [error]}


def _of_unknown_type(text: str, earlier: str) -> Json:
    return {"type": text[:50], text[:50]: {"body": text}}


def _system(text: str, earlier: str) -> Json:
    return {"type": "system", "system": {"type": text, "body": text}}


def _form(text: str, earlier: str) -> Json:
    answers = json.dumps({text: text, "screen_0_a_0": [text, {text: text}], "flow_token": text})
    return _interactive("nfm_reply", {"name": text, "body": text, "response_json": answers})


def _choice(text: str, earlier: str) -> Json:
    reply = _interactive("list_reply", {"id": text, "title": text, "description": text})
    return {**reply, "context": {"id": earlier}}


def _permission(text: str, earlier: str) -> Json:
    return _interactive("call_permission_reply", {"response": text, "expiration_timestamp": text})


def _button(text: str, earlier: str) -> Json:
    return {"type": "button", "button": {"text": text, "payload": text}}


def _order(text: str, earlier: str) -> Json:
    many = {"product_retailer_id": text, "quantity": 9e307, "item_price": 9e307, "currency": text}
    items = [many, many | {"quantity": "-1e400", "item_price": text, "currency": "EUR"}, many | {"quantity": text}]
    return {"type": "order", "order": {"catalog_id": text, "text": text, "product_items": items}}


def _contacts(text: str, earlier: str) -> Json:
    card = {
        "name": {"formatted_name": text, "first_name": f"{text}\r\nTEL:+1900"},
        "phones": [{"phone": text, "type": text, "wa_id": text}],
        "emails": [{"email": text}, {"email": f"a@b.example?{text}"}],
        "urls": [{"url": text}],
        "org": {"company": text, "title": text},
    }
    return {"type": "contacts", "contacts": [card, {"name": text, "phones": {}, "emails": None}, {}]}


def _location(text: str, earlier: str) -> Json:
    return {"type": "location", "location": {"latitude": text, "longitude": "1e309", "name": text, "address": text}}


def _lost_file(text: str, earlier: str) -> Json:
    return {"type": "document", "document": {"filename": text, "caption": text, "mime_type": text}}


def _interactive(kind: str, content: Json) -> Json:
    return {"type": "interactive", "interactive": {"type": kind, kind: content}}


KINDS: list[Callable[[str, str], Json]] = [
    _quoting,
    _reacting,
    _advertised,
    _unsupported,
    _of_unknown_type,
    _system,
    _form,
    _choice,
    _permission,
    _button,
    _order,
    _contacts,
    _location,
    _lost_file,
]


def webhooks(phone_number_id: str, wa_id: str, name: str) -> list[str]:
    """Bodies with every text as a message, each followed by a message of another kind with the same text in it.

    They are JSON in ASCII, which may name what UTF-8 cannot: halves of a surrogate pair.
    """
    messages: list[Json] = []
    start = int(time.time()) - 2 * len(TEXTS) - 60
    for text, kind in zip(TEXTS, itertools.cycle(KINDS), strict=False):
        wamid = new_wamid()
        messages.append({"id": wamid, "type": "text", "text": {"body": text}})
        messages.append({"id": new_wamid(), **kind(text, wamid)})
    for place, message in enumerate(messages):
        message |= {"from": wa_id, "timestamp": str(start + place)}
    batches = [messages[place : place + 20] for place in range(0, len(messages), 20)]
    return [webhook(phone_number_id, wa_id, name, batch) for batch in batches]


def webhook(phone_number_id: str, wa_id: str, name: str, messages: list[Json]) -> str:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15035550100", "phone_number_id": phone_number_id},
        "contacts": [{"profile": {"name": name}, "wa_id": wa_id}],
        "messages": messages,
    }
    change = {"field": "messages", "value": value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "900100", "changes": [change]}]})
