# Prints a recorded access log over and over, a line each 10 ms. In place of a connection's id
# stands when the line was printed, in nanoseconds and hexadecimal.
import os
import re
import sys
import time

lines = [line for line in open(sys.argv[1], encoding="utf-8") if " id=" in line]
while True:
    for line in lines:
        time.sleep(0.01)
        line = re.sub(" id=[0-9a-f]+", " id=%x" % time.time_ns(), line, count=1)
        os.write(1, line.encode())
