"""What each reader is told about a return: badge, look, sentence, who acts next and until when (ui.md §7.1)."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from accounts.wording import cn_date, cn_datetime
from monitoring.lateness import due_at, timeliness
from monitoring.models import Edition, MonthlyReturn, ReturnState
from monitoring.wording_table import (
    DOING,
    DONE,
    NOW,
    TABLE,
    WAIT,
    Reader,
    Situation,
    Words,
    month_not_required,
    surname,
)
from schools.models import Requirement

__all__ = [
    "Reader",
    "Situation",
    "Standing",
    "code_of",
    "edition_standing",
    "month_not_required",
    "standing",
    "surname",
]


@dataclass(frozen=True)
class Standing:
    """Badge (label, look), sentence, who acts next until when; what components/state_bar.html prints."""

    code: str
    label: str
    look: str
    sentence: str
    owner: str = ""
    due: str = ""
    due_at: str = ""
    urgent: bool = False
    late: str = ""
    tardy: str = ""


OWNERS: Final = {
    "untouched": "填报员",
    "draft": "填报员",
    "submitted": "校长",
    "submitted_again": "校长",
    "sent_back_by_principal": "填报员",
    "sent_back_by_bureau": "填报员",
    "signed": "基教股",
    "signed_again": "基教股",
    "correcting": "填报员",
    "optional": "填报员",
}
_ACTS: Final = {"填报员": Reader.CLERK, "校长": Reader.PRINCIPAL, "基教股": Reader.REVIEWER}


def standing(reader: Reader, situation: Situation, now: dt.datetime | None = None) -> Standing:
    """Where the return stands, in the words of this reader, computed now."""
    now = now or timezone.now()
    code = code_of(situation)
    label, look, sentence = TABLE[code][reader](situation)
    owner = OWNERS.get(code, "")
    base = Standing(code, label, look, sentence, owner)
    return _with_time(base, reader, situation, now)


def code_of(situation: Situation) -> str:
    """The row of the table: the state seen with its history."""
    found, month = situation.monthly_return, situation.month
    if month.requirement == Requirement.NONE:
        return "not_required"
    if found is None:
        return "optional" if month.requirement == Requirement.OPTIONAL else "untouched"
    if found.state == ReturnState.CORRECTING or (found.state == ReturnState.DRAFT and found.correcting):
        return "correcting"
    if found.state == ReturnState.SENT_BACK:
        return "sent_back_by_bureau" if found.sent_back_from == "bureau" else "sent_back_by_principal"
    if found.state == ReturnState.SUBMITTED and found.sent_back_at is not None:
        return "submitted_again"
    if found.state == ReturnState.SIGNED and found.edition_number > 1:
        return "signed_again"
    return str(found.state)


def edition_standing(reader: Reader, situation: Situation, edition: Edition) -> Standing:
    """An edition that is read by itself: in force, void after a send-back, or replaced."""
    found = situation.monthly_return
    assert found is not None  # noqa: S101 -- an edition belongs to a return
    if edition.in_force or (edition.number == found.edition_number and found.state != ReturnState.SENT_BACK):
        if edition.in_force and edition.number != found.edition_number:
            return Standing("in_force", f"第{edition.number}版，现行有效", DONE, "新版接收前以本版为准。")
        return standing(reader, situation)
    if edition.discarded_at is not None:
        return Standing(
            "discarded", "已作废", DONE, f"更正到期未报，第{situation.in_force}版照旧有效，本版只供查阅。"
        )
    if edition.accepted_at is not None:
        return _superseded(reader, situation, edition)
    return _void(reader, found)


def _superseded(reader: Reader, situation: Situation, edition: Edition) -> Standing:
    newer = situation.in_force
    if reader in (Reader.REVIEWER, Reader.LEADER):
        sentence = f"第{newer}版现行有效，可看两版差异。"
    else:
        sentence = f"已被第{newer}版取代，只供查阅。"
    return Standing("superseded", "旧版", DONE, sentence)


def _void(reader: Reader, found: MonthlyReturn) -> Standing:
    newer = found.edition_number
    words: dict[Reader, Words] = {
        Reader.CLERK: ("本版签章已失效", NOW, f"退回后已开第{newer}版，请改好后重新送签。"),
        Reader.PRINCIPAL: ("本版签章已失效", NOW, f"改好后请您签第{newer}版。"),
        Reader.CENTRAL_SCHOOL: ("需重签", WAIT, "由校长办。"),
        Reader.REVIEWER: ("本版签章已失效", WAIT, f"等校长签第{newer}版，本版不能接收。"),
        Reader.LEADER: ("更正中", DOING, "等校长重签。"),
    }
    label, look, sentence = words[reader]
    if found.state in (ReturnState.SIGNED, ReturnState.ACCEPTED):
        look, sentence = DONE, f"退回后已由第{newer}版取代，只供查阅。"
    return Standing("void", label, look, sentence)


def _with_time(base: Standing, reader: Reader, situation: Situation, now: dt.datetime) -> Standing:
    found = situation.monthly_return
    time = timeliness(situation.month, found.first_signed_at if found else None, now)
    if base.code == "not_required" or not time.words:
        return base
    values = {name: getattr(base, name) for name in ("code", "label", "look", "sentence", "owner")}
    deadline = cn_datetime(due_at(situation.month))
    if time.was_late:
        return Standing(**values, due=time.words, tardy=time.words)
    if time.is_overdue:
        return Standing(**values, late=time.words + _reminded(situation), due_at=deadline)
    acts = _ACTS.get(base.owner) == reader
    return Standing(**values, due=time.words, due_at=deadline, urgent=acts and time.is_near)


def _reminded(situation: Situation) -> str:
    if situation.reminded_at is None:
        return ""
    whom = situation.reminded_role
    if whom == "校长" and situation.principal:
        whom = f"{surname(situation.principal)}校长"
    return f"，已提醒{whom} {cn_date(situation.reminded_at)}"
