"""The genuine mtprotoproxy and clients of it, for contrib/release/check: proxy.py SCRIPT CONFIG.

Runs SCRIPT with CONFIG on a clock of its own and with a data centre on loopback, and beside it real
clients (obfuscated2, behind the PROXY protocol): one account on four phones in four places for six
hours, another on one; a further run has the hours after these. Prints the number of connections on standard error, and goes on until it is ended.
"""
import asyncio
import hashlib
import os
import random
import runpy
import socket
import sys
import threading
import time

from Crypto.Cipher import AES
from Crypto.Util import Counter

script, config = sys.argv[1:]
secrets = {"shared": bytes([0xC3] * 16), "home": bytes([0xD4] * 16)}
# The first run is a day ago; each later one follows on the one before.
with open(config + ".runs", "a+") as runs:
    runs.seek(0)
    begins = [float(line) for line in runs]
    MORNING = begins[-1] + 7 * 3600 if begins else time.time() - 86_400
    print(MORNING, file=runs)
clock = [MORNING]
port = 8443


def centre(listener):
    """A data centre that reads to the end."""
    while True:
        connection, _ = listener.accept()

        def serve(connection=connection):
            with connection:
                while connection.recv(4096):
                    pass

        threading.Thread(target=serve, daemon=True).start()


def connect(user, address, number):
    """A client that is let in, and leaves; returns when the proxy has closed the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as stream:
        stream.sendall(f"PROXY TCP4 {address} 192.0.2.1 {number} 443\r\n".encode())
        header = bytearray(os.urandom(64))
        header[0] = 0x77
        header[56:60] = b"\xdd" * 4
        header[60:62] = (2).to_bytes(2, "little")
        key = hashlib.sha256(bytes(header[8:40]) + secrets[user]).digest()
        start = int.from_bytes(header[40:56], "big")
        cipher = AES.new(key, AES.MODE_CTR, counter=Counter.new(128, initial_value=start))
        hidden = cipher.encrypt(bytes(header))
        stream.sendall(bytes(header[:56]) + hidden[56:])
        stream.sendall(cipher.encrypt((43).to_bytes(4, "little") + b"x" * 43))
        stream.shutdown(socket.SHUT_WR)
        while stream.recv(4096):
            pass


def clients():
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    draw = random.Random(5)
    bursts = []
    for phone in range(5):
        at = draw.uniform(0, 200)
        while at < 6 * 3600:
            bursts.append((at, phone))
            at += draw.uniform(100, 300)
    for number, (at, phone) in enumerate(sorted(bursts)):
        clock[0] = MORNING + at
        connect("home" if phone == 4 else "shared", f"{80 + phone}.0.2.7", 1024 + number)
    print("connections", len(bursts), file=sys.stderr, flush=True)


def without_loop(function):
    """asyncio of today takes no loop."""
    return lambda *args, **kwargs: function(*args, **{k: v for k, v in kwargs.items() if k != "loop"})


asyncio.streams.IncompleteReadError = asyncio.IncompleteReadError
for name in ("start_server", "start_unix_server", "open_connection"):
    setattr(asyncio, name, without_loop(getattr(asyncio, name)))
listener = socket.create_server(("127.0.0.1", 0), backlog=128)
threading.Thread(target=centre, args=(listener,), daemon=True).start()
threading.Thread(target=clients, daemon=True).start()
time.time = lambda: clock[0]
os.environ["CENTRE"] = str(listener.getsockname()[1])
sys.argv = [script, config]
runpy.run_path(script, run_name="__main__")
