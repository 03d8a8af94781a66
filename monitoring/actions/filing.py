"""The school's steps: edit a remark, answer a mark, submit, pull back."""

import json

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.wording import cn_datetime, grade_name
from accounts.workflow import NotPermitted, StalePage, StepRefused, take_step
from monitoring.actions.common import PageToken, audit_step, find_return, note_event, page_token, start_return
from monitoring.build import content_now, content_of, frozen_line_values, live_content
from monitoring.checks import blocking_problems, run_checks
from monitoring.content import DetailRow, ReturnContent
from monitoring.differences import compare
from monitoring.models import (
    CellMark,
    DraftRemark,
    Edition,
    FrozenAbsentee,
    FrozenLine,
    FrozenReturn,
    FrozenRow,
    MonthlyReturn,
)
from monitoring.models.marks import MarkAnswer
from monitoring.models.returns import EDITABLE_STATES
from monitoring.permissions import may_prepare
from monitoring.staging import staged_changes
from monitoring.texts import text_in_force
from monitoring.workflow import PULL_BACK, RETURN_WORKFLOW, SUBMIT
from schools.models import ReportingMonth, Requirement, Role, School
from students.actions.periods import close_period, open_period
from students.models import PeriodState, RollPeriod


def edit_remark(
    school: School, month: ReportingMonth, *, grade: int, text: str, seen: str, actor: User
) -> None:
    """Store the clerk's own 备注 of a grade; an empty text brings the composed one back.

    *seen* is the remark that the page showed: what another editor wrote since is not overwritten.
    """
    monthly_return = _startable(school, month, actor)
    with audit_step(monthly_return, "edit_remark", actor, Role.CLERK) as entry:
        monthly_return = start_return(school, month)
        _refuse_unless_editable(monthly_return, "备注已锁定")
        content = live_content(school, month, monthly_return)
        composed = content.composed.get(grade)
        if composed is None:
            raise StepRefused("本校没有这个年级，没有保存。请刷新后再看。")
        if content.remarks[grade] != seen:
            raise StalePage(_who_changed_remark(monthly_return, grade, content.remarks[grade]))
        if not text.strip() or text.strip() == composed:
            DraftRemark.objects.filter(monthly_return=monthly_return, grade=grade).delete()
        else:
            DraftRemark.objects.update_or_create(
                monthly_return=monthly_return,
                grade=grade,
                defaults={"text": text.strip()[:300], "composed": composed[:300], "edited_by": actor},
            )
        _bump(monthly_return)
        entry.about(monthly_return)
        entry.change("grade", None, grade)


def answer_mark(mark: CellMark, *, answer: MarkAnswer, text: str, actor: User) -> None:
    """Every marked cell is answered: changed, or a sentence why it is right."""
    monthly_return = mark.monthly_return
    if not may_prepare(actor, monthly_return):
        raise NotPermitted("批注由本校填报员答复。")
    _refuse_unless_editable(monthly_return, "现在不能答复批注")
    if answer == MarkAnswer.RIGHT and not text.strip():
        raise StepRefused("核对无误的，请写一句为什么对。")
    if answer == MarkAnswer.CHANGED and not mark_is_changed(mark):
        raise StepRefused(
            "这一格和它的名单都还没有变，不能答“已改”。请先登记异动，或选“核对无误”并写明理由。"
        )
    with audit_step(monthly_return, "answer_mark", actor, Role.CLERK) as entry:
        changed = CellMark.objects.filter(pk=mark.pk).update(
            answer=answer, answer_text=text.strip()[:300], answered_by=actor, answered_at=timezone.now()
        )
        if changed:
            _bump(monthly_return)
        entry.about(mark)
        entry.change("answer", mark.answer, answer)


def mark_is_changed(mark: CellMark) -> bool:
    """Whether the marked cell says something else than when it was marked."""
    monthly_return = mark.monthly_return
    marked = FrozenReturn.objects.filter(
        edition__monthly_return=monthly_return, edition__number=mark.edition_number, attempt=mark.attempt
    ).first()
    if marked is None:
        return True  # nothing to compare with
    now = content_now(monthly_return.school, monthly_return.period.month, monthly_return)
    return compare(content_of(marked), now).touches(mark.grade, mark.column)


def submit_return(school: School, month: ReportingMonth, *, actor: User, seen: PageToken) -> FrozenReturn:
    """送校长签字: closes the month, freezes lines and names. All checks pass or StepRefused lists them."""
    monthly_return = _startable(school, month, actor)
    with audit_step(monthly_return, SUBMIT, actor, Role.CLERK) as entry:
        monthly_return = start_return(school, month)
        before = monthly_return.state
        content = live_content(school, month, monthly_return)
        now = page_token(monthly_return, monthly_return.period, content)
        if seen.return_revision not in (
            now.return_revision,
            0 if now.return_revision == 1 else now.return_revision,
        ):
            raise StalePage("您打开这一页后，月报已被别人改过，没有送签。请刷新后重新核对。")
        if seen.digest != now.digest:
            raise StalePage("您打开这一页后，本月异动有变化，没有送签。请刷新后重新核对。")
        _refuse_problems(monthly_return, content)
        take_step(
            RETURN_WORKFLOW,
            SUBMIT,
            monthly_return,
            actor=actor,
            seen_revision=now.return_revision,
            submitted_by=actor,
            submitted_at=timezone.now(),
        )
        period = monthly_return.period
        if not monthly_return.correcting and not close_period(period, seen_revision=period.revision):
            raise StalePage("您打开这一页后，本月异动有变化，没有送签。请刷新后重新核对。")
        text = freeze(monthly_return, content, actor)
        note_event(monthly_return, SUBMIT, before, actor)
        entry.about(monthly_return)
        entry.change("state", before, monthly_return.state)
        entry.change("hash", None, text.hash)
    return text


def pull_back(monthly_return: MonthlyReturn, *, actor: User, seen_revision: int) -> None:
    """撤回 until signed: the month's facts are open again."""
    with audit_step(monthly_return, PULL_BACK, actor, Role.CLERK) as entry:
        before = monthly_return.state
        take_step(RETURN_WORKFLOW, PULL_BACK, monthly_return, actor=actor, seen_revision=seen_revision)
        if not monthly_return.correcting:
            open_period(monthly_return.period)
        note_event(monthly_return, PULL_BACK, before, actor)
        entry.about(monthly_return)
        entry.change("state", before, monthly_return.state)


def begin_optional_month(school: School, month: ReportingMonth, *, actor: User) -> MonthlyReturn:
    """File an optional month (7月): from now on facts of its days count in it."""
    if month.requirement != Requirement.OPTIONAL:
        raise StepRefused(f"{month} 不是可报月份。")
    monthly_return = _startable(school, month, actor)
    with audit_step(monthly_return, "begin_optional", actor, Role.CLERK) as entry:
        later = RollPeriod.objects.filter(school=school, month__month__gt=month.month)
        if later.filter(Q(movements__isnull=False) | Q(state=PeriodState.CLOSED)).exists():
            raise StepRefused(f"{month} 之后的月份已有异动，不能再补报这个月。")
        RollPeriod.objects.get_or_create(school=school, month=month)
        monthly_return = start_return(school, month)
        entry.about(monthly_return)
    return monthly_return


def freeze(monthly_return: MonthlyReturn, content: ReturnContent, actor: User) -> FrozenReturn:
    """Store the text of this submission; callers stand inside ``audited``."""
    edition = Edition.objects.get(monthly_return=monthly_return, number=monthly_return.edition_number)
    now = timezone.now()
    in_force = text_in_force(monthly_return) if monthly_return.correcting else None
    text = FrozenReturn.objects.create(
        edition=edition,
        attempt=edition.texts.count() + 1,
        rule=content.rule,
        opens_from=content.opens_from,
        promoted=content.promoted,
        chain_at=in_force.chain_at if in_force else now,
        frozen_at=now,
        frozen_by=actor,
        filler_name=actor.name,
        cut_off=content.month.cut_off,
        hash=content.digest(edition.number),
    )
    FrozenLine.objects.bulk_create(
        FrozenLine(frozen=text, **values) for values in frozen_line_values(content)
    )
    FrozenAbsentee.objects.bulk_create(
        FrozenAbsentee(
            frozen=text, student_id=s.student_id, grade=s.grade, absence_id=s.absence_id, at_opening=opening
        )
        for spells, opening in ((content.absent, False), (content.absent_before, True))
        for s in spells
    )
    FrozenRow.objects.bulk_create(_frozen_row(text, row) for row in content.rows)
    return text


def _frozen_row(text: FrozenReturn, row: DetailRow) -> FrozenRow:
    staged = -row.movement_id if row.movement_id is not None and row.movement_id < 0 else None
    return FrozenRow(
        frozen=text,
        seq=row.seq,
        student_id=row.student_id,
        movement_id=None if staged else row.movement_id,
        staged_id=staged,
        absence_id=row.absence_id,
        grade=row.grade,
        column=row.column,
        sign=row.sign,
        counted=row.counted,
        kind=row.kind[:30],
        happened_on=row.happened_on,
        late_for=row.late_for,
        printed=json.dumps(row.printed, ensure_ascii=False),
    )


def _startable(school: School, month: ReportingMonth, actor: User) -> MonthlyReturn:
    """The return, or an unsaved stand-in for one nobody has begun; only for its own clerk."""
    monthly_return = find_return(school, month) or MonthlyReturn(school=school)
    if not may_prepare(actor, monthly_return):
        raise NotPermitted("月报由本校填报员填报。")
    return monthly_return


def _refuse_unless_editable(monthly_return: MonthlyReturn, what: str) -> None:
    if monthly_return.state not in EDITABLE_STATES:
        raise StepRefused(f"月报已送出，{what}。要改请先撤回，或由校长、基教股退回。")


def _who_changed_remark(monthly_return: MonthlyReturn, grade: int, text: str) -> str:
    """ui.md §7.3 #12: both are shown, the person decides."""
    by = DraftRemark.objects.filter(monthly_return=monthly_return, grade=grade).select_related("edited_by")
    edited = by.first()
    who = f"{edited.edited_by.name} {cn_datetime(edited.edited_at)} " if edited else "自动备注"
    return f"{grade_name(grade)}备注：您打开这一页后，{who}已改为“{text}”。您写的还没有保存，请看后再决定。"


def _bump(monthly_return: MonthlyReturn) -> None:
    changed = MonthlyReturn.objects.filter(
        pk=monthly_return.pk, revision=monthly_return.revision, state__in=EDITABLE_STATES
    ).update(revision=monthly_return.revision + 1)
    if not changed:
        raise StalePage("月报刚被别人改过，您的修改没有保存。请刷新后再看。")
    monthly_return.revision += 1


def _refuse_problems(monthly_return: MonthlyReturn, content: ReturnContent) -> None:
    problems = [problem.message for problem in blocking_problems(run_checks(content, monthly_return))]
    if problems:
        raise StepRefused(f"有 {len(problems)} 项必须先处理，没有送签。", problems)
    if (
        monthly_return.correcting
        and not staged_changes(monthly_return)
        and _same_as_in_force(monthly_return, content)
    ):
        raise StepRefused(
            f"第{monthly_return.edition_number}版与现行版完全相同，没有可更正的内容。"
            "请先登记要更正的异动，或等更正到期作废。"
        )


def _same_as_in_force(monthly_return: MonthlyReturn, content: ReturnContent) -> bool:
    text = text_in_force(monthly_return)
    if text is None:
        return False
    old = {line.grade: line for line in text.lines.all()}
    return all(
        old[line.grade].remark == content.remarks.get(line.grade, "")
        and all(getattr(old[line.grade], name) == value for name, value in line.figures().items())
        for line in content.lines
    )
