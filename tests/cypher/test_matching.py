"""MATCH against a naive model: random small graphs over several tables, random patterns, every match counted.

SABOT_MATCHING_ROUNDS: how many graphs, 12 unless told; each is asked a dozen patterns.
"""

import collections
import itertools
import os
import random
from dataclasses import dataclass

import pytest

from sabot import Sabot, UnsupportedError

ROUNDS = int(os.environ.get("SABOT_MATCHING_ROUNDS", "12"))
PATTERNS = 12
# type: (label of the source, label of the destination, SQL type of its keys)
EDGES = {"KNOWS": ("Person", "Person", "BIGINT"), "LIKES": ("Person", "Person", "INT"),
         "WORKS": ("Person", "Company", "INT"), "OWNS": ("Company", "Company", "BIGINT"),
         "HIRED": ("Company", "Person", "INT")}
GRAPH = """CREATE PROPERTY GRAPH g
    VERTEX TABLES (person KEY (id) LABEL Person, company KEY (cid) LABEL Company)
    EDGE TABLES (""" + ", ".join(
        f"{name.lower()} SOURCE KEY (a) REFERENCES {source.lower()} DESTINATION KEY (b) "
        f"REFERENCES {destination.lower()} LABEL {name}" for name, (source, destination, _) in EDGES.items()) + ")"


@dataclass(frozen=True)
class Node:
    label: str
    key: int | None
    tag: str


@dataclass(frozen=True)
class Edge:
    type: str
    number: int
    source: int | None
    destination: int | None


@dataclass(frozen=True)
class Hop:
    """variable of the relationship ("": anonymous), its types (none: any), arrow: "<", ">" or ""."""

    variable: str
    types: tuple[str, ...]
    arrow: str


@dataclass(frozen=True)
class Path:
    """nodes: (variable, labels), one more than hops."""

    nodes: tuple[tuple[str, tuple[str, ...]], ...]
    hops: tuple[Hop, ...]

    def to_text(self) -> str:
        def node(variable, labels):
            return f"({variable}{':' if labels else ''}{'|'.join(labels)})"

        text = node(*self.nodes[0])
        for hop, end in zip(self.hops, self.nodes[1:]):
            types = ":" + "|".join(hop.types) if hop.types else ""
            text += f"{'<' if hop.arrow == '<' else ''}-[{hop.variable}{types}]-{'>' if hop.arrow == '>' else ''}"
            text += node(*end)
        return text


class Model:
    def __init__(self, rng: random.Random) -> None:
        def keys(count):
            chosen = rng.sample(range(1, 7), count)
            return [*chosen, *([None] if rng.random() < 0.3 else [])]

        # Keys of both tables overlap, so that a node of the wrong table is found where labels are not looked at.
        self.nodes = [Node(label, key, f"{label[0]}{number}")
                      for label in ("Person", "Company")
                      for number, key in enumerate(keys(rng.randint(1, 4)))]
        self.edges = [Edge(type_, number, *(self._end(rng, label) for label in ends[:2]))
                      for type_, ends in EDGES.items() for number in range(rng.randint(0, 4))]

    def _end(self, rng, label):
        # Sometimes NULL, sometimes nobody's key; loops and parallel edges come by themselves.
        own = [node.key for node in self.nodes if node.label == label and node.key is not None]
        return rng.choices([rng.choice(own), None, 9], [8, 1, 1])[0]

    def make_tables(self, engine: Sabot) -> None:
        def view(name, columns, types, rows):
            values = ", ".join("(" + ", ".join("NULL" if v is None else repr(v) for v in row) + ")" for row in rows)
            casts = ", ".join(f"CAST({column} AS {type_}) AS {column}" for column, type_ in zip(columns, types))
            # A row that is filtered out, so that there are values to write.
            nothing = ", ".join("NULL" for _ in columns)
            engine.sql(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS SELECT {casts} FROM VALUES "
                       f"{values + ', ' if rows else ''}({nothing}) AS v({', '.join(columns)}) "
                       f"WHERE {columns[-1]} IS NOT NULL").collect()

        for name, label, key in (("person", "Person", "id"), ("company", "Company", "cid")):
            view(name, (key, "tag"), ("INT", "STRING"), [(n.key, n.tag) for n in self.nodes if n.label == label])
        for name, (_, _, type_) in EDGES.items():
            view(name.lower(), ("a", "b", "number"), (type_, type_, "INT"),
                 [(e.source, e.destination, e.number) for e in self.edges if e.type == name])

    def node_of(self, label, key):
        return next((n for n in self.nodes if n.label == label and n.key == key and key is not None), None)

    def ways(self, hop: Hop):
        """(edge, node at its left, node at its right) for each way an edge can stand in the pattern."""
        for edge in self.edges:
            if hop.types and edge.type not in hop.types:
                continue
            source = self.node_of(EDGES[edge.type][0], edge.source)
            destination = self.node_of(EDGES[edge.type][1], edge.destination)
            if source is None or destination is None:
                continue
            if hop.arrow != "<":
                yield edge, source, destination
            if hop.arrow == "<" or (hop.arrow == "" and source != destination):
                yield edge, destination, source

    def match(self, paths) -> list[dict]:
        """Every binding of the variables of one MATCH; anonymous ones under names of their own."""
        hops = [(path, i) for path in paths for i in range(len(path.hops))]
        found = []
        for ways in itertools.product(*(list(self.ways(path.hops[i])) for path, i in hops)):
            if len({edge for edge, _, _ in ways}) < len(ways):
                continue  # a relationship is used once
            bound = {}
            for (path, i), (edge, left, right) in zip(hops, ways):
                places = [(path.nodes[i], left, i), (path.nodes[i + 1], right, i + 1)]
                for (variable, labels), node, place in places:
                    name = variable or (id(path), place)
                    if bound.setdefault(name, node) != node or (labels and node.label not in labels):
                        break
                else:
                    bound[path.hops[i].variable or (id(path), "hop", i)] = edge
                    continue
                break
            else:
                found.extend(self._with_lone_nodes(paths, bound))
        return found

    def _with_lone_nodes(self, paths, bound):
        lone = {}
        for path in paths:
            for place, (variable, labels) in enumerate(path.nodes):
                name = variable or (id(path), place)
                fits = [n for n in lone.get(name, self.nodes) if not labels or n.label in labels]
                lone[name] = [n for n in fits if n == bound[name]] if name in bound else fits
        for nodes in itertools.product(*lone.values()):
            yield {**bound, **dict(zip(lone, nodes))}


def make_paths(rng: random.Random, nodes, names):
    """One MATCH: one or two paths of 0 to 3 hops. nodes: variables it may reuse."""
    paths = []
    left = 3
    for _ in range(rng.choice((1, 1, 1, 2))):
        num_hops = rng.randint(0 if paths else 1, left) if rng.random() < 0.9 else 0
        left -= num_hops

        def node():
            labels = rng.choice([(), (), (), ("Person",), ("Company",), ("Person", "Company")])
            return (rng.choice([*nodes, "x", "y", "z", ""]), labels)

        def hop():
            types = rng.choice([0, 1, 1, 1, 2])
            return Hop(rng.choice(["", next(names)]), tuple(rng.sample(list(EDGES), types)), rng.choice("<> ").strip())

        paths.append(Path(tuple(node() for _ in range(num_hops + 1)), tuple(hop() for _ in range(num_hops))))
    return paths


def variables_of(paths):
    nodes = sorted({variable for path in paths for variable, _ in path.nodes if variable})
    hops = sorted(hop.variable for path in paths for hop in path.hops if hop.variable)
    return nodes, hops


def check(engine, model, clauses, expected) -> None:
    nodes = sorted({v for paths in clauses for v in variables_of(paths)[0]})
    hops = sorted(v for paths in clauses for v in variables_of(paths)[1])
    text = " ".join("MATCH " + ", ".join(path.to_text() for path in paths) for paths in clauses)
    items = [f"{v}.tag" for v in nodes] + [item for v in hops for item in (f"type({v})", f"{v}.number")]
    wanted = collections.Counter(
        tuple([b[v].tag for v in nodes] + [value for v in hops for value in (b[v].type, b[v].number)])
        for b in expected)
    if items:
        rows = engine.graph.cypher(f"{text} RETURN {', '.join(items)}").collect()
        given = collections.Counter(tuple(row) for row in rows)
        assert given == wanted, (text, model.nodes, model.edges)
    assert engine.graph.cypher(f"{text} RETURN count(*)").collect()[0][0] == sum(wanted.values()), text


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_pattern_matches_what_the_model_matches(seed):
    rng = random.Random(seed)
    model = Model(rng)
    with Sabot() as engine:
        model.make_tables(engine)
        engine.sql(GRAPH)
        for _ in range(PATTERNS):
            paths = make_paths(rng, [], iter("rstuvw"))
            try:
                check(engine, model, [paths], model.match(paths))
            except UnsupportedError as error:
                assert "in more than 64 ways" in str(error)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_second_match_goes_on_from_the_nodes_of_the_first(seed):
    rng = random.Random(1000 + seed)
    model = Model(rng)
    with Sabot() as engine:
        model.make_tables(engine)
        engine.sql(GRAPH)
        for _ in range(PATTERNS // 2):
            # One label a node that both clauses name.
            label = rng.choice(("Person", "Company"))
            kind = rng.choice([name for name, ends in EDGES.items() if ends[0] == label])
            names = iter("rstuvw")
            first = [Path((("x", (label,)), (rng.choice(["y", ""]), ())), (Hop("", (kind,), ">"),))]
            second = make_paths(rng, ["x"], names)
            if "y" in variables_of(second)[0] and "y" in variables_of(first)[0]:
                first = [Path((("x", (label,)), ("", ())), first[0].hops)]
            # A relationship may come again in another MATCH; a node that both name is one node.
            joined = [{**one, **other} for one in model.match(first) for other in model.match(second)
                      if one["x"] == other.get("x", one["x"])]
            try:
                check(engine, model, [first, second], joined)
            except UnsupportedError as error:
                assert "in more than 64 ways" in str(error)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_shortest_path_is_as_long_as_the_model_says(seed):
    rng = random.Random(2000 + seed)
    model = Model(rng)
    with Sabot() as engine:
        model.make_tables(engine)
        engine.sql(GRAPH)
        for kind, arrow, bound in itertools.product(("KNOWS", "LIKES", "OWNS"), "<> ", ("", "..2")):
            label, hop = EDGES[kind][0], Hop("", (kind,), arrow.strip())
            steps = {(left, right) for _, left, right in model.ways(hop)}
            wanted = {}
            for start in (node for node in model.nodes if node.label == label):
                reached, frontier, length = {start}, {start}, 0
                while frontier and length < (2 if bound else 9):
                    length += 1
                    frontier = {right for left, right in steps if left in frontier} - reached
                    reached |= frontier
                    wanted |= {(start.tag, end.tag): length for end in frontier}
            written = f"{'<' if arrow == '<' else ''}-[:{kind}*{bound}]-{'>' if arrow == '>' else ''}"
            pattern = f"shortestPath((x:{label}){written}(y))"
            rows = engine.graph.cypher(f"MATCH p = {pattern} RETURN x.tag, y.tag, length(p), p").collect()
            keys = {node.tag: node.key for node in model.nodes}
            given = {}
            for start, end, length, path in rows:
                given[start, end] = length
                assert (path[0], path[-1], len(path)) == (keys[start], keys[end], length + 1)
                assert all(any((a.key, b.key) == step for a, b in steps) for step in zip(path, path[1:]))
            assert given == wanted, (kind, arrow, bound, model.nodes, model.edges)
