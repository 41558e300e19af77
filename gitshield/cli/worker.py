"""What a worker of a Dask cluster runs: it scans a shard with its own environment, in one process."""

import os

from gitshield.fleet.shard import scan_shard
from gitshield.scan.parallel import packed, unpacked


def work(task: bytes) -> bytes:
    """Scan a packed task and give its packed outcome. Raises RuntimeError, without what it is about, for what nobody expected."""
    try:
        return packed(scan_shard(unpacked(task), os.environ, jobs=1))
    except Exception as error:  # noqa: BLE001 - its words may hold anything, and would be logged over there
        raise RuntimeError(f"internal error: {type(error).__name__}") from None
