"""The command `sabot`, as a process, and the prompt's reading of what is typed."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import pytest

from sabot.shell import Shell, is_complete, is_cypher, split

COMMAND = [sys.executable, "-m", "sabot"]


def run(*arguments, text=None):
    return subprocess.run([*COMMAND, *arguments], input=text, stdin=subprocess.DEVNULL if text is None else None,
                          capture_output=True, text=True, timeout=60)


def test_a_statement_is_shown_as_a_boxed_table():
    done = run("-c", "SELECT 1 AS x, 'a' AS y")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("┌─────┬────────┐\n│ x   │ y      │\n│ int │ string │\n├─────┼────────┤\n"
                           "│   1 │ a      │\n└─────┴────────┘\n1 row\n")


def test_an_error_has_a_caret_and_ends_the_script():
    done = run("-c", "SELECT 1 AS one; SELECT two; SELECT 3 AS three")
    assert done.returncode == 1
    assert "one" in done.stdout and "three" not in done.stdout
    assert "UNRESOLVED_COLUMN" in done.stderr
    lines = done.stderr.splitlines()
    caret = next(line for line in lines if "^" in line)
    assert lines[lines.index(caret) - 1].index("two") == caret.index("^^^")


def test_a_file_names_the_line_of_an_error(tmp_path):
    script = tmp_path / "script.sql"
    script.write_text("-- a view; of one row\nCREATE OR REPLACE TEMPORARY VIEW v AS SELECT ';' AS c;\n\n"
                      "SELECT c FROM v;\nSELECT nothing FROM v;\n")
    done = run(str(script))
    assert done.returncode == 1
    assert "│ ; " in done.stdout and done.stdout.startswith("done\n")
    assert done.stderr.startswith(f"{script}:5: [UNRESOLVED_COLUMN")


def test_standard_input_is_run():
    done = run(text="SELECT 1 + 1 AS two")
    assert (done.returncode, done.stderr) == (0, "") and "│   2 │" in done.stdout


def test_rows_and_time_are_options():
    done = run("--rows", "2", "--time", "-c", "SELECT id FROM range(5)")
    assert done.returncode == 0
    assert done.stdout.count("\n│ ") == 4 and "2 rows, more cut off (" in done.stdout
    assert done.stdout.rstrip().endswith("s)")


def test_an_option_of_the_engine_is_set_or_refused():
    assert "│ sabot.threads │ 1 " in run("--set", "sabot.threads=1", "-c", "SET sabot.threads").stdout
    done = run("--set", "sabot.treads=1", "-c", "SELECT 1")
    assert done.returncode == 1 and "CONFIG_NOT_FOUND" in done.stderr and "sabot.threads" in done.stderr


@pytest.mark.parametrize("arguments", [["--nope"], ["-c"], ["-c", "SELECT 1", "file.sql"], ["--rows", "-1"],
                                       ["--set", "key"]])
def test_a_wrong_call_is_refused(arguments):
    done = run(*arguments)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("sabot: ")


def test_a_missing_file_is_refused():
    done = run("/nowhere/script.sql")
    assert done.returncode == 1 and "/nowhere/script.sql" in done.stderr


def test_help_and_version():
    assert run("--help").stdout.startswith("usage: sabot")
    import sabot

    assert run("--version").stdout == f"sabot {sabot.__version__}\n"


def test_explain_is_shown_as_lines():
    done = run("-c", "EXPLAIN SELECT id FROM range(5) WHERE id > 1")
    assert done.returncode == 0 and done.stdout.startswith("== Physical Plan ==\n") and "│" not in done.stdout


def test_cypher_and_sql_share_a_script():
    done = run("-c", """
        CREATE OR REPLACE TEMPORARY VIEW people AS VALUES (1, 'Ann'), (2, 'Bo') AS t(id, name);
        CREATE OR REPLACE TEMPORARY VIEW knows AS VALUES (1, 2) AS t(a, b);
        CREATE PROPERTY GRAPH friends
          VERTEX TABLES (people KEY (id) LABEL Person)
          EDGE TABLES (knows SOURCE KEY (a) REFERENCES people (id) DESTINATION KEY (b) REFERENCES people (id)
                       LABEL KNOWS);
        MATCH (a:Person)--(b) WHERE a.name = 'Bo' RETURN b.name AS friend;  // who Bo's friend is
        SELECT 'end' AS last""")
    assert (done.returncode, done.stderr) == (0, "")
    assert "│ Ann    │" in done.stdout and "│ end    │" in done.stdout


def test_a_short_statement_imports_nothing_heavy():
    code = "import sys; from sabot.__main__ import main; main(['-c', 'SELECT 1']); " \
           "print(sorted({'pyarrow', 'numpy', 'pandas', 'prompt_toolkit', 'pygments', 'argparse'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_leaves_is_no_error_of_ours():
    shell = subprocess.Popen([*COMMAND, "--rows", "100000", "-c", "SELECT id FROM range(100000)"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    shell.stdout.close()
    assert b"Traceback" not in shell.stderr.read()
    shell.wait(timeout=60)


def test_ctrl_c_cancels_the_statement():
    endless = "SELECT count(*) FROM range(1000000000000) WHERE id % 7 = 8"
    shell = subprocess.Popen([*COMMAND, "-c", endless], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        time.sleep(1)
        assert shell.poll() is None
        shell.send_signal(signal.SIGINT)
        _, errors = shell.communicate(timeout=10)
    finally:
        shell.kill()
    assert shell.returncode == 130 and "cancelled" in errors


def test_the_server_is_refused_where_it_is_not_installed(tmp_path):
    import pathlib

    import sabot

    package = tmp_path / "sabot"
    package.mkdir()
    for file in pathlib.Path(sabot.__file__).parent.iterdir():
        if file.suffix in (".py", ".so"):
            (package / file.name).symlink_to(file.resolve())
    done = subprocess.run([*COMMAND, "server", "--spark-port", "0"], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PYTHONPATH": str(tmp_path)}, cwd=tmp_path)
    assert done.returncode == 1 and "not part of this installation" in done.stderr


# ---- reading


@pytest.mark.parametrize("text, statements", [
    ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
    ("SELECT ';', \";\", `;`; SELECT '\\';' ", ["SELECT ';', \";\", `;`", "SELECT '\\';'"]),
    ("SELECT r'\\'; SELECT 2", ["SELECT r'\\'", "SELECT 2"]),
    ("-- only; a comment\n/* and ; another */ ;;", []),
    ("SELECT 1 -- one;\n; SELECT 2", ["SELECT 1 -- one;", "SELECT 2"]),
    ("MATCH (a)--(b) RETURN a; SELECT 1", ["MATCH (a)--(b) RETURN a", "SELECT 1"]),
    ("MATCH (a) // all;\nRETURN a;", ["MATCH (a) // all;\nRETURN a"]),
    ("SELECT 'open; SELECT 2", ["SELECT 'open; SELECT 2"]),
])
def test_a_script_is_split_at_semicolons(text, statements):
    assert [statement.text for statement in split(text)] == statements


def test_statements_know_their_lines():
    assert [statement.line for statement in split("SELECT 1;\n\n  SELECT\n2; SELECT 3")] == [1, 3, 4]


@pytest.mark.parametrize("text, expected", [("", True), ("  \n", True), ("SELECT 1", False), ("SELECT 1;", True),
                                            ("SELECT 1; -- done", True), ("SELECT ';", False), ("\\help", True),
                                            ("SELECT 1; SELECT", False), ("/* open ;", True)])
def test_the_prompt_waits_for_a_semicolon(text, expected):
    assert is_complete(text) is expected


@pytest.mark.parametrize("text, expected", [("match (a) RETURN a", True), ("OPTIONAL  MATCH (a) RETURN a", True),
                                            ("EXPLAIN ANALYZE MATCH (a) RETURN a", True), ("SELECT 1", False),
                                            ("matches", False), ("EXPLAIN SELECT 1", False)])
def test_the_first_word_tells_the_language(text, expected):
    assert is_cypher(text) is expected


def test_commands_of_the_shell(capsys):
    shell = Shell({})
    assert shell.command("\\graph flights;") and shell.graph == "flights"
    assert shell.command("\\graph") and shell.graph == ""
    assert shell.command("\\rows 7") and shell.rows == 7
    assert shell.command("\\time") and shell.is_timed
    assert shell.command("\\help") and "\\graph" in capsys.readouterr().out
    assert shell.command("\\nope") and "\\nope" in capsys.readouterr().err
    assert not shell.command("\\quit")


# ---- the prompt, on a terminal


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, history):
        self._process, self._file = pty.fork()
        if self._process == 0:
            os.environ.update(SABOT_HISTORY=str(history), TERM="xterm", COLUMNS="120", LINES="40")
            os.execv(sys.executable, COMMAND)
        self._seen = ""

    def wait_for(self, text):
        end = time.monotonic() + 20
        while text not in self._seen:
            assert time.monotonic() < end, f"no {text!r} in {self._seen!r}"
            self._read()
        self._seen = self._seen[self._seen.index(text) + len(text):]

    def _read(self):
        if not select.select([self._file], [], [], 0.1)[0]:
            return
        try:
            data = os.read(self._file, 65536).decode(errors="replace")
        except OSError:
            return
        # The prompt asks where the cursor stands.
        if "\x1b[6n" in data:
            os.write(self._file, b"\x1b[1;1R")
        self._seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data)

    def type(self, text):
        os.write(self._file, text.encode())

    def end(self):
        deadline = time.monotonic() + 20
        ended = (0, 0)
        while ended[0] == 0:
            if time.monotonic() > deadline:
                os.kill(self._process, signal.SIGKILL)
            # A terminal that nobody reads would hold the shell up.
            self._read()
            ended = os.waitpid(self._process, os.WNOHANG)
        os.close(self._file)
        return os.waitstatus_to_exitcode(ended[1])


def test_the_prompt_runs_statements_of_several_lines(tmp_path):
    history = tmp_path / "history"
    terminal = Terminal(history)
    terminal.wait_for("sabot>")
    terminal.type("SELECT 20 +\r")
    terminal.wait_for("...>")
    terminal.type("22 AS answer;\r")
    terminal.wait_for("│     42 │")
    terminal.wait_for("1 row (")
    terminal.type("SELECT missing;\r")
    terminal.wait_for("UNRESOLVED_COLUMN")
    # Only at its prompt does the shell see the key: before, the terminal takes it for an end of its own.
    terminal.wait_for("sabot>")
    terminal.type("\x04")
    assert terminal.end() == 0
    assert "22 AS answer" in history.read_text()
