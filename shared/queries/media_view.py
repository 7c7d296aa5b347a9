"""What a message's view says of its file."""

from typing import Any

from sqlalchemy import Row

from shared.events import MediaView
from shared.media_urls import stored_media_url
from shared.models import Media
from shared.whatsapp.media_file import clean_filename

MEDIA_COLUMNS = (
    Media.id.label("media_id"),
    Media.state.label("media_state"),
    Media.thumbnail_key.label("media_thumbnail_key"),
    Media.mime_type.label("media_mime_type"),
    Media.size.label("media_size"),
    Media.width.label("media_width"),
    Media.height.label("media_height"),
    Media.duration_ms.label("media_duration_ms"),
    Media.pages.label("media_pages"),
    Media.waveform.label("media_waveform"),
    Media.filename.label("media_filename"),
)
"""All that `media_view` needs of the table, beside the message's `content`."""


def media_view(row: Row[Any]) -> MediaView | None:
    """None for a message without a file, and for one that its sender has deleted."""
    if row.media_id is None or row.deleted_at is not None:
        return None
    given = row.content.get("filename") if isinstance(row.content, dict) else None
    filename = clean_filename(given) if isinstance(given, str) else ""
    ready = row.media_state == "ready"
    return MediaView(
        id=row.media_id,
        state=row.media_state,
        url=stored_media_url(row.media_id, "file") if ready else None,
        thumbnail_url=stored_media_url(row.media_id, "thumbnail") if ready and row.media_thumbnail_key else None,
        mime_type=row.media_mime_type,
        size=row.media_size,
        width=row.media_width,
        height=row.media_height,
        duration_ms=row.media_duration_ms,
        pages=row.media_pages,
        waveform=None if row.media_waveform is None else list(row.media_waveform),
        filename=filename or row.media_filename,
    )
