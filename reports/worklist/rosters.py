"""Roster files that were uploaded and neither imported nor given up."""

import datetime as dt
from collections.abc import Iterator

from django.urls import reverse

from reports.worklist.desk import Desk, Todo, day_of, end_of
from schools.models import Role
from students.models.roster import RosterImport, RosterState

# The file is kept for so long.
KEPT_DAYS = 30


def rosters_to_confirm(desk: Desk) -> Iterator[Todo]:
    """Columns to name, questions to answer, rows to import."""
    files = (
        RosterImport.objects.filter(
            school__in=desk.schools_of(Role.CLERK),
            state__in=[RosterState.UNMAPPED, RosterState.PREVIEWED],
            uploaded_at__gt=desk.now - dt.timedelta(days=KEPT_DAYS),
        )
        .defer("file", "preview")
        .order_by("pk")
    )
    for file in files:
        due_on = day_of(file.uploaded_at) + dt.timedelta(days=KEPT_DAYS)
        unmapped = file.state == RosterState.UNMAPPED
        errors = f"，有错 {file.error_count} 行" if file.error_count else ""
        counts = f"新增 {file.new_count} 人，变更 {file.changed_count} 人{errors}"
        yield Todo(
            title=f"名册导入{'待指定栏目' if unmapped else '待确认'}：{file.label}",
            detail="指定每一栏是什么后才能核对。" if unmapped else f"{counts}；核对后导入，或放弃这份文件。",
            place="roster",
            url=reverse("students:roster-detail", args=[file.uuid]),
            verb="指定栏目" if unmapped else "去核对",
            due_at=end_of(due_on),
            since_at=file.uploaded_at,
            due=f"已等 {(desk.today - day_of(file.uploaded_at)).days} 天",
            since=f"文件保留到 {desk.date(due_on)}",
            look=desk.look_of(due_on),
            is_urgent=desk.is_due(due_on),
        )
