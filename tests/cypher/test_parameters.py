"""Lists as values of $parameters."""

import pytest

from sabot import Sabot


@pytest.fixture(scope="module")
def engine():
    with Sabot() as session:
        session.sql("CREATE TEMPORARY VIEW people AS VALUES (1, 'Ann'), (2, 'Bo'), (3, 'Cy') AS v(id, name)")
        session.sql("CREATE PROPERTY GRAPH g VERTEX TABLES (people KEY (id) LABEL Person)")
        yield session


@pytest.mark.parametrize("values, found", [([1, 3], [1, 3]), ((2,), [2]), ([], []), ([1, None], [1]), ([2**40, 2], [2]),
                                           (["a"], []), (None, []), ([1.0], [1])])
def test_in_takes_a_list(engine, values, found):
    rows = engine.graph.cypher("MATCH (x:Person) WHERE x.id IN $l RETURN x.id ORDER BY x.id", l=values).collect()
    assert [row[0] for row in rows] == found


def test_not_in_the_empty_list(engine):
    assert engine.graph.cypher("MATCH (x:Person) WHERE NOT x.id IN $l RETURN count(*)", l=[]).collect() == [(3,)]
    assert engine.graph.cypher("MATCH (x:Person) WHERE NOT x.id IN $l RETURN count(*)", l=[None]).collect() == [(0,)]


def test_a_list_comes_back(engine):
    assert engine.graph.cypher("RETURN $l AS l", l=[[1, None], [2]]).collect() == [([[1, None], [2]],)]
    assert engine.sql("SELECT size(:l) AS n", l=["a", "b"]).collect() == [(2,)]


def test_what_is_no_list_of_one_type(engine):
    with pytest.raises(TypeError, match="INT and STRING"):
        engine.graph.cypher("RETURN $l", l=[1, "a"])
    endless = []
    endless.append(endless)
    with pytest.raises(RecursionError):
        engine.graph.cypher("RETURN $l", l=endless)
