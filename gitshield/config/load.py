"""Loading: defaults, the person's file and the repository's file become one `Config`, the later over the earlier."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from gitshield.config.schema import ALL_PLUGINS, Config, Rules
from gitshield.config.toml_form import Source, Values, read_table, read_values
from gitshield.config.trust import Approved, key_of_file, key_of_table, looser_keys, refuse_forbidden
from gitshield.errors import ConfigurationError

REPOSITORY_FILE: Final = ".gitshield.toml"
PERSON_FILE: Final = "gitshield/config.toml"
_TOOL: Final = "gitshield"


def load(
    *,
    person: Source | None = None,
    repository: Source | None = None,
    pyproject: Source | None = None,
    approved: Approved = frozenset(),
) -> Config:
    """Make the configuration of one repository.

    `person` is `$XDG_CONFIG_HOME/gitshield/config.toml`, `repository` the repository's `.gitshield.toml`, `pyproject` its
    `pyproject.toml`, whether or not it has a `[tool.gitshield]`; each is None where there is no such file. `approved` is
    what `trust.read_store` gave. Scalars of a later file replace, lists add up. What the repository may not do without
    approval is left out and named in `Config.held_back`.
    Raises ConfigurationError, naming the file and the key, when one of the files cannot be used; nothing is half in force.
    """
    config = Config()
    if person is not None:
        values = read_values(read_table(person), name=person.name)
        config = _laid_over(config, values, name=person.name, is_repository=False)
    own = _repository_values(repository, pyproject)
    if own is None:
        return config
    if own.key not in approved:
        loose = {one.name for one in looser_keys(own.values, config)}
        config = replace(config, held_back=tuple(sorted(loose)))
        kept = {
            section: {key: value for key, value in content.items() if f"{section}.{key}" not in loose}
            for section, content in own.values.items()
        }
        return _laid_over(config, kept, name=own.name, is_repository=True)
    return _laid_over(config, own.values, name=own.name, is_repository=True)


def approval_key(*, repository: Source | None = None, pyproject: Source | None = None) -> str | None:
    """What a person approves who approves this repository's configuration; None when it has none.

    Give the key to `trust.approve`. Raises ConfigurationError as `load` does.
    """
    own = _repository_values(repository, pyproject)
    return own.key if own else None


@dataclass(frozen=True, slots=True)
class _Own:
    """The repository's one configuration: where it stands, what it says, and the key that approves it."""

    name: str
    values: Values
    key: str


def _repository_values(repository: Source | None, pyproject: Source | None) -> _Own | None:
    tool = _tool_table(pyproject)
    if repository is not None and tool is not None:
        raise ConfigurationError(
            f"both {repository.name} and [tool.{_TOOL}] of pyproject.toml configure gitshield", hint="keep one of the two"
        )
    source, table = (repository, read_table(repository)) if repository is not None else (pyproject, tool)
    if source is None or table is None:
        return None
    values = read_values(table, name=source.name)
    refuse_forbidden(values, source)
    return _Own(source.name, values, key_of_table(table) if source is pyproject else key_of_file(source.content))


def _tool_table(pyproject: Source | None) -> Mapping[str, Any] | None:
    # Most pyproject.toml never mention us: they cost no parsing, and a broken one is not our business.
    if pyproject is None or _TOOL.encode() not in pyproject.content:
        return None
    tools = read_table(pyproject).get("tool", {})
    table = tools.get(_TOOL) if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigurationError(f"{pyproject.name}: 'tool.{_TOOL}' must be a section ([tool.{_TOOL}])", hint="remove it")
    return table


def _laid_over(base: Config, values: Values, *, name: str, is_repository: bool) -> Config:
    sections = {
        section: _section(getattr(base, section), content, name=name, is_repository=is_repository) for section, content in values.items()
    }
    return replace(base, **sections, sources=(*base.sources, name))


def _section(now: Any, content: Mapping[str, Any], *, name: str, is_repository: bool) -> Any:
    merged: dict[str, Any] = {
        key: _together(getattr(now, key), value) if isinstance(value, tuple) else value for key, value in content.items()
    }
    if not isinstance(now, Rules):
        return replace(now, **merged)
    if is_repository and "files" in content:
        merged.pop("files")
        merged["repository_files"] = content["files"]
    disable, enable = content.get("disable", ()), content.get("enable", ())
    if both := sorted(set(disable) & set(enable)):
        raise ConfigurationError(f"{name}: rule {both[0]!r} is both enabled and disabled", hint="keep one of the two")
    rules: Rules = replace(now, **merged)
    if ALL_PLUGINS in rules.detect_secrets:
        rules = replace(rules, detect_secrets=(ALL_PLUGINS,))
    return replace(rules, disable=_without(rules.disable, enable), enable=_without(rules.enable, disable))


def _together(before: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*before, *more)))


def _without(words: tuple[str, ...], others: Collection[str]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in others)
