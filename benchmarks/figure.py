"""One measured ratio and the limit it has to keep."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """Seconds (or requests a second) of ours and of the floor; without a limit it is only shown beside."""

    name: str
    ours: float
    floor: float
    limit: float | None = None
    at_least: bool = False
    unit: str = "s"

    @property
    def ratio(self) -> float:
        return self.ours / self.floor if self.floor else float("inf")

    @property
    def keeps(self) -> bool:
        if self.limit is None:
            return True
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit

    def __str__(self) -> str:
        limit = ""
        if self.limit is not None:
            sign = "≥" if self.at_least else "≤"
            limit = f"  {sign} {self.limit:g}  {'ok' if self.keeps else 'MISSED'}"
        return f"{self.name}: {self.ours:.3g} {self.unit} / {self.floor:.3g} {self.unit} = {self.ratio:.2f}{limit}"


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds of one run, garbage of earlier ones collected before."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
