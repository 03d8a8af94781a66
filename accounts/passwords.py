"""First passwords, and words that a password may not be made of."""

import re
import secrets
from typing import Any

from django.core.exceptions import ValidationError
from pypinyin import lazy_pinyin

from accounts.models import User

# Without characters that look alike on paper. Sixteen of 31: 79 bits.
FIRST_PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 -- an alphabet
FIRST_PASSWORD_HOURS = 72
SHORTEST_WORD = {True: 2, False: 4}  # Chinese or not


def first_password() -> str:
    """A random password to be handed over once, in groups of four."""
    letters = [secrets.choice(FIRST_PASSWORD_LETTERS) for _ in range(16)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4))


class ContextWordsValidator:
    """Refuses names that everybody here would try first: the person, the county, the product."""

    def validate(self, password: str, user: Any = None) -> None:
        lowered = password.lower()
        for word in _context_words(user if isinstance(user, User) else None):
            if word in lowered:
                raise ValidationError(
                    f"密码里不能有“{word}”这样容易猜到的词，请换一个。", code="context_word"
                )

    def get_help_text(self) -> str:
        return "不能含姓名、账号、县名或“保学”。"


def _context_words(user: User | None) -> list[str]:
    words = {"保学", "baoxue"}
    if user is not None:
        words |= {user.username.lower(), user.name.lower(), "".join(lazy_pinyin(user.name))}
        place = re.sub(r"[县市区]$", "", user.county.name)
        words |= {place, "".join(lazy_pinyin(place))}
    return sorted(word for word in words if len(word) >= SHORTEST_WORD[not word.isascii()])
