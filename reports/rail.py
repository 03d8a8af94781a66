"""Which places each role finds in the rail, in the order of ui.md §4; only pages that exist."""

from dataclasses import dataclass
from typing import Final

from schools.models import Role


@dataclass(frozen=True)
class Entry:
    """One place: its name, its address by name, what of the worklist it counts, a shorter name for phones.

    ``views`` are beginnings of view names that belong to the place beside its own.
    """

    label: str
    view: str
    counts: str = ""
    short: str = ""
    views: tuple[str, ...] = ()

    def is_at(self, view_name: str) -> bool:
        return view_name == self.view or any(view_name.startswith(start) for start in self.views)


HOME: Final = Entry("我的待办", "reports:home", "*", "待办")
RETURNS: Final = Entry(
    "月报表", "monitoring:return-schools", "returns", "月报", ("monitoring:", "reports:return-")
)
ROSTER: Final = Entry(
    "学生名册",
    "students:student-list",
    "",
    "学生",
    (
        "students:student-",
        "reports:child",
        "students:roster-",
        "students:guardian-",
        "students:circumstance-",
        "students:placement-",
        "students:evidence-",
    ),
)
MOVEMENTS: Final = Entry("学籍异动", "students:movement-list", "movements", "异动", ("students:movement-",))
TRANSFERS: Final = Entry("转学对接", "students:transfer-list", "transfers", "对接", ("students:transfer-",))
ABSENCES: Final = Entry("未在校", "students:absence-list", "absences", "未在校", ("students:absence-",))
SIGN: Final = Entry(
    "本校月报", "monitoring:return-schools", "sign", "签字", ("monitoring:", "reports:return-")
)
BOARD: Final = Entry("县月报看板", "reports:board", "board", "看板", ("reports:board", "monitoring:"))
TOWNSHIP: Final = Entry("乡镇月报", "reports:board", "board", "月报", ("reports:board", "monitoring:"))
UNMET: Final = Entry("转学对接", "reports:transfer-board", "transfer-board", "对接")
SUMMARY: Final = Entry("汇总与导出", "reports:summary", "", "汇总", ("reports:summary",))
REPORTS: Final = Entry("报表与汇总", "reports:summary", "", "报表", ("reports:summary",))
ALERTS: Final = Entry("预警", "reports:alert-list", "alerts", "预警", ("reports:alert",))
OVERVIEW: Final = Entry("全县概况", "reports:home", "", "概况")
SCHOOLS: Final = Entry(
    "学校档案", "schools:school-list", "", "学校", ("schools:school-", "schools:klass-", "schools:township-")
)
ACCOUNTS: Final = Entry(
    "账号",
    "schools:account-list",
    "accounts",
    "账号",
    ("schools:account-", "schools:post-", "schools:first-"),
)
CALENDAR: Final = Entry(
    "填报日历",
    "schools:calendar",
    "calendar",
    "日历",
    ("schools:calendar", "schools:year-", "schools:month", "schools:term-", "schools:holiday-"),
)
SETTINGS: Final = Entry("参数", "schools:setting-list", "", "参数", ("schools:setting-", "schools:annex2-"))
ROLLOVER: Final = Entry("学年升级", "students:rollover-preview", "rollover", "升级", ("students:rollover-",))

REGISTER: Final = Entry("用印登记簿", "reports:seal-register", "", "用印", ("reports:seal-",))
SIGNATURE: Final = Entry(
    "我的签字", "reports:signature-detail", "", "签名", ("reports:signature-", "reports:key-")
)
CERTIFICATES: Final = Entry("证书", "reports:certificate-list", "", "证书", ("reports:certificate-",))

RAILS: Final[dict[str, tuple[tuple[Entry, ...], ...]]] = {
    Role.CLERK: ((HOME, RETURNS, ROSTER, MOVEMENTS, TRANSFERS, ABSENCES), (SCHOOLS, REGISTER, SIGNATURE)),
    Role.CLASS_TEACHER: ((HOME, ROSTER, ABSENCES),),
    Role.PRINCIPAL: (
        (HOME, SIGN, ABSENCES),
        (ROSTER, MOVEMENTS, TRANSFERS, SCHOOLS, ACCOUNTS, REGISTER, SIGNATURE),
    ),
    Role.CENTRAL_SCHOOL: ((HOME, TOWNSHIP, UNMET, SUMMARY), (ROSTER, SCHOOLS)),
    Role.HOME_TEACHER: ((HOME,),),
    Role.REVIEWER: (
        (HOME, BOARD, UNMET, ALERTS, ROSTER),
        (SUMMARY, SCHOOLS, CALENDAR, ROLLOVER, ACCOUNTS, SETTINGS, REGISTER),
    ),
    Role.AID_OFFICER: ((HOME, SUMMARY),),
    Role.LEADER: ((OVERVIEW, ALERTS, REPORTS),),
    Role.TOWNSHIP: ((HOME,),),
    Role.INSPECTOR: ((HOME, BOARD, UNMET), (ROSTER, SCHOOLS, REGISTER)),
    Role.ADMINISTRATOR: ((HOME, ACCOUNTS, SCHOOLS, CALENDAR, SETTINGS), (CERTIFICATES, REGISTER)),
    Role.AUDITOR: ((HOME, ACCOUNTS, REGISTER),),
}
# The three places of the bottom bar; the fourth is 更多.
TABS: Final[dict[str, tuple[Entry, ...]]] = {
    Role.CLERK: (HOME, RETURNS, ROSTER),
    Role.CLASS_TEACHER: (HOME, ROSTER, ABSENCES),
    Role.PRINCIPAL: (HOME, SIGN, ROSTER),
    Role.CENTRAL_SCHOOL: (HOME, TOWNSHIP, SUMMARY),
    Role.HOME_TEACHER: (HOME,),
    Role.REVIEWER: (HOME, BOARD, UNMET),
    Role.AID_OFFICER: (HOME, SUMMARY),
    Role.LEADER: (OVERVIEW, ALERTS, REPORTS),
    Role.TOWNSHIP: (HOME,),
    Role.INSPECTOR: (HOME, BOARD, UNMET),
    Role.ADMINISTRATOR: (HOME, ACCOUNTS, SCHOOLS),
    Role.AUDITOR: (HOME, ACCOUNTS),
}
# Roles that find children by name (students.queries.NAMING_ROLES).
SEARCHING: Final = frozenset(
    {Role.CLERK, Role.CLASS_TEACHER, Role.PRINCIPAL, Role.CENTRAL_SCHOOL, Role.REVIEWER, Role.INSPECTOR}
)
