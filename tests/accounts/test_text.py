import contextlib
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.text import TextProblem, clean_name, clean_number, clean_text, shown_filename

# Also what st.text() leaves out by default: lone surrogates.
ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=40) | st.text(
    alphabet=st.sampled_from("张三 \u3000\xa0\u200b\ufeff\u202e\0\n\r\t\ud800'’-－.·•e\u0301ＡＸｘ1１"),
    max_size=20,
)
FORBIDDEN = {"Cc", "Cf", "Cs"}


@given(ANY_TEXT)
def test_clean_text_leaves_nothing_invisible_and_is_idempotent(text):
    cleaned = clean_text(text)

    assert not {unicodedata.category(character) for character in cleaned} & FORBIDDEN
    assert "  " not in cleaned
    assert cleaned == cleaned.strip()
    assert unicodedata.is_normalized("NFC", cleaned)
    assert clean_text(cleaned) == cleaned
    cleaned.encode("utf-8")


@given(ANY_TEXT)
def test_clean_text_of_several_lines_keeps_only_line_feeds(text):
    cleaned = clean_text(text, multiline=True)

    assert not {unicodedata.category(character) for character in cleaned.replace("\n", "")} & FORBIDDEN
    assert clean_text(cleaned, multiline=True) == cleaned


@given(ANY_TEXT)
def test_clean_name_is_idempotent_or_refuses(text):
    try:
        cleaned = clean_name(text)
    except TextProblem:
        return

    assert clean_name(cleaned) == cleaned


@given(ANY_TEXT)
def test_clean_number_is_idempotent(text):
    cleaned = clean_number(text)

    assert clean_number(cleaned) == cleaned
    assert not any(character.isspace() or character == "-" for character in cleaned)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" 平顺县\u3000龙溪镇\xa0\n", "平顺县 龙溪镇"),
        ("\ufeff张\u200b三\u202e", "张三"),
        ("张\0三\x07", "张三"),
        ("张\ud800三", "张三"),
        ("e\u0301", "é"),
        ("葛\U000e0100", "葛"),
        ("䶮𠮷㛃𬭎", "䶮𠮷㛃𬭎"),
        ("a\u2028b", "a b"),
        ("１２", "１２"),
        (None, ""),
    ],
)
def test_clean_text(typed, kept):
    assert clean_text(typed) == kept


def test_clean_text_too_long_names_both_numbers():
    with pytest.raises(TextProblem, match="有 11 个字，最多 10 个字") as refused:
        clean_text("字" * 11, max_length=10)

    assert refused.value.code == "too_long"
    assert clean_text("字" * 10 + " ", max_length=10) == "字" * 10


def test_clean_text_counts_a_character_beyond_the_basic_plane_once():
    assert clean_text("𠮷𠮷", max_length=2) == "𠮷𠮷"


def test_clean_text_of_several_lines():
    assert clean_text("甲 \r\n\r\n\r\n\r\n 乙\t丙\r", multiline=True) == "甲\n\n乙 丙"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("张 三", "张三"),
        ("张\u3000三", "张三"),
        ("欧 阳 若 溪", "欧阳若溪"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽 ・ 买买提", "阿依古丽·买买提"),
        ("阿依古丽．买买提", "阿依古丽·买买提"),
        ("阿依古丽‧买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("John  Smith", "John Smith"),
        ("𠮷 野", "𠮷野"),
        ("㛃𬭎", "㛃𬭎"),
    ],
)
def test_clean_name(typed, kept):
    assert clean_name(typed) == kept


@pytest.mark.parametrize("typed", ["王?测", "王？测", "王\ufffd测"])
def test_clean_name_refuses_a_lost_character(typed):
    with pytest.raises(TextProblem, match="生僻字") as refused:
        clean_name(typed)

    assert refused.value.code == "lost_character"


@pytest.mark.parametrize("typed", ["=1+1", "+张三", "@张三", "＝1", "<b>张三</b>", "{{7*7}}", "张三;DROP"])
def test_clean_name_refuses_what_is_no_name(typed):
    with pytest.raises(TextProblem) as refused:
        clean_name(typed)

    assert refused.value.code == "not_a_name"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("'140499201301010013", "140499201301010013"),
        ("’140499201301010013", "140499201301010013"),
        ("‘140499201301010013’", "140499201301010013"),
        ("`140499201301010013", "140499201301010013"),
        ("＇140499201301010013", "140499201301010013"),
        ("′140499201301010013", "140499201301010013"),
        ("１４０４９９２０１３０１０１００１ｘ", "14049920130101001X"),
        ("140499 2013 0101 001x\u200b", "14049920130101001X"),
        ("140499-20130101-0013", "140499201301010013"),
        ("138 0000－0000", "13800000000"),
        ("G140499201301010013", "G140499201301010013"),
        ("14049920130101001O", "14049920130101001O"),
        ("1.40499E+17", "1.40499E+17"),
        ("1404**…", "1404**..."),
    ],
)
def test_clean_number(typed, kept):
    assert clean_number(typed) == kept


@pytest.mark.parametrize("clean", [clean_text, clean_name, clean_number, shown_filename])
@pytest.mark.parametrize("piece", ["a", " ", "张 ", ".", "'", "\u3000\n", "\ud800", "·"])
def test_a_hundred_thousand_characters_take_no_time(clean, piece):
    text = piece * (100_000 // len(piece))
    start = time.perf_counter()

    with contextlib.suppress(TextProblem):
        clean(text)

    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\用户\\花名册.xls", "花名册.xls"),
        ("花\0名\r\n册.xlsx", "花名 册.xlsx"),
        ("\u202egpj.exe", "gpj.exe"),
        ("", "未命名文件"),
        ("/", "未命名文件"),
    ],
)
def test_shown_filename(given_name, shown):
    assert shown_filename(given_name) == shown


def test_shown_filename_is_short_and_keeps_its_ending():
    shown = shown_filename("名" * 300 + ".xlsx")

    assert len(shown) <= 60
    assert shown.endswith(".xlsx")
