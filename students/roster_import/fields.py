"""Columns of roster files and the names they go by (domain.md §5.14); matched by name, never by position."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    """A column we read: our label, the headings it goes by, how its values are masked."""

    key: str
    label: str
    aliases: tuple[str, ...] = ()
    kind: str = ""


def _field(key: str, label: str, aliases: str = "", kind: str = "") -> Field:
    return Field(key, label, (label, *aliases.split()), kind)


_OWN: Final = (
    _field("name", "姓名", "学生姓名 学生名字 名字 学生"),
    _field(
        "id_number",
        "身份证号",
        "身份证件号 身份证件号码 身份证号码 公民身份号码 公民身份证号 公民身份证号码 居民身份证号 居民身份证号码 "
        "证件号码 证件号 身份证 学生身份证号 学生身份证号码 学生身份证件号",
        "id",
    ),
    _field("id_type", "证件类型", "身份证件类型 证件类别 身份证类型"),
    _field("sex", "性别", "学生性别"),
    _field("birth_date", "出生日期", "出生年月日 出生年月 生日 出生时间"),
    _field("ethnicity", "民族", "名族"),
    _field(
        "roll_number", "学籍号", "全国学籍号 学籍号码 全国学籍号码 个人标识码 国网学籍号 学生学籍号", "id"
    ),
    _field("roll_state", "学籍状态", "学生状态 学生当前状态 就读状态"),
    _field("grade", "年级", "所在年级 年级名称 就读年级 现年级 现读年级"),
    _field("klass", "班级", "班级名称 所在班级 就读班级 班别 行政班 年级班级 年级班 所在年级班级 班"),
    _field("klass_no", "班号", "班级号 班级序号"),
    _field("entry", "入学年月", "入学日期 入学时间 入学年份 招生年度"),
    _field("school_code", "学校标识码", "学校标示码 就读学校标识码 录取学校标识码 学校代码"),
    _field("school_name", "就读学校", "学校名称 学校 所在学校 录取学校"),
    _field("address", "现住址", "现居住地址 家庭住址 居住地址 常住地址 住址"),
    _field("home_address", "家庭地址"),
    _field("mail_address", "通信地址", "通讯地址"),
    _field("household_place", "户口所在地行政区划", "户口所在地 户籍所在地 户籍地址 户籍地"),
    _field("boarding", "就读方式", "是否住校 是否寄宿 是否寄宿生 是否住宿"),
    _field("left_behind", "是否留守儿童", "留守儿童 留守情况 留守儿童类型"),
    _field("rural_left", "是否农村留守儿童", "农村留守儿童"),
    _field("migrant", "是否进城务工人员随迁子女", "进城务工人员随迁子女 务工随迁子女"),
    _field("migrant_any", "是否随迁子女", "随迁子女"),
    _field("orphan", "是否孤儿", "孤儿"),
    _field("martyr", "是否烈士或优抚子女", "是否烈士子女 烈士子女 烈士或优抚子女"),
    _field("single_parent", "是否单亲家庭", "是否单亲 单亲家庭 单亲"),
    _field("disability", "残疾类型", "残疾人类型 残疾类别 残疾情况"),
    _field("is_disabled", "是否残疾人", "是否残疾 是否残疾学生"),
    _field("disability_level", "残疾等级", "残疾级别"),
    _field("disability_card", "残疾人证号", "残疾证号 残疾证号码 残疾人证号码 残疾证", "card"),
    _field("poverty", "困难类别", "困难类型 家庭困难类型 家庭经济困难类型 贫困类型 困难情况 特殊困难类型"),
    _field("registered_poor", "是否建档立卡", "建档立卡 是否建档立卡户 是否脱贫户 脱贫户"),
    _field("hmt", "港澳台侨外"),
    _field("serial", "序号", "编号 行号 顺序号"),
)
_PEOPLE: Final = (
    _field("g_name", "监护人姓名", "监护人 家长姓名 家长"),
    _field("g_relation", "监护人关系", "与学生关系 监护人与学生关系 家长关系"),
    _field(
        "g_phone",
        "联系电话",
        "电话 手机 手机号 手机号码 联系方式 家长电话 家长联系电话 监护人电话 监护人联系电话 监护人手机 家长手机",
        "phone",
    ),
    _field("g_id", "监护人身份证号", "监护人身份证件号 监护人证件号码 家长身份证号 监护人身份证号码", "id"),
    _field("f_name", "父亲姓名", "父亲"),
    _field("f_phone", "父亲联系电话", "父亲电话 父亲手机 父亲手机号", "phone"),
    _field("f_id", "父亲身份证号", "父亲身份证件号 父亲身份证号码", "id"),
    _field("mo_name", "母亲姓名", "母亲"),
    _field("mo_phone", "母亲联系电话", "母亲电话 母亲手机 母亲手机号", "phone"),
    _field("mo_id", "母亲身份证号", "母亲身份证件号 母亲身份证号码", "id"),
)
_MEMBER_PARTS: Final = (
    ("name", "姓名", "", ""),
    ("relation", "关系", "与学生关系", ""),
    ("phone", "联系电话", "电话 手机 手机号码 手机号", "phone"),
    ("is_guardian", "是否监护人", "", ""),
    ("id", "身份证件号", "身份证号 身份证号码 证件号码", "id"),
    ("works_at", "工作单位", "工作单位或务工地 务工地", ""),
)
MEMBER_PREFIXES: Final = ("成员", "家庭成员", "家庭成员或监护人")


def _member_fields(number: int) -> tuple[Field, ...]:
    fields = []
    for part, label, others, kind in _MEMBER_PARTS:
        names = (label, *others.split())
        numerals = (str(number), "一二"[number - 1])
        aliases = tuple(
            f"{prefix}{numeral}{name}" for prefix in MEMBER_PREFIXES for numeral in numerals for name in names
        )
        fields.append(Field(f"m{number}_{part}", f"成员{number}{label}", aliases, kind))
    return tuple(fields)


FIELDS: Final = {field.key: field for field in (*_OWN, *_PEOPLE, *_member_fields(1), *_member_fields(2))}
GRADE_SOURCES: Final = ("grade", "klass", "entry", "klass_no")
