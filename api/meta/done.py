"""What a call answers that has nothing else to say."""

import msgspec


class Done(msgspec.Struct):
    success: bool = True
