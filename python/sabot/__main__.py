"""The command `sabot`: a shell for SQL and Cypher, and the door to the server."""

from __future__ import annotations

import os
import sys

HELP = """\
usage: sabot [-c STATEMENTS | FILE ...] [--set KEY=VALUE] [--rows N] [--time]
       sabot server [--host HOST] [--spark-port PORT]

SQL in Spark's dialect and Cypher at one prompt. Without -c and FILE: a shell,
or, where standard input is no terminal, the statements it holds.

  -c STATEMENTS     run these, separated by semicolons, and leave
  FILE              run the statements of a file and leave
  --set KEY=VALUE   an option, as SET takes it; may be repeated
  --rows N          show at most so many rows of a result (100)
  --time            say how long each statement took
  --version         print the version and leave
  -h, --help        print this and leave

A statement that begins with MATCH, OPTIONAL MATCH, UNWIND or RETURN is Cypher.
The exit code is 0, 1 after an error, 2 for a wrong call, 130 after Ctrl-C.
"""


class _WrongCall(Exception):
    """The command line says nothing that can be done."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command with these arguments (those of the process by default). Returns its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["server"]:
        return _exec_server(arguments[1:])
    try:
        return _run(arguments)
    except _WrongCall as error:
        print(f"sabot: {error}\nsabot --help shows what there is", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader (`| head`) has left. Python would complain again when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(arguments: list[str]) -> int:
    # By hand: a process that runs one statement is done before argparse is imported.
    statements: str | None = None
    files: list[str] = []
    options: dict[str, str] = {}
    rows = 100
    is_timed = False
    rest = iter(arguments)

    def value_of(flag: str) -> str:
        value = next(rest, None)
        if value is None:
            raise _WrongCall(f"{flag} needs a value")
        return value

    for argument in rest:
        if argument in ("-h", "--help"):
            print(HELP, end="")
            return 0
        if argument == "--version":
            from sabot import __version__

            print(f"sabot {__version__}")
            return 0
        if argument == "-c":
            statements = value_of(argument)
        elif argument == "--set":
            key, equals, value = value_of(argument).partition("=")
            if not equals:
                raise _WrongCall("--set takes KEY=VALUE")
            options[key] = value
        elif argument == "--rows":
            number = value_of(argument)
            if not number.isdecimal():
                raise _WrongCall("--rows takes a number")
            rows = int(number)
        elif argument == "--time":
            is_timed = True
        elif argument.startswith("-") and argument != "-":
            raise _WrongCall(f"no option {argument}")
        else:
            files.append(argument)
    if statements is not None and files:
        raise _WrongCall("-c or a file, not both")
    return _run_statements(statements, files, options, rows, is_timed)


def _run_statements(statements: str | None, files: list[str], options: dict[str, str], rows: int,
                    is_timed: bool) -> int:
    from sabot.errors import SabotError
    from sabot.shell import Shell

    try:
        shell = Shell(options, rows, is_timed)
    except SabotError as error:
        print(error, file=sys.stderr)
        return 1
    if statements is not None:
        return shell.run_script(statements, "")
    if not files and sys.stdin.isatty():
        from sabot.prompt import run_prompt

        return run_prompt(shell)
    for name in files or ["-"]:
        try:
            text = sys.stdin.read() if name == "-" else _read(name)
        except (OSError, UnicodeDecodeError) as error:
            print(f"sabot: {name}: {error}", file=sys.stderr)
            return 1
        code = shell.run_script(text, "" if name == "-" else name)
        if code != 0:
            return code
    return 0


def _read(name: str) -> str:
    with open(name, encoding="utf-8") as file:
        return file.read()


def _exec_server(arguments: list[str]) -> int:
    """Become the server. Returns only where it cannot."""
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "sabot-server")
    if not os.access(program, os.X_OK):
        print(f"sabot: the server is not part of this installation: no {program}", file=sys.stderr)
        return 1
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    sys.exit(main())
