#!/usr/bin/env python3
"""Check that requirements.txt (what ./dev installs) and pyproject.toml (what `pip install` installs) ask for the same.

    check_requirements.py     exits 1 and prints the difference if there is one
"""

import pathlib
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def lines_of(name: str) -> set:
    lines = (line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return {line for line in lines if line and not line.startswith("-")}


def main() -> int:
    if len(sys.argv) > 1:
        print(__doc__)
        return 0
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    product = lines_of("requirements.txt")
    pairs = [("requirements.txt", product, "dependencies", set(project["project"]["dependencies"])),
             ("requirements*.txt", {line for line in product | lines_of("requirements-dev.txt")
                                    if line in project["build-system"]["requires"]},
              "build-system.requires", set(project["build-system"]["requires"]))]
    code = 0
    for here, these, there, those in pairs:
        for line in sorted(these ^ those):
            print(f"{line}: in {here if line in these else there} only, not in {there if line in these else here}")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
