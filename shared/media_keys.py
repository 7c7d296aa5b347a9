"""The keys of files in the store: our own, made from ids, and never from what a customer called a file.

They are known before a file is there, so that what a worker wrote and did not live to report is found again. The
trigger `remove_media` makes the same keys. Those of an upload are of one attempt, since two may write at once; they
stand in `media_removal` until the row of `media` names them.
"""

from uuid import UUID

from shared.ids import new_id


def file_key(project_id: UUID, media_id: UUID) -> str:
    """Where the file of a row of `media` is."""
    return f"{project_id}/{media_id}"


def thumbnail_key(project_id: UUID, media_id: UUID) -> str:
    """Where its thumbnail is, if it has one."""
    return f"{file_key(project_id, media_id)}.thumbnail"


def new_upload_key(project_id: UUID, upload_id: UUID) -> str:
    """Where one attempt to upload a file puts it; another one has another key."""
    return f"{file_key(project_id, upload_id)}.{new_id().hex}"
