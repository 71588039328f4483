#!/usr/bin/env python3
"""Compares the rows of mtp-score with the labels of simulate.py.

  mtp-score --format json DIR/events.jsonl | judge.py DIR/labels.jsonl

Prints the area under the ROC curve and the share found at 1 % false alarms (by `people`), the verdicts by
label and kind with 95 % bounds (Wilson), how many were sharing at any time, and the confidence by bins,
reweighted to the share of shared accounts of --prior.
"""
import argparse
import collections
import json
import math
import sys


def bounds(hits, n):
    if n == 0:
        return "none"
    p, z = hits / n, 1.96
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = ((middle + sign * half) / (1 + z * z / n) for sign in (-1, 1))
    return f"{hits} of {n} ({100 * p:.1f} %, {100 * max(0, low):.1f} to {100 * min(1, high):.1f} %)"


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("labels")
    options.add_argument("--prior", type=float, default=0.05)
    options = options.parse_args()
    with open(options.labels) as file:
        labels = {row["user"]: row for row in map(json.loads, file)}
    last, raised = {}, set()
    for row in map(json.loads, sys.stdin):
        if row["type"] == "summary" and row["user"] in labels:
            last[row["user"]] = row
        elif row["type"] == "alert" and row.get("verdict") == "sharing":
            raised.add(row["user"])
    users = collections.defaultdict(list)
    for user, label in labels.items():
        users[{"legit": "honest"}.get(label["label"], label["label"])].append(user)
    people = lambda label: [last.get(user, {}).get("people", 0) for user in users[label]]
    is_sharing = lambda user: last.get(user, {}).get("verdict") == "sharing"
    honest, shared = sorted(people("honest")), people("shared")
    area = sum((s > h) + (s == h) / 2 for s in shared for h in honest) / (len(shared) * len(honest))
    limit = honest[-1 - int(0.01 * len(honest))]
    print(f"area under the curve {area:.3f}, found at 1 % false alarms {sum(s > limit for s in shared) / len(shared):.2f}")
    for label, names in users.items():
        print(f"{label}: sharing {bounds(sum(map(is_sharing, names)), len(names))}; at any time {len(raised.intersection(names))}")
    for kind in sorted({row["kind"] for row in labels.values()}):
        names = [user for user, row in labels.items() if row["kind"] == kind]
        print(f"  {kind:16s} {bounds(sum(map(is_sharing, names)), len(names))}")
    weight = {"shared": options.prior / len(shared), "honest": (1 - options.prior) / len(honest)}
    for low in range(0, 10, 2):
        rows = [(weight[label], last[user].get("confidence", 0), label == "shared") for label in weight for user in users[label]
                if user in last and low / 10 <= last[user].get("confidence", 0) < low / 10 + (0.2 if low < 8 else 0.3)]
        total = sum(row[0] for row in rows)
        if total:
            mean, true = sum(w * c for w, c, _ in rows) / total, sum(w * s for w, _, s in rows) / total
            print(f"confidence {mean:.2f}: {true:.2f} are shared ({len(rows)} users)")


if __name__ == "__main__":
    main()
