"""JSON that PostgreSQL can store, whatever was sent: what cannot be kept as it is becomes something readable."""

import json
import math
from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode
_GREATEST = 2**63
_REPLACEMENT = "\ufffd"


def read_json(body: bytes) -> Any:
    """The value in `body`. Raises ValueError if it is no JSON, or nested too deeply.

    PostgreSQL takes no NUL and no half of a surrogate pair in a text, and JSON's numbers have no limit while everybody
    else's have: characters are replaced, numbers out of range become texts. Bytes that are no UTF-8 are replaced too.
    """
    if b"\\u0000" not in body:
        try:
            return _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass  # the slow way says whether it is JSON
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
    try:
        return _cleaned(json.loads(body.decode(errors="replace"), parse_float=_float, parse_int=_int))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {_text(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):  # json reads NaN and Infinity
        return str(value)
    return value


def _text(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", _REPLACEMENT)


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _int(digits: str) -> int | str:
    if len(digits) > 20:  # Python refuses to read very long ones
        return digits
    number = int(digits)
    return number if -_GREATEST <= number < _GREATEST else digits
