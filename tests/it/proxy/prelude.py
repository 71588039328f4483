# For tests: the proxy of 2019 on a Python of today, on loopback, with nothing going out.
import asyncio
import os
import sys

proxy = sys.modules["__main__"]
proxy.init_ip_info = lambda: None  # would ask a web site for our address
proxy.TG_DATACENTERS_V4 = ["127.0.0.1"] * 5
proxy.TG_DATACENTER_PORT = CENTRE_PORT
asyncio.streams.IncompleteReadError = asyncio.IncompleteReadError


def without_loop(function):
    def call(*args, **kwargs):
        kwargs.pop("loop", None)
        return function(*args, **kwargs)

    return call


if not hasattr(asyncio, "mtp_prelude"):  # a reload runs this again
    asyncio.mtp_prelude = True
    for name in ("start_server", "start_unix_server", "open_connection"):
        setattr(asyncio, name, without_loop(getattr(asyncio, name)))

    def print_all(inner=proxy.print_tg_info):
        inner()
        os.write(2, b"all is told\n")  # a reload that interrupts one before this may kill it

    proxy.print_tg_info = print_all

PORT = PROXY_PORT
LISTEN_ADDR_IPV4 = "LISTEN_ADDRESS"
LISTEN_ADDR_IPV6 = ""
PREFER_IPV6 = False
USE_MIDDLE_PROXY = False
MASK = False
MODES = {"classic": True, "secure": True, "tls": True}  # newer versions have it
