"""Facts of forms for the tests of paper and sheets; figures differ from cell to cell so that a swap shows."""

from datetime import date

from reports.documents.columns import DEFAULT_COLUMNS
from reports.documents.form_facts import (
    Annex1Facts,
    Annex1Row,
    Annex2Facts,
    Annex2Row,
    FormHead,
    SummaryFacts,
    SummaryHead,
    SummaryRow,
    sums_of,
)
from reports.documents.wording import annex1_title, annex2_title, summary_title


def form_head(title="测试县月报表", **changes):
    values = {
        "title": title,
        "school_name": "测试县柏坪镇九年一贯制学校",
        "time_label": "2026年11月",
        "cut_off": date(2026, 11, 2),
        "edition": 3,
        "copy_note": "已签字，第3版",
        "is_draft": False,
        "principal": "申远志",
        "principal_signed_on": date(2026, 11, 4),
        "filler": "郭晓燕",
        "filler_signed_on": date(2026, 11, 3),
        "text_hash": "5T8C-2WHN-6R",
    }
    return FormHead(**(values | changes))


def annex1_row(grade, *, remark="", **changes):
    figures = {
        "opening": 100 + grade,
        "closing": 200 + grade,
        "transfer_in": grade,
        "transfer_out": 10 + grade,
    }
    figures |= {"absent": 20 + grade, "other": grade - 5}
    return Annex1Row(grade=grade, remark=remark, **(figures | changes))


def annex1_facts(*, offered=range(1, 10), remarks=(), **head):
    remarks = dict(remarks)
    rows = tuple(
        annex1_row(grade, remark=remarks.get(grade, ""))
        if grade in offered
        else Annex1Row(grade=grade, offered=False)
        for grade in range(1, 10)
    )
    total = Annex1Row(grade=0, **sums_of(rows))
    return Annex1Facts(head=form_head(annex1_title("测试县"), **head), rows=rows, total=total)


def annex2_row(number=1, *, counted=True, **changes):
    values = {
        "name": f"甲{number}",
        "sex": "女",
        "id_number": "140499201211150021",
        "grade_class": "一（1）班",
        "kind": "转入",
        "happened_on": "10月12日",
        "reason": "随父母回户籍地",
        "counterpart": "石泉乡中心小学",
        "guardian_name": "张某某（父）",
        "guardian_phone": "13800001234",
        "address": "柏坪镇北庄村",
        "evidence": "有：转学申请表、户口簿",
        "follow_up": "已接收，10月13日编入班级，11月1日、4日家访",
        "teacher": "冯素琴",
        "remark": "",
    }
    return Annex2Row(values=values | changes, counted=counted)


def annex2_facts(counted=0, uncounted=0, *, rows=(), columns=DEFAULT_COLUMNS, counted_note="", **head):
    listed = tuple(rows) or (
        *(annex2_row(900 + number, counted=False) for number in range(uncounted)),
        *(annex2_row(number) for number in range(1, counted + 1)),
    )
    return Annex2Facts(
        head=form_head(annex2_title("测试县"), **head),
        columns=columns,
        rows=listed,
        counted_note=counted_note,
    )


def summary_facts(schools=4, *, unfiled=()):
    rows = tuple(
        SummaryRow(label=f"第{n}小学", filed=False, remark="未报")
        if n in unfiled
        else SummaryRow(
            label=f"第{n}小学",
            opening=300 + n,
            closing=400 + n,
            transfer_in=n,
            transfer_out=50 + n,
            absent=70 + n,
            other=-n,
        )
        for n in range(1, schools + 1)
    )
    head = SummaryHead(
        title=summary_title("测试县", "school"),
        bureau_name="测试县教育局",
        time_label="2026年11月",
        cut_off=date(2026, 11, 2),
    )
    total = SummaryRow(label="合计", **sums_of(rows))
    return SummaryFacts(
        head=head, by="school", rows=rows, total=total, coverage_text="应报 4 所，已接收 3 所。"
    )
