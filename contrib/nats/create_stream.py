#!/usr/bin/env python3
"""Creates the stream; one that is there stays as it is."""

import asyncio

from stream import connect, create


async def main():
    connection, js = await connect()
    await create(js)
    await connection.close()


asyncio.run(main())
