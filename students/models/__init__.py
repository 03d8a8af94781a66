"""The child, the roll, absences and what proves them."""

from students.models.absence import UNEXCUSED_KINDS, Absence, AbsenceKind, EndedHow
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
from students.models.person import Boarding, Guardian, IdType, Sex, Student
from students.models.roll import Enrolment, PeriodState, RollPeriod
from students.models.rollover import Rollover, RolloverLine
from students.models.roster import RosterImport, RosterState

__all__ = [
    "COLUMN_OF_KIND",
    "MINUS_KINDS",
    "PLUS_KINDS",
    "UNEXCUSED_KINDS",
    "Absence",
    "AbsenceKind",
    "Boarding",
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
    "RosterImport",
    "RosterState",
    "Sex",
    "SpecialCircumstance",
    "Student",
    "Transfer",
    "TransferSide",
    "TransferState",
]
