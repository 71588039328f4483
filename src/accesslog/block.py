# >>> mtp-access: logs every connection to stdout; `mtp-users access-log off` takes it out
MTP_ACCESS_LOG = True  # stands in the proxy's config while this block is there
def mtp_access_say(text):
    import os, sys
    try:  # one write past Python's buffers: whole lines, whatever a signal interrupts
        os.write(sys.stdout.fileno(), ("mtp-access %s\n" % text).encode("ascii"))
    except Exception:
        pass
def mtp_access_hook(say):
    import asyncio, ipaddress, itertools, json, os, sys, time, types
    from contextvars import ContextVar
    main = sys.modules["__main__"]
    proxy = main if hasattr(main, "handle_client") else sys.modules.get("mtprotoproxy", main)
    client, handshake = proxy.handle_client, proxy.handle_handshake
    count = getattr(proxy, "update_user_stats", None) or proxy.update_stats
    one_sum = not hasattr(proxy, "tg_connect_reader_to_writer")  # before 1.1, of both ways
    here, upward = ContextVar("here", default=None), ContextVar("upward", default=False)
    boot, serial = getattr(proxy, "mtp_access", os.urandom(3).hex()), itertools.count(1)
    def event(text):
        now = time.time()
        second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        say("ts=%s.%03dZ ev=%s" % (second, now % 1 * 1000, text))
    def opened(conn, reader, writer, tag, user, dc, key, peer):
        tls = isinstance(reader.upstream, getattr(proxy, "FakeTLSStreamReader", ()))
        mode = "tls" if tls else "secure" if tag == b"\xdd" * 4 else "classic"
        try:
            ip = ipaddress.ip_address(peer[0].split("%")[0])
            ip, port = getattr(ip, "ipv4_mapped", None) or ip, range(65536).index(int(peer[1]))
        except Exception:  # a unix socket, or nonsense in a PROXY header
            ip, port = "-", 0
        who = (boot, next(serial), json.dumps(str(user)), ip, port, mode)
        conn.update(who="id=%s-%x user=%s ip=%s port=%d mode=%s" % who, end="no-dc",
                    since=time.monotonic(), up=0, down=0)
        event("connect %s dc=%d" % (conn["who"], dc))
        if one_sum:  # the task that decrypts what the client sent is the one that counts up
            decrypt = reader.decryptor.decrypt
            reader.decryptor = types.SimpleNamespace(decrypt=lambda data: (
                upward.set(True), decrypt(data))[1])
    async def logged_client(reader, writer):
        conn = {}
        here.set(conn)
        try:
            return await client(reader, writer)
        finally:
            if conn and "MTP_ACCESS_LOG" in proxy.config:
                conn["secs"] = time.monotonic() - conn["since"]
                event("disconnect %(who)s secs=%(secs).3f up=%(up)d down=%(down)d end=%(end)s"
                      % conn)
    async def logged_handshake(reader, writer):
        made, conn = await handshake(reader, writer), here.get()
        try:
            if made and conn is not None and "MTP_ACCESS_LOG" in proxy.config:
                opened(conn, *made)
        except Exception as why:  # a proxy that this was not written for
            proxy.handle_client, proxy.handle_handshake = client, handshake
            say("is off: %a" % (why,))
        return made
    def logged_count(*args, **by):
        try:
            conn, change, both = here.get(), by.get("curr_connects", 0), by.get("octets", 0)
            conn["up"] += by.get("octets_from_client", both if upward.get() else 0)
            conn["down"] += by.get("octets_to_client", 0 if upward.get() else both)
            if change > 0:  # a refusal takes it back before the loop turns
                conn["end"] = "limit"
                asyncio.get_event_loop().call_soon(conn.update, {"end": "aborted"})
            elif change < 0 and conn["end"] == "aborted":
                conn["end"] = "closed"
        except Exception:  # a connection from before the log was on
            pass
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
