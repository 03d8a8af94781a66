"""add_school and create_first_administrator: what outside tools rely on."""

import io
import json

import pytest
from django.core.management import call_command

from accounts.models import County, User
from accounts.trail import verify_chain
from schools.models import Membership, Role, School, SchoolYear, Township
from students.queries import base_may_change
from tests.cast import make_county, make_school

ADDED = {"code": "2114000001", "name": "云岭镇中心小学", "kind": "primary", "township": "云岭镇"}
FIRST = {"county_code": "140425", "county_name": "平顺县", "username": "pingshun_admin", "name": "申志刚"}


def run(command, **options):
    """(exit code, stdout, stderr)"""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(command, **options, stdout=out, stderr=err)
    except SystemExit as stopped:
        return stopped.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def run_json(command, **options):
    code, out, _ = run(command, **options, json=True)
    return code, json.loads(out)


def test_the_first_school_brings_county_calendar_and_township(db):
    code, report = run_json("add_school", **ADDED)

    school = School.objects.get()
    assert code == 0 and report["ok"] and report["grades"] == "1-6" and report["county"] == "140425"
    assert len(report["notes"]) == 3
    assert (school.county.name, school.township.name) == ("平顺县", "云岭镇")
    assert SchoolYear.objects.count() == 1 and base_may_change(school)
    assert verify_chain(school.county_id) is None


def test_a_second_school_uses_what_is_there(county):
    Township.objects.create(county=county, name="云岭镇")

    code, out, _ = run("add_school", **ADDED, grades="一至五")

    school = School.objects.get()
    assert code == 0 and out.strip() == "已建立 云岭镇中心小学（2114000001），云岭镇，1-5 年级。"
    assert (school.county, school.last_grade, school.opened_on.isoformat()) == (county, 5, "2025-09-01")
    assert County.objects.count() == 1 and SchoolYear.objects.count() == 3


def test_a_point_under_its_central_school(county):
    parent = make_school(county)

    code, _ = run_json(
        "add_school",
        **{**ADDED, "kind": "teaching_point"},
        parent=parent.code,
        signed_by_parent=True,
        opened_on="2026-09-01",
    )

    point = School.objects.get(code="2114000001")
    assert code == 0 and point.parent == parent and point.signed_by_parent
    assert point.opened_on.isoformat() == "2026-09-01"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code": None}, "还缺 --code"),
        ({"name": None, "kind": " "}, "还缺 --name、--kind"),
        ({"code": "123"}, "不是 10 位数字"),
        ({"kind": "college"}, "不认识"),
        ({"grades": "6-1"}, "看不懂"),
        ({"opened_on": "去年"}, "看不懂"),
        ({"parent": "9999999999"}, "没有标识码"),
        ({"county": "999999"}, "没有行政区划代码"),
        ({"signed_by_parent": True}, "要先选所属中心校"),
        ({"name": "校" * 61}, "最多 60 个字"),
    ],
)
def test_a_refused_school_leaves_nothing_behind(changes, said, db):
    code, out, err = run("add_school", **{**ADDED, **changes})
    assert code == 1 and said in err and out == ""

    code, report = run_json("add_school", **{**ADDED, **changes})
    assert code == 1 and not report["ok"] and said in report["message"] + "".join(report["problems"])
    assert not School.objects.exists() and not County.objects.exists()


def test_a_code_in_use_is_refused(county):
    run("add_school", **ADDED)

    code, _, err = run("add_school", **ADDED)
    assert code == 1 and "已被 云岭镇中心小学 使用" in err and School.objects.count() == 1


def test_several_counties_need_a_choice(county):
    second = make_county()

    assert run("add_school", **ADDED)[0] == 1
    assert run("add_school", **ADDED, county=second.code)[0] == 0
    assert School.objects.get().county == second


# --- the first administrator ----------------------------------------------------------------------------------


def test_the_first_administrator_signs_in_with_the_printed_password(client, db):
    code, out, _ = run("create_first_administrator", **FIRST, bureau_name="平顺县教育科技局")

    user = User.objects.get()
    password = out.split("初始密码：")[1].split("\n")[0]
    assert code == 0 and user.check_password(password) and user.must_change_password
    assert (user.county.code, user.county.bureau_name) == ("140425", "平顺县教育科技局")
    assert Membership.objects.get().role == Role.ADMINISTRATOR
    assert client.post("/login/", {"username": "pingshun_admin", "password": password}).status_code == 302
    assert verify_chain(user.county_id) is None


def test_the_county_of_the_first_school_gets_its_administrator(db):
    run("add_school", **ADDED)

    code, report = run_json("create_first_administrator", **FIRST)
    assert code == 0 and report["county"] == "140425" and County.objects.count() == 1
    assert User.objects.get().check_password(report["password"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"username": ""}, "还缺 --username"),
        ({"county_code": "14042"}, "不是 6 位数字"),
        ({"username": "管理员"}, "不合要求"),
        ({"name": "申?刚"}, "有问号"),
    ],
)
def test_a_refused_administrator_leaves_nothing_behind(changes, said, db):
    code, _, err = run("create_first_administrator", **{**FIRST, **changes})

    assert code == 1 and said in err
    assert not County.objects.exists() and not User.objects.exists()


def test_there_is_only_one_first_administrator(db):
    run("create_first_administrator", **FIRST)

    code, _, err = run("create_first_administrator", **{**FIRST, "username": "another_one"})
    assert code == 1 and "已有管理员" in err and User.objects.count() == 1


def test_another_name_for_the_same_code_is_refused(county):
    code, _, err = run(
        "create_first_administrator", **{**FIRST, "county_code": county.code, "county_name": "云州县"}
    )
    assert code == 1 and "已是平顺县" in err
