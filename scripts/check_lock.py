"""Says when pyproject.toml and requirements.lock differ, or when the lock names an address. Needs no network."""

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
ADDRESS = re.compile(r"https?:|file:|ssh:|-index-url|--find-links| @ ")
RENEW = (
    "重新生成 · renew with: uv pip compile --universal --generate-hashes --no-header --no-annotate"
    " --no-emit-index-url --group dev pyproject.toml -o requirements.lock"
)


def declared(pyproject: str) -> list[Requirement]:
    """Everything that pyproject.toml asks for, the development group included."""
    table = tomllib.loads(pyproject)
    groups = table.get("dependency-groups", {}).values()
    lines = [*table["project"]["dependencies"], *(line for group in groups for line in group)]
    return [Requirement(line) for line in lines]


def locked(lock: str) -> dict[str, Requirement]:
    """By name: the pinned version and the machines it is for."""
    lines = lock.replace("\\\n", " ").splitlines()
    pins = [Requirement(line.partition(" --hash")[0]) for line in lines if line.strip() and line[0] != "#"]
    return {canonicalize_name(pin.name): pin for pin in pins}


def reachable(wanted: list[Requirement]) -> set[str]:
    """Names of all that the declared packages need on this machine, read from what is installed."""
    seen: set[tuple[str, str]] = set()
    waiting = [(req.name, extra) for req in wanted for extra in ("", *req.extras)]
    while waiting:
        name, extra = waiting.pop()
        if (canonicalize_name(name), extra) in seen:
            continue
        seen.add((canonicalize_name(name), extra))
        try:
            needs = [Requirement(line) for line in requires(name) or []]
        except PackageNotFoundError:
            continue
        here = [need for need in needs if need.marker is None or need.marker.evaluate({"extra": extra})]
        waiting += [(need.name, inner) for need in here for inner in ("", *need.extras)]
    return {name for name, _extra in seen}


def problems(pyproject: str, lock: str) -> Iterator[str]:
    """One sentence for each difference."""
    if ADDRESS.search(lock):
        yield "requirements.lock holds an address; it must hold names, versions and hashes only"
        return
    pins = locked(lock)
    wanted = declared(pyproject)
    for requirement in wanted:
        pin = pins.get(canonicalize_name(requirement.name))
        if pin is None:
            yield f"pyproject.toml asks for {requirement}, requirements.lock does not have it"
        elif not all(requirement.specifier.contains(one.version) for one in pin.specifier):
            yield f"pyproject.toml asks for {requirement}, requirements.lock has {pin}"
    for_this_machine = {name for name, pin in pins.items() if pin.marker is None or pin.marker.evaluate()}
    for name in sorted(for_this_machine - reachable(wanted)):
        yield f"requirements.lock has {name}, nothing in pyproject.toml needs it"


def main() -> int:
    """Print what differs; 1 when anything does."""
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = list(problems(pyproject, lock))
    for sentence in found:
        print(sentence, file=sys.stderr)
    if found:
        print(RENEW, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
