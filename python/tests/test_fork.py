"""A child of fork() has none of its parent's threads, and gets its own."""

import multiprocessing
import os
import signal

import pytest

from sabot import CancelledError, Sabot

QUERY = "SELECT count(*), sum(a.id) FROM range(100000) a JOIN range(1000) b ON a.id % 1000 = b.id"


def in_child(work):
    """Run in a forked child; returns what it returned as text. One that hangs is killed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            answer = str(work())
        except BaseException as error:  # whatever it is, the parent is to see it
            answer = f"{type(error).__name__}: {error}"
        os.write(writer, answer.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        answer = answers.read().decode()
    assert os.waitpid(child, 0)[1] == 0, "the child hung"
    return answer


@pytest.fixture
def engine():
    with Sabot() as engine:
        engine.sql(QUERY).collect()
        yield engine


def test_a_new_engine_in_the_child(engine, tmp_path):
    def work():
        with Sabot() as own:
            own.sql(QUERY).write_parquet(tmp_path / "out")
            return own.read(tmp_path / "out", "parquet").collect()

    assert in_child(work) == str(engine.sql(QUERY).collect())
    assert engine.sql(QUERY).collect() == engine.sql(QUERY).collect()


def test_an_engine_in_the_child_of_a_child(engine):
    assert in_child(lambda: in_child(lambda: Sabot().sql(QUERY).collect())) == str(engine.sql(QUERY).collect())


def test_streams_in_the_child(engine, tmp_path):
    engine.sql("SELECT timestamp_micros(id) AS time FROM range(10000)").write_parquet(tmp_path / "in")

    def work():
        with Sabot() as own:
            handle = own.stream.from_parquet(tmp_path / "in").to_memory().start(tmp_path / "c", interval=0.01)
            return handle.wait(), len(handle.rows().collect())

    assert in_child(work) == "(True, 10000)"


def test_a_stream_of_the_parent_is_none_of_the_child(engine, tmp_path):
    engine.sql("SELECT timestamp_micros(id) AS time FROM range(500000)").write_parquet(tmp_path / "in")
    with Sabot(config={"sabot.batch.size": 1}) as slow, Sabot(workers=1, config={"sabot.batch.size": 1}) as apart:
        handles = [slow.stream.from_parquet(tmp_path / "in").to_files(tmp_path / "out").start(),
                   apart.stream.from_parquet(tmp_path / "in").to_files(tmp_path / "out2").start()]

        def work():
            for handle in handles:
                handle.stop()
                assert handle.status.state == "failed"
                with pytest.raises(CancelledError, match="forked"):
                    handle.wait()
            slow.shutdown()
            handles.clear()
            return "done"

        assert in_child(work) == "done"
        assert [handle.status.state for handle in handles] == ["running", "running"]


def count(number):
    return Sabot().sql(f"SELECT count(*) FROM range({number})").collect()[0][0]


def test_a_pool_of_forked_processes(engine):
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert pool.map_async(count, range(10)).get(60) == list(range(10))
