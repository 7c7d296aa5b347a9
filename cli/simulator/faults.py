"""What tests may switch on to make the simulated WhatsApp misbehave, and how fast it is."""

from typing import Literal

import msgspec


class FailNext(msgspec.Struct, forbid_unknown_fields=True):
    """The next `count` sends, or uploads, answer this error. `http_status` defaults to the one Meta gives the code."""

    count: int
    code: int = 131000
    http_status: int | None = None


class AsyncFailNext(msgspec.Struct, forbid_unknown_fields=True):
    """The next `count` sends are accepted, then reported as `failed` with this code."""

    count: int
    code: int = 131000


class MediaTrouble(msgspec.Struct, forbid_unknown_fields=True):
    """The next `count` look-ups or downloads answer `http_status`, or as ever if there is none, after `slow_seconds`.
    Meta's own way to say that a URL has expired is 404."""

    count: int
    http_status: int | None = None
    slow_seconds: float = 0.0


class Faults(msgspec.Struct, forbid_unknown_fields=True):
    """Everything off. A PUT replaces the whole set, so what it leaves out is off again.

    slow_seconds            every Graph answer is held back so long (the work is done at once)
    fail_next               refuse sends
    fail_receipt_next       refuse read receipts and typing indicators
    drop_answer_next        so many sends are accepted, then the connection closes without an answer
    async_fail_next         accept sends, then report them as failed
    duplicate               every webhook is posted so many times more, at the same moment
    shuffle                 webhooks that come within `gather_seconds` of one another are posted in another order
    batch                   up to so many webhooks go into one POST, as several entries and changes
    gather_seconds          how long shuffle and batch wait for company
    statuses_before_answer  a send's statuses are delivered before its HTTP answer
    fail_upload_next        refuse uploads of files
    drop_upload_next        so many uploads are kept, then the connection closes without an answer
    media_gone              every media id answers as if its media were gone
    media_error_next        so many media look-ups or downloads answer 500
    media_lookup_next       the next look-ups of a media id fail or are slow
    media_download_next     the next downloads fail or are slow
    media_corrupt           downloads have other bytes than those whose hash was told, and as many
    media_extra_bytes       downloads are so much longer than the size that was told
    media_mime_type         look-ups and downloads claim this type, whatever the file is
    closed_window           treat every 24-hour window as closed
    closed_window_answer    report a closed window by `status` (200, then failed 131047) or as an `error` (400)
    skip_delivered          never send `delivered`
    hold_webhooks           queue webhooks; switching it off releases them
    wamid_scope             which identity of the user the wamids carry
    other_spelling          webhooks call customers in Brazil, Mexico and Argentina by their number's other spelling
    allowed_recipients      the only numbers, in digits and this very spelling, that may be sent to; none means all
    echo_sends              what a business sends through Graph is echoed too, before its first status
    standby                 another holds every chat: messages and statuses come in the field `standby`
    edits_unsupported       a customer's edit is told as an unsupported message, as to numbers without the app
    number_state            what Graph says of every business number; sends go on as ever
    unsubscribed            no app is subscribed to the business accounts, says Graph; webhooks go on as ever
    """

    slow_seconds: float = 0.0
    fail_next: FailNext | None = None
    fail_receipt_next: FailNext | None = None
    drop_answer_next: int = 0
    async_fail_next: AsyncFailNext | None = None
    duplicate: int = 0
    shuffle: bool = False
    batch: int = 0
    gather_seconds: float = 0.1
    statuses_before_answer: bool = False
    fail_upload_next: FailNext | None = None
    drop_upload_next: int = 0
    media_gone: bool = False
    media_error_next: int = 0
    media_lookup_next: MediaTrouble | None = None
    media_download_next: MediaTrouble | None = None
    media_corrupt: bool = False
    media_extra_bytes: int = 0
    media_mime_type: str | None = None
    closed_window: bool = False
    closed_window_answer: Literal["status", "error"] = "status"
    skip_delivered: bool = False
    hold_webhooks: bool = False
    wamid_scope: Literal["phone", "bsuid"] = "phone"
    other_spelling: bool = False
    allowed_recipients: list[str] = []
    echo_sends: bool = False
    standby: bool = False
    edits_unsupported: bool = False
    number_state: Literal["healthy", "limited", "blocked", "disconnected"] = "healthy"
    unsubscribed: bool = False

    def take_failure(self, *, receipt: bool) -> FailNext | None:
        """The error for this send or receipt, counted down, or None."""
        return _taken(self.fail_receipt_next if receipt else self.fail_next)

    def take_upload_failure(self) -> FailNext | None:
        """The error for this upload, counted down, or None."""
        return _taken(self.fail_upload_next)

    def take_async_failure(self) -> int | None:
        """The code this send is to fail with later, counted down, or None."""
        if self.async_fail_next is None or self.async_fail_next.count <= 0:
            return None
        self.async_fail_next.count -= 1
        return self.async_fail_next.code

    def take_dropped_answer(self) -> bool:
        if self.drop_answer_next <= 0:
            return False
        self.drop_answer_next -= 1
        return True

    def take_dropped_upload(self) -> bool:
        if self.drop_upload_next <= 0:
            return False
        self.drop_upload_next -= 1
        return True

    def take_media_error(self) -> bool:
        if self.media_error_next <= 0:
            return False
        self.media_error_next -= 1
        return True

    def take_media_trouble(self, call: Literal["lookup", "download"]) -> MediaTrouble | None:
        """What is wrong with this look-up or download, counted down, or None."""
        trouble = self.media_lookup_next if call == "lookup" else self.media_download_next
        if trouble is None or trouble.count <= 0:
            return None
        trouble.count -= 1
        return trouble


def _taken(failure: FailNext | None) -> FailNext | None:
    if failure is None or failure.count <= 0:
        return None
    failure.count -= 1
    return failure


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """Real seconds between a send and its statuses, each after the one before; `auto_read` reads every delivered
    message at once. A webhook that is not answered with 200 is tried again after `retry_first_seconds`, doubling up
    to `retry_max_seconds`, `retry_attempts` times in all."""

    sent_seconds: float = 0.15
    delivered_seconds: float = 0.45
    read_seconds: float = 0.8
    auto_read: bool = False
    retry_first_seconds: float = 0.25
    retry_max_seconds: float = 30.0
    retry_attempts: int = 20
