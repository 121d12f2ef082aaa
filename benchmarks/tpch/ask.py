"""One question to one engine, in a process of its own: ask.py ENGINE QUERY.sql DATA_FOLDER THREADS. Prints the rows."""

import pathlib
import sys


def ask_sabot(text: str, tables: list, threads: int) -> list:
    from sabot import Sabot

    engine = Sabot(config={"sabot.threads": threads})
    for table in tables:
        engine.sql(f"CREATE TEMPORARY VIEW {table.stem} AS SELECT * FROM '{table}'")
    return engine.sql(text).collect()


def ask_duckdb(text: str, tables: list, threads: int) -> list:
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    for table in tables:
        connection.execute(f"CREATE TEMPORARY VIEW {table.stem} AS SELECT * FROM '{table}'")
    return connection.execute(text).fetchall()


def main() -> None:
    engine, query, folder, threads = sys.argv[1:]
    text = pathlib.Path(query).read_text()
    tables = [path for path in sorted(pathlib.Path(folder).glob("*.parquet")) if path.stem in text]
    for row in {"sabot": ask_sabot, "duckdb": ask_duckdb}[engine](text, tables, int(threads)):
        print("|".join(str(value) for value in row))


if __name__ == "__main__":
    main()
