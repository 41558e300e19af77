"""Contents in which a token does not stand as it is: other encodings, archives, files in which it is hard to see."""

import base64
import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from typing import Final

PIECE: Final = 16 << 20

Make = Callable[[str], bytes]


def _line(token: str) -> str:
    return f"the job's setting is GITHUB_TOKEN={token}\n"


def _b64(token: str) -> bytes:
    return base64.b64encode(_line(token).encode())


def _zip(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _tar(token: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("etc/job.env")
        member.size = len(_line(token))
        archive.addfile(member, io.BytesIO(_line(token).encode()))
    return out.getvalue()


def _noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)


def _large(token: str) -> bytes:
    """A text in which the token lies across the end of the first 16 MiB."""
    line = b"nothing to see on this line, nor on the next one\n"
    before = (line * (PIECE // len(line) + 1))[: PIECE - 21] + b"\n"
    return before + token.encode() + b"\n" + line * 100


# Files by their path: the text is there for all to see, or nearly so.
PLAIN: Final[Mapping[str, Make]] = {
    "odd/latin-1.txt": lambda token: "Schl\xfcssel f\xfcr caf\xe9: ".encode("latin-1") + token.encode() + b" \xff\xfe\n",
    "odd/long-line.min.js": lambda token: b"a=1;" * 130_000 + f'b="{token}";'.encode() + b"c=2;" * 130_000,
    "odd/zeros.bin": lambda token: _noise(5000) + b"\0\0" + token.encode() + b"\0\0" + _noise(5000),
    "odd/large.log": _large,
    "node_modules/pkg/index.js": lambda token: f"exports.key = '{token}'\n".encode(),
    "package-lock.json": lambda token: f'{{"resolved": "https://{token}@npm.example.org/a.tgz"}}\n'.encode(),
    "hidden.nodiff": lambda token: token.encode() + b"\n",
    "release/left-out.txt": lambda token: token.encode() + b"\n",
    ".env": lambda token: f"GITHUB_TOKEN={token}\n".encode(),
    "crlf.txt": lambda token: f"a\r\n{token}\r\nb\r\n".encode(),
    "no-end.txt": lambda token: token.encode(),
    "sp ace/\u00fcml\u00e4ut.txt": lambda token: token.encode(),
}

# Files by their path: the text has to be decoded first.
CODED: Final[Mapping[str, Make]] = {
    "wide/powershell.txt": lambda token: b"\xff\xfe" + _line(token).replace("\n", "\r\n").encode("utf-16-le"),
    "wide/utf-16-be.txt": lambda token: b"\xfe\xff" + _line(token).encode("utf-16-be"),
    "wide/utf-16-le-unmarked.txt": lambda token: _line(token).encode("utf-16-le"),
    "wide/utf-32.txt": lambda token: b"\xff\xfe\0\0" + _line(token).encode("utf-32-le"),
    "coded/base64.yml": lambda token: b"config: " + _b64(token) + b"\n",
    "coded/base64-url.txt": lambda token: base64.urlsafe_b64encode(b"\xfb\xef\xbe " + _line(token).encode()) + b"\n",
    "coded/base64-lines.txt": lambda token: base64.encodebytes(_line(token).encode()),
    "coded/base64-twice.txt": lambda token: base64.b64encode(b"inner: " + _b64(token)) + b"\n",
    "coded/hex.txt": lambda token: _line(token).encode().hex().encode() + b"\n",
    "coded/percent.txt": lambda token: "".join(f"%{ord(one):02X}" for one in _line(token)).encode() + b"\n",
    "coded/unicode-escapes.json": lambda token: ('"' + "".join(f"\\u{ord(one):04x}" for one in token) + '"\n').encode(),
    "coded/entities.html": lambda token: ("<p>" + "".join(f"&#{ord(one)};" for one in token) + "</p>\n").encode(),
}

# Archives by their path: the member, and how to make the archive.
ARCHIVES: Final[Mapping[str, tuple[str, Make]]] = {
    "packed/a.zip": ("etc/job.env", lambda token: _zip({"etc/job.env": _line(token).encode()})),
    "packed/nested.zip": ("in.zip!/job.env", lambda token: _zip({"in.zip": _zip({"job.env": _line(token).encode()})})),
    "packed/a.tar": ("etc/job.env", _tar),
    "packed/a.tar.gz": ("etc/job.env", lambda token: gzip.compress(_tar(token), mtime=0)),
    "packed/a.tar.bz2": ("etc/job.env", lambda token: bz2.compress(_tar(token))),
    "packed/a.tar.xz": ("etc/job.env", lambda token: lzma.compress(_tar(token))),
    "packed/notes.docx": ("word/document.xml", lambda token: _zip({"word/document.xml": f"<w:t>{token}</w:t>".encode()})),
    "packed/a-1-py3-none-any.whl": ("a/settings.py", lambda token: _zip({"a/settings.py": f"T = '{token}'\n".encode()})),
    "packed/a.jar": ("app.properties", lambda token: _zip({"app.properties": f"token={token}\n".encode()})),
    "packed/dump.sql.gz": ("dump.sql", lambda token: gzip.compress(_line(token).encode(), mtime=0)),
}
