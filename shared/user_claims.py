"""Who is looking at an inbox, as the host's backend says it."""

import msgspec


class User(msgspec.Struct, frozen=True):
    """A person of the host's: `id` is the host's own, `name` is what others read."""

    id: str
    name: str
