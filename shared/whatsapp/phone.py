"""Whom a message is for. Phone numbers as WhatsApp writes them: digits, with the country code and no sign in front."""

import re

BSUID = r"^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$"
"""A business-scoped user id, which stands for a person who hides the number (Meta: "Business-scoped user IDs")."""

_SEPARATORS = re.compile(r"[\s().-]")
_NUMBER = re.compile(r"\+?(\d{5,20})", re.ASCII)

# One subscriber may be known under two spellings, with and without a digit that marks mobile numbers: how they start,
# where the digit stands, and what follows it (Meta: Cloud API, "Phone numbers"; the same is seen in Argentina). A
# Brazilian number that goes on with 2 to 5 is a landline where the digit is missing, and somebody else where it is not.
_MOBILE_DIGITS = (
    re.compile(r"(55\d\d)(9?)([6-9]\d{7})", re.ASCII),
    re.compile(r"(52)(1?)(\d{10})", re.ASCII),
    re.compile(r"(54)(9?)(\d{10})", re.ASCII),
)
_DIGIT_OF = {"55": "9", "52": "1", "54": "9"}


def digits_of_number(given: str) -> str | None:
    """The digits of a phone number as people write it, None if it is none."""
    if given.isdigit() and given.isascii() and 5 <= len(given) <= 20:  # as WhatsApp writes it
        return given
    found = _NUMBER.fullmatch(_SEPARATORS.sub("", given))
    return None if found is None else found[1]


def spellings(digits: str) -> list[str]:
    """The number as given, then the other way in which WhatsApp may write the same subscriber's, if there is one."""
    for pattern in _MOBILE_DIGITS:
        if found := pattern.fullmatch(digits):
            start, mark, rest = found.groups()
            return [digits, start + rest if mark else start + _DIGIT_OF[digits[:2]] + rest]
    return [digits]
