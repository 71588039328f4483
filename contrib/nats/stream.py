"""The JetStream stream that publishers and operators share.

NATS_URL names the servers [default: nats://127.0.0.1:4222], MTP_PARTITIONS the number of partitions
[default: 4] and MTP_REPLICAS that of the copies of each row [default: 1].
"""

import hashlib
import json
import os

import nats
from nats.js import api

STREAM = "MTP"
# Rows for every partition.
ALL = "mtp.all"

PARTITIONS = int(os.environ.get("MTP_PARTITIONS", "4"))
REPLICAS = int(os.environ.get("MTP_REPLICAS", "1"))


def row_subject(user):
    """The subject of a user's rows. A name may have blanks, dots and stars: a token may not."""
    return "mtp.rows." + hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def ended(publisher):
    """The row after the last one of a publisher."""
    return json.dumps({"type": "clock", "source": publisher, "end": True}).encode()


def is_end(payload):
    return payload.startswith(b'{"type": "clock"') and b'"end": true' in payload


async def connect():
    servers = os.environ.get("NATS_URL", "nats://127.0.0.1:4222").split(",")
    connection = await nats.connect(servers, max_reconnect_attempts=-1, reconnect_time_wait=0.2)
    return connection, connection.jetstream(timeout=10, publish_async_max_pending=10_000)


async def create(js):
    """Creates the stream; the server maps each user's subject to a partition."""
    mapping = api.SubjectTransform(
        src="mtp.rows.*",
        dest="mtp.part.{{partition(%d,1)}}.{{wildcard(1)}}" % PARTITIONS,
    )
    config = api.StreamConfig(
        name=STREAM,
        subjects=["mtp.rows.*", ALL],
        subject_transform=mapping,
        num_replicas=REPLICAS,
        storage=api.StorageType.FILE,
        # Twice as long as rows may be sent again.
        duplicate_window=240,
    )
    await js.add_stream(config)


def partition_subject(partition):
    """The rows of a partition, or of all for `*`."""
    return f"mtp.part.{partition}.*"
