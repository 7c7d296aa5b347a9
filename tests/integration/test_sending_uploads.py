"""Files on their way to the customer: they arrive once and as they are, whatever happens to Meta's copy of them."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import av
import pytest
from PIL import Image
from sqlalchemy import text

from cli.simulator.media_types import sample
from shared.jobs import connect
from shared.operations.queue_message import lease_message
from shared.operations.store_outgoing import NewMessage
from shared.pubsub import PubSub
from shared.scope import Scope
from shared.sending import Delivery
from shared.storage import Storage
from shared.uploads import LeaseLostError, Uploads
from shared.whatsapp.graph import GraphClient
from shared.whatsapp.graph_http import new_http_client
from tests.desk import Desk, desk_of, picture, recording
from tests.media import PDF, file_at_meta, in_state, jpeg
from tests.meta_api import GraphRefusedError, MetaApi, received, set_faults
from tests.stack import Stack
from tests.waiting import eventually


@pytest.fixture
async def desk(stack: Stack) -> Desk:
    return await desk_of(stack)


async def _failed(desk: Desk) -> Any:
    """The only outgoing message, once it has failed."""

    async def found() -> Any:
        path = f"/inbox/v1/conversations/{desk.conversation_id}/messages"
        newest = (await desk.stack.get(path, desk.token))["data"][0]
        return newest if newest["status"] == "failed" else None

    return await eventually(found, 20)


async def _media_ids(stack: Stack) -> list[str]:
    async with stack.engine.connect() as connection:
        return list((await connection.execute(text("SELECT media_id FROM media WHERE media_id IS NOT NULL"))).scalars())


async def test_a_large_photo_arrives_small_upright_and_without_what_it_tells(desk: Desk) -> None:
    upload = await desk.upload("image", jpeg(4000, 1000, orientation=6), filename="beach.jpg")
    assert (upload["kind"], upload["mime_type"], upload["filename"]) == ("image", "image/jpeg", "beach.jpg")
    assert (upload["width"], upload["height"], upload["state"]) == (640, 2560, "ready")
    shown = await desk.stack.http.get(upload["thumbnail_url"])
    assert Image.open(io.BytesIO(shown.content)).size == (120, 480)
    message = await desk.sent("image", {"upload_id": upload["id"], "caption": "Look"})
    assert message["media"] == {key: value for key, value in upload.items() if key != "kind"}
    arrived = await desk.arrived()
    mime_type, data = await desk.file(arrived["image"]["id"])
    assert (arrived["image"]["caption"], mime_type) == ("Look", "image/jpeg")
    image = Image.open(io.BytesIO(data))
    assert (image.size, dict(image.getexif())) == ((640, 2560), {})
    assert data == (await desk.stack.http.get(upload["url"])).content


async def test_a_recording_of_a_browser_arrives_as_a_voice_message(desk: Desk) -> None:
    upload = await desk.upload("voice", recording("webm", 3), content_type="audio/webm;codecs=opus")
    assert (upload["kind"], upload["mime_type"], upload["duration_ms"]) == ("voice", "audio/ogg", 3000)
    assert len(upload["waveform"]) == 64
    await desk.sent("audio", {"upload_id": upload["id"], "voice": True})
    arrived = await desk.arrived()
    mime_type, data = await desk.file(arrived["audio"]["id"])
    assert (arrived["audio"]["voice"], mime_type) == (True, "audio/ogg; codecs=opus")
    with av.open(io.BytesIO(data)) as container:
        (sound,) = container.streams.audio
        assert (sound.codec.canonical_name, sound.channels, sound.rate) == ("opus", 1, 48_000)


async def test_a_document_arrives_as_it_is_and_under_its_name(desk: Desk) -> None:
    upload = await desk.upload("document", PDF, content_type="image/png", filename="../año 2026.pdf")
    assert (upload["mime_type"], upload["pages"], upload["size"]) == ("application/pdf", 1, len(PDF))
    await desk.sent("document", {"upload_id": upload["id"]})
    arrived = await desk.arrived()
    assert arrived["document"]["filename"] == "año 2026.pdf"
    assert await desk.file(arrived["document"]["id"]) == ("application/pdf", PDF)


async def test_files_of_every_kind_and_place_arrive(desk: Desk) -> None:
    async def uploaded(kind: str, data: bytes) -> dict[str, str]:
        return {"upload_id": (await desk.upload(kind, data))["id"]}

    header = {"type": "video", "video": await uploaded("video", sample("video")[1])}
    buttons = {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]}
    interactive = {"type": "button", "header": header, "body": {"text": "So?"}, "action": buttons}
    drawing = await desk.upload("image", picture("PNG", "RGB"))
    sent_drawing = (await desk.stack.http.get(drawing["url"])).content
    photo = {"type": "image", "image": {"upload_id": drawing["id"]}}
    words = [{"type": "text", "text": "Ana"}]
    components = [{"type": "header", "parameters": [photo]}, {"type": "body", "parameters": words}]
    template = {"name": "spring_collection", "language": {"code": "en_US"}, "components": components}
    wanted: list[tuple[str, Any, bytes]] = [
        ("video", await uploaded("video", sample("video")[1]), sample("video")[1]),
        ("audio", await uploaded("audio", sample("audio")[1]), sample("audio")[1]),
        ("sticker", await uploaded("sticker", sample("sticker")[1]), sample("sticker")[1]),
        ("interactive", interactive, sample("video")[1]),
        ("template", template, sent_drawing),
    ]
    for kind, content, _ in wanted:
        assert (await desk.sent(kind, content))["media"]["state"] == "ready"

    async def all_sent() -> bool:
        return len(await received(desk.stack)) == len(wanted)

    await eventually(all_sent, 30)
    for message, (kind, _, data) in zip(await received(desk.stack), wanted, strict=True):
        content = message[kind]
        if kind == "interactive":
            content = content["header"]["video"]
        elif kind == "template":
            content = content["components"][0]["parameters"][0]["image"]
        assert (message["type"], (await desk.file(content["id"]))[1]) == (kind, data)


async def test_an_upload_that_cannot_be_sent_is_named_by_its_place(desk: Desk) -> None:
    photo, page = await desk.upload("image", jpeg()), await desk.upload("document", PDF)
    used, music = await desk.upload("image", jpeg()), await desk.upload("audio", sample("audio")[1])
    await desk.sent("image", {"upload_id": used["id"]})
    header = {"type": "image", "image": {"upload_id": page["id"]}}
    buttons = {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]}
    cards = [{"header": {"image": {"upload_id": one["id"]}}} for one in (photo, used)]
    for kind, content, errors in (
        ("image", {"upload_id": str(uuid4())}, {"image.upload_id": ["is no upload of this conversation"]}),
        ("image", {"upload_id": used["id"]}, {"image.upload_id": ["was sent already"]}),
        ("image", {"upload_id": page["id"]}, {"image.upload_id": ["was uploaded as document, not as image"]}),
        ("audio", {"upload_id": photo["id"]}, {"audio.upload_id": ["was uploaded as image, not as audio or voice"]}),
        *(
            (
                "audio",
                {"upload_id": music["id"], "voice": voice},
                {"audio.upload_id": ["was uploaded as audio, not as voice"]},
            )
            for voice in (True, "true", 1)
        ),
        ("image", {"upload_id": "7"}, {"image.upload_id": ["Invalid UUID"]}),
        (
            "image",
            {"upload_id": photo["id"], "id": "7"},
            {"image.upload_id": ["cannot be combined with an id or a link"]},
        ),
        (
            "interactive",
            {"type": "button", "header": header, "body": {"text": "So?"}, "action": buttons},
            {"interactive.header.image.upload_id": ["was uploaded as document, not as image"]},
        ),
        (
            "interactive",
            {"type": "carousel", "body": {"text": "So?"}, "action": {"cards": cards}},
            {"interactive.action.cards[1].header.image.upload_id": ["cannot be a second upload in one message"]},
        ),
    ):
        answer = await desk.send(kind, content)
        assert (answer.status_code, answer.json()["errors"]) == (422, errors)
    with pytest.raises(GraphRefusedError, match="not valid") as refused:
        await MetaApi(desk.stack).send("image", {"upload_id": photo["id"]})
    assert refused.value.details == "image.upload_id is for the iframe; give an id or a link"
    assert await desk.stack.count("message", "direction = 'outbound'") == 1
    assert (await desk.remove(photo["id"])).status_code == 204
    await desk.sent("audio", {"upload_id": music["id"], "voice": False})


async def test_an_iframe_does_not_send_what_stands_under_an_id_of_metas(desk: Desk) -> None:
    media_id = await file_at_meta(desk.stack, "image/jpeg", jpeg())
    photo = {"type": "image", "image": {"id": media_id}}
    buttons = {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]}
    components = [{"type": "header", "parameters": [photo]}]
    for kind, content, path in (
        ("image", {"id": media_id}, "image.id"),
        (
            "interactive",
            {"type": "button", "header": photo, "body": {"text": "So?"}, "action": buttons},
            "interactive.header.image.id",
        ),
        (
            "template",
            {"name": "spring_collection", "language": {"code": "en_US"}, "components": components},
            "template.components[0].parameters[0].image.id",
        ),
    ):
        answer = await desk.send(kind, content)
        assert (answer.status_code, answer.json()["errors"]) == (422, {path: ["must be an upload_id or a link"]})
    assert await desk.stack.count("media") == await desk.stack.count("outbox") == 0


async def test_a_send_that_is_repeated_sends_its_file_once(desk: Desk) -> None:
    upload = await desk.upload("image", jpeg())
    answers = [await desk.send("image", {"upload_id": upload["id"]}, "once") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json()["data"]["media"] == answers[1].json()["data"]["media"]
    await desk.arrived()


async def test_a_file_that_meta_refuses_fails_the_message_with_metas_reason(desk: Desk) -> None:
    await set_faults(desk.stack, fail_upload_next={"count": 1, "code": 131053, "http_status": 400})
    upload = await desk.upload("image", jpeg())
    await desk.sent("image", {"upload_id": upload["id"]})
    failed = await _failed(desk)
    assert (failed["error"]["code"], failed["media"]["state"]) == (131053, "ready")
    assert await received(desk.stack) == []


@pytest.mark.parametrize(
    "fault", [{"fail_upload_next": {"count": 1, "code": 131000, "http_status": 500}}, {"drop_upload_next": 1}]
)
async def test_a_file_that_does_not_get_there_is_tried_again(desk: Desk, fault: Any) -> None:
    """Whatever became of the file, the message was not sent: there is no answer to wait for."""
    await set_faults(desk.stack, **fault)
    upload = await desk.upload("image", jpeg())
    await desk.sent("image", {"upload_id": upload["id"]})
    arrived = await desk.arrived()
    assert [arrived["image"]["id"]] == await _media_ids(desk.stack)


async def test_who_goes_on_after_the_upload_does_not_upload_again(desk: Desk) -> None:
    """A worker that is killed between the two leaves Meta's id of the file behind."""
    await set_faults(desk.stack, fail_next={"count": 1, "code": 131000, "http_status": 500})
    upload = await desk.upload("image", jpeg())
    await desk.sent("image", {"upload_id": upload["id"]})

    async def uploaded() -> list[str]:
        return await _media_ids(desk.stack)

    (media_id,) = await eventually(uploaded, 20)
    assert (await desk.arrived())["image"]["id"] == media_id


async def test_an_answer_that_is_dropped_sends_no_file_twice(desk: Desk) -> None:
    await set_faults(desk.stack, drop_answer_next=1)
    upload = await desk.upload("image", jpeg())
    await desk.sent("image", {"upload_id": upload["id"]})
    await desk.arrived()


@pytest.mark.parametrize("until", ["now()", "now() + interval '1 day'"])
async def test_a_copy_that_meta_has_no_more_is_replaced(desk: Desk, until: str) -> None:
    """By its time, or by what Meta says of it."""
    async with _leased(desk) as (delivery, message_id):
        async with desk.stack.engine.begin() as connection:
            await connection.execute(text(f"UPDATE media SET media_id = '1', media_id_until = {until}"))
        await delivery.deliver(message_id)
    arrived = await desk.arrived()
    assert [arrived["image"]["id"]] == await _media_ids(desk.stack) != ["1"]


async def test_a_lease_lasts_for_as_long_as_the_file_needs_and_who_lost_it_does_not_send(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.uploads.RENEW_SECONDS", 0.05)
    await set_faults(desk.stack, slow_seconds=3)
    async with _leased(desk) as (delivery, message_id):
        delivering = asyncio.create_task(delivery.deliver(message_id))
        leases: set[Any] = set()

        async def renewed() -> bool:
            async with desk.stack.engine.connect() as connection:
                leases.add((await connection.execute(text("SELECT leased_until FROM outbox"))).scalar_one())
            return len(leases) > 2

        await eventually(renewed, 20)
        async with desk.stack.engine.begin() as connection:  # as another worker does once the lease is over
            await connection.execute(text("UPDATE outbox SET leased_until = now() + interval '1 hour'"))
        with pytest.raises(LeaseLostError):
            await delivering
    assert await received(desk.stack) == []
    assert await desk.stack.count("outbox", "leased_until > now() + interval '50 minutes'") == 1


async def test_whoever_is_killed_after_the_upload_leaves_it_to_the_next(desk: Desk) -> None:
    await set_faults(desk.stack, slow_seconds=0.5, fail_next={"count": 9, "code": 131000})
    async with _leased(desk) as (delivery, message_id):
        delivering = asyncio.create_task(delivery.deliver(message_id))

        async def uploaded() -> list[str]:
            return await _media_ids(desk.stack)

        (media_id,) = await eventually(uploaded)
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
        assert await received(desk.stack) == []
        await set_faults(desk.stack)
        await delivery.deliver(message_id)
    assert (await desk.arrived())["image"]["id"] == media_id


@contextlib.asynccontextmanager
async def _leased(desk: Desk) -> AsyncIterator[tuple[Delivery, UUID]]:
    """A message with an upload that is ours to deliver, and who can do it."""
    stack, settings = desk.stack, desk.stack.settings
    content = {"upload_id": (await desk.upload("image", jpeg()))["id"]}
    async with stack.engine.begin() as connection:
        message = NewMessage(client_id=None, type="image", content=content)
        stored, _ = await lease_message(connection, Scope(stack.project.id), UUID(desk.conversation_id), message)
    redis, pubsub, storage = connect(settings), PubSub(settings), Storage(settings)
    async with new_http_client() as http:
        graph = GraphClient(http, settings)
        uploads = Uploads(stack.engine, storage, graph, graph)
        yield Delivery(settings, stack.engine, redis, pubsub, graph, uploads), stored["id"]
    storage.close()
    await pubsub.close()
    await redis.aclose()


async def test_what_a_program_sends_by_metas_id_shows_in_the_iframe(desk: Desk) -> None:
    media_id = await file_at_meta(desk.stack, "image/jpeg", jpeg())
    async with desk.stack.iframe(desk.token) as iframe:
        await MetaApi(desk.stack).send("image", {"id": media_id, "caption": "From a program"})
        created = (await iframe.event("message.created"))["message"]
    row = await in_state(desk.stack, created["id"], "ready")
    shown = (await desk.stack.get(f"/inbox/v1/messages/{created['id']}", desk.token))["data"]
    assert (await desk.stack.http.get(shown["media"]["url"])).content == jpeg()
    assert (created["media"]["state"], row.media_id) == ("pending", media_id)


async def test_kapsos_clients_get_the_file_before_and_after_it_is_at_meta(desk: Desk) -> None:
    upload = await desk.upload("document", PDF, filename="bill.pdf")
    await set_faults(desk.stack, fail_next={"count": 1, "code": 131000, "http_status": 500})
    message = await desk.sent("document", {"upload_id": upload["id"], "caption": "Your bill"})
    api = MetaApi(desk.stack)
    before = await api.get(f"/{api.number}/messages/{message['id']}")
    await desk.arrived()
    (after,) = [one for one in await api.list("messages") if one["kapso"]["direction"] == "outbound"]
    for shown in (before, after):
        kapso = shown["kapso"]
        assert (kapso["has_media"], kapso["media_url"], kapso["media_data"]["filename"]) == (
            True,
            shown["document"]["link"],
            "bill.pdf",
        )
        assert (kapso["media_data"]["content_type"], kapso["media_data"]["byte_size"]) == ("application/pdf", len(PDF))
        assert "upload_id" not in shown["document"]
        assert (await desk.stack.http.get(kapso["media_url"])).content == PDF
    assert [after["document"]["id"]] == await _media_ids(desk.stack)


async def test_texts_do_not_wait_for_files_on_their_way(
    stack: Stack, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.send.AT_ONCE", 2)
    monkeypatch.setattr("workers.send.AT_ONCE_EACH", 2)
    desks = [desk]
    for wa_id in ("15550100200", "15550100201", "15550100202"):
        await stack.customer_writes(wa_id, "Hello")

        async def listed(count: int = len(desks) + 1) -> Any:
            rows = (await stack.get("/inbox/v1/conversations", desk.token))["data"]
            return rows if len(rows) == count else None

        newest = (await eventually(listed))[0]
        desks.append(Desk(stack, desk.token, newest["id"]))
    uploads = [await one.upload("document", PDF) for one in desks[:3]]
    await set_faults(stack, slow_seconds=3)
    for one, upload in zip(desks, uploads, strict=False):
        await one.sent("document", {"upload_id": upload["id"]})
    await desks[3].sent("text", {"body": "quick"})

    async def something_came() -> Any:
        return await received(stack)

    assert [message["type"] for message in await eventually(something_came)] == ["text"]


async def test_a_file_that_failed_is_sent_again_with_its_message(desk: Desk) -> None:
    await set_faults(desk.stack, fail_next={"count": 1, "code": 131053})
    upload = await desk.upload("document", PDF, filename="invoice.pdf")
    await desk.sent("document", {"upload_id": upload["id"], "caption": "Yours"})
    failed = await _failed(desk)
    again = await desk.stack.http.post(f"/inbox/v1/messages/{failed['id']}/retry", headers=desk.headers)
    assert again.status_code == 201, again.text
    assert again.json()["data"]["media"]["filename"] == "invoice.pdf"
    arrived = await desk.arrived()
    assert (arrived["document"]["caption"], arrived["document"]["filename"]) == ("Yours", "invoice.pdf")
    assert (await desk.file(arrived["document"]["id"]))[1] == PDF


async def test_a_file_that_meta_finds_unusable_later_is_taken_there_anew_with_the_retry(desk: Desk) -> None:
    await set_faults(desk.stack, async_fail_next={"count": 1, "code": 131053})
    upload = await desk.upload("document", PDF)
    await desk.sent("document", {"upload_id": upload["id"]})
    failed = await _failed(desk)
    (first,) = await _media_ids(desk.stack)
    again = await desk.stack.http.post(f"/inbox/v1/messages/{failed['id']}/retry", headers=desk.headers)
    assert again.status_code == 201, again.text

    async def sent_again() -> bool:
        return await desk.stack.count("outbox") == 0

    await eventually(sent_again, 20)
    (second,) = await _media_ids(desk.stack)
    assert (await received(desk.stack))[-1]["document"]["id"] == second != first
