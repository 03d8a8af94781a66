"""Status changes as a table of steps, and the one function that performs them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db.models import F

from accounts.models import User


class StepRefused(Exception):  # noqa: N818 -- a refusal shown to the user, not a fault
    """The step cannot be done; the message says why and what to do. ``problems`` lists details."""

    def __init__(self, message: str, problems: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.problems = list(problems)


class NotPermitted(Exception):  # noqa: N818 -- answered as 403
    """The person may see the thing but not do this to it."""


class StalePage(StepRefused):
    """What the person saw is no longer what is stored."""


class Document(Protocol):
    """Anything with a state and a compare-and-set counter."""

    pk: Any
    state: str
    revision: int


@dataclass(frozen=True)
class Step[D]:
    """One allowed change of state. *permits* asks for people and places only, never for the state."""

    label: str
    sources: frozenset[str]
    target: str
    permits: Callable[[User, D], bool]
    needs_reason: bool = False
    needs_password: bool = False
    stamps: dict[str, Any] = field(default_factory=dict)


type Workflow[D] = dict[str, Step[D]]


def available_steps[D: Document](workflow: Workflow[D], document: D, user: User) -> list[str]:
    """Names of the steps this person can take now."""
    return [
        name
        for name, step in workflow.items()
        if document.state in step.sources and step.permits(user, document)
    ]


def take_step[D: Document](
    workflow: Workflow[D], name: str, document: D, *, actor: User, seen_revision: int, **stamps: Any
) -> None:
    """Perform a step by compare-and-set on (state, revision).

    NotPermitted where the person may not; StalePage where the document has moved on since the page
    was opened. The caller stands inside ``audited``.
    """
    step = workflow[name]
    if not step.permits(actor, document):
        raise NotPermitted(f"您不能{step.label}这份文件。")
    if document.state not in step.sources:
        raise StalePage("您打开这一页后，状态已经变了，这次操作没有执行。请看最新状态再决定。")
    unchanged = type(document)._default_manager.filter(  # type: ignore[attr-defined]
        pk=document.pk, state=document.state, revision=seen_revision
    )
    if not unchanged.update(state=step.target, revision=F("revision") + 1, **step.stamps, **stamps):
        raise StalePage("您打开这一页后，内容已被修改，这次操作没有执行。请刷新后重新核对。")
    document.state = step.target
    document.revision = seen_revision + 1
    for key, value in {**step.stamps, **stamps}.items():
        setattr(document, key, value)
