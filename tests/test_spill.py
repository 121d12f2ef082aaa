"""Queries whose state does not fit their memory give the same answers as with all they want."""

import pytest

from sabot import Sabot

LEFT = "(SELECT id, concat('a text of some length ', id % 977) AS v FROM range(150000)) a"
RIGHT = "(SELECT id * 2 AS id, concat('another text of some length ', id) AS w FROM range(150000)) b"
QUERIES = {
    "inner": f"SELECT count(*), sum(length(v)), max(w), sum(a.id) FROM {LEFT} JOIN {RIGHT} ON a.id = b.id",
    "left": f"SELECT count(*), count(w), max(w), sum(a.id) FROM {LEFT} LEFT JOIN {RIGHT} ON a.id = b.id AND length(w) > 32",
    "semi": f"SELECT count(*), max(v), sum(a.id) FROM {LEFT} LEFT SEMI JOIN {RIGHT} ON a.id = b.id",
    "anti": f"SELECT count(*), max(v), sum(a.id) FROM {LEFT} LEFT ANTI JOIN {RIGHT} ON a.id = b.id",
    "text key": f"SELECT count(*), max(w) FROM {LEFT} JOIN {RIGHT} ON concat('x', a.id) = concat('x', b.id)",
    "group": f"SELECT count(*), sum(n), max(w) FROM (SELECT w, count(*) AS n FROM {RIGHT} GROUP BY w)",
    "sort": f"SELECT count(*), max(w) FROM (SELECT * FROM {RIGHT} ORDER BY w LIMIT 140000)",
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("query", QUERIES)
def test_a_small_budget_changes_no_answer(query, threads):
    answers = []
    for limit in ("0", "6MiB"):
        with Sabot(config={"sabot.threads": threads, "sabot.memory.limit": limit}) as engine:
            answers.append(engine.sql(QUERIES[query]).collect())
    assert answers[0] == answers[1]
    assert answers[0][0][0] > 0


def test_one_hot_key_in_a_small_budget():
    query = ("SELECT count(*), sum(a.id), max(b.id) FROM (SELECT id, 7 AS k FROM range(260000)) a "
             "JOIN (SELECT id, if(id = 5, 7, id + 1000) AS k FROM range(150000)) b ON a.k = b.k")
    with Sabot(config={"sabot.threads": 4, "sabot.memory.limit": "6MiB"}) as engine:
        assert engine.sql(query).collect() == [(260000, 260000 * 259999 // 2, 5)]
