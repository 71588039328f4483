"""Prints a recorded log with its real timing, compressed into some seconds."""
import gzip
import re
import sys
import time
from datetime import datetime

path, seconds = sys.argv[1], float(sys.argv[2])
lines = gzip.open(path, "rb").read().splitlines(keepends=True)
stamp = re.compile(rb"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d\.\d{6})")


def moment(line):
    found = stamp.search(line)
    return found and datetime.fromisoformat(b" ".join(found.groups()).decode()).timestamp()


times = [at for at in map(moment, lines) if at]
first, length = times[0], times[-1] - times[0]
begun, now = time.monotonic(), first
for line in lines:
    now = moment(line) or now
    ahead = (now - first) / length * seconds - (time.monotonic() - begun)
    if ahead > 0:
        sys.stdout.buffer.flush()
        time.sleep(ahead)
    sys.stdout.buffer.write(line)
sys.stdout.buffer.flush()
time.sleep(3600)  # the container goes when its project does
