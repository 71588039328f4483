#!/usr/bin/env python3
"""Scores an archive on Spark: the rows, byte for byte, that one machine writes.

    spark-submit score.py [--partitions N] [--relay N] OUTPUT FILE…

FILEs are logs that every worker can read (gzip and zstd too); mtp-parse and mtp-score are in the PATH
of the workers. OUTPUT is a local file. On one machine the same is

    mtp-parse FILE… | mtp-score --format json --table TABLE

The commands run by RDD.pipe: mtp-parse for each file, mtp-score for each partition of the users,
twice: first for the table of all users, then with it. A command that fails fails the job
(checkCode), which runs it again.
"""

import argparse
import json
import os
import shlex
import subprocess
import tempfile
import zlib

from pyspark import SparkConf, SparkContext, StorageLevel


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("output")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--partitions", type=int, default=8, help="of the users [default: 8]")
    parser.add_argument("--relay", help="as of mtp-score")
    parser.add_argument("--parse", default="", help="options of mtp-parse")
    return parser.parse_args()


# RDD.pipe starts commands with an empty environment unless one is given.
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
COUNTS = ("read", "understood", "passed_over", "not_recognised", "proxy_not_recognised", "cut", "rows")


def keyed(line):
    """A row by its user and time; rows without a user go by the empty name."""
    row = json.loads(line)
    return (row.get("user", ""), row.get("ts", "")), line


def user_partition(key):
    return zlib.crc32(key[0].encode("utf-8", "surrogatepass"))


# After so many rows of a partition a clock row moves the time.
CLOCK_ROWS = 1000


def with_clock(lines):
    """The rows of a partition, which are in the order of time, with clock rows between them."""
    for number, line in enumerate(lines):
        yield line
        if number % CLOCK_ROWS == 0 and (ts := json.loads(line).get("ts")):
            yield json.dumps({"type": "clock", "ts": ts, "source": "archive"})


def is_meta(line):
    return line.startswith('{"type":"meta"')


def added_up(lines):
    """The meta row of one run of mtp-parse over all files."""
    total = {"type": "meta", "tool": "mtp-parse", **dict.fromkeys(COUNTS, 0), "by_source": {}}
    for meta in map(json.loads, lines):
        sources = meta.get("by_source", {})
        if not sources:
            # Without a source, any line may be a proxy's.
            meta["proxy_not_recognised"] = meta.get("not_recognised", 0)
        for count in COUNTS:
            total[count] += meta.get(count, 0)
    total["by_source"] = {"archive": {}}
    return json.dumps(total)


def main():
    options = arguments()
    spark = SparkContext(conf=SparkConf().setAppName("mtp-score"))
    relay = ["--relay", options.relay] if options.relay else []

    # The names of the files go through Spark, their bytes do not.
    parse = f'while IFS= read -r file; do mtp-parse --format json {options.parse} "$file" || exit; done'
    parsed = spark.parallelize(options.files, len(options.files)).pipe(
        f"bash -c {shlex.quote(parse)}", ENVIRONMENT, checkCode=True)
    parsed = parsed.persist(StorageLevel.DISK_ONLY)
    meta = added_up(parsed.filter(is_meta).collect())
    by_user = parsed.filter(lambda line: not is_meta(line)).map(keyed)
    by_user = by_user.repartitionAndSortWithinPartitions(
        options.partitions, user_partition, keyfunc=lambda key: (key[1], key[0]))
    rows = by_user.values().persist(StorageLevel.DISK_ONLY)

    def scored(first, score):
        def with_first(number, lines):
            yield from first
            if number == 0:
                yield meta
            yield from with_clock(lines)

        command = shlex.join(["mtp-score", "--format", "json", *relay, *score])
        return rows.mapPartitionsWithIndex(with_first).pipe(command, ENVIRONMENT, checkCode=True)

    def merged(parts, output):
        """Merges outputs: each a list of rows of a partition, in a file."""
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for number in range(options.partitions):
                paths.append(os.path.join(folder, f"{number}.jsonl"))
                only = [number]
                with open(paths[-1], "w", encoding="utf-8") as file:
                    for line in spark.runJob(parts, lambda lines: lines, only):
                        file.write(line + "\n")
            with open(output, "wb") as file:
                subprocess.run(["mtp-score", "--merge", *relay, *paths], stdout=file, check=True)

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table.json")
        merged(scored([], ["--write-table"]), path)
        with open(path, encoding="utf-8") as file:
            table = file.readline().rstrip("\n")
        merged(scored([table], ["--clock-rows"]), options.output)
    spark.stop()


main()
