"""What the sealing room says about keys, places and signatures, as plain values (no library behind them)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.sandbox import TransferableError


class SealingProblem(TransferableError):
    """A key, certificate or file that cannot be used: what is wrong and what to do."""

    def __init__(self, message: str, text: str = "") -> None:
        # From the limited child it comes back as (code, sentence).
        super().__init__("sealing", text or message)


class WrongPassword(SealingProblem):
    """The password does not open this key."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a page in PDF points, from the lower left corner; pages count from 0."""

    page: int
    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.top - self.bottom


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """A signature field to be prepared before anybody signs."""

    name: str
    title: str
    box: Box


@dataclass(frozen=True, slots=True)
class SignatureFound:
    """One signature of a file as the examination saw it.

    ``sound``: it covers its revision, and nothing but signatures came after. ``accepted``: pyHanko's bottom line.
    """

    field: str
    signer: str
    fingerprint: str
    signed_at: dt.datetime | None
    intact: bool
    trusted: bool
    sound: bool
    accepted: bool
    covers_whole_file: bool


@dataclass(frozen=True, slots=True)
class Examination:
    """What can be said about a file from its bytes alone."""

    readable: bool
    pages: int = 0
    signatures: Sequence[SignatureFound] = ()
    codes: Sequence[str] = ()

    @property
    def intact(self) -> bool:
        return bool(self.signatures) and all(found.intact and found.sound for found in self.signatures)

    @property
    def trusted(self) -> bool:
        return bool(self.signatures) and all(found.trusted and found.accepted for found in self.signatures)
