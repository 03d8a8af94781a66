"""Places and the people appointed to them: townships, schools, classes, memberships, calendar."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import County, User
from schools.calendar import Closure, school_year_label


class Township(models.Model):
    """乡镇或街道."""

    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="townships")
    name = models.CharField("乡镇", max_length=40)

    class Meta:
        verbose_name = verbose_name_plural = "乡镇"
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["county", "name"], name="township_name_once", violation_error_message="已有同名乡镇。"
            )
        ]

    def __str__(self) -> str:
        return self.name


class SchoolKind(models.TextChoices):
    PRIMARY = "primary", "小学"
    JUNIOR = "junior", "初级中学"
    NINE_YEAR = "nine_year", "九年一贯制学校"
    TEACHING_POINT = "teaching_point", "教学点"
    SPECIAL = "special", "特殊教育学校"


# ledger.md, schools' life: default grades of each kind.
DEFAULT_GRADES = {
    SchoolKind.PRIMARY: (1, 6),
    SchoolKind.JUNIOR: (7, 9),
    SchoolKind.NINE_YEAR: (1, 9),
    SchoolKind.TEACHING_POINT: (1, 3),
    SchoolKind.SPECIAL: (1, 9),
}


class School(models.Model):
    """A school or teaching point that owes its own monthly return."""

    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="schools")
    township = models.ForeignKey(
        Township, on_delete=models.PROTECT, related_name="schools", verbose_name="乡镇"
    )
    code = models.CharField("学校标识码", max_length=10)
    name = models.CharField("学校名称", max_length=60)
    short_name = models.CharField("简称", max_length=20, blank=True)
    kind = models.CharField("类别", max_length=20, choices=SchoolKind)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="points",
        verbose_name="所属中心校",
    )
    is_central = models.BooleanField("中心校", default=False)
    signed_by_parent = models.BooleanField("由所属学校校长签字", default=False)
    first_grade = models.PositiveSmallIntegerField("最低年级")
    last_grade = models.PositiveSmallIntegerField("最高年级")
    opened_on = models.DateField("开办日期")
    closed_on = models.DateField("撤并日期", null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = verbose_name_plural = "学校"
        ordering: ClassVar = ["township_id", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["county", "code"],
                name="school_code_once",
                violation_error_message="标识码已被别的学校使用。",
            ),
            models.CheckConstraint(
                name="school_grades_in_order",
                condition=Q(first_grade__gte=1, last_grade__lte=9, first_grade__lte=F("last_grade")),
                violation_error_message="年级要在一年级到九年级之间，最低年级不高于最高年级。",
            ),
            models.CheckConstraint(
                name="school_closes_after_opening",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                violation_error_message="撤并日期不能早于开办日期。",
            ),
            models.CheckConstraint(
                name="school_signed_by_parent_has_parent",
                condition=Q(signed_by_parent=False) | Q(parent__isnull=False),
                violation_error_message="由所属学校校长签字的，要先选所属中心校。",
            ),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name

    @property
    def grades(self) -> range:
        return range(self.first_grade, self.last_grade + 1)


class Klass(models.Model):
    """A class. It moves up a grade with its children; a 复式班 holds several grades and stays."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="klasses")
    grade = models.PositiveSmallIntegerField("年级")
    number = models.PositiveSmallIntegerField("班号")
    is_multigrade = models.BooleanField("复式班", default=False)
    closed_on = models.DateField("撤销日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "班级"
        ordering: ClassVar = ["grade", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school", "grade", "number", "is_multigrade"],
                condition=Q(closed_on__isnull=True),
                name="klass_once",
                violation_error_message="这个班已经有了。",
            ),
        ]

    def __str__(self) -> str:
        if self.is_multigrade:
            return f"复式（{self.number}）班"
        return f"{'一二三四五六七八九'[self.grade - 1]}（{self.number}）班"


class Role(models.TextChoices):
    """Who somebody is at a place (product.md §2)."""

    CLERK = "clerk", "填报员"
    CLASS_TEACHER = "class_teacher", "班主任"
    HOME_TEACHER = "home_teacher", "送教教师"
    PRINCIPAL = "principal", "校长"
    CENTRAL_SCHOOL = "central_school", "中心校"
    REVIEWER = "reviewer", "基教股"
    AID_OFFICER = "aid_officer", "资助专干"
    LEADER = "leader", "局领导"
    TOWNSHIP = "township", "乡镇干部"
    INSPECTOR = "inspector", "督导"
    ADMINISTRATOR = "administrator", "管理员"
    AUDITOR = "auditor", "审计员"


SCHOOL_ROLES = frozenset({Role.CLERK, Role.PRINCIPAL, Role.HOME_TEACHER})
CLASS_ROLES = frozenset({Role.CLASS_TEACHER})
TOWNSHIP_ROLES = frozenset({Role.CENTRAL_SCHOOL, Role.TOWNSHIP})
COUNTY_ROLES = frozenset(
    {Role.REVIEWER, Role.AID_OFFICER, Role.LEADER, Role.INSPECTOR, Role.ADMINISTRATOR, Role.AUDITOR}
)


class Membership(models.Model):
    """This person, this role, at this place, from one day to another."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField("角色", max_length=20, choices=Role)
    county = models.ForeignKey(County, on_delete=models.PROTECT)
    township = models.ForeignKey(Township, on_delete=models.PROTECT, null=True, blank=True)
    school = models.ForeignKey(
        School, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    klass = models.ForeignKey(Klass, on_delete=models.PROTECT, null=True, blank=True)
    started_on = models.DateField("自")
    ended_on = models.DateField("至", null=True, blank=True)
    appointed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        ordering: ClassVar = ["user_id", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="membership_place_fits_role",
                condition=Q(
                    role__in=sorted(SCHOOL_ROLES),
                    school__isnull=False,
                    township__isnull=True,
                    klass__isnull=True,
                )
                | Q(
                    role__in=sorted(CLASS_ROLES),
                    school__isnull=False,
                    klass__isnull=False,
                    township__isnull=True,
                )
                | Q(
                    role__in=sorted(TOWNSHIP_ROLES),
                    township__isnull=False,
                    school__isnull=True,
                    klass__isnull=True,
                )
                | Q(
                    role__in=sorted(COUNTY_ROLES),
                    township__isnull=True,
                    school__isnull=True,
                    klass__isnull=True,
                ),
                violation_error_message="角色和地点不相配。",
            ),
            # One constraint a kind of place: SQLite knows no NULLS NOT DISTINCT.
            models.UniqueConstraint(
                fields=["user", "role", "klass"],
                condition=Q(ended_on__isnull=True, klass__isnull=False),
                name="membership_once_at_class",
                violation_error_message="这个人在这个班已有这个角色。",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "school"],
                condition=Q(ended_on__isnull=True, school__isnull=False, klass__isnull=True),
                name="membership_once_at_school",
                violation_error_message="这个人在这所学校已有这个角色。",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "township"],
                condition=Q(ended_on__isnull=True, township__isnull=False),
                name="membership_once_at_township",
                violation_error_message="这个人在这个乡镇已有这个角色。",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "county"],
                condition=Q(ended_on__isnull=True, township__isnull=True, school__isnull=True),
                name="membership_once_in_county",
                violation_error_message="这个人在县里已有这个角色。",
            ),
            # Nobody grants a role to oneself (trust.md AZ-9).
            models.CheckConstraint(
                name="membership_not_self_appointed",
                condition=Q(appointed_by__isnull=True) | ~Q(appointed_by=F("user")),
                violation_error_message="不能给自己任职。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.place}"

    @property
    def place(self) -> str:
        """The name of the place, for the page head and the audit trail."""
        if self.klass_id:
            return f"{self.school}{self.klass}"
        return str(self.school or self.township or self.county)


class CountySetting(models.Model):
    """A value of a county setting from one moment on; the newest row of a key is in force."""

    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="setting_rows")
    key = models.CharField("参数", max_length=40)
    value = models.JSONField("值")
    set_at = models.DateTimeField("设定时间", auto_now_add=True)
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    reason = models.CharField("原因", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "参数"
        ordering: ClassVar = ["county", "key", "-pk"]
        indexes: ClassVar = [models.Index(fields=["county", "key", "-id"], name="setting_newest")]


class SchoolYear(models.Model):
    """1 September to 31 August."""

    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="school_years")
    start_year = models.PositiveSmallIntegerField("起始年")

    class Meta:
        verbose_name = verbose_name_plural = "学年"
        ordering: ClassVar = ["county", "start_year"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["county", "start_year"], name="school_year_once"),
        ]

    def __str__(self) -> str:
        return school_year_label(self.start_year)


class Term(models.Model):
    """第一学期（秋季） or 第二学期（春季）."""

    school_year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="terms")
    number = models.PositiveSmallIntegerField("学期", choices=[(1, "第一学期"), (2, "第二学期")])
    first_day = models.DateField("开学")
    last_day = models.DateField("放假")

    class Meta:
        verbose_name = verbose_name_plural = "学期"
        ordering: ClassVar = ["first_day"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school_year", "number"], name="term_once"),
            models.CheckConstraint(
                name="term_in_order",
                condition=Q(first_day__lt=F("last_day")),
                violation_error_message="学期开学要早于放假。",
            ),
        ]


class Holiday(models.Model):
    """Days off, or made-up school days (调休上课)."""

    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="holidays")
    name = models.CharField("名称", max_length=30)
    first_day = models.DateField("自")
    last_day = models.DateField("至")
    is_workday = models.BooleanField("调休上课", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "节假日"
        ordering: ClassVar = ["first_day"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="holiday_in_order",
                condition=Q(first_day__lte=F("last_day")),
                violation_error_message="结束日期不能早于开始日期。",
            ),
        ]

    def as_closure(self) -> Closure:
        return Closure(self.first_day, self.last_day, self.is_workday)


class Requirement(models.TextChoices):
    REQUIRED = "required", "必报"
    OPTIONAL = "optional", "可报"
    NONE = "none", "免报"


class ReportingMonth(models.Model):
    """A month of filing of one county, with the cut-off day it shows the end of, and when it is due."""

    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="reporting_months")
    month = models.DateField("填报月")
    cut_off = models.DateField("统计截止日")
    due_on = models.DateField("报送期限")
    requirement = models.CharField("要求", max_length=10, choices=Requirement, default=Requirement.REQUIRED)

    class Meta:
        verbose_name = verbose_name_plural = "填报月"
        ordering: ClassVar = ["month"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["county", "month"],
                name="reporting_month_once",
                violation_error_message="这个月已经有了。",
            ),
            models.CheckConstraint(
                name="reporting_month_is_first_day",
                condition=Q(month__day=1),
            ),
            models.CheckConstraint(
                name="reporting_month_due_after_cut_off",
                condition=Q(due_on__gte=F("cut_off")) & Q(cut_off__gte=F("month")),
                violation_error_message="截止日要在当月，报送期限不能早于截止日。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month.year}年{self.month.month}月"

    @property
    def label(self) -> str:
        return str(self)

    @property
    def slug(self) -> str:
        return self.month.strftime("%Y-%m")
