"""A bot in front of the people in the inbox: it answers what it can, and hands off to them when asked for a human.

PORTHOLE_URL, PORTHOLE_API_KEY   the server, and a key of the project
PHONE_NUMBER_ID                  the number that it answers on
WEBHOOK_SECRET                   the `secret_key` of the webhook that leads here
PORT                             where it listens, behind your proxy (8085)
ONLY_FROM                        the customers that it answers, as 15551234567, with spaces; everybody, if not set
"""

import hashlib
import hmac
import json
import os
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

WORKFLOW = "First answers"
HELLO = "Hello! I am the shop's assistant. Ask me about our opening hours or your order, or write *human* for a person."
HUMAN = "Of course. Somebody of our team will be with you here in a moment."
ANSWERS = {
    "open|hours|closed": "We are open Monday to Saturday, from 9:00 to 18:00.",
    "order|parcel|af-[0-9]+": "Your order left our warehouse this morning, and arrives tomorrow.",
}

number, secret = os.environ["PHONE_NUMBER_ID"], os.environ["WEBHOOK_SECRET"].encode()
only_from = os.environ.get("ONLY_FROM", "").split()
porthole = httpx.Client(base_url=os.environ["PORTHOLE_URL"], headers={"X-API-Key": os.environ["PORTHOLE_API_KEY"]})


def call(method: str, path: str, body: Any = None, key: str = "") -> Any:
    """Under a key, the same POST again has the first one's answer, and nothing happens twice."""
    headers = {"Idempotency-Key": key} if key else {}
    return porthole.request(method, path, json=body, headers=headers).raise_for_status().json()


def on_message(message: Any, conversation: Any, key: str) -> None:
    """Answer, unless a person has the conversation. If a call fails, this raises, and Porthole tells us once more."""
    customer, answer = message["from"], answer_to(message["kapso"]["content"].lower())
    if only_from and customer not in only_from:
        return
    executions = f"/platform/v1/whatsapp/conversations/{conversation['id']}/flow_executions?limit=1"
    latest = call("GET", executions)["data"]
    status = latest[0]["status"] if latest else None
    if status == "handoff":  # until they press Hand back, which makes it "waiting"
        return
    execution = latest[0] if status in ("running", "waiting") else start(customer, f"{key} start")
    text = {"messaging_product": "whatsapp", "to": customer, "type": "text", "text": {"body": answer}}
    call("POST", f"/meta/whatsapp/v24.0/{number}/messages", text, f"{key} answer")
    if answer == HUMAN:
        handoff = {"workflow_execution": {"status": "handoff"}}
        call("PATCH", f"/platform/v1/workflow_executions/{execution['id']}", handoff)


def answer_to(words: str) -> str:
    return HUMAN if "human" in words else next((ANSWERS[asked] for asked in ANSWERS if re.search(asked, words)), HELLO)


def start(customer: str, key: str) -> Any:
    """From here on, inboxes show that an automation answers. Our workflow is registered the first time."""
    ours = [one for one in call("GET", "/platform/v1/workflows")["data"] if one["name"] == WORKFLOW]
    workflow = ours[0] if ours else call("POST", "/platform/v1/workflows", {"workflow": {"name": WORKFLOW}})["data"]
    execution = {"workflow_execution": {"phone_number": customer, "phone_number_id": number}}
    return call("POST", f"/platform/v1/workflows/{workflow['id']}/executions", execution, key)["data"]


class Webhook(BaseHTTPRequestHandler):
    """What Porthole posts. Of a conversation, the next event comes when the one before has been answered."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, self.headers.get("X-Webhook-Signature", "")):
            self.send_error(401)
            return
        if self.headers["X-Webhook-Event"] == "whatsapp.message.received":
            event = json.loads(body)
            on_message(event["message"], event["conversation"], self.headers["X-Idempotency-Key"])
        self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8085"))), Webhook).serve_forever()
