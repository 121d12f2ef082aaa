"""Make a ready Python package of its sources and the built modules: link every file of SOURCE under TARGET.

    link_package.py SOURCE TARGET

Links whose source is gone are removed; built modules and programs already in TARGET stay.
"""

import os
import pathlib
import sys


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for link in target.rglob("*"):
        if link.is_symlink() and not link.exists():
            link.unlink()
    for file in source.rglob("*"):
        if not file.is_file() or "__pycache__" in file.parts:
            continue
        link = target / file.relative_to(source)
        link.parent.mkdir(parents=True, exist_ok=True)
        if not (link.is_symlink() and os.readlink(link) == str(file)):
            link.unlink(missing_ok=True)
            link.symlink_to(file)


if __name__ == "__main__":
    main()
