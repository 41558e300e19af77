"""Benchmarks: gitshield beside other scanners and git with its hooks beside git without, as a Markdown table.

    python3 benchmarks/run.py --tree PATH [--history REPO] [--only NAME]

PATH is a source tree of 100 MB or more, which is only read. Run it with the Python of the environment that gitshield is
installed in (as a wheel, not editable); kingfisher and detect-secrets take part when they are installed there too. Everything
else is made in a temporary folder, with a home and a git configuration of its own.

What is compared runs in turns (A B A B …), after one round that is not counted and that fills the caches of all. Wall time is
that of the whole command; CPU time is user and system of the process and of all it waited for; the peak is that of its
largest process ("small": below what this program itself takes up). What puts a repository into place between two runs is not measured.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import gates
import scans
from bench import BIN, Bench, environment, has, machine
from measure import Group, Variant, in_turns, measure, rows

ALL: Mapping[str, Callable[[Bench], Iterator[Group]]] = {
    "scan": scans.scan_tree,
    "part": scans.scan_part,
    "first": scans.scan_first,
    "hooks": gates.alone,
    "commit": gates.commit,
    "add": gates.add,
    "rebase": gates.rebase,
    "reading": gates.reading,
    "history": scans.scan_history,
    "history-whole": scans.scan_history_whole,
    "history-again": scans.scan_history_again,
}


def main() -> None:
    """Read the command line, measure, print the table."""
    parser = argparse.ArgumentParser(description="Measure gitshield and print a Markdown table.")
    parser.add_argument("--tree", type=Path, required=True, help="a source tree of 100 MB or more")
    parser.add_argument("--only", choices=sorted(ALL), help="one benchmark instead of all")
    parser.add_argument("--history", type=Path, metavar="REPO", help="a repository whose history is scanned")
    asked = parser.parse_args()
    if not has("gitshield"):
        parser.error(f"no gitshield beside this Python ({BIN}): run this with the Python of the environment it is installed in")
    if not asked.tree.is_dir():
        parser.error(f"{asked.tree} is no folder")
    with tempfile.TemporaryDirectory(prefix="gitshield-bench-") as made:
        room = Path(made).resolve()
        bench = Bench(room, asked.tree.resolve(), environment(room), asked.history.resolve() if asked.history else None)
        print(machine(bench), "\n")
        print("| | wall, median | wall, min | CPU, median | peak | wall over the first |\n|---|--:|--:|--:|--:|--:|")
        for name in [asked.only] if asked.only else ALL:
            for group in ALL[name](bench):
                costs = in_turns(group, bench.environment)
                floor = measure(Variant("true", ("true",), room), bench.environment).peak  # a child begins with what we take up
                for row in rows(group, costs, floor):
                    print(row, flush=True)


if __name__ == "__main__":
    main()
