"""The keys of files in the store: our own, made from ids, and never from what a customer called a file.

They are known before a file is there, so that what a worker wrote and did not live to report is found again. The
trigger `remove_media` makes the same keys.
"""

from uuid import UUID


def file_key(project_id: UUID, media_id: UUID) -> str:
    """Where the file of a row of `media` is."""
    return f"{project_id}/{media_id}"


def thumbnail_key(project_id: UUID, media_id: UUID) -> str:
    """Where its thumbnail is, if it has one."""
    return f"{file_key(project_id, media_id)}.thumbnail"
