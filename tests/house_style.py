"""The house style as checks: source text in, what is wrong with it out. `tests/test_house_style.py` runs them over the tree."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

MAX_LINES: Final = 400
MAX_SCRIPT_LINES: Final = 150
DECISION_HEADINGS: Final = ("Context", "Decision", "Costs")

_BANNED_WORDS: Final = frozenset("manager helper helpers handler handlers processor processors util utils common misc".split())
_BANNED_MODULES: Final = _BANNED_WORDS | {"data", "info"}
# What starts without the command line: the clone's own entry, and that of the hook scripts.
_ENTRIES: Final = ("__main__.py", "gate/start.py")
# A word of a name: `HTTPHandler` has the words http and handler, `do_misc` has do and misc.
_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")

# Forms of well-known secrets, for places where gitshield's own scan does not have to be at work to refuse them.
_LITERAL_SECRETS: Final = re.compile(
    r"AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60}|glpat-[A-Za-z0-9_\-]{20}|xox[abprs]-[0-9A-Za-z\-]{20}"
    r"|[sr]k_live_[0-9A-Za-z]{20}|AIza[0-9A-Za-z_\-]{35}|npm_[A-Za-z0-9]{36}|SG\.[A-Za-z0-9_\-]{22}\.|sk-ant-[A-Za-z0-9_\-]{40}"
    r"|eyJ[A-Za-z0-9_\-]{20,}\.eyJ[A-Za-z0-9_\-]{20,}\.|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*\n?\s*[A-Za-z0-9+/]{30}"
)

# What nobody takes for a secret: one character many times, and words that say so.
_PLACEHOLDER: Final = re.compile(r"(.)\1{5}|EXAMPLE|example")

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module:
    """One Python file of the package, parsed. `path` has `/` and begins with the package's name."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.tree = ast.parse(text, path)

    def is_in(self, *places: str) -> bool:
        """Whether the module is one of the files, or in one of the folders (ending in `/`), below the package."""
        inside = self.path.partition("/")[2]
        return any(inside == place or (place.endswith("/") and inside.startswith(place)) for place in places)

    def functions(self) -> Iterator[Function]:
        """All functions and methods, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def classes(self) -> Iterator[ast.ClassDef]:
        """All classes."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """All calls, with what is called as it is written (`os.path.join`)."""
        return ((node, ast.unparse(node.func)) for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def imports(self) -> Iterator[tuple[int, str]]:
        """The line and the dotted name of everything that is imported, also inside functions."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, one.name) for one in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, f"{node.module}.{one.name}") for one in node.names)


Check = Callable[[Module], Iterator[str]]


def length(module: Module) -> Iterator[str]:
    """A module has at most 400 lines."""
    if (lines := module.text.count("\n")) > MAX_LINES:
        yield f"has {lines} lines"


def docstrings(module: Module) -> Iterator[str]:
    """Modules, public classes and public functions say what they are in a first line that is one sentence."""
    public = [node for node in (*module.functions(), *module.classes()) if not node.name.startswith("_")]
    closed = (*module.functions(), *(one for one in module.classes() if one.name.startswith("_")))
    inner = {child for outer in closed for child in ast.walk(outer) if child is not outer}
    for node in (module.tree, *(node for node in public if node not in inner)):
        line = getattr(node, "lineno", 1)
        text = ast.get_docstring(node)
        if not text:
            yield f"{line}: no docstring"
        elif not text.splitlines()[0].rstrip().endswith((".", "?", ":", "…")):
            yield f"{line}: the docstring's first line is no sentence"


def hints(module: Module) -> Iterator[str]:
    """Every argument and every result of a function has a type."""
    methods = {id(child) for one in module.classes() for child in one.body}
    for function in module.functions():
        given = function.args
        rest = [one for one in (given.vararg, given.kwarg) if one is not None]
        named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        is_static = any(ast.unparse(one) == "staticmethod" for one in function.decorator_list)
        if id(function) in methods and not is_static:
            named = named[1:]
        yield from (f"{one.lineno}: argument {one.arg!r} has no type" for one in (*named, *rest) if one.annotation is None)
        if function.returns is None:
            yield f"{function.lineno}: {function.name!r} has no result type"


def names(module: Module) -> Iterator[str]:
    """Names hold none of the words that say nothing."""
    stem = Path(module.path).stem if not module.path.endswith("__init__.py") else Path(module.path).parent.name
    if banned := _BANNED_MODULES & set(_words(stem)):
        yield f"is called {'/'.join(banned)}"
    for node in (*module.functions(), *module.classes()):
        if banned := _BANNED_WORDS & set(_words(node.name)):
            yield f"{node.lineno}: {node.name!r} has the word {'/'.join(sorted(banned))}"


def ignored_errors(module: Module) -> Iterator[str]:
    """Nothing is decoded, encoded or removed with errors ignored."""
    for call, name in module.calls():
        named = [one.value for one in call.keywords if one.arg == "errors"]
        placed = call.args[1:2] if name.endswith((".decode", ".encode")) else []
        if any(isinstance(value, ast.Constant) and value.value == "ignore" for value in (*named, *placed)):
            yield f'{call.lineno}: errors="ignore"'


def swallowed(module: Module) -> Iterator[str]:
    """Nothing catches everything and goes on: a bare except, or `except Exception` that neither raises nor does a thing."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = ast.unparse(node.type) if node.type is not None else ""
        is_silent = all(isinstance(one, ast.Pass | ast.Continue) for one in node.body)
        if not caught:
            yield f"{node.lineno}: bare except"
        elif is_silent and re.search(r"\b(Base)?Exception\b", caught):
            yield f"{node.lineno}: swallows {caught}"


def dataclasses(module: Module) -> Iterator[str]:
    """Dataclasses are frozen and have slots; one with a `cached_property` cannot have slots."""
    for one in module.classes():
        for decorator in one.decorator_list:
            text = ast.unparse(decorator)
            if not re.match(r"(dataclasses\.)?dataclass\b", text):
                continue
            if "frozen=True" not in text:
                yield f"{one.lineno}: dataclass {one.name!r} is not frozen"
            if "slots=True" not in text and "cached_property" not in ast.unparse(one):
                yield f"{one.lineno}: dataclass {one.name!r} has no slots"


def printing(module: Module) -> Iterator[str]:
    """Only the command line prints or asks."""
    if not module.is_in("cli/"):
        yield from (f"{call.lineno}: {name}()" for call, name in module.calls() if name in ("print", "input"))


def surroundings(module: Module) -> Iterator[str]:
    """Only the entries of the command line look at the environment or the home folder."""
    if module.is_in("cli/", *_ENTRIES):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            text = ast.unparse(node)
            if text in ("os.environ", "os.environb", "os.getenv", "os.path.expanduser", "sys.argv") or text.endswith(
                (".home", ".expanduser")
            ):
                yield f"{node.lineno}: {text}"
    for line, name in module.imports():
        if name in ("os.environ", "os.environb", "os.getenv", "sys.argv") or name.startswith("platformdirs"):
            yield f"{line}: imports {name}"


def doors(module: Module) -> Iterator[str]:
    """Processes are started and libgit2 is used behind one door each."""
    rooms = {
        "subprocess": ("git/process.py", "bootstrap.py"),
        "pygit2": ("git/",),
        "click": ("cli/", "report/"),
        "rich": ("cli/", "report/"),
    }
    for line, name in module.imports():
        if (package := name.partition(".")[0]) in rooms and not module.is_in(*rooms[package]):
            yield f"{line}: imports {package}"
    if not module.is_in("git/", "bootstrap.py", "scan/parallel.py", *_ENTRIES):
        starts = re.compile(r"os\.(system|popen|fork\w*|posix_spawn\w*|spawn\w+|exec\w+)")
        yield from (f"{call.lineno}: {name}()" for call, name in module.calls() if starts.fullmatch(name))


CHECKS: Final[tuple[Check, ...]] = (
    length, docstrings, hints, names, ignored_errors, swallowed, dataclasses, printing, surroundings, doors,
)  # fmt: skip


def literal_secrets(text: str) -> Iterator[str]:
    """What looks like a well-known kind of secret, standing whole in a text: its line, never itself."""
    for match in _LITERAL_SECRETS.finditer(text):
        if not _PLACEHOLDER.search(match[0]):
            yield f"{text.count(chr(10), 0, match.start()) + 1}: {match[0][:4]}…"


def decision(text: str) -> Iterator[str]:
    """A decision page has the headings Context, Decision and Costs, in this order, with something below each."""
    found = re.findall(r"^## (.+)\n+(?=[^#\s])", text, re.MULTILINE)
    if [heading for heading in found if heading in DECISION_HEADINGS] != list(DECISION_HEADINGS):
        yield f"has the headings {', '.join(found) or 'none'}"


def script(text: str) -> Iterator[str]:
    """A hook script has at most 150 lines and says on its first ones what it is."""
    if (lines := text.count("\n")) > MAX_SCRIPT_LINES:
        yield f"has {lines} lines"
    if not any(line.startswith("# ") for line in text.splitlines()[:2]):
        yield "does not say what it is"


def _words(name: str) -> Iterator[str]:
    return (word.lower() for word in _WORD.findall(name))
