"""The example in each function's documentation, run as SHOW FUNCTIONS and DESCRIBE FUNCTION give it."""

import re

import pytest

from sabot import Sabot

ENGINE = Sabot()
NAMES = [name for (name,) in ENGINE.sql("SHOW FUNCTIONS").collect()]


def _documentation(name):
    lines = [line for (line,) in ENGINE.sql(f"DESCRIBE FUNCTION `{name}`").collect()]
    assert [line.partition(": ")[0] for line in lines] == ["Function", "Usage", "Example"]
    return [line.partition(": ")[2] for line in lines]


def test_there_are_at_least_eighty():
    assert len(NAMES) >= 80


@pytest.mark.parametrize("name", NAMES)
def test_the_example_gives_what_it_says(name):
    signature, summary, example = _documentation(name)
    assert signature and summary[-1] in ".?", name
    expression, _, expected = example.rpartition(" gives ")
    # An aggregate's example has rows of its own; a scalar one's is an expression.
    text = expression if re.match(r"\s*SELECT\b", expression, re.IGNORECASE) else f"SELECT {expression}"
    given = ENGINE.sql(f"SELECT CAST(x AS STRING) FROM ({text}) AS t(x)").collect()
    assert len(given) == 1
    assert ("NULL" if given[0][0] is None else given[0][0]) == expected
