"""Lazy queries: a plan and a schema until an action runs them."""

from __future__ import annotations

from typing import Any, NamedTuple

from sabot import _engine, checks
from sabot.expressions import Column, named, to_expression


class Field(NamedTuple):
    """A column of a result. type: Spark's simple name, such as 'bigint' or 'array<int>'."""

    name: str
    type: str
    nullable: bool


class Query:
    """A query over tables, or the rows of a command that has run.

    The rows of a command are a table like any other: filter, join or write them. Nothing else runs until show, collect, arrow, to_pandas, to_polars or write_* is called; printing one shows its schema.
    """

    __slots__ = ("_session", "_native")

    def __init__(self, session: _engine.Session, native: _engine.Query) -> None:
        self._session = session
        self._native = native

    # ---- what it is
    @property
    def schema(self) -> list[Field]:
        """The columns of the result, known without running it."""
        return [Field(*field) for field in self._native.schema]

    @property
    def columns(self) -> list[str]:
        return [field[0] for field in self._native.schema]

    def explain(self, mode: str = "physical") -> str:
        """The plan as text. mode: 'physical', 'logical', 'optimized', 'all', or 'analyze', which runs the query."""
        return self._native.explain(mode)

    def has_same_plan(self, other: "Query") -> bool:
        """Do both have equal optimized logical and physical plans?"""
        return self._native.has_same_plan(other._native)

    # ---- actions
    def collect(self) -> list[tuple[Any, ...]]:
        """All rows as tuples of Python values. Raises what the data causes (ExecutionError) and KeyboardInterrupt."""
        return self._native.rows()

    def show(self, rows: int = 20) -> None:
        """Print the first rows as a boxed table. Raises AnalysisError for a number below 0."""
        if rows < 0:
            raise checks.invalid("show", "rows", f"{rows} is below 0")
        print(self._native.text(rows), end="")

    def arrow(self) -> Any:
        """All rows as a pyarrow.Table."""
        import pyarrow

        return pyarrow.table(self._native.table())

    def to_pandas(self) -> Any:
        """All rows as a pandas.DataFrame."""
        return self.arrow().to_pandas()

    def to_polars(self) -> Any:
        """All rows as a polars.DataFrame."""
        import polars

        return polars.DataFrame(self._native.table())

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The Arrow C stream of the rows (Arrow PyCapsule interface). The schema is the query's own."""
        return self._native.__arrow_c_stream__(requested_schema)

    def write_parquet(self, path: str, *, overwrite: bool = False, **options: Any) -> None:
        """Write Parquet files into the folder. Raises ConnectorError if it exists and overwrite is False.

        The folder is replaced once all rows are written: whatever fails leaves it as it was. Raises AnalysisError if
        the query reads from the folder it is to overwrite.
        """
        self._write("parquet", path, overwrite, options)

    def write_csv(self, path: str, *, overwrite: bool = False, **options: Any) -> None:
        """Write CSV files into the folder. options: header, delimiter, nullValue and the other options of the reader."""
        self._write("csv", path, overwrite, options)

    def _write(self, format: str, path: str, overwrite: bool, options: dict[str, Any]) -> None:
        self._session.write_files(self._native.relation, format, checks.path(path), checks.option_texts(options),
                                  overwrite)

    # ---- steps
    def filter(self, condition: Column) -> "Query":
        """Keep the rows for which the condition is true."""
        return self._with(self._native.relation.filter(to_expression(condition)))

    def select(self, *columns: Column | str) -> "Query":
        """Compute columns; a str is a column by name, '*' all."""
        return self._with(self._native.relation.select([named(column) for column in columns]))

    def with_column(self, name: str, value: Column) -> "Query":
        """Add a column, or replace the one of that name."""
        return self._with(self._native.relation.with_column(name, to_expression(value)))

    def group_by(self, *keys: Column | str) -> "GroupedQuery":
        """Group by the keys; call agg on it."""
        return GroupedQuery(self, [named(key) for key in keys])

    def agg(self, *aggregates: Column) -> "Query":
        """Aggregate all rows into one."""
        return self.group_by().agg(*aggregates)

    def join(self, other: "Query", on: str | list[str] | Column, how: str = "inner") -> "Query":
        """Join with another query. on: column names both have, or a condition. how: inner, left, right, semi, anti, cross."""
        using = [on] if isinstance(on, str) else on if isinstance(on, list) else []
        condition = on._expression if isinstance(on, Column) else None
        return self._with(self._native.relation.join(other._native.relation, using, condition, how))

    def sort(self, *keys: Column | str, descending: bool = False) -> "Query":
        """Order the rows. NULLs come first ascending, last descending, as in Spark."""
        return self._with(self._native.relation.sort([(named(key), not descending, None) for key in keys]))

    def limit(self, count: int, offset: int = 0) -> "Query":
        return self._with(self._native.relation.limit(count, offset))

    def distinct(self) -> "Query":
        return self._with(self._native.relation.distinct())

    def union_all(self, other: "Query") -> "Query":
        """The rows of both, by position; duplicates stay."""
        return self._with(self._native.relation.union_all(other._native.relation))

    def alias(self, name: str) -> "Query":
        return self._with(self._native.relation.alias(name))

    def create_view(self, name: str, *, replace: bool = True) -> None:
        """Give the query a name that SQL, Cypher, streams and Spark know."""
        self._session.create_view(name, self._native.relation, replace)

    def _with(self, relation: _engine.Relation) -> "Query":
        return Query(self._session, self._session.resolve(relation))

    def __repr__(self) -> str:
        columns = ", ".join(f"{field.name}: {field.type}" for field in self.schema)
        return f"Query[{columns}]"


class GroupedQuery:
    """A query with its group keys, waiting for aggregates."""

    __slots__ = ("_query", "_keys")

    def __init__(self, query: Query, keys: list[_engine.Expression]) -> None:
        self._query = query
        self._keys = keys

    def agg(self, *aggregates: Column) -> Query:
        """One row a group: the keys, then the aggregates."""
        relation = self._query._native.relation.aggregate(self._keys, [to_expression(value) for value in aggregates])
        return self._query._with(relation)
