"""The five steps of a return, as components/steps.html shows them (pure)."""

from accounts.wording import cn_date
from monitoring.models import MonthlyReturn, ReturnState
from monitoring.wording import Situation, code_of

type StepShown = dict[str, str]
# Place of the step that is being worked on, by the row of the wording table.
_AT = {
    "untouched": 1,
    "optional": 1,
    "draft": 1,
    "correcting": 1,
    "submitted": 3,
    "submitted_again": 3,
    "sent_back_by_principal": 3,
    "signed": 4,
    "signed_again": 4,
    "sent_back_by_bureau": 4,
    "accepted": 6,
}


def steps_of(situation: Situation, attempt: int) -> list[StepShown]:
    """填报 → 送签 → 校长签字 → 县局复审 → 已接收; a sent-back return stands where it was sent back from."""
    code = code_of(situation)
    at = _AT.get(code, 0)
    if not at:
        return []
    found = situation.monthly_return
    steps = [
        _filling(found, at, code),
        _submitting(found, at, attempt),
        _signing(found, at),
        {"label": "县局复审", "small": _reviewed(found, at)},
        {"label": "已接收", "small": cn_date(found.accepted_at) if found and at > 5 else "锁定存档"},
    ]
    for place, step in enumerate(steps, start=1):
        step["look"] = "done" if place < at else "now" if place == at else ""
    if code.startswith("sent_back"):
        who = "校长" if code.endswith("principal") else "县局"
        steps[at - 1] = {"label": f"{who}退回，待改", "small": "由填报员改好后再送签", "look": "back"}
    return steps


def _filling(found: MonthlyReturn | None, at: int, code: str) -> StepShown:
    if at > 1 and found is not None and found.submitted_by is not None:
        return {"label": "填报", "small": found.submitted_by.name}
    if code == "correcting" and found is not None:
        return {"label": f"更正第{found.edition_number}版", "small": "由填报员办"}
    return {"label": "填报", "small": "由填报员办"}


def _submitting(found: MonthlyReturn | None, at: int, attempt: int) -> StepShown:
    if at > 2 and found is not None and found.submitted_at is not None:
        return {"label": "送签", "small": f"{cn_date(found.submitted_at)} 第{attempt}次"}
    return {"label": "送签", "small": "填报员"}


def _signing(found: MonthlyReturn | None, at: int) -> StepShown:
    if at > 3 and found is not None:
        if found.signed_by is not None:
            return {"label": "校长签字", "small": f"{found.signed_by.name} {cn_date(found.signed_at)}"}
        if found.state == ReturnState.SENT_BACK:
            return {"label": "校长签字", "small": "已失效，改后重签"}
    return {"label": "校长签字", "small": "校长"}


def _reviewed(found: MonthlyReturn | None, at: int) -> str:
    if at > 4 and found is not None and found.accepted_by is not None:
        return f"{found.accepted_by.name} {cn_date(found.accepted_at)}"
    return "基教股"
