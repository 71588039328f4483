# >>> mtp-access: logs every connection to stdout; `mtp-users access-log off` takes it out
MTP_ACCESS_LOG = True  # stands in the proxy's config while this block is there
def mtp_access_say(text):
    import contextlib, os
    with contextlib.suppress(Exception):  # one write past Python's buffers: whole lines, always
        os.write(1, ("mtp-access %s\n" % text).encode("ascii"))
def mtp_access_hook(say):
    import asyncio, contextlib, contextvars, ipaddress, itertools, json, os, sys, time, types
    proxy = sys.modules.get("mtprotoproxy", sys.modules["__main__"])
    client, handshake = proxy.handle_client, proxy.handle_handshake
    count = getattr(proxy, "update_user_stats", None) or proxy.update_stats
    here, up = contextvars.ContextVar("here"), contextvars.ContextVar("up", default=False)
    boot, serial = getattr(proxy, "mtp_access", os.urandom(3).hex()), itertools.count(1)
    def event(text):
        now = time.time()
        say("ts=%s.%03dZ ev=%s" % (time.strftime("%FT%T", time.gmtime(now)), now % 1 * 1000, text))
    async def logged_client(reader, writer):
        conn = {"up": 0, "down": 0, "end": "no-dc"}
        here.set(conn)
        try:
            return await client(reader, writer)
        finally:
            if "who" in conn and "MTP_ACCESS_LOG" in proxy.config:
                event("disconnect %(who)s secs=%(secs).3f up=%(up)d down=%(down)d end=%(end)s"
                      % dict(conn, secs=time.monotonic() - conn["since"]))
    def opened(conn, reader, writer, tag, user, dc, key, peer):
        tls = isinstance(reader.upstream, getattr(proxy, "FakeTLSStreamReader", ()))
        mode = "tls" if tls else "secure" if tag == b"\xdd" * 4 else "classic"
        ip, port = "-", 0  # of a unix socket, and of nonsense in a PROXY header
        with contextlib.suppress(Exception):
            at = ipaddress.ip_address(peer[0].split("%")[0])
            ip, port = getattr(at, "ipv4_mapped", None) or at, range(65536).index(int(peer[1]))
        who = (boot, next(serial), json.dumps(str(user)), ip, port, mode)
        conn.update(who="id=%s-%x user=%s ip=%s port=%d mode=%s" % who, since=time.monotonic())
        event("connect %s dc=%d" % (conn["who"], dc))
        if not hasattr(proxy, "tg_connect_reader_to_writer"):  # before 1.1: one sum of both ways
            plain = reader.decryptor.decrypt  # runs in the task that counts up
            reader.decryptor = types.SimpleNamespace(decrypt=lambda x: up.set(True) and plain(x))
    async def logged_handshake(reader, writer):
        made = await handshake(reader, writer)
        try:
            if made and here.get(None) and "MTP_ACCESS_LOG" in proxy.config:
                opened(here.get(), *made)
        except Exception as why:  # a proxy that this was not written for
            proxy.handle_client, proxy.handle_handshake = client, handshake
            say("is off: %a" % (why,))
        return made
    def logged_count(*args, **by):
        with contextlib.suppress(Exception):  # a connection from before the log was on
            conn, both = here.get(), by.get("octets", 0)
            conn["up"] += by.get("octets_from_client", both if up.get() else 0)
            conn["down"] += by.get("octets_to_client", 0 if up.get() else both)
            if by.get("curr_connects"):  # a refusal takes it back before the loop turns
                conn["end"] = "closed" if conn["end"] == "aborted" else "limit"
                asyncio.get_event_loop().call_soon(conn.update, {"end": "aborted"})
        return count(*args, **by)
    if not hasattr(proxy, "mtp_access"):  # a reload runs all this again
        vars(proxy).update({"mtp_access": boot, "handle_client": logged_client,
                            "handle_handshake": logged_handshake, count.__name__: logged_count})
    if "MTP_ACCESS_LOG" not in proxy.config:
        event("start boot=%s pid=%d" % (boot, os.getpid()))
try:
    mtp_access_hook(mtp_access_say)
except Exception as why:
    mtp_access_say("is off: %a" % (why,))
# <<< mtp-access
