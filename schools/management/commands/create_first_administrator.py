"""The county and the one account that opens all others; the first password is printed once."""

import json
import re
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from accounts.actions import NewAccount, open_county
from accounts.models import County
from accounts.passwords import FIRST_PASSWORD_HOURS
from accounts.text import TextProblem, clean_name
from accounts.workflow import StepRefused
from schools.actions.people import open_account
from schools.checks import Post, plain_text
from schools.models import Membership, Role
from schools.queries import county_of_code, in_force

NEEDED = {
    "county_code": "--county-code",
    "county_name": "--county-name",
    "username": "--username",
    "name": "--name",
}


class Command(BaseCommand):
    help = "建立县和第一位管理员，打印一次初始密码。这个县已有管理员时拒绝。成功时退出码为 0。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--county-code", help="行政区划代码，6 位数字，如 140425")
        parser.add_argument("--county-name", help="县名，如 平顺县")
        parser.add_argument("--bureau-name", default="", help="教育局名称；不写是县名加“教育局”")
        parser.add_argument("--username", help="管理员的账号，小写字母和数字")
        parser.add_argument("--name", help="管理员的姓名")
        parser.add_argument("--json", action="store_true", help="输出 JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                account = create_first_administrator(options)
        except (StepRefused, TextProblem) as refused:
            self._refuse(refused, as_json=options["json"])
        else:
            self._tell(account, as_json=options["json"])

    def _tell(self, account: NewAccount, *, as_json: bool) -> None:
        user, county = account.user, account.user.county
        message = (
            f"{county.name}（{county.code}）的管理员 {user.name} 已建立。\n账号：{user.username}\n"
            f"初始密码：{account.password}\n"
            f"只显示这一次，{FIRST_PASSWORD_HOURS} 小时内有效，第一次登录时要换成自己的密码。"
        )
        report = {
            "ok": True,
            "county": county.code,
            "username": user.username,
            "password": account.password,
            "message": message,
        }
        self.stdout.write(json.dumps(report, ensure_ascii=False) if as_json else message)

    def _refuse(self, refused: Exception, *, as_json: bool) -> None:
        problems = list(getattr(refused, "problems", []))
        if as_json:
            report = {"ok": False, "message": str(refused), "problems": problems}
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        else:
            self.stderr.write("\n".join([str(refused), *problems]))
        sys.exit(1)


def create_first_administrator(options: dict[str, Any]) -> NewAccount:
    missing = [flag for name, flag in NEEDED.items() if not (options[name] or "").strip()]
    if missing:
        raise StepRefused(f"还缺 {'、'.join(missing)}。")
    county = _county(options)
    administrators = Membership.objects.filter(
        in_force(), county=county, role=Role.ADMINISTRATOR, user__is_active=True
    )
    if administrators.exists():
        raise StepRefused(f"{county.name} 已有管理员。请由管理员在“账号”页上任命别的人。")
    return open_account(
        county,
        actor=None,
        username=options["username"].strip().lower(),
        name=clean_name(options["name"], max_length=60),
        posts=[Post(Role.ADMINISTRATOR)],
    )


def _county(options: dict[str, Any]) -> County:
    code = options["county_code"].strip()
    name = plain_text(options["county_name"], "县名", 40)
    bureau_name = plain_text(options["bureau_name"], "教育局名称", 60)
    if not re.fullmatch(r"[1-9]\d{5}", code):
        raise StepRefused(f"行政区划代码“{code}”不是 6 位数字。")
    county = county_of_code(code)
    if county is None:
        return open_county(code=code, name=name, bureau_name=bureau_name)
    if county.name != name:
        raise StepRefused(f"代码 {code} 已是{county.name}。请核对代码和县名。")
    return county
