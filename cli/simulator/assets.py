"""Files for templates and profiles, uploaded in sessions. Source: Meta, Graph API, Resumable Upload API."""

import base64
import hashlib
import random

import msgspec

from cli.simulator.errors import GraphError, unknown_object

PREFIX = "upload:"
_TYPES = ("application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4")


class UploadSession(msgspec.Struct, frozen=True):
    id: str
    file_type: str
    file_length: int


class AssetStore:
    """The sessions that were begun. What is uploaded is not kept: only its handle is ever used."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  repeatable ids are the point
        self._sessions: dict[str, UploadSession] = {}

    def begin(self, file_type: str, file_length: int) -> UploadSession:
        """Raise GraphError 100 for a type or length that Meta does not take."""
        if file_type not in _TYPES or file_length <= 0:
            raise GraphError(100, f"file_type must be one of {', '.join(_TYPES)}, and file_length is required.")
        name = base64.urlsafe_b64encode(self._random.randbytes(24)).decode()
        made = f"{PREFIX}{name}?sig={self._random.randrange(10**12)}"
        session = UploadSession(made, file_type, file_length)
        self._sessions[made] = session
        return session

    def finish(self, session_id: str, offset: str, data: bytes) -> str:
        """The handle of the whole file. Raise GraphError 100 if there is no such session or bytes are missing."""
        session = self._sessions.get(session_id)
        if session is None:
            raise unknown_object("post", session_id)
        if offset != "0" or len(data) != session.file_length:
            raise GraphError(100, f"{session.file_length} bytes were announced; {len(data)} came from offset {offset}.")
        del self._sessions[session_id]
        kind = base64.b64encode(session.file_type.encode()).decode()
        return f"4::{kind}:{hashlib.sha256(data).hexdigest()[:40]}"
