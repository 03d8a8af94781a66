"""Work on files from outside in a fresh, limited child process, and the errors that may come back from it.

The child is a new interpreter (not a fork): it inherits no database connection, no secret from the
environment and no open file, so a file that breaks a decoder breaks nothing else.
"""

import dataclasses
import gc
import importlib
import io
import math
import os
import pickle
import resource
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, cast, overload

MAX_RESULT_BYTES: Final = 256 * 1024 * 1024
MEGABYTE: Final = 1024 * 1024
_PROJECT: Final = Path(__file__).resolve().parent.parent
_BOOT: Final = "import sys; sys.path[:0] = sys.argv[4:]; from accounts.sandbox import serve; serve()"
_RUST_OUT_OF_MEMORY: Final = b"memory allocation of"
_CPU_GRACE_SECONDS: Final = 2
# What a result may be made of besides numbers, texts and containers; dataclasses of the project are added.
_PLAIN_CLASSES: Final = {
    ("datetime", name) for name in ("date", "datetime", "time", "timedelta", "timezone")
} | {("decimal", "Decimal"), ("builtins", "set"), ("builtins", "frozenset"), ("builtins", "complex")}


class SandboxError(Exception):
    """The work did not finish; nothing is known about the file except that it must not be used."""


class SandboxTimeout(SandboxError):
    """Too much time, by the clock or by the processor."""


class SandboxMemory(SandboxError):
    """Too much memory."""


class SandboxCrash(SandboxError):
    """The child died or raised something unexpected."""


class TransferableError(Exception):
    """A refusal that crosses the process boundary unchanged: a stable code and a Chinese sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class FileProblem(TransferableError):
    """A file that cannot be used: what it is, and how to save it properly."""


@overload
def run_limited[T](
    function: Callable[..., T], *args: object, seconds: float = ..., memory_mb: int = ...
) -> T: ...
@overload
def run_limited(function: str, *args: object, seconds: float = ..., memory_mb: int = ...) -> Any: ...
def run_limited(
    function: Callable[..., object] | str, *args: object, seconds: float = 20, memory_mb: int = 512
) -> object:
    """Call a top-level function ("module:name") in a limited child and return its result."""
    path = function if isinstance(function, str) else f"{function.__module__}:{function.__qualname__}"
    with _memory_file() as question, _memory_file() as answer, _memory_file() as noise:
        pickle.dump(args, question, protocol=5)
        question.seek(0)
        command = [
            sys.executable,
            "-I",
            "-S",
            "-c",
            _BOOT,
            path,
            str(seconds),
            str(memory_mb),
            *_import_paths(),
        ]
        process = subprocess.Popen(  # noqa: S603 -- our own interpreter, no shell, no word from outside
            command, stdin=question, stdout=answer, stderr=noise,
            env={"LANG": "C.UTF-8"}, start_new_session=True,
        )  # fmt: skip
        try:
            _wait(process, seconds)
        finally:
            _end(process)
        return _outcome(process.returncode, answer, noise, path)


def _memory_file() -> BinaryIO:
    """A nameless file in memory where the system has them: children's data never touches a disk."""
    if hasattr(os, "memfd_create"):
        return cast(BinaryIO, open(os.memfd_create("sandbox"), "w+b"))  # noqa: PTH123 -- a descriptor
    return cast(BinaryIO, tempfile.TemporaryFile())


def _import_paths() -> list[str]:
    return [str(_PROJECT), *(path or str(Path.cwd()) for path in sys.path)]


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    if not hasattr(os, "pidfd_open"):
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise SandboxTimeout from None
        return
    descriptor = os.pidfd_open(process.pid)  # woken at once, where Popen.wait() sleeps in steps of 50 ms
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(seconds * 1000):
            raise SandboxTimeout
    finally:
        os.close(descriptor)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _outcome(returncode: int, answer: BinaryIO, noise: BinaryIO, path: str) -> object:
    if returncode == -signal.SIGXCPU:
        raise SandboxTimeout
    if returncode != 0:
        noise.seek(0)
        if _RUST_OUT_OF_MEMORY in noise.read(4096):
            raise SandboxMemory
        message = f"{path}: child ended with {returncode}"  # never the child's own words: they may hold data
        raise SandboxCrash(message)
    answer.seek(0)
    kind, *payload = _load(answer.read(), package=path.partition(":")[0].partition(".")[0])
    if kind == "done":
        return payload[0]
    if kind == "memory":
        raise SandboxMemory
    if kind == "refused":
        raise _transferred(*payload)
    message = f"{path}: {payload[0]}"
    raise SandboxCrash(message)


def _transferred(module: str, name: str, code: str, text: str) -> TransferableError:
    error_class = getattr(sys.modules.get(module), name, None)
    if isinstance(error_class, type) and issubclass(error_class, TransferableError):
        return error_class(code, text)
    return TransferableError(code, text)


class _PlainUnpickler(pickle.Unpickler):
    """Reads plain data and the project's dataclasses; a child taken over by a file cannot make us call code."""

    def __init__(self, content: bytes, package: str) -> None:
        super().__init__(io.BytesIO(content))
        self.package = package

    def find_class(self, module: str, name: str) -> type:
        if (module, name) in _PLAIN_CLASSES:
            return cast(type, super().find_class(module, name))
        loaded = sys.modules.get(module) if module.partition(".")[0] == self.package else None
        found = vars(loaded).get(name) if loaded else None
        if isinstance(found, type) and found.__module__ == module and dataclasses.is_dataclass(found):
            return found
        message = f"{module}.{name} may not come out of the sandbox"
        raise SandboxCrash(message)


def _load(content: bytes, package: str) -> tuple[Any, ...]:
    try:
        with paused_collector():
            return cast(tuple[Any, ...], _PlainUnpickler(content, package).load())
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError) as error:
        message = f"unreadable answer: {type(error).__name__}"
        raise SandboxCrash(message) from None


@contextmanager
def paused_collector() -> Iterator[None]:
    """Without the garbage collector, which triples the time for making a million small values."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


# --- the child's side -------------------------------------------------------------------------------


def serve() -> None:
    """Run one call and write its outcome; the only thing the child ever does."""
    path, seconds, memory_mb = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    _limit_ourselves(seconds, memory_mb)
    gc.disable()
    with open(os.dup(1), "wb") as answer:  # noqa: PTH123 -- a descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a library that prints must not spoil the answer
        try:
            _dump(("done", _call(path)), answer)
        except TransferableError as error:
            _dump(
                ("refused", type(error).__module__, type(error).__name__, error.code, error.message), answer
            )
        except MemoryError:
            _dump(("memory",), answer)
        except BaseException as error:  # noqa: BLE001 -- also Rust panics, which are not Exceptions
            _dump(("crash", type(error).__name__), answer)
    os._exit(0)  # nothing to clean up, and freeing a million values takes time


def _limit_ourselves(seconds: float, memory_mb: int) -> None:
    cpu = math.ceil(seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + _CPU_GRACE_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * MEGABYTE,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_RESULT_BYTES,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def _call(path: str) -> object:
    module, _, name = path.partition(":")
    function = getattr(importlib.import_module(module), name)
    with open(0, "rb") as question:
        args = pickle.load(question)  # noqa: S301 -- written by our parent
    return function(*args)


def _dump(outcome: tuple[object, ...], answer: BinaryIO) -> None:
    answer.seek(0)
    answer.truncate()
    pickler = pickle.Pickler(answer, protocol=5)
    pickler.fast = True  # results are trees: no memo of what was already written is needed
    pickler.dump(outcome)
