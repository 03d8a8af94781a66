"""The child, the roll, absences and what proves them."""

from students.models.absence import Absence, AbsenceKind, EndedHow
from students.models.circumstances import CircumstanceKind, Placement, PlacementKind, SpecialCircumstance
from students.models.evidence import Evidence
from students.models.movement import (
    COLUMN_OF_KIND,
    MINUS_KINDS,
    PLUS_KINDS,
    Movement,
    MovementKind,
    Transfer,
    TransferSide,
    TransferState,
)
from students.models.person import Guardian, IdType, Sex, Student
from students.models.roll import Enrolment, PeriodState, RollPeriod
from students.models.rollover import Rollover, RolloverLine

__all__ = [
    "COLUMN_OF_KIND",
    "MINUS_KINDS",
    "PLUS_KINDS",
    "Absence",
    "AbsenceKind",
    "CircumstanceKind",
    "EndedHow",
    "Enrolment",
    "Evidence",
    "Guardian",
    "IdType",
    "Movement",
    "MovementKind",
    "PeriodState",
    "Placement",
    "PlacementKind",
    "RollPeriod",
    "Rollover",
    "RolloverLine",
    "Sex",
    "SpecialCircumstance",
    "Student",
    "Transfer",
    "TransferSide",
    "TransferState",
]
