#!/usr/bin/env python3
"""Check that no binary of ours asks for libre2 or libsimdjson itself.

Arrow's libraries carry their own copies of both and export the names. A second copy, bound first, makes Arrow's regular
expressions crash or answer wrongly, and Parquet call half of one version and half of the other. As an indirect need of
gRPC, behind Arrow, Debian's libre2 does no harm.

    needed_libraries.py [BUILD]     BUILD is build/dev unless said; exits 1 if one is needed, or if there is nothing to check
"""

import pathlib
import re
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORBIDDEN = re.compile(r"^lib(re2|simdjson)\.")


def needed(path: pathlib.Path) -> list:
    """The DT_NEEDED names of a 64-bit little-endian ELF file; empty for any other file."""
    data = path.read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        return []
    section_table, = struct.unpack_from("<Q", data, 0x28)
    entry_size, num_sections = struct.unpack_from("<HH", data, 0x3A)
    # name, type, flags, address, offset, size, link, info, alignment, entry size
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, section_table + entry_size * index)
                for index in range(num_sections)]
    names = []
    for section in sections:
        if section[1] != 6:  # SHT_DYNAMIC
            continue
        strings = sections[section[6]][4]
        for offset in range(section[4], section[4] + section[5], 16):
            tag, value = struct.unpack_from("<QQ", data, offset)
            if tag == 1:  # DT_NEEDED
                end = data.index(b"\0", strings + value)
                names.append(data[strings + value:end].decode())
    return names


def main() -> int:
    if sys.argv[1:2] and sys.argv[1].startswith("-"):
        print(__doc__)
        return 0
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "dev"
    files = [path for part in ("bin", "python") for path in (folder / part).rglob("*")
             if path.is_file() and not path.is_symlink()]
    binaries = {path: needed(path) for path in files}
    binaries = {path: names for path, names in binaries.items() if names}
    bad = 0
    for path, names in sorted(binaries.items()):
        for name in filter(FORBIDDEN.match, names):
            print(f"{path}: needs {name}: found by the loader before Arrow's own copy")
            bad += 1
    print(f"{len(binaries)} binaries checked, {bad} need a library that clashes with Arrow")
    return 1 if bad or not binaries else 0


if __name__ == "__main__":
    sys.exit(main())
