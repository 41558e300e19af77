"""Many commits at once, by `git fast-import`: hundreds of them take one process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.builder import START, STEP, Repository

PERSON: Final = "Ada Test <ada@example.org>"
LINK: Final = "120000"
PROGRAM: Final = "100755"
FILE: Final = "100644"

Content = bytes | tuple[str, bytes] | None


@dataclass(frozen=True, slots=True)
class Import:
    """Commits to be made, in order; `commit` gives the number of one, to be named as a parent and to ask for its id."""

    parts: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def commit(
        self,
        ref: str,
        files: Mapping[str, Content],
        message: str = "change",
        *,
        parents: Sequence[int | str] = (),
        author: str = PERSON,
        committer: str = PERSON,
    ) -> int:
        """Add a commit to a ref: what of the first parent's files changes (None: goes; a tuple: with that mode)."""
        number = len(self.numbers) + 1
        self.numbers.append(number)
        when = f"{START + number * STEP} +0000"
        self._lines(f"commit {ref}", f"mark :{number}", f"author {author} {when}", f"committer {committer} {when}")
        self._content(message.encode())
        named = [f":{parent}" if isinstance(parent, int) else parent for parent in parents]
        self._lines(*(f"{word} {parent}" for word, parent in zip(("from", *("merge",) * len(named)), named, strict=False)))
        for path, content in files.items():
            if content is None:
                self._lines(f"D {path}")
                continue
            mode, body = content if isinstance(content, tuple) else (FILE, content)
            self._lines(f"M {mode} inline {path}")
            self._content(body)
        return number

    def run(self, repository: Repository, marks: Path) -> Mapping[int, str]:
        """Make all commits and give their ids in hex by number; `marks` is a file to be written on the way."""
        repository.git("fast-import", "--quiet", f"--export-marks={marks}", input=b"".join(self.parts))
        rows = (row.split(" ") for row in marks.read_text().splitlines())
        return {int(mark[1:]): oid for mark, oid in rows}

    def _lines(self, *lines: str) -> None:
        self.parts.extend(line.encode() + b"\n" for line in lines)

    def _content(self, content: bytes) -> None:
        self.parts.extend((b"data %d\n" % len(content), content, b"\n"))
