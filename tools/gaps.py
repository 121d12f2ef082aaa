#!/usr/bin/env python3
"""List the operators, functions, statements and error classes that no test names.

Read from where the engine lists them: physical steps (sabot/plan/physical/), signatures of functions (sabot/functions/),
statements (sabot/syntax/statement.h), error classes (sabot/base/error_classes.cc). A test names

    an operator       by its step's type (PhysicalSort) in a *_test.cc of operators/, scheduler/, session/ or tests/
    a function        by a call, name(...), in a *_test.cc or under tests/; its documentation's example is a test too
    a statement       by its type (CreateView) in a *_test.cc, or by its first keyword under tests/
    an error class    by its name in a *_test.cc, under tests/ or python/tests/ (that the list itself is sound is no test)

    gaps.py [--strict]     --strict: exit 1 if there is a gap
"""

import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT = {".slt", ".test", ".feature", ".sql", ".cypher", ".py", ".cc", ".txt", ".md", ".yaml", ".benchmark"}


def read(paths) -> str:
    return "\n".join(path.read_text(errors="replace") for path in sorted(paths))


def found(pattern: str, *folders: str, suffixes: tuple = (".h", ".cc")) -> list:
    """All first groups of a pattern in the sources of some folders, in order, tests left out."""
    names = []
    for folder in folders:
        paths = [ROOT / folder] if (ROOT / folder).is_file() else sorted((ROOT / folder).rglob("*"))
        for path in paths:
            if path.suffix in suffixes and not path.stem.endswith("_test"):
                names += re.findall(pattern, path.read_text(errors="replace"), re.MULTILINE)
    return list(dict.fromkeys(names))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strict", action="store_true")
    arguments = parser.parse_args()

    unit = {path: path.read_text(errors="replace") for path in (ROOT / "sabot").rglob("*_test.cc")}
    units = "\n".join(text for path, text in unit.items() if path.name != "error_test.cc")
    outer = read(path for folder in ("tests", "python/tests") for path in (ROOT / folder).rglob("*")
                 if path.suffix in TEXT and path.is_file())
    examples = read((ROOT / "sabot/functions").rglob("*.cc"))

    steps = found(r"^struct (Physical\w+) \{\n(?=[^}]*kName)", "sabot/plan/physical")
    running = outer + "\n".join(text for path, text in unit.items()
                                if path.relative_to(ROOT / "sabot").parts[0] in ("operators", "scheduler", "session", "graph"))
    functions = found(r'"([a-z][a-z_0-9]*)\([^"]*\)\s*->', "sabot/functions")
    statements = re.findall(r"^struct (\w+) \{", read([ROOT / "sabot/syntax/statement.h"])
                            if (ROOT / "sabot/syntax/statement.h").exists() else "", re.MULTILINE)
    classes = found(r'^\s*\{"([A-Z][A-Z_.]+)",', "sabot/base/error_classes.cc")

    def calls(name: str, text: str) -> bool:
        return re.search(rf"\b{re.escape(name)}\s*\(", text, re.IGNORECASE) is not None

    def example_of(name: str) -> bool:
        # The signature and, within the same documentation, an expression that calls the function.
        return re.search(rf'"{re.escape(name)}\([^"]*\)\s*->[^;]*?\{{\s*"[^;]*?\b{re.escape(name)}\s*\(', examples,
                         re.IGNORECASE) is not None

    def keyword_of(statement: str) -> str:
        return re.findall(r"[A-Z][a-z]+", statement)[0].upper()

    gaps = {
        "operators": (steps, [s for s in steps if not re.search(rf"\b{s}\b", running)]),
        "functions": (functions, [f for f in functions
                                  if not (calls(f, outer) or calls(f, units) or example_of(f))]),
        "statements": (statements, [s for s in statements if s != "Statement" and not re.search(rf"\b{s}\b", units)
                                    and not re.search(rf"^\W*{keyword_of(s)}\b", outer, re.MULTILINE | re.IGNORECASE)]),
        "error classes": (classes, [c for c in classes if not re.search(rf"\b{re.escape(c)}\b", units + outer)]),
    }
    num_gaps = 0
    for kind, (known, missing) in gaps.items():
        num_gaps += len(missing)
        print(f"{kind}: {len(known)} known, {len(missing)} without a test" + (": " + ", ".join(missing) if missing else ""))
    return 1 if num_gaps and arguments.strict else 0


if __name__ == "__main__":
    sys.exit(main())
