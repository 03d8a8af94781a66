"""The random code of a document: 128 bits in the QR code, its first ten characters for typing."""

import hashlib
import re
import secrets
from typing import Final

# Crockford's base 32: no I, L, O, U, so that a printed code is read one way only.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH: Final = 26
SHORT_LENGTH: Final = 10
_CODE: Final = re.compile(rf"/v/([{ALPHABET}]{{{CODE_LENGTH}}})/?(?:\?p=(\d{{1,3}})/(\d{{1,3}}))?")
_MISREAD: Final = str.maketrans("ILOU", "110V")


def new_code() -> str:
    """128 random bits; nothing about the document can be read from it."""
    return _spelled(secrets.randbits(128), CODE_LENGTH)


def short_code(code: str) -> str:
    """What a person types: 7K3M-9QPD-2F without the dashes."""
    return code[:SHORT_LENGTH]


def dashed(short: str) -> str:
    return "-".join(short[start : start + 4] for start in range(0, len(short), 4))


def short_hash(digest: str) -> str:
    """Fifty bits of a SHA-256 in hexadecimal, printed on each page."""
    return dashed(_spelled(int(digest[:16], 16) >> 14, SHORT_LENGTH))


def typed_code(text: str) -> str:
    """What a person typed, as it is stored; '' where it cannot be a code."""
    cleaned = re.sub(r"[\s\-－—–]", "", text).upper()[: CODE_LENGTH + 1].translate(_MISREAD)
    fits = len(cleaned) in (SHORT_LENGTH, CODE_LENGTH) and all(letter in ALPHABET for letter in cleaned)
    return cleaned if fits else ""


def page_address(site: str, code: str, page: int, pages: int) -> str:
    """What the QR code of one page says."""
    return f"{site}/v/{code}?p={page}/{pages}"


def code_in(text: str) -> tuple[str, int, int] | None:
    """Code, page and number of pages in the text of a QR code; page 0 where it does not say."""
    found = _CODE.search(text)
    if found is None:
        return None
    return found[1], int(found[2] or 0), int(found[3] or 0)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _spelled(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, rest = divmod(number, 32)
        letters.append(ALPHABET[rest])
    return "".join(reversed(letters))
