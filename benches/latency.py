#!/usr/bin/env python3
"""Measures how long a row comes after its line, an alert after its row, and the first row after a start.

    benches/latency.py BIN        BIN has mtp-parse and mtp-score
"""

import os
import subprocess
import sys
import tempfile
import time

BIN = sys.argv[1]
TIMES = int(os.environ.get("TIMES", "2000"))
LINE = ('mtp-access ts=2026-11-23T15:40:35.158Z ev=connect id=a-{n} user="u{n}" ip=203.0.113.7 port=443 '
        "mode=tls dc=2\n")
ROW = ('{{"type":"connect","ts":"2026-11-23T15:40:35.158Z","user":"u{n}","ip":"203.{at}.113.7","port":443,'
       '"id":"{n}-{at}","proxy":"access"}}\n')


def report(name, times):
    times.sort()
    at = lambda share: times[int(len(times) * share)] * 1000
    print(f"{name:34} median {at(0.5):6.2f} ms, 99 of 100 {at(0.99):6.2f} ms, longest {times[-1] * 1000:6.2f} ms")


def piped(command, text):
    """Times from writing an input to the first row after it."""
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             bufsize=0)
    rows = os.fdopen(os.dup(child.stdout.fileno()), "rb")
    times = []
    for n in range(TIMES):
        data = text(n).encode()
        begin = time.perf_counter()
        child.stdin.write(data)
        row = rows.readline()
        times.append(time.perf_counter() - begin)
        assert f'"u{n}"'.encode() in row, row
        time.sleep(0.001)
    child.stdin.close()
    rows.read()
    child.wait()
    return times


report("mtp-parse: line to row", piped([f"{BIN}/mtp-parse"], lambda n: LINE.format(n=n)))
report("mtp-score: row to alert", piped(
    [f"{BIN}/mtp-score", "--format", "json", "--alert-on", "risk"],
    lambda n: "".join(ROW.format(n=n, at=at) for at in range(12))))
with tempfile.NamedTemporaryFile("w") as file:
    file.write(LINE.format(n=1))
    file.flush()
    times = []
    for _ in range(200):
        begin = time.perf_counter()
        child = subprocess.Popen([f"{BIN}/mtp-parse", file.name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        child.stdout.readline()
        times.append(time.perf_counter() - begin)
        child.stdout.read()
        child.wait()
    report("mtp-parse: start to first row", times)
