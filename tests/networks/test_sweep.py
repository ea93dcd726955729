"""Sweeps on every kind of executor; what is finished is skipped, what fails is reported, what is killed comes again."""

from __future__ import annotations

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from ratapprox.networks.executors import check, executor
from ratapprox.networks.runs import StorageError
from ratapprox.networks.sweep import Answer, Fate, key, sweep
from tests.networks.jobs import (
    always_deadly,
    counted,
    deadly,
    environment,
    interrupted,
    not_json,
    square,
    threads,
    without_device,
)

NUMBERS = [{"n": n} for n in (3, 1, 13, 2)]


@pytest.fixture(autouse=True)
def processes_find_this_module(monkeypatch):
    """A process that is started anew imports the functions here by their module's name."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(__file__).parents[2])])


def squares(answers: tuple[Answer, ...]):
    return [answer.value and answer.value["square"] for answer in answers]


class Polled:
    """What mpi4py's or submitit's futures have in common with ours, and nothing more: submit, done, result, cancel."""

    class Job:
        def __init__(self, compute):
            self.compute, self.asked = compute, 0

        def done(self):
            self.asked += 1
            return self.asked > 3

        def result(self):
            assert self.done()
            return self.compute()

        def cancel(self):
            return False

    def submit(self, fn, /, *args):
        return self.Job(lambda: fn(*args))


def check_numbers(answers):
    assert squares(answers) == [9, 1, None, 4]
    assert [answer.fate for answer in answers] == [Fate.DONE, Fate.DONE, Fate.FAILED, Fate.DONE]
    assert answers[2].error == "ArithmeticError: 13 brings bad luck"
    assert [answer.config for answer in answers] == NUMBERS


def test_one_failure_is_reported_and_the_others_go_on_here():
    check_numbers(sweep(square, NUMBERS))


def test_a_pool_of_threads_and_futures_that_can_only_be_polled_will_do():
    with ThreadPoolExecutor(2) as pool:
        check_numbers(sweep(square, NUMBERS, pool))
    check_numbers(sweep(square, NUMBERS, Polled()))


def test_spawned_processes_compute_the_same_with_one_thread_each():
    with executor("processes:2") as pool:
        answers = sweep(square, NUMBERS, pool)
        check_numbers(answers)
        assert {answer.value["process"] for answer in answers if answer.value} and os.getpid() not in {
            answer.value["process"] for answer in answers if answer.value
        }
        pytest.importorskip("threadpoolctl")
        (answer,) = sweep(threads, [{}], pool)
        assert answer.value["threads"] and set(answer.value["threads"]) == {1}
        assert multiprocessing.get_start_method(allow_none=True) in (None, "fork")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_loky_computes_the_same():
    pytest.importorskip("loky")
    with executor("loky:2") as pool:
        check_numbers(sweep(square, NUMBERS, pool))


def test_the_threads_here_are_limited_and_freed_again():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    before = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
    (answer,) = sweep(threads, [{}])
    assert set(answer.value["threads"]) == {1}
    assert [pool["num_threads"] for pool in threadpoolctl.threadpool_info()] == before


def test_without_threadpoolctl_the_environment_limits_and_is_put_back(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    (answer,) = sweep(environment, [{}])
    assert answer.value == {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    assert os.environ["OMP_NUM_THREADS"] == "7" and "MKL_NUM_THREADS" not in os.environ


def test_finished_keys_are_skipped_and_a_torn_result_is_computed_again(tmp_path):
    calls, store = tmp_path / "calls", tmp_path / "store"
    calls.mkdir()
    work = partial(counted, folder=str(calls))
    first = sweep(work, NUMBERS[:2], store=store)
    again = sweep(work, NUMBERS, store=store)
    assert squares(first) == [9, 1] and squares(again) == [9, 1, 169, 4]
    assert [answer.fate for answer in again] == [Fate.SKIPPED, Fate.SKIPPED, Fate.DONE, Fate.DONE]
    assert len(list(calls.iterdir())) == 4
    kept = store / f"{first[0].key}.json"
    for content in (kept.read_bytes()[:-20], b"", b"[]", kept.read_bytes().replace(b"result/1", b"result/9")):
        kept.write_bytes(content)
        assert sweep(work, NUMBERS[:1], store=store)[0].fate is Fate.DONE
    assert len(list(calls.iterdir())) == 8


def test_failures_are_not_kept(tmp_path):
    for _ in range(2):
        (answer,) = sweep(square, [{"n": 13}], store=tmp_path)
        assert answer.fate is Fate.FAILED
    assert list(tmp_path.iterdir()) == []


def test_the_key_depends_on_configuration_and_code_and_not_on_the_order_of_names(monkeypatch):
    assert key(square, {"a": 1, "b": 2}) == key(square, {"b": 2, "a": 1})
    assert len({key(square, {"a": 1}), key(square, {"a": 2}), key(threads, {"a": 1})}) == 3
    assert key(partial(counted, folder="here"), {}) == key(partial(counted, folder="there"), {})
    before = key(square, {"a": 1})
    monkeypatch.setattr("ratapprox.networks.sweep.digest", lambda: "other sources")
    assert key(square, {"a": 1}) != before


def test_an_interrupt_keeps_what_is_done_and_reports_the_rest(tmp_path):
    answers = sweep(interrupted, [{"n": 1}, {"n": 2}, {"n": 3}], store=tmp_path)
    assert [answer.fate for answer in answers] == [Fate.DONE, Fate.INTERRUPTED, Fate.INTERRUPTED]
    assert len(list(tmp_path.iterdir())) == 1


def test_an_interrupt_gives_up_what_has_not_begun():
    cancelled = []

    class Never(Polled.Job):
        def done(self):
            raise KeyboardInterrupt

        def cancel(self):
            cancelled.append(self)
            return True

    class Slow(Polled):
        Job = Never

    answers = sweep(square, NUMBERS, Slow())
    assert {answer.fate for answer in answers} == {Fate.INTERRUPTED} and len(cancelled) == 4


def test_answers_that_json_cannot_hold_are_failures():
    first, second = sweep(not_json, [{"n": 0}, {"n": 1}])
    assert first.error == "the answer is a list and no dictionary"
    assert second.error.startswith("the answer cannot be kept as JSON")


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a word of POSIX")
def test_a_killed_process_breaks_its_pool_and_another_sweep_does_the_rest(tmp_path):
    work, store = partial(deadly, folder=str(tmp_path)), tmp_path / "store"
    configs = [{"n": n} for n in (1, 3, 2)]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        answers = sweep(work, configs, pool, store)
    assert answers[0].fate is Fate.DONE and answers[1].fate is Fate.FAILED and "BrokenProcessPool" in answers[1].error
    assert squares(sweep(work, configs, None, store)) == [1, 9, 4]


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a word of POSIX")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("place", ["processes:2", "loky:2"])
def test_a_killed_process_loses_nothing_where_the_pool_can_be_restarted(tmp_path, place):
    if place.startswith("loky"):
        pytest.importorskip("loky")
    configs = [{"n": n} for n in (1, 3, 2, 5)]
    with executor(place) as pool:
        answers = sweep(partial(deadly, folder=str(tmp_path)), configs, pool, tmp_path / "store")
    assert (tmp_path / "killed").exists()
    assert squares(answers) == [1, 9, 4, 25] and {answer.fate for answer in answers} == {Fate.DONE}
    assert answers[1].attempts == 2


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a word of POSIX")
def test_a_configuration_that_kills_every_process_is_the_only_one_lost():
    with executor("processes:2") as pool:
        answers = sweep(always_deadly, [{"n": n} for n in (1, 3, 2, 5)], pool)
        assert squares(sweep(square, NUMBERS[:2], pool)) == [9, 1]  # the pool can be used again
    assert squares(answers) == [1, None, 4, 25]
    assert answers[1].fate is Fate.FAILED and answers[1].attempts == 3
    assert answers[1].error.startswith("its process has died at each of 3 attempts (BrokenProcessPool")


def test_after_a_gpu_has_failed_nothing_more_is_begun_on_it():
    answers = sweep(without_device, [{"n": n} for n in (1, 3, 2)])
    assert squares(answers) == [1, None, None] and [a.fate for a in answers[1:]] == [Fate.FAILED] * 2
    assert answers[1].error == "DeviceError: the GPU failed after step 7 (it is gone): nothing is kept"
    assert answers[2].error == f"not begun: {answers[1].error}"
    with ThreadPoolExecutor(1) as pool:
        assert sweep(without_device, [{"n": 3}], pool)[0].error == answers[1].error


def test_a_pool_that_takes_no_work_is_a_failure_of_each():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    assert {answer.fate for answer in sweep(square, NUMBERS, pool)} == {Fate.FAILED}


def test_a_store_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot keep answers"):
        sweep(square, NUMBERS, store=tmp_path / "file")


@pytest.mark.parametrize("fn", [lambda config: config, partial(partial(lambda config: config))])
def test_a_function_without_a_name_is_refused(fn):
    with pytest.raises(ValueError, match="cannot be found by other processes"):
        sweep(fn, NUMBERS)


def test_equal_configurations_are_refused():
    with pytest.raises(ValueError, match="configurations 0 and 1 are equal"):
        sweep(square, [{"n": 1}, {"n": 1}])


@pytest.mark.parametrize(
    "text",
    ["", "processes", "processes:0", "processes:-1", "threads:2", "dask://", "dask://host", "dask://host:x", "loky:"],
)
def test_places_that_do_not_exist_are_refused(text):
    with pytest.raises(ValueError, match=r"is no place to compute|at least one process"):
        check(text)


def test_what_is_not_installed_is_named(monkeypatch):
    for text, name in (("loky:1", "loky"), ("dask://host:1", "distributed")):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(ModuleNotFoundError, match=r"pip install 'ratapprox\[cluster\]'"), executor(text):
            pass


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_loses_a_worker_and_nothing_else(tmp_path):
    distributed = pytest.importorskip("distributed")
    store = tmp_path / "store"
    configs = [{"n": n} for n in range(8)]
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50, local_directory=str(tmp_path)
    ) as cluster:
        place = cluster.scheduler_address.replace("tcp://", "dask://")
        with executor(place) as pool:
            answers = sweep(partial(deadly, folder=str(tmp_path)), configs, pool, store)
        assert (tmp_path / "killed").exists()
        assert squares(answers) == [n * n for n in range(8)]
        with executor(place) as pool:
            check_numbers(sweep(square, NUMBERS, pool))
    again = sweep(partial(deadly, folder=str(tmp_path)), configs, None, store)
    assert {answer.fate for answer in again} == {Fate.SKIPPED}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_does_not_answer_is_one_sentence():
    pytest.importorskip("distributed")
    with (
        pytest.raises(ConnectionError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:9"),
        executor("dask://127.0.0.1:9"),
    ):
        pass
