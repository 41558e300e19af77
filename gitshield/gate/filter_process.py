"""Staging by path: git's long-running filter protocol (gitattributes(5)), bound to the paths of files that do not belong in git.

What it refuses is never written to the object database. It speaks for `clean` (work tree to git) and hands `smudge` through.
"""

import tempfile
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO, Final

MAX_PACKET: Final = 65516
_IN_MEMORY: Final = 64 << 20

# Gives None to let the content of a path be stored, or the text of a refusal.
Verdict = Callable[[str, IO[bytes]], str | None]


def serve(requests: BinaryIO, answers: BinaryIO, judge: Verdict, tell: Callable[[str], None]) -> None:
    """Answer git until it closes the pipe. `judge` says of each path to be stored whether it may be; `tell` shows a refusal.

    Raises ValueError when the other side does not speak the protocol. An error in `judge` refuses that path.
    """
    if _lines(requests) != [b"git-filter-client", b"version=2"]:
        raise ValueError("not git's filter protocol, version 2")
    _send(answers, b"git-filter-server", b"version=2")
    offered = _lines(requests)
    _send(answers, *(word for word in (b"capability=clean", b"capability=smudge") if word in offered))
    while header := _lines(requests):
        fields = dict(line.partition(b"=")[::2] for line in header)
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as content:
            for packet in _packets(requests):
                content.write(packet)
            refused = None
            if fields.get(b"command") == b"clean":
                content.seek(0)
                refused = judge(fields.get(b"pathname", b"").decode("utf-8", "surrogateescape"), content)
            if refused is not None:
                tell(refused)
                _send(answers, b"status=error")
                continue
            _send(answers, b"status=success")
            content.seek(0)
            while piece := content.read(MAX_PACKET):
                answers.write(b"%04x" % (len(piece) + 4) + piece)
            answers.write(b"0000")
            _send(answers)


def _packets(stream: BinaryIO) -> Iterator[bytes]:
    """The packets up to a flush packet or the end of the stream."""
    while size := stream.read(4):
        length = int(size, 16)
        if length == 0:
            return
        yield stream.read(length - 4)


def _lines(stream: BinaryIO) -> list[bytes]:
    return [packet.removesuffix(b"\n") for packet in _packets(stream)]


def _send(stream: BinaryIO, *lines: bytes) -> None:
    stream.writelines(b"%04x" % (len(line) + 5) + line + b"\n" for line in lines)
    stream.write(b"0000")
    stream.flush()
