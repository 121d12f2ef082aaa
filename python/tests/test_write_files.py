"""Writing files: what is there is replaced by all of the new rows, or stays."""

import os

import pytest

from sabot import AnalysisError, ConnectorError, ExecutionError, Sabot, SabotError


@pytest.fixture
def engine():
    with Sabot() as engine:
        yield engine


@pytest.fixture
def folder(engine, tmp_path):
    path = tmp_path / "rows"
    engine.sql("SELECT 1 AS a").write_parquet(path)
    return path


def rows_of(engine, path):
    return sorted(engine.read(path, "parquet").collect())


@pytest.mark.parametrize("read", [
    lambda engine, folder: engine.read(folder, "parquet"),
    lambda engine, folder: engine.read(str(folder) + "/*.parquet"),
    lambda engine, folder: engine.sql("SELECT max(a) AS a FROM (SELECT * FROM parquet.`%s`)" % folder),
    lambda engine, folder: engine.sql("SELECT 2 AS a").join(engine.read(folder, "parquet"), "a", "anti"),
])
def test_a_folder_that_is_read_is_not_overwritten(engine, folder, read):
    for target in (folder, str(folder) + "/", f"file://{folder}", folder.parent, os.path.relpath(folder)):
        with pytest.raises(AnalysisError) as caught:
            read(engine, folder).write_parquet(target, overwrite=True)
        assert caught.value.error_class == "UNSUPPORTED_OVERWRITE.PATH"
        assert rows_of(engine, folder) == [(1,)]


def test_a_link_to_the_folder_is_the_folder(engine, folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(AnalysisError, match="overwrite"):
        engine.read(folder, "parquet").write_parquet(tmp_path / "link", overwrite=True)
    assert rows_of(engine, folder) == [(1,)]


def test_insert_overwrite_of_what_it_reads_is_refused(engine, folder):
    with pytest.raises(AnalysisError) as caught:
        engine.sql(f"INSERT OVERWRITE DIRECTORY '{folder}' USING parquet SELECT * FROM parquet.`{folder}`")
    assert caught.value.error_class == "UNSUPPORTED_OVERWRITE.PATH"
    assert rows_of(engine, folder) == [(1,)]


@pytest.mark.parametrize("statement", [
    "USING csv SELECT array(1)",
    "USING parquet SELECT 1 / 0",
    "USING parquet SELECT * FROM nowhere",
    "USING nonsense SELECT 1",
    "USING parquet OPTIONS (nonsense 'x') SELECT 1",
    "USING parquet SELECT 1 DIV (id - 99999) FROM range(100000)",
])
def test_a_statement_that_fails_leaves_the_old_rows(engine, folder, statement):
    with pytest.raises(SabotError):
        engine.sql(f"INSERT OVERWRITE DIRECTORY '{folder}' {statement}")
    assert rows_of(engine, folder) == [(1,)]
    assert os.listdir(folder.parent) == ["rows"]


def test_a_write_that_fails_leaves_no_folder(engine, tmp_path):
    with pytest.raises(ExecutionError):
        engine.sql("SELECT 1 / 0").write_parquet(tmp_path / "new")
    assert os.listdir(tmp_path) == []
    engine.sql("SELECT 1 AS a").write_parquet(tmp_path / "new")
    assert rows_of(engine, tmp_path / "new") == [(1,)]


def test_overwriting_replaces_all_that_was_there(engine, folder):
    (folder / "deeper").mkdir()
    (folder / "deeper" / "other").write_text("x")
    engine.sql("SELECT 2 AS a UNION ALL SELECT 3").write_parquet(folder, overwrite=True)
    assert rows_of(engine, folder) == [(2,), (3,)]
    assert os.listdir(folder.parent) == ["rows"] and not (folder / "deeper").exists()


def test_a_folder_beside_what_is_read_is_overwritten(engine, folder):
    engine.sql("SELECT 9 AS a").write_parquet(f"{folder}2")
    engine.read(folder, "parquet").write_parquet(f"{folder}2", overwrite=True)
    assert rows_of(engine, f"{folder}2") == [(1,)]


def test_a_file_is_overwritten_by_a_folder(engine, tmp_path):
    (tmp_path / "x").write_text("old")
    engine.sql("SELECT 1 AS a").write_parquet(tmp_path / "x", overwrite=True)
    assert rows_of(engine, tmp_path / "x") == [(1,)]


def test_without_overwrite_nothing_is_replaced(engine, folder):
    with pytest.raises(ConnectorError) as caught:
        engine.sql("SELECT 2 AS a").write_parquet(folder)
    assert caught.value.error_class == "FILE_ALREADY_EXISTS"
    assert rows_of(engine, folder) == [(1,)]


def test_a_folder_that_cannot_be_made_is_named(engine):
    with pytest.raises(ConnectorError) as caught:
        engine.sql("SELECT 1 AS a").write_parquet("/proc/nope/x")
    assert caught.value.error_class == "FOLDER_NOT_WRITABLE"
    assert "/proc/nope/x" in str(caught.value)


def test_parent_folders_are_made(engine, tmp_path):
    engine.sql("SELECT 1 AS a").write_parquet(tmp_path / "p" / "q" / "r")
    assert rows_of(engine, tmp_path / "p" / "q" / "r") == [(1,)]


def test_a_relative_path_is_under_the_working_folder(engine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for value in (1, 2):
        engine.sql(f"SELECT {value} AS a").write_parquet("o", overwrite=True)
        assert rows_of(engine, tmp_path / "o") == [(value,)]


def test_overwriting_removes_links_and_not_what_they_lead_to(engine, folder, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "precious").write_text("x")
    (folder / "deeper").mkdir()
    (folder / "deeper" / "link").symlink_to(kept)
    (folder / "file").symlink_to(kept / "precious")
    (folder / "nowhere").symlink_to(tmp_path / "none")
    (folder / "itself").symlink_to(folder / "itself")
    engine.sql("SELECT 2 AS a").write_parquet(folder, overwrite=True)
    assert rows_of(engine, folder) == [(2,)]
    assert (kept / "precious").read_text() == "x"
    assert sorted(os.listdir(tmp_path)) == ["kept", "rows"]
