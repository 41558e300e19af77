"""Blobs by id: all contents, each once, in memory for about one large blob."""

import os
import subprocess
import sys

from gitshield.git.objects import _portions, blobs
from tests.builder import Repository
from tests.conftest import ROOT

MEASURE = """
import os, resource, sys
from gitshield.git.objects import blobs
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = sum(len(content) for oid, content in blobs(sys.argv[1:], environment=os.environ, cwd=None, limit=1 << 30))
print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def test_contents_come_with_their_ids_and_too_large_ones_without(repository: Repository) -> None:
    contents = [b"", b"one\n", b"x" * 5000, bytes(range(256))]
    oids = [repository.git("hash-object", "-w", "--stdin", input=content).stdout.decode().strip() for content in contents]
    found = dict(blobs([*oids, oids[0]], environment=os.environ, cwd=str(repository.path), limit=4000))
    assert found == {**dict(zip(oids, contents, strict=True)), oids[2]: None}


def test_portions_are_of_bounded_size_and_a_large_blob_stands_alone() -> None:
    mebibyte = 1 << 20
    sizes = {"a": 20 * mebibyte, "b": 12 * mebibyte, "c": mebibyte, "d": 100 * mebibyte, "e": 1, "f": 2}
    assert list(_portions(sizes)) == [["a", "b"], ["c"], ["d"], ["e", "f"]]
    assert list(_portions({})) == []


def test_many_large_blobs_are_not_in_memory_at_once(repository: Repository) -> None:
    size = 24 << 20
    oids = [repository.git("hash-object", "-w", "--stdin", input=b"%d" % n + b"\n" * size).stdout.decode().strip() for n in range(8)]
    words = [sys.executable, "-c", MEASURE, *oids]
    done = subprocess.run(words, cwd=repository.path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=True)
    count, used = map(int, done.stdout.split())
    assert count == 8 * (size + 1)
    assert used < 5 * size
