"""The pages of `docs/reference/` that are made from the code: each a function that gives the page's whole text."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import click

_NOTE: Final = "<!-- Made from the code: GITSHIELD_UPDATE=1 python3 tests tests/test_reference.py -->"


CONFIGURATION: Final = """\
A team's configuration is `.gitshield.toml` at the top of the repository, or `[tool.gitshield]` in its `pyproject.toml`, not
both. A person's is `$XDG_CONFIG_HOME/gitshield/config.toml`. The repository's comes after the person's: its single values
replace, its lists add up. An unknown key is an error.

A repository may protect more by itself. What would protect less has no effect until a person has approved exactly that content
with `gitshield allow --config`. The column *without approval* says what a repository may do to what was in force before it."""


def exit_codes() -> str:
    """The table of exit codes, from `gitshield.errors`."""
    from gitshield.errors import ExitCode

    rows = [(str(int(code)), code.name, code.meaning) for code in ExitCode]
    return _page(
        "Exit codes",
        "Every command ends with a code of this one table.",
        _table(("code", "name", "meaning"), rows),
    )


def configuration() -> str:
    """Every key of a configuration file, from `gitshield.config.schema`."""
    from gitshield.config.schema import SECTIONS, Form, Strict, options

    parts = [CONFIGURATION]
    for section, kind in SECTIONS.items():
        rows = []
        for one in options(section):
            default = _size(one.default) if one.form is Form.SIZE else _toml(one.default)
            rows.append(
                (
                    f"`{one.key}`",
                    one.form.value,
                    f"`{default}`",
                    _freedom(one.default, one.strict is Strict.MORE, one.only_person),
                    one.about,
                )
            )
        summary = (kind.__doc__ or "").splitlines()[0]
        parts += [f"## [{section}]", summary, _table(("key", "value", "default", "without approval", "meaning"), rows)]
    return _page("Configuration", *parts)


def rules() -> str:
    """All built-in rules, from the packs."""
    from gitshield.rules.ruleset import built_in_rule_files

    packs = built_in_rule_files()
    known = [rule for pack in packs for rule in pack.rules]
    families, severities = Counter(rule.family for rule in known), Counter(rule.severity.word for rule in known)
    parts = [
        f"{len(known)} rules in {len(packs)} packs: {_counts(families)}; severity {_counts(severities)}.",
        "The form of a rule is described in [rules](../formats/rules.md). `gitshield rules show ID` says more about one.",
    ]
    for pack in packs:
        rows = [
            (
                f"`{rule.id}`",
                rule.description,
                rule.family,
                rule.severity.word,
                rule.confidence,
                _link(rule.revoke.url if rule.revoke else None),
            )
            for rule in sorted(pack.rules, key=lambda rule: rule.id)
        ]
        parts += [
            f"## {pack.title}",
            f"`{pack.name}`, {len(rows)} rules.",
            _table(("id", "what it finds", "family", "severity", "confidence", "revoke"), rows),
        ]
    return _page("Built-in rules", *parts)


def command_line() -> str:
    """Every command with its options, as `--help` shows them."""
    from gitshield.cli.main import cli

    parts = [f"## {path}\n\n```text\n{_help(command, path)}\n```" for path, command in _commands(cli, "gitshield")]
    return _page("Command line", "What `--help` says of every command.", *parts)


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "exit-codes.md": exit_codes,
    "configuration.md": configuration,
    "rules.md": rules,
    "cli.md": command_line,
}


def _commands(command: click.Command, path: str) -> Iterable[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None, f"{path} lists {name}, which does not exist"
            if not inner.hidden:
                yield from _commands(inner, f"{path} {name}")


def _help(command: click.Command, path: str) -> str:
    # the help option's names are those of the command line's own context, which sub-commands inherit
    context = click.Context(command, info_name=path, max_content_width=100, terminal_width=100, help_option_names=["-h", "--help"])
    lines = command.get_help(context).splitlines()
    return "\n".join(line.rstrip() for line in lines).strip()


def _freedom(default: object, more_is_strict: bool, only_person: bool) -> str:
    if only_person:
        return "never: a person's file only"
    match default:
        case bool():
            return f"may set to {str(more_is_strict).lower()}"
        case tuple():
            return "may add" if more_is_strict else "nothing"
        case _:
            return "may raise" if more_is_strict else "may lower"


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return f"{value:_}"
        case tuple():
            return "[" + ", ".join(_toml(one) for one in value) + "]"
        case _:
            return f'"{value}"'


def _size(value: int) -> str:
    power, unit = (30, "GiB") if value % (1 << 30) == 0 else (20, "MiB")
    return f'"{value >> power} {unit}"'


def _counts(counter: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {word}" for word, number in sorted(counter.items(), key=lambda pair: (-pair[1], pair[0])))


def _link(url: str | None) -> str:
    return f"[page]({url})" if url else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|").replace("\n", " ") for cell in line) + " |" for line in lines)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", _NOTE, *parts)) + "\n"
