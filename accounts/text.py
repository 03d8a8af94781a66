"""One cleaning of text, names and numbers for forms and importers alike; pure, idempotent."""

import re
import unicodedata
from typing import Final

MAX_SHOWN_NAME: Final = 60

# Control (Cc), format (Cf: zero-width, bidi, BOM, tags), surrogates (Cs) by category; these are invisible but
# count as letters, marks or symbols: combining grapheme joiner, Hangul fillers, Khmer inherent vowels,
# Mongolian and other variation selectors, Braille blank, noncharacters.
_INVISIBLE_RANGES: Final = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\ufdd0-\ufdef\ufffe\uffff"
    "\U000e0000-\U000e0fff"
    + "".join(chr(plane * 0x10000 + last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))
)
_INVISIBLE: Final = re.compile(f"[{_INVISIBLE_RANGES}]")
_BLANKS: Final = re.compile(r"\s+")
_BLANKS_IN_LINE: Final = re.compile(r"[^\S\n]+")
_BLANKS_ROUND_NEWLINE: Final = re.compile(r" ?\n ?")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")
_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3007\ue000-\uf8ff\U00020000-\U0003ffff"
_BLANK_BETWEEN_HAN: Final = re.compile(f"(?<=[{_HAN}·]) (?=[{_HAN}·])")
_DOTS: Final = re.compile("[•．・‧･∙⋅●‣᛫⸱ꞏ]")
_FULL_STOP_BETWEEN_HAN: Final = re.compile(f"(?<=[{_HAN}])\\.(?=[{_HAN}])")
_LOST_CHARACTER: Final = re.compile("[?？\ufffd]")
_NOT_IN_NAMES: Final = re.compile('^[-+@=＝＋－＠]|[<>{}=;|\\\\"]')
_APOSTROPHES: Final = "'’‘`´＇′‛ʼ"
_DASHES_AND_BLANKS: Final = re.compile(r"[\s\-‐‑‒–—―−﹣－]+")


class TextProblem(ValueError):
    """A text that cannot stand as it is; the message is for the person who typed it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def clean_text(value: str | None, *, max_length: int | None = None, multiline: bool = False) -> str:
    """NFC text without control or invisible characters, every run of blanks one space."""
    text = _visible(value or "", keep_newlines=multiline)
    if multiline:
        text = _EMPTY_LINES.sub(
            "\n\n", _BLANKS_ROUND_NEWLINE.sub("\n", _BLANKS_IN_LINE.sub(" ", text))
        ).strip()
    else:
        text = _BLANKS.sub(" ", text).strip()
    if max_length is not None and len(text) > max_length:
        raise TextProblem("too_long", f"有 {len(text)} 个字，最多 {max_length} 个字。请缩短后再填。")
    return text


def clean_name(value: str | None, *, max_length: int | None = None) -> str:
    """A person's name: blanks inside Chinese names removed, the dots of minority names unified to ·."""
    text = _DOTS.sub("·", clean_text(value))
    text = _BLANK_BETWEEN_HAN.sub("", _FULL_STOP_BETWEEN_HAN.sub("·", text))
    text = clean_text(text, max_length=max_length)
    if _LOST_CHARACTER.search(text):
        raise TextProblem(
            "lost_character",
            f"姓名“{text}”里有问号，多半是生僻字在转存时丢失了。请对照户口簿重新输入这个字。",
        )
    if _NOT_IN_NAMES.search(text):
        raise TextProblem("not_a_name", f"姓名“{text}”里有不该出现的符号。请对照户口簿改正。")
    return text


def clean_number(value: str | None) -> str:
    """An identifier (身份证号, 学籍号, phone): NFKC, no apostrophes, blanks or dashes, capitals."""
    text = value or ""
    while True:
        cleaned = unicodedata.normalize("NFKC", _visible(text.strip().strip(_APOSTROPHES)))
        cleaned = _DASHES_AND_BLANKS.sub("", cleaned).strip(_APOSTROPHES).upper()
        if cleaned == text:
            return cleaned
        text = cleaned


def shown_filename(filename: str) -> str:
    """The name of an uploaded file as far as it is fit to be shown; never used as a path."""
    name = clean_text(re.split(r"[/\\]", filename)[-1]) or "未命名文件"
    return name if len(name) <= MAX_SHOWN_NAME else f"{name[: MAX_SHOWN_NAME - 10]}…{name[-9:]}"


def _visible(text: str, *, keep_newlines: bool = False) -> str:
    if text.isprintable() and not _INVISIBLE.search(text):
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    if keep_newlines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(_replacement(character) for character in _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", kept)


def _replacement(character: str) -> str:
    if character.isspace():
        return "\n" if character == "\n" else " "
    return "" if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character
