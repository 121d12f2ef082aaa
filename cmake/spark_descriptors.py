"""Write the descriptors of Spark Connect's messages, as found in the installed Spark client, to one file.

The client's *_pb2.py hold each .proto file as serialised bytes: AddSerializedFile(b'...'). They are read as text, so
neither Spark nor protobuf is imported, and strung together as a google.protobuf.FileDescriptorSet (field 1, one a file),
which protoc takes as --descriptor_set_in. Nothing of Spark is thus kept in this repository.

    spark_descriptors.py OUT.pb     write the descriptors
    spark_descriptors.py --list     print the names of the .proto files, one a line
"""

import ast
import importlib.util
import pathlib
import sys


def message_folder() -> pathlib.Path:
    spec = importlib.util.find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("no pyspark here: pip install -r requirements.txt")
    return pathlib.Path(spec.submodule_search_locations[0], "sql", "connect", "proto")


def serialized_file(path: pathlib.Path) -> bytes | None:
    """The one bytes literal handed to AddSerializedFile in a generated module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "AddSerializedFile":
            return ast.literal_eval(node.args[0])
    return None


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    # The example plugins belong to Spark's own tests; nothing imports them.
    modules = sorted(m for m in message_folder().glob("*_pb2.py") if "example" not in m.name)
    if sys.argv[1] == "--list":
        for module in modules:
            print("spark/connect/" + module.name.replace("_pb2.py", ".proto"))
        return
    files = [data for data in map(serialized_file, modules) if data]
    pathlib.Path(sys.argv[1]).write_bytes(b"".join(b"\x0a" + varint(len(f)) + f for f in files))


if __name__ == "__main__":
    main()
