#!/usr/bin/env python3
"""Publishes the rows of mtp-parse on a JetStream stream, one message a row.

    docker compose logs -f | mtp-parse | publish.py --name host1

Rows with a user go to mtp.rows.TOKEN, with a hash of the user's name as the token; the server maps
it to one of the partitions. Rows without a user have the token of the empty name. Once the rows of
a moment are stored, a clock row goes to mtp.all, which every partition reads: no row of this host
is older from then on.

A row that was not acknowledged is sent again with the same identifier, which the server stores
once. The program ends with status 1 if rows could not be stored within --patience seconds.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from datetime import datetime, timezone

from stream import ALL, connect, ended, row_subject

# Rows in flight. The clock moves when all of them are stored.
WINDOW = 2000
# A time further ahead of the clock moves it only if as many rows in a row agree.
JUMP_MS = 30 * 60_000
JUMP_ROWS = 20


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--name", required=True, help="name of this publisher, unique in the stream")
    parser.add_argument("--patience", type=float, default=60, help="seconds of retries [default: 60]")
    return parser.parse_args()


class HostClock:
    """The time that the rows of this host have reached, in milliseconds."""

    def __init__(self):
        self.now = None
        self.sent = None
        self.ahead = 0

    def update(self, row):
        if row.get("type") not in ("connect", "disconnect") or "ts" not in row:
            return
        ts = milliseconds(row["ts"])
        if self.now is not None and ts > self.now + JUMP_MS:
            self.ahead += 1
            if self.ahead < JUMP_ROWS:
                return
        self.ahead = 0
        self.now = ts if self.now is None else max(self.now, ts)

    def due(self, name):
        """The next clock row; None if the time is the same."""
        if self.now is None or self.now == self.sent:
            return None
        self.sent = self.now
        return json.dumps({"type": "clock", "ts": moment(self.now), "source": name}).encode()


def milliseconds(text):
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def moment(ms):
    text = datetime.fromtimestamp(ms / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{ms % 1000:03}Z".replace(".000Z", "Z")


async def store(js, messages, patience):
    """Stores messages (subject, payload, identifier); sends again what was not acknowledged."""
    give_up = time.monotonic() + patience
    while messages:
        acknowledgements = []
        for subject, payload, identifier in messages:
            headers = {"Nats-Msg-Id": identifier}
            acknowledgements.append(js.publish(subject, payload, headers=headers, timeout=5))
        results = await asyncio.gather(*acknowledgements, return_exceptions=True)
        failed = [m for m, result in zip(messages, results) if isinstance(result, Exception)]
        if failed and time.monotonic() > give_up:
            reason = next(r for r in results if isinstance(r, Exception))
            sys.exit(f"publish.py: {len(failed)} rows were not stored: {reason!r}")
        if failed:
            await asyncio.sleep(0.2)
        messages = failed


async def windows():
    """The lines of standard input, in groups of those that have come."""
    loop = asyncio.get_running_loop()
    rest = b""
    while chunk := await loop.run_in_executor(None, os.read, 0, 1 << 18):
        *lines, rest = (rest + chunk).split(b"\n")
        for at in range(0, len(lines), WINDOW):
            yield lines[at : at + WINDOW]
    if rest:
        yield [rest]


async def main():
    options = arguments()
    connection, js = await connect()
    clock = HostClock()
    number = 0
    # Unique for this run: a second run of the same host publishes rows of its own.
    run = f"{options.name}-{os.getpid()}-{time.time_ns()}"

    def message(subject, payload):
        nonlocal number
        number += 1
        return subject, payload, f"{run}-{number}"

    async for window in windows():
        rows = []
        for line in window:
            row = json.loads(line)
            clock.update(row)
            if row.get("type") == "meta":
                # Inputs of two hosts may begin alike.
                row["run"] = f"{options.name} {row.get('run', '')}"
                line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
            rows.append(message(row_subject(row.get("user", "")), line))
        await store(js, rows, options.patience)
        due = clock.due(options.name)
        if due is not None:
            await store(js, [message(ALL, due)], options.patience)
    await store(js, [message(ALL, ended(options.name))], options.patience)
    await connection.close()


asyncio.run(main())
