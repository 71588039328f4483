#!/usr/bin/env python3
"""Creates the stream; with --delete, removes it and its rows first."""

import asyncio
import sys

from nats.js.errors import NotFoundError

from stream import STREAM, connect, create


async def main():
    connection, js = await connect()
    if "--delete" in sys.argv[1:]:
        try:
            await js.delete_stream(STREAM)
        except NotFoundError:
            pass
    await create(js)
    await connection.close()


asyncio.run(main())
