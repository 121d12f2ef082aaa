"""A program of stock PySpark, over Spark Connect, with no Spark: the server is Sabot, in this process."""

from collections import Counter

from flights import Data
from verify import same


def run(data: Data) -> None:
    from pyspark.sql import functions as F

    from sabot.spark import SparkSession

    spark = SparkSession.builder.getOrCreate()
    flights = spark.read.csv(str(data.folder / "flights.csv"), header=True, inferSchema=True, nullValue="NA")
    airlines = spark.read.csv(str(data.folder / "airlines.csv"), header=True)
    late = (flights.filter(F.col("dep_delay") > 120)
            .join(airlines, "carrier")
            .groupBy("name").agg(F.count("*").alias("flights"), F.max("dep_delay").alias("worst"))
            .orderBy(F.desc("flights"), "name"))
    late.show(5, truncate=False)
    answer = {row.name: (row.flights, row.worst) for row in late.collect()}
    spark.stop()
    same("the same as plain Python counts", answer, _expected(data))


def _expected(data: Data) -> dict[str, tuple[int, int]]:
    with open(data.folder / "airlines.csv", encoding="utf-8") as file:
        names = dict(line.rstrip("\n").split(",", 1) for line in file)
    counts: Counter[str] = Counter()
    worst: dict[str, int] = {}
    for row in data.flights:
        if row["dep_delay"] != "NA" and int(row["dep_delay"]) > 120:
            name = names[row["carrier"]]
            counts[name] += 1
            worst[name] = max(worst.get(name, 0), int(row["dep_delay"]))
    return {name: (count, worst[name]) for name, count in counts.items()}
