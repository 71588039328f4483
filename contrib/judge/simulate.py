#!/usr/bin/env python3
"""Writes a small labelled population of accounts, to judge mtp-score.

  simulate.py --seed 1 --users 300 --days 3 --out DIR

DIR/events.jsonl has connect and disconnect rows, DIR/labels.jsonl the user, kind and label: `honest` (one
person with any number of devices), `household` (people under one roof) or `shared`. Same arguments, same
bytes. Standard library only.

A person is at home, on the way, at work or elsewhere; a phone uses the Wi-Fi of the place or the carrier,
which draws a new address from its blocks at every attach. In the foreground a phone opens bursts of
connections; in the background one for each message; a computer holds a connection for hours.
"""
import argparse
import datetime
import json
import os
import random

DAY, HOUR, MINUTE = 86400, 3600, 60
START = int(datetime.datetime(2026, 11, 2, tzinfo=datetime.timezone.utc).timestamp())

# kind: (label, share of accounts). The shares need not sum to one.
KINDS = {
    "phone": ("honest", 20), "phone_computer": ("honest", 16), "three_devices": ("honest", 8), "vpn": ("honest", 8),
    "light": ("honest", 8), "couple": ("household", 5), "family": ("household", 5), "two_friends": ("shared", 10),
    "light_friend": ("shared", 5), "four_friends": ("shared", 8), "resold": ("shared", 6),
}


class World:
    """The addresses of a few providers and carriers."""

    def __init__(self, rng):
        self.rng = rng
        block = lambda: rng.randrange(20, 200) << 24 | rng.randrange(256) << 16
        self.providers = [[block() | rng.randrange(16) << 12 for _ in range(6)] for _ in range(4)]
        self.carriers = [[block() | rng.randrange(256) << 8 for _ in range(rng.choice([2, 6, 10]))] for _ in range(4)]
        self.exits = [block() | rng.randrange(1, 65000) for _ in range(40)]

    def line(self):
        return self.rng.choice(self.rng.choice(self.providers)) | self.rng.randrange(4096)


class Person:
    def __init__(self, world, rng, days, home=None, use=1.0):
        self.world, self.rng, self.days = world, rng, days
        self.home, self.work = home or world.line(), world.line()
        self.carrier = rng.choice(world.carriers)
        self.attach_hours = rng.choice([2, 6, 10])
        self.sessions = min(80, rng.lognormvariate(3.0, 0.6)) * use
        self.messages = min(250, rng.lognormvariate(3.8, 0.8)) * use
        self.wake, self.sleep = rng.gauss(7, 1), rng.gauss(23.5, 1)
        self.has_work = rng.random() < 0.65
        self.places = self.plan()

    def plan(self):
        """The places of each day: (until, place)."""
        rng, out = self.rng, []
        for day in range(-1, self.days + 1):
            base = START + day * DAY
            if self.has_work and day % 7 < 5:
                leave = base + rng.gauss(8, 0.5) * HOUR
                there = leave + rng.uniform(0.3, 1.2) * HOUR
                back = there + rng.gauss(8.5, 0.7) * HOUR
                out += [(leave, "home"), (there, "way"), (back, "work"), (back + rng.uniform(0.3, 1.2) * HOUR, "way")]
            if rng.random() < 0.35:
                go = base + rng.uniform(19.5, 20.5) * HOUR
                out += [(go, "home"), (go + rng.uniform(0.5, 2.5) * HOUR, "way")]
        return sorted(out) + [(START + (self.days + 2) * DAY, "home")]

    def place(self, at):
        return next(place for until, place in self.places if at < until)

    def is_awake(self, at):
        return (at / HOUR - self.wake) % 24 < (self.sleep - self.wake) % 24


class Account:
    def __init__(self, world, rng, days):
        self.world, self.rng, self.days, self.connections = world, rng, days, []

    def connect(self, at, lasts, address):
        if START <= at < START + self.days * DAY:
            self.connections.append((at, lasts, address))

    def phone(self, person, vpn=0.0, at_home=False):
        rng, world = self.rng, self.world
        attach = [0.0, 0]
        tunnels = []
        at = START
        while vpn and at < START + self.days * DAY:
            at += rng.expovariate(vpn / DAY)
            tunnels.append((at, at + rng.lognormvariate(2.6, 1.1) * MINUTE, rng.choice(world.exits)))

        def address(at):
            for begin, end, exit_ in tunnels:
                if begin <= at < end:
                    return exit_
            place = "home" if at_home else person.place(at)
            if place != "way":
                return person.home if place == "home" else person.work
            if at > attach[0]:
                attach[:] = [at + rng.expovariate(1 / person.attach_hours) * HOUR, rng.choice(person.carrier) | rng.randrange(256)]
            return attach[1]

        at = START
        while at < START + self.days * DAY:
            at += rng.expovariate((person.sessions * 1.5 + person.messages) / DAY)
            if rng.random() * (person.sessions * 1.5 + person.messages) < person.messages:
                if person.is_awake(at) or rng.random() < 0.2:
                    self.connect(at, rng.uniform(2, 14), address(at))
            elif person.is_awake(at):
                stop = at + min(rng.lognormvariate(4.1, 1.0), 3000)
                self.connect(at, stop + 10 - at, address(at))
                while at < stop:
                    for _ in range(rng.choice([1, 1, 2, 4])):
                        self.connect(at + rng.uniform(0, 0.5), rng.uniform(25, 60), address(at))
                    at += rng.expovariate(1 / 50) + 4

    def computer(self, person, address, is_on):
        rng, at = self.rng, START
        while at < START + self.days * DAY:
            if not is_on(at):
                at += 10 * MINUTE
                continue
            lasts = rng.expovariate(1 / (2.5 * HOUR))
            self.connect(at, lasts, address)
            read = at
            while read < at + lasts:
                self.connect(read, rng.uniform(15, 40), address)
                read += rng.expovariate(1 / (12 * MINUTE))
            at += lasts + 2


def build(kind, world, rng, days):
    account = Account(world, rng, days)
    person = lambda **how: Person(world, rng, days, **how)
    at_home = lambda one: lambda at: one.is_awake(at) and one.place(at) == "home"
    at_work = lambda one: lambda at: one.place(at) == "work"

    def usual(one):
        account.phone(one)
        if rng.random() < 0.3:
            account.computer(one, one.home, at_home(one))

    one = person(use=0.15 if kind == "light" else 1.0)
    if kind in ("phone", "light"):
        account.phone(one)
    elif kind == "vpn":
        account.phone(one, vpn=rng.uniform(3, 15))
    elif kind in ("phone_computer", "three_devices"):
        account.phone(one)
        account.computer(one, one.home, at_home(one))
        if kind == "three_devices" and rng.random() < 0.5:
            account.computer(one, one.work, at_work(one))
        elif kind == "three_devices":
            account.phone(one, at_home=True)
    elif kind in ("couple", "family"):
        for _ in range(2 if kind == "couple" else rng.randint(3, 5)):
            usual(person(home=one.home))
    else:
        people = {"two_friends": 2, "light_friend": 2, "four_friends": rng.randint(3, 5), "resold": rng.randint(6, 14)}[kind]
        usual(one)
        for _ in range(people - 1):
            usual(person(use=0.15 if kind == "light_friend" else 1.0))
    return account.connections


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--users", type=int, default=300)
    options.add_argument("--days", type=int, default=3)
    options.add_argument("--out", required=True)
    options = options.parse_args()
    os.makedirs(options.out, exist_ok=True)
    rng = random.Random(f"judge-{options.seed}")
    world, total = World(rng), sum(share for _, share in KINDS.values())
    kinds = [kind for kind, (_, share) in KINDS.items() for _ in range(max(1, round(share * options.users / total)))]
    rows = []
    moment = lambda at: datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat(timespec="milliseconds")[:23] + "Z"
    dotted = lambda n: ".".join(str(n >> shift & 255) for shift in (24, 16, 8, 0))
    with open(f"{options.out}/labels.jsonl", "w") as labels:
        for n, kind in enumerate(kinds):
            user = f"u{n:04d}"
            labels.write(json.dumps({"user": user, "kind": kind, "label": KINDS[kind][0]}) + "\n")
            for at, lasts, ip in build(kind, world, rng, options.days):
                row = {"user": user, "ip": dotted(ip), "port": rng.randrange(1024, 65536), "id": f"s-{len(rows):x}", "proxy": "access"}
                rows.append((at, "connect", row))
                rows.append((at + lasts, "disconnect", row | {"seconds": round(lasts, 3)}))
    rows.sort(key=lambda row: row[0])
    with open(f"{options.out}/events.jsonl", "w") as events:
        for at, kind, row in rows:
            events.write(json.dumps({"type": kind, "ts": moment(at)} | row) + "\n")


if __name__ == "__main__":
    main()
