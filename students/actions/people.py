"""Children and guardians as persons: create, edit, correct an identity."""

import datetime as dt

from accounts.models import County
from students.identity import pinyin_of
from students.models import IdType, Student


def build_student(
    county: County,
    *,
    name: str,
    sex: str,
    birth_date: dt.date,
    id_number: str = "",
    no_id_reason: str = "",
    roll_number: str = "",
    id_type: str = IdType.RESIDENT,
    ethnicity: str = "01",
    address: str = "",
) -> Student:
    """An unsaved child with pinyin filled in; shared by the form and the roster import."""
    pinyin, initials = pinyin_of(name)
    return Student(
        county=county,
        name=name,
        pinyin=pinyin,
        initials=initials,
        sex=sex,
        birth_date=birth_date,
        id_type=id_type,
        id_number=id_number,
        no_id_reason=no_id_reason,
        roll_number=roll_number,
        ethnicity=ethnicity,
        address=address,
    )
