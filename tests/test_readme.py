"""The code on the first screen of the README runs, and its error is the one that is shown."""

import pathlib
import re

import pytest

README = pathlib.Path(__file__).parents[1] / "README.md"


def test_the_code_runs(tmp_path, monkeypatch, capsys):
    from sabot import Sabot

    monkeypatch.chdir(tmp_path)
    Sabot().sql("""SELECT 'AA' AS carrier, 'JFK' AS origin, id AS dep_delay,
                          TIMESTAMP '2013-01-01 05:00:00Z' + INTERVAL '1' MINUTE * id AS time_hour
                   FROM range(100)""").write_parquet("flights.parquet")
    names = {}
    for code in re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL):
        exec(code, names)
    shown = capsys.readouterr().out
    assert "│ AA      │           49.5 │" in shown
    assert "│ Cy                 │" in shown
    assert "│ JFK    │       39 │" in shown
    assert "state='finished', rows_in=100, late=0" in shown
    assert [row[2] for row in sorted(names["engine"].read("hourly", "parquet").collect(), key=str)] == [60, 40]
    assert "|     AA|          49.5|" in shown
    with pytest.raises(Exception) as refused:
        names["engine"].sql("SELECT nam FROM people")
    printed = "\n".join("  " + line for line in str(refused.value).splitlines())
    assert printed in README.read_text()


def test_every_page_named_exists():
    root = README.parent
    for page in ("README.md", "ARCHITECTURE.md", "GLOSSARY.md", "CONTRIBUTING.md", "docs/debugging.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", (root / page).read_text()):
            assert (root / page).parent.joinpath(link).exists(), f"{page} names {link}"
