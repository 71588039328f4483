#!/usr/bin/env python3
"""Measures how processor time grows with lines, users, addresses and history, and draws it.

    benches/growth.py BIN [OUTPUT.svg]        BIN has mtp-parse and mtp-score

For each, the exponent of time over size is fitted over three decades; start-up is subtracted. Prints
a table, and draws time over size on logarithmic axes. `cargo bench -- sample` has that of sockets.
"""

import math
import os
import subprocess
import sys
import tempfile
import time

BIN = sys.argv[1]
OUTPUT = sys.argv[2] if len(sys.argv) > 2 else None
RUNS = int(os.environ.get("RUNS", "3"))
BEGIN = 1_795_448_472


def moment(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def address(number):
    mixed = number * 2_654_435_769 % (1 << 28) + (64 << 24)
    return ".".join(str(mixed >> shift & 255) for shift in (24, 16, 8, 0))


def log_lines(count):
    for n in range(count):
        user = n * 48_271 % 1000
        yield (f'proxy-1  | mtp-access ts={moment(BEGIN + n / 10)} ev=connect id=a-{n} user="u{user}" '
               f"ip={address(user * 3 + n % 3)} port={1024 + n % 60_000} mode=tls dc=2\n")


def rows(count, users, addresses, seconds):
    for n in range(count):
        user = n * 48_271 % users
        yield (f'{{"type":"connect","ts":"{moment(BEGIN + n * seconds / count)}","user":"u{user}",'
               f'"ip":"{address(user * addresses + n // users % addresses)}","port":{1024 + n % 60_000},"mode":"tls",'
               f'"id":"a-{n}","proxy":"access","source":"proxy-1"}}\n')


def spent(command, path):
    """The least processor time of a run."""
    least = math.inf
    for _ in range(RUNS):
        with open(path, "rb") as file:
            child = subprocess.Popen(command, stdin=file, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
        if status:
            sys.exit(f"{command} failed")
        least = min(least, usage.ru_utime + usage.ru_stime)
    return least


PARSE, SCORE = [f"{BIN}/mtp-parse"], [f"{BIN}/mtp-score"]
DAY = 86_400
SIZES = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000]
SERIES = {
    "mtp-parse: lines": (PARSE, SIZES, log_lines),
    "mtp-score: rows of 1,000 users": (SCORE, SIZES, lambda n: rows(n, 1000, 3, DAY)),
    "mtp-score: users, 3 rows each": (SCORE, [n // 3 for n in SIZES], lambda n: rows(3 * n, n, 3, DAY)),
    "mtp-score: addresses of one user": (SCORE, SIZES, lambda n: rows(n, 1, n, DAY)),
    "mtp-score: days of history of 100 users": (
        SCORE, [1, 3, 10, 30, 100, 300, 1000], lambda n: rows(n * 1000, 100, 3, DAY * n)),
}


def exponent(points):
    """The slope of log time over log size, by least squares."""
    logs = [(math.log(size), math.log(took)) for size, took in points]
    mean_x = sum(x for x, _ in logs) / len(logs)
    mean_y = sum(y for _, y in logs) / len(logs)
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _ in logs)


def draw(series):
    width, height, left, top = 760, 460, 64, 24
    right, bottom = 250, 48
    xs = [math.log10(size) for points in series.values() for size, _ in points]
    ys = [math.log10(took) for points in series.values() for _, took in points]
    low_x, high_x, low_y, high_y = math.floor(min(xs)), math.ceil(max(xs)), math.floor(min(ys)), math.ceil(max(ys))
    x = lambda value: left + (math.log10(value) - low_x) / (high_x - low_x) * (width - left - right)
    y = lambda value: height - bottom - (math.log10(value) - low_y) / (high_y - low_y) * (height - top - bottom)
    colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
           f'font-size="12"><rect width="{width}" height="{height}" fill="#fff"/>']
    for power in range(low_x, high_x + 1):
        at = x(10 ** power)
        out.append(f'<path d="M{at:.1f} {top}V{height - bottom}" stroke="#ddd"/>'
                   f'<text x="{at:.1f}" y="{height - bottom + 18}" text-anchor="middle">{10 ** power:,}</text>')
    for power in range(low_y, high_y + 1):
        at = y(10.0 ** power)
        label = f"{10 ** power:g} s"
        out.append(f'<path d="M{left} {at:.1f}H{width - right}" stroke="#ddd"/>'
                   f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{label}</text>')
    for number, (name, points) in enumerate(series.items()):
        colour = colours[number % len(colours)]
        path = " ".join(f"{x(size):.1f},{y(took):.1f}" for size, took in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out.append(f'<text x="{width - right + 12}" y="{top + 16 + 20 * number}" fill="{colour}">{name}</text>')
    out.append(f'<text x="{left}" y="{height - 8}">size; processor time</text></svg>\n')
    return "".join(out)


def main():
    series = {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "input")
        for name, (command, sizes, make) in SERIES.items():
            open(path, "w").close()
            start = spent(command, path)
            points = []
            for size in sizes:
                with open(path, "w", encoding="utf-8") as file:
                    file.writelines(make(size))
                took = spent(command, path) - start
                # What is not longer than the start itself is not measured.
                if took > start:
                    points.append((size, took))
            series[name] = points
            print(f"{name:42} exponent {exponent(points):5.2f}   "
                  + "  ".join(f"{size:,}: {took:.3f} s" for size, took in points), flush=True)
    if OUTPUT:
        with open(OUTPUT, "w", encoding="utf-8") as file:
            file.write(draw(series))


main()
