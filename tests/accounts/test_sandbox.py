import os
import time

import pytest

from accounts.sandbox import (
    FileProblem,
    SandboxCrash,
    SandboxMemory,
    SandboxTimeout,
    TransferableError,
    _load,
    run_limited,
)
from accounts.tabular.model import CellProblem, Sheet
from accounts.tabular.reader import read_content


def test_result_comes_back():
    assert run_limited("operator:add", 1, 2) == 3
    assert run_limited("builtins:dict", [("名", [1.5, None, True])]) == {"名": [1.5, None, True]}


def test_a_callable_may_be_given():
    workbook = run_limited(read_content, "姓名,年龄\n张三,7".encode(), "a.csv")

    assert workbook.sheets[0].rows == [["姓名", "年龄"], ["张三", "7"]]


def test_sleeping_too_long_is_stopped_by_the_clock():
    start = time.perf_counter()

    with pytest.raises(SandboxTimeout):
        run_limited("time:sleep", 30, seconds=0.5)

    assert time.perf_counter() - start < 3


def test_computing_too_long_is_stopped():
    with pytest.raises(SandboxTimeout):
        run_limited("builtins:pow", 7, 10**9, seconds=1)


def test_too_much_memory_is_stopped():
    with pytest.raises(SandboxMemory):
        run_limited("builtins:bytes", 400 * 1024 * 1024, memory_mb=200)


def test_just_enough_memory_is_enough():
    assert run_limited("operator:concat", b"a", bytes(20 * 1024 * 1024), memory_mb=200)[:1] == b"a"


@pytest.mark.parametrize(
    "function", ["os:abort", "os:_exit", "operator:no_such_function", "no_such_module:x"]
)
def test_a_dead_child_is_a_crash(function):
    arguments = (3,) if function == "os:_exit" else ()

    with pytest.raises(SandboxCrash):
        run_limited(function, *arguments)


def test_an_unexpected_error_names_its_kind_but_not_its_words():
    with pytest.raises(SandboxCrash, match="ValueError") as crash:
        run_limited("builtins:int", "140499201301010013X")

    assert "140499" not in str(crash.value)


def test_a_refusal_crosses_unchanged():
    with pytest.raises(FileProblem, match="“花名册.xls”是空的") as refused:
        run_limited(read_content, b"", "花名册.xls")

    assert refused.value.code == "empty"
    assert isinstance(refused.value, TransferableError)


def test_the_child_has_no_secrets_and_no_files_of_ours(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "canary")
    with (tmp_path / "open").open("w") as opened:
        os.set_inheritable(opened.fileno(), True)
        assert run_limited("os:getenv", "SECRET_KEY") is None
        assert run_limited("os:listdir", "/proc/self/fd").count(str(opened.fileno())) <= int(
            opened.fileno() < 6
        )


def test_printing_does_not_spoil_the_answer():
    assert run_limited("builtins:print", "noise") is None


def test_a_file_larger_than_allowed_cannot_be_written(tmp_path):
    with pytest.raises(SandboxCrash, match="OSError"):
        run_limited("os:truncate", str(_empty(tmp_path)), 300 * 1024 * 1024)


def _empty(folder):
    path = folder / "empty"
    path.touch()
    return path


@pytest.mark.parametrize(
    "pickled",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"caccounts.sandbox\nrun_limited\n(S'os:abort'\ntR.",
        b"caccounts.sandbox\nos.system\n(S'true'\ntR.",
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"not a pickle",
        b"",
    ],
)
def test_an_answer_that_calls_code_is_refused(pickled):
    with pytest.raises(SandboxCrash):
        _load(pickled, "accounts")


def test_an_answer_of_plain_data_is_read():
    import pickle

    answer = ("done", Sheet("表", [["a", CellProblem("error", "#REF!")]]))

    assert _load(pickle.dumps(answer), "accounts") == answer


def test_a_call_costs_little():
    run_limited("operator:add", 1, 2)
    start = time.perf_counter()

    for _ in range(4):
        run_limited("operator:add", 1, 2)

    assert (time.perf_counter() - start) / 4 < 0.25
