#!/usr/bin/env python3
"""Writes the tables of docs/detection.md: simulated populations, mtp-score, and what came of it.

  tables.py --seeds 61 62 63 --users 300 --days 1 3 7 14 FOLDER
  tables.py --worlds ru vn --simulator population2.py --seeds 71 --days 1 3 7 14 FOLDER

The world `own` is that of simulate.py. Others need a simulator that takes --world, --seed, --users, --days
and --out and writes events.jsonl and labels.jsonl as simulate.py does. Each population is made once, for
the longest time, in a folder below FOLDER, and cut for the others; a population that is there is used again.

A label has `label`: honest (or legit), household or shared; `since` is the time at which an account
began to be shared, in seconds: before it the account is honest, and in its first 18 hours it is not counted.
"""
import argparse
import collections
import datetime
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from judge import bounds  # noqa: E402

DAY = 86400
NEW = 0.75 * DAY
HERE = os.path.dirname(os.path.abspath(__file__))


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def moment(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Population:
    """One population on disk."""

    def __init__(self, options, world, seed):
        self.folder = os.path.join(options.folder, f"{world}-{seed}")
        self.world, self.seed = world, seed
        if not os.path.exists(os.path.join(self.folder, "events.jsonl")):
            own = world == "own"
            command = [sys.executable, os.path.join(HERE, "simulate.py") if own else options.simulator]
            command += [] if own else ["--world", world]
            command += ["--seed", str(seed), "--users", str(options.users), "--days", str(max(options.days)), "--out", self.folder]
            subprocess.run(command, check=True)
        with open(os.path.join(self.folder, "labels.jsonl")) as file:
            self.labels = [json.loads(line) for line in file]
        with open(os.path.join(self.folder, "events.jsonl")) as file:
            start = seconds(json.loads(next(file))["ts"])
        self.start = start // DAY * DAY

    def events(self, until, has_ends):
        last = moment(until).encode()
        with open(os.path.join(self.folder, "events.jsonl"), "rb") as file:
            for line in file:
                at = line.index(b'"ts": "' if b'"ts": "' in line else b'"ts":"')
                stamp = line[at:at + 31].split(b'"')[3]
                if stamp < last and (has_ends or b"disconnect" not in line[:28]):
                    yield line

    def score(self, options, days, has_ends, alarms):
        """The last summary, the alerts and the label of each user."""
        until = self.start + days * DAY
        command = [options.score, "--format", "json", "--alarms", str(alarms)]
        out = os.path.join(self.folder, "scores.jsonl")
        with open(out, "wb") as file:
            run = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file, stderr=subprocess.DEVNULL)
            for line in self.events(until, has_ends):
                run.stdin.write(line)
            run.stdin.close()
            if run.wait() != 0:
                sys.exit(f"{' '.join(command)} failed")
        users = {}
        for label in self.labels:
            since = label.get("since")
            name = {"legit": "honest"}.get(label["label"], label["label"])
            if since is not None:
                name = "honest" if since > until else "new" if since > until - NEW else name
            users[label["user"]] = User(name, label["kind"], self.start if since is None else since)
        with open(out) as file:
            for row in map(json.loads, file):
                user = users.get(row.get("user"))
                if user and row["type"] == "summary":
                    user.people, user.confidence, user.verdict = row.get("people", 0), row.get("confidence", 0), row["verdict"]
                elif user and row["type"] == "alert" and "verdict" in row:
                    user.alerts += 1
                    if row["verdict"] == "sharing" and user.found is None:
                        user.found = (seconds(row["ts"]) - user.since) / 3600
        return list(users.values())


class User:
    def __init__(self, label, kind, since):
        self.label, self.kind, self.since = label, kind, since
        self.people, self.confidence, self.verdict = 0, 0, "unknown"
        self.alerts, self.found = 0, None


def area(shared, honest):
    """The area under the ROC curve."""
    return sum((s > h) + (s == h) / 2 for s in shared for h in honest) / max(1, len(shared) * len(honest))


def found(shared, honest):
    """The share found at 1 % false alarms."""
    limit = sorted(honest)[-1 - len(honest) // 100]
    return sum(s > limit for s in shared) / max(1, len(shared))


def quantile(values, q):
    return f"{sorted(values)[min(len(values) - 1, int(q * len(values)))]:.0f} h" if values else "none"


def of(users, label):
    return [user for user in users if user.label == label]


def sharing(users):
    return bounds(sum(user.verdict == "sharing" for user in users), len(users))


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print()


def summary(days, ends, users, groups):
    honest, shared = of(users, "honest"), of(users, "shared")
    areas = [(area(*pair), found(*pair)) for group in groups
             for pair in [[[user.people for user in of(group, label)] for label in ("shared", "honest")]] if all(pair)]
    mean = [sum(column) / len(areas) for column in zip(*areas)]
    delays = [user.found for user in shared if user.found is not None]
    raised = bounds(sum(user.found is not None for user in honest), len(honest))
    alerts = sum(user.alerts for user in honest) / max(1, len(honest)) * 7 / days
    return (days, ends, f"{mean[0]:.3f}", f"{mean[1]:.2f}", sharing(honest), raised, sharing(of(users, "household")), sharing(shared),
            quantile(delays, 0.5), quantile(delays, 0.9), f"{alerts:.3f}")


def confidences(users, prior=0.05):
    """The confidence by bins, reweighted to the prior."""
    weight = {"shared": prior / max(1, len(of(users, "shared"))), "honest": (1 - prior) / max(1, len(of(users, "honest")))}
    bins = collections.defaultdict(list)
    for user in users:
        if user.label in weight:
            bins[min(4, int(user.confidence * 5))].append(user)
    for at in range(5):
        total = sum(weight[user.label] for user in bins[at])
        if total:
            mean = sum(weight[user.label] * user.confidence for user in bins[at]) / total
            true = sum(weight[user.label] for user in of(bins[at], "shared")) / total
            yield f"{at / 5:.1f} to {at / 5 + 0.2:.1f}", f"{mean:.2f}", f"{true:.2f}", len(of(bins[at], "honest")), len(of(bins[at], "shared"))


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--worlds", nargs="+", default=["own"])
    options.add_argument("--simulator", help="the simulator of the other worlds")
    options.add_argument("--seeds", nargs="+", type=int, default=[1])
    options.add_argument("--users", type=int, default=300)
    options.add_argument("--days", nargs="+", type=int, default=[3])
    options.add_argument("--alarms", nargs="*", type=float, default=[3, 10, 30])
    options.add_argument("--score", default="mtp-score", help="the program")
    options.add_argument("folder")
    options = options.parse_args()
    populations = [Population(options, world, seed) for world in options.worlds for seed in options.seeds]
    scored = {}
    for days in options.days:
        for has_ends in (True, False):
            scored[days, has_ends] = [of.score(options, days, has_ends, 10) for of in populations]
    names = {True: "with ends", False: "no ends"}
    every = {key: [user for group in groups for user in group] for key, groups in scored.items()}
    head = ("days", "log", "area", "found at 1 %", "honest `sharing`", "honest at any time", "household `sharing`",
            "shared `sharing`", "found after, median", "90 %", "alerts of an honest user a week")
    table(head, [summary(days, names[ends], every[days, ends], groups) for (days, ends), groups in scored.items()])
    longest = max(options.days)
    kinds = sorted({(user.label, user.kind) for user in every[longest, True]})
    of_kind = lambda key, label, kind: [user for user in every[key] if (user.label, user.kind) == (label, kind)]
    table(("kind", "label", *(f"{days} days, {names[ends]}" for days, ends in every)),
          [(kind, label, *(sharing(of_kind(key, label, kind)) for key in every)) for label, kind in kinds])
    for ends in (True, False):
        users = [user for (_, own), group in every.items() for user in group if own == ends]
        table(("confidence", f"mean, {names[ends]}", "truly shared", "honest users", "shared users"), confidences(users))
    rows = []
    for alarms in options.alarms:
        users = [user for of in populations for user in of.score(options, longest, True, alarms)]
        honest, shared = of(users, "honest"), of(users, "shared")
        rows.append((f"{alarms:g}", bounds(sum(user.found is not None for user in honest), len(honest)), sharing(shared)))
    table(("alarms", f"honest at any time in {longest} days", "shared `sharing`"), rows)


if __name__ == "__main__":
    main()
