"""Children as persons: the form with its checks, editing, correcting, class, family."""

import datetime as dt

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.workflow import NotPermitted, StepRefused
from schools.models import Role
from students.actions.people import create_student
from students.forms.people import PersonForm
from students.identity import KNOWN_NUMBER, make_id_number
from students.models import Enrolment, Guardian, RollPeriod, Student
from tests.cast import enrol, make_klass, make_month, make_student, make_user
from tests.students.people import logged_in, make_guardian, page

BOY, GIRL = "140499201809010015", "140499201211150021"


@pytest.fixture
def child(school):
    student = make_student(school.county, "张若溪", dt.date(2016, 3, 12), address="柏坪镇河西村")
    enrol(student, school, 3)
    return student


def typed(**values):
    return {
        "name": "王小明",
        "id_type": "1",
        "id_number": BOY,
        "sex": "1",
        "birth_date": "2018-09-01",
        "ethnicity": "01",
        "boarding": "1",
        **values,
    }


def errors(county, **values):
    return PersonForm(typed(**values), county=county).errors


def test_good_person_becomes_a_student(school, clerk):
    form = PersonForm(typed(name=" 王 小明 ", id_number="１４０４９９ 201809010015"), county=school.county)

    assert form.is_valid(), form.errors
    student = create_student(school, actor=clerk, **form.person)

    assert (student.name, student.id_number, student.initials) == ("王小明", BOY, "wxm")
    entry = AuditEntry.objects.get(verb="student.create")
    assert entry.changes["id_number"] == [None, "140499********0015"]
    assert entry.student_id == student.pk


def test_birth_date_and_sex_come_from_the_number(county):
    form = PersonForm(typed(sex="", birth_date=""), county=county)

    assert form.is_valid(), form.errors
    assert form.person["birth_date"] == dt.date(2018, 9, 1)
    assert form.person["sex"] == "1"


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"id_number": BOY[:-1] + "6"}, "id_number", "末位校验不对"),
        ({"id_number": BOY[:-1]}, "id_number", "有 17 位"),
        ({"id_number": "140499180901001"}, "id_number", "15 位旧号码"),
        ({"id_number": f"G{BOY}"}, "id_number", "是学籍号"),
        ({"id_number": make_id_number("140499", dt.date(2099, 1, 1), 1)}, "id_number", "在今天之后"),
        ({"birth_date": "2018-09-02"}, "birth_date", "与身份证号中的 2018年9月1日 不一致"),
        ({"sex": "2"}, "sex", "性别“女”与身份证号不一致"),
        ({"birth_date": "2018-9-41"}, "birth_date", "不是日期"),
        ({"id_number": ""}, "no_id_reason", "写明原因"),
        ({"id_number": "", "no_id_reason": "户口正在办理", "sex": ""}, "sex", "性别必填"),
        ({"name": "王?明"}, "name", "生僻字"),
        ({"name": ""}, "name", "必填"),
        ({"roll_number": BOY}, "roll_number", "应是 G 或 L"),
        ({"id_type": "A", "id_number": "E1"}, "id_number", "不像证件号码"),
    ],
)
def test_wrong_values_are_named_with_what_to_do(county, values, field, said):
    found = errors(county, **values)

    assert said in str(found[field])
    assert set(found) == {field}


def test_child_without_a_number_has_a_reason(school, clerk):
    form = PersonForm(typed(id_number="", no_id_reason="户口正在办理"), county=school.county)

    assert form.is_valid(), form.errors
    student = create_student(school, actor=clerk, **form.person)

    assert (student.id_number, student.id_index, student.id_type) == ("", None, "Z")


def test_passport_is_not_checked_like_an_id(county):
    form = PersonForm(typed(id_type="A", id_number="e1234567"), county=county)

    assert form.is_valid(), form.errors
    assert form.person["id_number"] == "E1234567"


def test_known_number_is_answered_in_the_same_words_wherever(school, other_school, clerk):
    here, there = make_student(school.county), make_student(school.county)
    enrol(here, school)
    enrol(there, other_school)

    sentences = [
        errors(school.county, id_number=each.id_number, birth_date="", sex="")["id_number"]
        for each in (here, there)
    ]

    assert sentences == [[KNOWN_NUMBER], [KNOWN_NUMBER]]
    for each in (here, there):
        with pytest.raises(StepRefused, match="县内已有学籍档案"):
            create_student(
                school,
                actor=clerk,
                name="王小明",
                sex=each.sex,
                birth_date=each.birth_date,
                id_number=each.id_number,
            )
    assert not AuditEntry.objects.filter(verb="student.create").exists()


def test_other_schools_clerk_creates_nobody_here(school, other_clerk):
    with pytest.raises(NotPermitted):
        create_student(school, actor=other_clerk, name="王小明", sex="1", birth_date=dt.date(2018, 9, 1))

    assert not Student.objects.exists()


def edit(student, **values):
    return {"seen_revision": student.revision, "ethnicity": "01", "boarding": "1", **values}


def test_edit_leaves_a_blank_number_and_never_shows_it(clerk, child):
    child.roll_number = f"G{child.id_number}"
    child.save()
    client, address = logged_in(clerk), reverse("students:student-edit", args=[child.pk])

    shown = page(client, address)
    assert child.id_number not in shown
    assert "柏坪镇河西村" in shown
    answer = client.post(address, edit(child, boarding="2", address="柏坪镇东街"))

    assert answer["Location"] == reverse("reports:child", args=[child.pk])
    after = Student.objects.get(pk=child.pk)
    assert (after.boarding, after.address, after.roll_number) == ("2", "柏坪镇东街", child.roll_number)
    entry = AuditEntry.objects.get(verb="student.edit")
    assert entry.changes == {"boarding": ["1", "2"], "address": ["有", "有"]}
    assert entry.capacity.startswith("填报员")


def test_number_typed_on_the_edit_page_is_stored_and_found(clerk, child):
    number = f"G{child.id_number}"

    logged_in(clerk).post(reverse("students:student-edit", args=[child.pk]), edit(child, roll_number=number))

    after = Student.objects.get(pk=child.pk)
    assert after.roll_number == number
    assert after.roll_index
    entry = AuditEntry.objects.get(verb="student.edit")
    assert child.id_number not in str(entry.changes)
    assert entry.changes["roll_number"][1].startswith("G14")


def test_page_that_has_become_old_saves_nothing(clerk, child):
    address = reverse("students:student-edit", args=[child.pk])
    client, stale = logged_in(clerk), edit(child, boarding="2")
    client.post(address, stale)

    again = client.post(address, {**stale, "boarding": "3"})

    assert "已被别人改过" in again.content.decode()
    assert Student.objects.get(pk=child.pk).boarding == "2"
    assert AuditEntry.objects.filter(verb="student.edit").count() == 1


def test_fields_that_are_not_on_the_form_are_not_set(clerk, child, other_school):
    logged_in(clerk).post(
        reverse("students:student-edit", args=[child.pk]),
        edit(child, name="别人", id_number=BOY, county=99, revision=50, sex="2"),
    )

    after = Student.objects.get(pk=child.pk)
    assert (after.name, after.id_number, after.sex) == (child.name, child.id_number, child.sex)


def identity(student, **values):
    return {
        "seen_revision": student.revision,
        "name": student.name,
        "id_type": "1",
        "sex": student.sex,
        "birth_date": student.birth_date,
        "reason": "对照户口簿",
        **values,
    }


def test_identity_is_corrected_with_reason_and_masked_trail(clerk, child):
    old = child.id_number
    new = make_id_number("140499", dt.date(2016, 3, 21), 3)
    client, address = logged_in(clerk), reverse("students:student-correct", args=[child.pk])
    assert old not in page(client, address)

    client.post(address, identity(child, name="张若曦", id_number=new, sex="1", birth_date="2016-03-21"))

    after = Student.objects.get(pk=child.pk)
    assert (after.name, after.initials, after.id_number, after.sex) == ("张若曦", "zrx", new, "1")
    entry = AuditEntry.objects.get(verb="student.correct_identity")
    assert entry.summary == "对照户口簿"
    assert entry.changes["name"] == ["张若溪", "张若曦"]
    assert entry.changes["id_number"] == [f"{old[:6]}********{old[-4:]}", f"{new[:6]}********{new[-4:]}"]
    assert old not in str(entry.changes)
    assert new not in str(entry.changes)


def test_blank_number_stays_and_is_still_checked(clerk, child):
    client, address = logged_in(clerk), reverse("students:student-correct", args=[child.pk])

    wrong = client.post(address, identity(child, birth_date="2016-03-13"))
    assert "与身份证号中的 2016年3月12日 不一致" in wrong.content.decode()
    client.post(address, identity(child, name="张若希"))

    after = Student.objects.get(pk=child.pk)
    assert (after.name, after.id_number, after.id_index) == ("张若希", child.id_number, child.id_index)


def test_correction_needs_a_reason_and_a_difference(clerk, child):
    client, address = logged_in(clerk), reverse("students:student-correct", args=[child.pk])

    assert "更正依据" in client.post(address, identity(child, name="张三", reason="")).content.decode()
    assert "没有要更正的" in client.post(address, identity(child)).content.decode()
    assert not AuditEntry.objects.filter(verb="student.correct_identity").exists()
    assert Student.objects.get(pk=child.pk).revision == child.revision


def test_number_of_another_child_is_refused_in_neutral_words(clerk, child, other_school):
    other = make_student(other_school.county, "钱多多")
    enrol(other, other_school)

    answer = logged_in(clerk).post(
        reverse("students:student-correct", args=[child.pk]),
        identity(child, id_number=other.id_number, sex=other.sex),
    )

    assert KNOWN_NUMBER in answer.content.decode()
    assert Student.objects.get(pk=child.pk).id_number == child.id_number


@pytest.mark.parametrize("view", ["student-edit", "student-correct", "student-klass", "guardian-add"])
def test_other_clerk_404_principal_and_past_school_403(view, child, other_clerk, principal, other_school):
    address = reverse(f"students:{view}", args=[child.pk])

    assert logged_in(other_clerk).get(address).status_code == 404
    assert logged_in(principal).get(address).status_code == 403
    assert logged_in(principal).post(address, edit(child)).status_code == 403
    Enrolment.objects.filter(student=child).update(left_on=dt.date(2025, 9, 20))
    enrol(child, other_school, 3, base=False)
    old_clerk = make_user(child.county, Role.CLERK, Enrolment.objects.filter(student=child).first().school)
    assert logged_in(old_clerk).post(address, edit(child)).status_code == 403
    assert Student.objects.get(pk=child.pk).revision == child.revision


def test_class_is_changed_within_the_grade(clerk, school, child):
    first, second = make_klass(school, 3, 1), make_klass(school, 3, 2)
    mixed = make_klass(school, 1, 1, is_multigrade=True)
    fourth, closed = make_klass(school, 4, 1), make_klass(school, 3, 9, closed_on=dt.date(2025, 1, 1))
    client, address = logged_in(clerk), reverse("students:student-klass", args=[child.pk])
    text = page(client, address)
    assert all(f'value="{each.pk}"' in text for each in (first, second, mixed))
    assert not any(f'value="{each.pk}"' in text for each in (fourth, closed))

    client.post(address, {"klass": second.pk, "seen_revision": child.revision})

    assert Enrolment.objects.get(student=child).klass == second
    assert AuditEntry.objects.get(verb="student.change_klass").changes["klass"] == ["未分班", "三（2）班"]
    refused = client.post(address, {"klass": fourth.pk, "seen_revision": child.revision + 1})
    assert "所选班级不在本校这个年级" in refused.content.decode()


def family(student, **values):
    return {
        "seen_revision": student.revision,
        "name": "张建军",
        "relation": "父亲",
        "is_guardian": "on",
        **values,
    }


def test_guardian_is_added_edited_and_removed(clerk, child):
    client = logged_in(clerk)
    client.post(
        reverse("students:guardian-add", args=[child.pk]),
        family(child, phone="138 0000 1234", works_at="长治市某厂"),
    )
    guardian = Guardian.objects.get(student=child)
    assert (guardian.phone, guardian.position) == ("13800001234", 1)
    added = AuditEntry.objects.get(verb="guardian.add")
    assert added.changes["phone"] == ["—", "138****1234"]

    address = reverse("students:guardian-edit", args=[guardian.pk])
    assert "13800001234" not in page(client, address)
    child.refresh_from_db()
    client.post(address, family(child, relation="其他监护人"))
    guardian = Guardian.objects.get(pk=guardian.pk)
    assert (guardian.relation, guardian.phone) == ("其他监护人", "13800001234")

    child.refresh_from_db()
    remove = reverse("students:guardian-remove", args=[guardian.pk])
    client.post(remove, {"seen_revision": child.revision})
    assert Guardian.objects.get(pk=guardian.pk).removed_at
    assert client.post(remove, {"seen_revision": child.revision}).status_code == 404
    assert AuditEntry.objects.filter(verb="guardian.remove").count() == 1


def test_double_press_adds_one_guardian(clerk, child):
    client, address = logged_in(clerk), reverse("students:guardian-add", args=[child.pk])
    data = family(child, phone="13800001234")
    client.post(address, data)

    again = client.post(address, data)

    assert "已被别人改过" in again.content.decode()
    assert Guardian.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"phone": "1380000123"}, "有 10 位"),
        ({"id_number": BOY[:-1] + "9"}, "末位校验不对"),
        ({"name": "=1+1"}, "不该出现的符号"),
        ({"relation": ""}, "必填"),
    ],
)
def test_wrong_family_values_are_refused(clerk, child, values, said):
    answer = logged_in(clerk).post(reverse("students:guardian-add", args=[child.pk]), family(child, **values))

    assert said in answer.content.decode()
    assert not Guardian.objects.exists()


def test_child_without_number_is_known_by_the_guardians(clerk, school):
    child = make_student(school.county, id_number="", no_id_reason="户口正在办理")
    enrol(child, school)
    client, address = logged_in(clerk), reverse("students:guardian-add", args=[child.pk])

    assert "监护人的身份证号必填" in client.post(address, family(child)).content.decode()
    client.post(address, family(child, id_number=make_id_number("140499", dt.date(1988, 9, 1), 1)))

    assert Guardian.objects.get().id_index


def test_guardian_of_another_schools_child_does_not_exist(other_clerk, principal, child):
    guardian = make_guardian(child)
    for view in ("guardian-edit", "guardian-remove"):
        address = reverse(f"students:{view}", args=[guardian.pk])
        assert logged_in(other_clerk).post(address, family(child)).status_code == 404
        assert logged_in(principal).post(address, family(child)).status_code == 403
    assert not AuditEntry.objects.filter(verb__startswith="guardian").exists()


def test_change_makes_a_page_of_an_open_month_old(clerk, school, child):
    month = make_month(school.county, dt.date(2031, 9, 1))
    period = RollPeriod.objects.create(school=school, month=month)

    logged_in(clerk).post(reverse("students:student-edit", args=[child.pk]), edit(child, boarding="2"))

    period.refresh_from_db()
    assert period.revision == 2
