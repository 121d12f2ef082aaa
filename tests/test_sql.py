"""The language tests of tests/sql and tests/cypher: each file as it stands, and in one variant picked by the commit."""

import difflib
import hashlib
import itertools
import pathlib
import subprocess

import pytest

from sabot import Sabot
from tests import slt

ROOT = pathlib.Path(__file__).parent
FILES = sorted([*ROOT.glob("sql/**/*.slt"), *ROOT.glob("cypher/**/*.slt")])
VARIANTS = [{"sabot.batch.size": size, "sabot.threads": threads}
            for size, threads in itertools.product((1, 7, 1024), (1, 2))]


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip()


def _variant(path: pathlib.Path) -> dict:
    # By commit and file: one run covers all variants, and a series of commits each file in all of them.
    digest = hashlib.sha256(f"{_commit()} {path.relative_to(ROOT)}".encode()).digest()
    return VARIANTS[digest[0] % len(VARIANTS)]


def _check(path: pathlib.Path, config: dict) -> None:
    records, _ = slt.read(path)
    with Sabot(config=config) as engine:
        for record in records:
            if record.kind == "plan" and config:
                continue  # plans show how many tasks there are
            answer = slt.run(record, engine)
            if answer != record.expected:
                difference = "\n".join(difflib.unified_diff(record.expected, answer, "expected", "given", lineterm=""))
                text = "\n".join(record.text)
                pytest.fail(f"{path}:{record.line} with {config}\n{text}\n{difference}", pytrace=False)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_as_written(path):
    _check(path, {})


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_in_a_variant(path):
    _check(path, _variant(path))


def test_a_file_says_first_what_it_shows():
    for path in FILES:
        assert path.read_text().startswith("# "), path
