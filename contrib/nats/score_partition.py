#!/usr/bin/env python3
"""Runs mtp-score over one partition of a JetStream stream.

    score_partition.py 0 --dir /var/lib/mtp/0 -- --relay 20 --table /var/lib/mtp/table.json

Alerts go to standard output as they come; DIR/output.jsonl has the whole output after the end of an
archive. Every --every seconds the state is a checkpoint in DIR, named by the last row in it. After a
crash the program goes on from there, and nothing is lost or counted twice: the rows after the
checkpoint are read again by a state that does not have them.
"""

import argparse
import asyncio
import os
import shutil
import sys
import time
from pathlib import Path

import nats.errors
from nats.js import api

from stream import ALL, STREAM, connect, is_end, partition_subject

# Rows fetched at once.
BATCH = 1000
# Seconds without a row after which the consumer is made anew: the server that had it may be gone.
SILENCE = 5


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("partition", help="a number from 0, or '*' for all rows in one process")
    parser.add_argument("--dir", type=Path, required=True, help="folder for checkpoints and output")
    parser.add_argument("--every", type=float, default=60, help="seconds between checkpoints")
    parser.add_argument("--publishers", type=int, default=0,
                        help="of an archive: end after the rows of so many publishers [default: never]")
    at = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    options = parser.parse_args(sys.argv[1:at])
    options.score = sys.argv[at + 1 :]
    return options


class Checkpoints:
    """Saved states: state-SEQUENCE-ALERTS-ENDS has the rows up to SEQUENCE; of the file of alerts,
    ALERTS bytes were written by then; ENDS publishers had ended."""

    def __init__(self, folder):
        self.folder = folder
        self.work = folder / "work"
        self.alerts = folder / "alerts.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        saved = sorted(folder.glob("state-*"), key=lambda path: self.numbers(path))
        self.current = saved[-1] if saved else None
        self.sequence, self.ends = 0, 0
        length = 0
        self.work.unlink(missing_ok=True)
        if self.current:
            self.sequence, length, self.ends = self.numbers(self.current)
            shutil.copyfile(self.current, self.work)
        self.alerts.touch()
        os.truncate(self.alerts, length)

    @staticmethod
    def numbers(path):
        return tuple(int(number) for number in path.name.split("-")[1:])

    def save(self, sequence, ends):
        """Makes the saved state of mtp-score the checkpoint, in one rename."""
        length = self.alerts.stat().st_size
        new = self.folder / f"state-{sequence}-{length}-{ends}"
        if self.work.exists() and new != self.current:
            os.replace(self.work, new)
            if self.current:
                self.current.unlink()
            self.current = new
            shutil.copyfile(new, self.work)


class Score:
    """A running mtp-score, whose alerts are passed on and whose other rows are in DIR/rest.jsonl."""

    def __init__(self, options, checkpoints):
        self.options, self.checkpoints = options, checkpoints
        self.rest = options.dir / "rest.jsonl"

    async def start(self, is_last=False):
        """Only the last run writes summaries: at a checkpoint they would be thrown away."""
        args = ["--format", "json", "--state", str(self.checkpoints.work)]
        if not is_last and "--write-table" not in self.options.score:
            args.append("--no-summaries")
        if "--write-table" not in self.options.score:
            publishers = self.options.publishers
            args += ["--clock-sources", str(publishers)] if publishers else ["--clock-rows"]
        self.child = await asyncio.create_subprocess_exec(
            "mtp-score", *args, *self.options.score, limit=1 << 21,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        self.reader = asyncio.create_task(self.pass_on())

    async def pass_on(self):
        with open(self.rest, "wb") as rest, open(self.checkpoints.alerts, "ab") as alerts:
            async for line in self.child.stdout:
                if line.startswith(b'{"type":"alert"'):
                    alerts.write(line)
                    alerts.flush()
                    sys.stdout.buffer.write(line)
                    sys.stdout.buffer.flush()
                else:
                    rest.write(line)

    async def feed(self, payload):
        self.child.stdin.write(payload + b"\n")
        await self.child.stdin.drain()

    async def stop(self):
        """Ends the input: mtp-score saves its state."""
        self.child.stdin.close()
        await self.reader
        status = await self.child.wait()
        if status != 0:
            sys.exit(f"score_partition.py: mtp-score ended with status {status}")


async def rows(js, partition, sequence):
    """The rows of a partition after a sequence number, in order, each once; None in a silence."""
    while True:
        config = api.ConsumerConfig(
            filter_subjects=[partition_subject(partition), ALL],
            deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=sequence + 1,
            ack_policy=api.AckPolicy.NONE,
            inactive_threshold=60,
        )
        try:
            consumer = await js.add_consumer(STREAM, config)
            subscription = await js.pull_subscribe_bind(consumer=consumer.name, stream=STREAM)
            delivered = 0
            while True:
                for message in await subscription.fetch(BATCH, timeout=SILENCE):
                    numbers = message.metadata.sequence
                    delivered += 1
                    if numbers.consumer != delivered:
                        # Rows were on their way when a connection broke.
                        raise nats.errors.Error("a gap")
                    sequence = numbers.stream
                    yield sequence, message.data
        except asyncio.TimeoutError:
            yield sequence, None
        except (nats.errors.Error, OSError):
            await asyncio.sleep(0.2)


async def main():
    options = arguments()
    checkpoints = Checkpoints(options.dir)
    connection, js = await connect()
    score = Score(options, checkpoints)
    await score.start()
    ends, last = checkpoints.ends, checkpoints.sequence
    next_save = time.monotonic() + options.every
    async for sequence, payload in rows(js, options.partition, last):
        if payload is not None:
            await score.feed(payload)
            ends += is_end(payload)
        if options.publishers and ends >= options.publishers:
            break
        if time.monotonic() >= next_save:
            await score.stop()
            checkpoints.save(sequence, ends)
            await score.start()
            next_save = time.monotonic() + options.every
    await score.stop()
    await score.start(is_last=True)
    await score.feed(b'{"type":"clock","end":true}')
    await score.stop()
    output = options.dir / "output.jsonl"
    with open(output.with_suffix(".new"), "wb") as whole:
        for part in (checkpoints.alerts, score.rest):
            with open(part, "rb") as rows_of_part:
                shutil.copyfileobj(rows_of_part, whole)
    os.replace(output.with_suffix(".new"), output)
    await connection.close()


asyncio.run(main())
