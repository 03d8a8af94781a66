"""Where a sealed document stands today: of the six answers of the verification, those that the books give."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import QuerySet

from accounts.wording import cn_full_date
from monitoring.build import content_of
from monitoring.models import Edition, FrozenReturn, ReturnState
from reports.models import SealedDocument


class Answer(StrEnum):
    """The six answers."""

    VALID = "有效"
    WAITING = "已签待审"
    RETURNED = "已退回"
    REPLACED = "已被取代"
    ALTERED = "被改动"
    UNKNOWN = "查无此件"


@dataclass(frozen=True)
class DocumentStanding:
    """*replaced_by* is the number of the edition in force; *note* says what else a reader should know."""

    answer: Answer
    replaced_by: int = 0
    note: str = ""

    @property
    def label(self) -> str:
        return f"已被第{self.replaced_by}版取代" if self.answer == Answer.REPLACED else str(self.answer)

    @property
    def in_force(self) -> bool:
        return self.answer == Answer.VALID


NEEDS_NEW_SIGNATURE = "系统里存的月报内容与签章时不一致，签章不再能证明它，需重新签章。"


def sealed_documents() -> QuerySet[SealedDocument]:
    """With everything that a verification shows."""
    return SealedDocument.objects.select_related(
        "school",
        "county",
        "sealed_file",
        "seal",
        "filler_certificate",
        "seal_certificate",
        "signer_certificate",
        "frozen__edition__monthly_return",
        "frozen__opens_from__edition__monthly_return",
    )


def standing_of(document: SealedDocument, *, recomputed: bool = True) -> DocumentStanding:
    """*recomputed*: also whether the stored rows still give the hash that was signed."""
    if document.sealed_at is None:
        return DocumentStanding(Answer.UNKNOWN)
    text = document.frozen
    if document.text_hash != text.hash or (
        recomputed and content_of(text).digest(document.edition_number) != text.hash
    ):
        return DocumentStanding(Answer.ALTERED, note=NEEDS_NEW_SIGNATURE)
    return _by_edition(text)


def _by_edition(text: FrozenReturn) -> DocumentStanding:
    edition, monthly_return = text.edition, text.edition.monthly_return
    signed = edition.frozen_id == text.pk
    if signed and edition.in_force:
        note = _later_correction(text)
        if monthly_return.state != ReturnState.ACCEPTED:
            note += "这个月已重开更正，新版接收前本版仍有效。"
        return DocumentStanding(Answer.VALID, note=note)
    newer = Edition.objects.filter(monthly_return=monthly_return, in_force=True).first()
    if newer is not None and newer.number > edition.number:
        since = f"（{cn_full_date(newer.accepted_at)}起）" if newer.accepted_at else ""
        return DocumentStanding(
            Answer.REPLACED, replaced_by=newer.number, note=f"现行有效的是第{newer.number}版{since}。"
        )
    waits = monthly_return.state == ReturnState.SIGNED and edition.number == monthly_return.edition_number
    if signed and waits:
        return DocumentStanding(Answer.WAITING, note=_later_correction(text))
    if edition.discarded_at is not None:
        return DocumentStanding(Answer.RETURNED, note="这一版更正到期未报，已作废。")
    return DocumentStanding(Answer.RETURNED, note="县局退回后学校正在修改，改好后会重新签章。")


def _later_correction(text: FrozenReturn) -> str:
    """A later month that rests on a replaced edition stays valid and says so."""
    before = text.opens_from
    if before is None or before.edition.in_force:
        return ""
    newer = Edition.objects.filter(monthly_return=before.edition.monthly_return, in_force=True).first()
    if newer is None or newer.number <= before.edition.number:
        return ""
    return f"上月数后经第{newer.number}版更正。"


def sealed_form(text: FrozenReturn | None, form: str) -> SealedDocument | None:
    """The sealed original of one form of a text, while its signatures hold."""
    if text is None:
        return None
    document = sealed_documents().filter(frozen=text, form=form, sealed_at__isnull=False).first()
    if document is None:
        return None
    return document if _by_edition(document.frozen).answer in (Answer.VALID, Answer.WAITING) else None
