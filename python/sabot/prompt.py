"""The interactive shell."""

from __future__ import annotations

import os
import pathlib

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer

from sabot import __version__
from sabot.shell import Shell, is_complete, split


def run_prompt(shell: Shell) -> int:
    """Read and run statements until Ctrl-D or \\quit. Errors are shown and the prompt returns. Returns 0."""
    print(f"sabot {__version__}: SQL and Cypher, each up to a semicolon. \\help for help, Ctrl-D to leave.")
    shell.is_timed = True
    session: PromptSession[str] = PromptSession(
        "sabot> ", multiline=True, key_bindings=_key_bindings(), lexer=PygmentsLexer(SqlLexer),
        history=FileHistory(str(_history_file())), reserve_space_for_menu=0,
        prompt_continuation=lambda width, line, is_wrapped: "  ...> ")
    while True:
        try:
            text = session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return 0
        if text.strip().rstrip(";").lower() in ("quit", "exit"):
            return 0
        if text.lstrip().startswith("\\"):
            if not shell.command(text):
                return 0
            continue
        for statement in split(text):
            if shell.run(statement.text) != 0:
                break


def _key_bindings() -> KeyBindings:
    """Enter runs what is complete, and begins a new line otherwise."""
    bindings = KeyBindings()

    @bindings.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        word = buffer.text.strip().lower()
        if is_complete(buffer.text) or word in ("quit", "exit"):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return bindings


def _history_file() -> pathlib.Path:
    """$SABOT_HISTORY, or sabot/history in the folder for state of the XDG base directories."""
    if "SABOT_HISTORY" in os.environ:
        return pathlib.Path(os.environ["SABOT_HISTORY"])
    state = pathlib.Path(os.environ.get("XDG_STATE_HOME") or pathlib.Path.home() / ".local" / "state")
    folder = state / "sabot"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "history"
