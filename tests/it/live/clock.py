# For a test: the proxy's clock stands still until the test sets it, so that hours of use take
# seconds and are the same on every machine.
import os
import time

if not hasattr(time, "mtp_clock"):  # a reload runs this again
    time.mtp_clock = os.open("clock", os.O_RDONLY)
    time.time = lambda: int(os.pread(time.mtp_clock, 13, 0)) / 1000
