"""Code tables of the roll: reasons, required proofs, ethnic groups (domain.md §4.4, §4.10, §5; pure)."""

from typing import Final

ETHNIC_NAMES: Final = (
    "汉族 蒙古族 回族 藏族 维吾尔族 苗族 彝族 壮族 布依族 朝鲜族 满族 侗族 瑶族 白族 土家族 哈尼族 哈萨克族 傣族 黎族 "
    "傈僳族 佤族 畲族 高山族 拉祜族 水族 东乡族 纳西族 景颇族 柯尔克孜族 土族 达斡尔族 仫佬族 羌族 布朗族 撒拉族 毛南族 "
    "仡佬族 锡伯族 阿昌族 普米族 塔吉克族 怒族 乌孜别克族 俄罗斯族 鄂温克族 德昂族 保安族 裕固族 京族 塔塔尔族 独龙族 "
    "鄂伦春族 赫哲族 门巴族 珞巴族 基诺族"
).split()
# GB/T 3304
ETHNICITIES: Final = {f"{n:02d}": name for n, name in enumerate(ETHNIC_NAMES, start=1)} | {
    "97": "其他",
    "98": "外国血统",
}

# Reasons a person can choose, by kind of fact. The code is stored, the label may be reworded.
REASONS: Final[dict[str, dict[str, str]]] = {
    "transfer_in": {"moved": "随家庭迁居", "work": "随父母务工地变动", "near": "就近入学", "other": "其他"},
    "transfer_out": {"moved": "随家庭迁居", "work": "随父母务工地变动", "near": "就近入学", "other": "其他"},
    "new_pupil": {"admission": "起始年级入学", "late": "延缓入学期满", "other": "其他"},
    "added": {
        "missed": "期初漏录",
        "back": "辍学或失学后入学",
        "returned": "国（境）外返回",
        "other": "其他",
    },
    "promoted_in": {"promotion": "升学"},
    "death": {"illness": "疾病", "accident": "意外", "other": "其他"},
    "abroad": {"settled": "出国（境）定居", "study": "出国（境）就读"},
    "removed": {"duplicate": "重复学籍", "mistake": "录入错误", "other": "其他"},
    "retained": {"illness": "因病", "learning": "学习困难，家长申请", "other": "其他"},
    "skipped": {"ability": "学业优异"},
    "correction": {"mistake": "原登记有误", "not_done": "事情没有办成", "other": "其他"},
    "suspension": {"illness": "因病（县级以上医院证明）", "force": "不可抗力"},
    "long_leave": {"illness": "因病", "family": "家庭原因", "other": "其他"},
    "not_registered": {
        "unreachable": "失联",
        "migration": "随迁未转学",
        "work": "外出务工",
        "illness": "因病",
        "other": "其他",
    },
    "truancy": {
        "aversion": "厌学或学习困难",
        "work": "外出务工",
        "poverty": "家庭经济困难",
        "family": "家庭变故、缺劳力",
        "marriage": "早婚早育",
        "religion": "信教",
        "behaviour": "网瘾或不良行为",
        "bullying": "校园欺凌",
        "mental": "心理原因",
        "illness": "因病",
        "disability": "残疾",
        "unreachable": "失联",
        "other": "其他",
    },
    "special_school": {"assessed": "经评估送专门学校"},
    "guest_elsewhere": {"migration": "随父母在外借读", "other": "其他"},
    "in_transfer": {"transfer": "办理转学"},
}

# Papers that prove a fact (domain.md §4.10); a fact may be saved without them as 待补证明.
REQUIRED_PROOFS: Final[dict[str, tuple[str, ...]]] = {
    "transfer_in": ("转学申请表",),
    "transfer_out": ("转学申请表", "转入学校接收证明"),
    "death": ("死亡证明",),
    "abroad": ("护照或签证",),
    "suspension": ("休学申请表", "县级以上医院证明或相关部门证明"),
    "special_school": ("评估意见",),
    "retained": ("留级申请表",),
    "skipped": ("跳级申请表",),
}

# Why somebody reads a full number.
REVEAL_REASONS: Final = {
    "paper": "填写文书",
    "register": "核对户口簿",
    "contact": "联系家长",
    "transfer": "办理转学或学籍系统",
    "other": "其他（写明）",
}

RELATIONS: Final = ("父亲", "母亲", "祖父", "祖母", "外祖父", "外祖母", "兄或姐", "其他亲属", "其他监护人")

# Papers beside the required ones that people bring; the last one takes what has no name here.
OTHER_PROOFS: Final = ("户口簿、居住证或务工证明", "医院证明或病历", "请假条", "情况说明", "其他材料")

# 残疾人证号: 18-digit ID number, category, grade; a re-issued card appends B1 … (domain.md §5.10).
DISABILITY_CATEGORIES: Final = {
    "1": "视力",
    "2": "听力",
    "3": "言语",
    "4": "肢体",
    "5": "智力",
    "6": "精神",
    "7": "多重",
}
DISABILITY_GRADES: Final = {"1": "一级", "2": "二级", "3": "三级", "4": "四级"}

# Words behind the stored detail of a circumstance, by kind (domain.md §5.8–5.13).
CIRCUMSTANCE_DETAILS: Final[dict[str, dict[str, str]]] = {
    "disability": {
        category + grade: f"{word}{degree}"
        for category, word in DISABILITY_CATEGORIES.items()
        for grade, degree in DISABILITY_GRADES.items()
    },
    "hmt_foreign": {
        "01": "香港同胞",
        "02": "香港同胞亲属",
        "03": "澳门同胞",
        "04": "澳门同胞亲属",
        "05": "台湾同胞",
        "06": "台湾同胞亲属",
        "11": "华侨",
        "12": "侨眷",
        "13": "归侨",
        "14": "归侨子女",
        "21": "归国留学人员",
        "31": "非华裔中国人",
        "41": "外籍华裔人",
        "51": "外国人",
        "99": "其他",
    },
    "left_behind_one": {"grand": "祖父母或外祖父母照料", "parent": "父或母照料", "other": "其他人照料"},
    "left_behind_both": {
        "grand": "祖父母或外祖父母照料",
        "relative": "其他亲属照料",
        "other": "其他人照料",
        "none": "无人照料",
    },
    "left_behind_civil": {"both": "父母双方外出", "unable": "一方外出，另一方无监护能力"},
    "single_parent": {"divorced": "父母离异", "died": "父或母亡故", "other": "其他"},
    "P5": {"urban": "城市低保", "rural": "农村低保"},
    "P4": {"illness": "大病", "accident": "意外事故", "disaster": "自然灾害", "other": "其他"},
} | {kind: {"3": "特别困难", "2": "困难", "1": "一般困难"} for kind in ("P1", "P2", "P3")}

# Papers that prove a circumstance; none where the school itself finds out.
CIRCUMSTANCE_PROOFS: Final[dict[str, tuple[str, ...]]] = {
    "disability": ("残疾人证",),
    "P1": ("脱贫户或监测户认定材料",),
    "P2": ("脱贫户或监测户认定材料",),
    "P3": ("脱贫户或监测户认定材料",),
    "P4": ("突发严重困难认定材料",),
    "P5": ("低保证",),
    "P6": ("孤儿认定材料",),
    "P7": ("特困救助供养证",),
    "P8": ("家长残疾人证",),
    "P9": ("残疾人证",),
    "P10": ("烈士证明书",),
    "X1": ("事实无人抚养儿童认定材料",),
    "X2": ("父母双方残疾人证",),
    "X9": ("批准文件",),
}


def reason_label(kind: str, code: str) -> str:
    """What the screen says for a stored reason code; the code itself where the table has none."""
    return REASONS.get(kind, {}).get(code, code)


def circumstance_label(kind_label: str, kind: str, detail: str) -> str:
    """残疾（智力二级）; the kind alone where nothing more is known."""
    word = CIRCUMSTANCE_DETAILS.get(kind, {}).get(detail, detail)
    return f"{kind_label.partition('（')[0]}（{word}）" if word else kind_label
