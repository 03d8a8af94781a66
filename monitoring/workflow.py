"""The whole state machine of a return on one page (ledger.md, States of a return)."""

from typing import Final

from accounts.workflow import Step, Workflow
from monitoring.models import MonthlyReturn, ReturnState
from monitoring.permissions import may_prepare, may_review, may_send_back_as_principal, may_sign

SUBMIT: Final = "submit"
PULL_BACK: Final = "pull_back"
SEND_BACK_BY_PRINCIPAL: Final = "send_back_by_principal"
SIGN: Final = "sign"
SEND_BACK_BY_BUREAU: Final = "send_back_by_bureau"
ACCEPT: Final = "accept"
REOPEN: Final = "reopen"

_UNSIGNED: Final = {"signed_by": None, "signed_at": None}
# What was sent back belongs to the text that was accepted since; the marks themselves stay on record.
_NOT_SENT_BACK: Final = {
    "sent_back_by": None,
    "sent_back_at": None,
    "sent_back_from": "",
    "sent_back_reason": "",
}
_UNACCEPTED: Final = {"accepted_by": None, "accepted_at": None}

RETURN_WORKFLOW: Final[Workflow[MonthlyReturn]] = {
    SUBMIT: Step(
        "送校长签字",
        frozenset({ReturnState.DRAFT, ReturnState.SENT_BACK, ReturnState.CORRECTING}),
        ReturnState.SUBMITTED,
        may_prepare,
        needs_password=True,
    ),
    PULL_BACK: Step("撤回", frozenset({ReturnState.SUBMITTED}), ReturnState.DRAFT, may_prepare),
    SEND_BACK_BY_PRINCIPAL: Step(
        "退回修改",
        frozenset({ReturnState.SUBMITTED}),
        ReturnState.SENT_BACK,
        may_send_back_as_principal,
        needs_reason=True,
    ),
    SIGN: Step("签字", frozenset({ReturnState.SUBMITTED}), ReturnState.SIGNED, may_sign, needs_password=True),
    SEND_BACK_BY_BUREAU: Step(
        "退回修改",
        frozenset({ReturnState.SIGNED}),
        ReturnState.SENT_BACK,
        may_review,
        needs_reason=True,
        stamps=_UNSIGNED,
    ),
    ACCEPT: Step("接收", frozenset({ReturnState.SIGNED}), ReturnState.ACCEPTED, may_review),
    REOPEN: Step(
        "重开",
        frozenset({ReturnState.ACCEPTED}),
        ReturnState.CORRECTING,
        may_review,
        needs_reason=True,
        needs_password=True,
        stamps={**_UNSIGNED, **_UNACCEPTED, **_NOT_SENT_BACK},
    ),
}
