"""Staging: what does not belong in git is refused by its name before a byte is written; a secret leaves the index at once."""

import base64
import io
import zipfile

import pytest

from tests.builder import Repository
from tests.gate.shield import CLEAN, LOCAL_VALUE, OTHER_TOKEN, SECRET, TOKEN, attempt, call, is_stored, objects, protect, said, staged

ADDS = {
    "add": ("add", ".env"),
    "add -f": ("add", "-f", ".env"),
    "add -A": ("add", "-A"),
    "add .": ("add", "."),
    "stage": ("stage", ".env"),
    "add -u, known already": ("add", "-u"),
    "commit -a": ("commit", "-a", "-m", "all"),
    "commit -a --no-verify": ("commit", "-a", "--no-verify", "-m", "all"),
    "commit PATH --no-verify": ("commit", "--no-verify", "-m", "all", ".env"),
    "update-index --add": ("update-index", "--add", ".env"),
    "hash-object -w": ("hash-object", "-w", ".env"),
}


@pytest.mark.parametrize("words", ADDS.values(), ids=ADDS.keys())
def test_a_dotenv_file_is_refused_and_never_written(protected: Repository, words: tuple[str, ...]) -> None:
    protected.write(".env", f"API_TOKEN={TOKEN}\n")
    is_known = words[0] == "commit" or "-u" in words
    if is_known:
        empty = protected.git("hash-object", "-w", "--stdin").stdout.decode().strip()
        protected.git("update-index", "--add", "--cacheinfo", f"100644,{empty},.env")
    before = objects(protected)
    attempt(protected, *words)
    assert objects(protected) == before
    assert not is_stored(protected, ".env")
    assert staged(protected, ".env") == (b"" if is_known else None)
    assert (protected.path / ".env").read_text() == f"API_TOKEN={TOKEN}\n"


@pytest.mark.parametrize("name", [".env.local", "deploy/.env", "id_rsa", "certs/server.p12", "prod.env"])
def test_other_files_that_do_not_belong_in_git_are_refused_too(protected: Repository, name: str) -> None:
    protected.write(name, "anything\n")
    assert name in attempt(protected, "add", name)
    assert not is_stored(protected, name)


def test_intent_to_add_of_a_dotenv_file_is_taken_back(protected: Repository) -> None:
    protected.write(".env", f"API_TOKEN={TOKEN}\n")
    protected.git("add", "-N", ".env")
    assert protected.line("ls-files", ".env") == ""
    assert not is_stored(protected, ".env")


def test_one_refused_name_does_not_pass_with_others(protected: Repository) -> None:
    protected.write("fine.txt", "fine\n")
    protected.write(".env", "A=1\n")
    attempt(protected, "add", ".")
    assert staged(protected, "fine.txt") is None


def test_an_empty_dotenv_file_is_refused_too(protected: Repository) -> None:
    protected.write(".env", "")
    attempt(protected, "add", ".env")


def test_a_token_leaves_the_index_at_once_and_the_file_stays(protected: Repository) -> None:
    protected.write("new.py", SECRET)
    done = protected.git("add", "new.py")
    assert staged(protected, "new.py") is None
    assert (protected.path / "new.py").read_text() == SECRET
    assert "refused" in said(done)
    assert TOKEN not in said(done)


@pytest.mark.parametrize(
    "words", [("add", "-A"), ("add", "."), ("stage", "app.py"), ("add", "-u"), ("-c", "core.pager=cat", "add", "app.py")]
)
def test_every_form_of_add_is_put_right(protected: Repository, words: tuple[str, ...]) -> None:
    protected.write("app.py", SECRET)
    protected.git(*words)
    assert staged(protected, "app.py") == CLEAN.encode()


def test_what_is_clean_of_the_same_add_stays_staged(protected: Repository) -> None:
    protected.write("new.py", SECRET)
    protected.write("fine.txt", "fine\n")
    protected.git("add", "-A")
    assert (staged(protected, "new.py"), staged(protected, "fine.txt")) == (None, b"fine\n")


def test_the_clean_version_that_was_staged_before_comes_back(protected: Repository) -> None:
    protected.write("app.py", CLEAN + "more = 1\n")
    protected.git("add", "app.py")
    protected.write("app.py", CLEAN + "more = 1\n" + SECRET)
    protected.git("add", "app.py")
    assert staged(protected, "app.py") == (CLEAN + "more = 1\n").encode()


def test_a_new_file_that_was_staged_clean_before_comes_back(protected: Repository) -> None:
    protected.write("new.py", CLEAN)
    protected.git("add", "new.py")
    protected.write("new.py", SECRET)
    protected.git("add", "new.py")
    assert staged(protected, "new.py") == CLEAN.encode()


def test_a_version_staged_before_a_commit_does_not_come_back(protected: Repository) -> None:
    protected.write("app.py", "first = 1\n")
    protected.git("add", "app.py")
    protected.git("commit", "-q", "-m", "first")
    protected.write("app.py", "second = 2\n")
    protected.git("commit", "-q", "-a", "-m", "second")
    protected.write("app.py", SECRET)
    protected.git("add", "app.py")
    assert staged(protected, "app.py") == b"second = 2\n"


def test_the_executable_bit_survives_the_way_back(protected: Repository) -> None:
    protected.write("run.sh", "echo run\n", is_executable=True)
    protected.git("add", "run.sh")
    protected.git("commit", "-q", "-m", "run")
    protected.write("run.sh", f"export TOKEN={TOKEN}\n", is_executable=True)
    protected.git("add", "run.sh")
    assert protected.line("ls-files", "--stage", "run.sh").startswith("100755")


def test_a_hunk_with_a_token_chosen_by_add_p_leaves_the_index(protected: Repository) -> None:
    body = "".join(f"line{n} = {n}\n" for n in range(40))
    protected.commit("long", files={"app.py": body})
    changed = "top = 1\n" + body + SECRET
    protected.write("app.py", changed)
    protected.git("add", "-p", "app.py", input=b"n\ny\n")
    assert staged(protected, "app.py") == body.encode()
    assert (protected.path / "app.py").read_text() == changed


def test_a_clean_hunk_chosen_by_add_p_stays_staged_beside_a_token(protected: Repository) -> None:
    body = "".join(f"line{n} = {n}\n" for n in range(40))
    protected.commit("long", files={"app.py": body})
    protected.write("app.py", "top = 1\n" + body + SECRET)
    protected.git("add", "-p", "app.py", input=b"y\nn\n")
    assert staged(protected, "app.py") == ("top = 1\n" + body).encode()


def test_content_that_only_the_index_held_is_named_so_that_it_can_be_found(protected: Repository) -> None:
    body = "".join(f"line{n} = {n}\n" for n in range(40))
    protected.commit("long", files={"app.py": body})
    protected.write("app.py", "top = 1\n" + body + SECRET)
    done = protected.git("add", "-p", "app.py", input=b"n\ny\n")
    oid = next(line.split()[0] for line in said(done).splitlines() if "still holds" in line)
    assert protected.git("cat-file", "blob", oid).stdout == (body + SECRET).encode()


def test_intent_to_add_of_a_file_with_a_token_is_left_alone(protected: Repository) -> None:
    protected.write("new.py", SECRET)
    protected.git("add", "-N", "new.py")
    assert protected.line("ls-files", "new.py") == "new.py"


def test_an_index_of_somebody_else_is_not_touched(protected: Repository) -> None:
    protected.write("app.py", SECRET)
    other = {"GIT_INDEX_FILE": str(protected.path / ".git" / "other-index")}
    protected.git("read-tree", "HEAD", env=other)
    protected.git("add", "app.py", env=other)
    assert protected.git("cat-file", "blob", ":app.py", env=other).stdout == SECRET.encode()


def test_plumbing_and_stash_are_not_put_right(protected: Repository) -> None:
    protected.write("app.py", SECRET)
    protected.git("update-index", "app.py")
    assert staged(protected, "app.py") == SECRET.encode()
    protected.git("reset", "-q")
    protected.git("stash")
    assert protected.git("cat-file", "blob", "stash:app.py").stdout == SECRET.encode()
    protected.git("stash", "pop", "--quiet")
    assert (protected.path / "app.py").read_text() == SECRET


def test_an_untracked_dotenv_file_goes_into_a_stash_and_comes_back(protected: Repository) -> None:
    protected.write(".env", f"API_TOKEN={TOKEN}\n")
    protected.git("stash", "push", "--quiet", "--include-untracked")
    assert not (protected.path / ".env").exists()
    protected.git("stash", "pop", "--quiet")
    assert (protected.path / ".env").read_text() == f"API_TOKEN={TOKEN}\n"


def test_add_during_a_merge_is_left_to_the_commit_gate(protected: Repository) -> None:
    protected.git("switch", "-q", "-c", "side")
    protected.commit("side", files={"app.py": "side = 1\n"})
    protected.git("switch", "-q", "main")
    protected.commit("main", files={"app.py": "main = 1\n"})
    protected.git("merge", "side", check=False)
    protected.write("app.py", SECRET)
    protected.git("add", "app.py")
    assert staged(protected, "app.py") == SECRET.encode()
    attempt(protected, "commit", "-m", "merge")


def test_a_dotenv_template_with_placeholders_is_accepted(protected: Repository) -> None:
    protected.write(".env.example", "API_TOKEN=your-token-here\nPORT=8080\n")
    protected.git("add", ".env.example")
    protected.git("commit", "-q", "-m", "template")


def test_a_dotenv_template_with_a_real_value_is_refused(protected: Repository) -> None:
    protected.write(".env.example", f"API_TOKEN={TOKEN}\n")
    protected.git("add", ".env.example", check=False)
    assert staged(protected, ".env.example") is None


def test_the_value_of_a_local_ignored_dotenv_file_is_refused_anywhere(protected: Repository) -> None:
    protected.write(".gitignore", ".env\n")
    protected.write(".env", f"DB_PASSWORD={LOCAL_VALUE}\n")
    protected.write("notes.txt", f"log in with {LOCAL_VALUE} please\n")
    protected.git("add", "notes.txt")
    assert staged(protected, "notes.txt") is None
    protected.git("add", ".gitignore")
    assert staged(protected, ".gitignore") == b".env\n"


def test_a_value_that_is_in_no_dotenv_file_is_not_refused(protected: Repository) -> None:
    protected.write("notes.txt", f"log in with {LOCAL_VALUE} please\n")
    protected.git("add", "notes.txt")
    assert staged(protected, "notes.txt") is not None


def test_a_tracked_dotenv_file_goes_on_being_edited(repository: Repository) -> None:
    repository.commit("leak", files={".env": f"API_TOKEN={TOKEN}\n"})
    protect(repository)
    repository.write(".env", f"API_TOKEN={TOKEN}\nPORT=1\n")
    repository.git("add", ".env")
    repository.git("commit", "-q", "-m", "port")
    assert repository.git("status", "--porcelain").stdout == b""


def test_a_new_token_in_a_tracked_dotenv_file_is_refused(repository: Repository) -> None:
    repository.commit("leak", files={".env": f"API_TOKEN={TOKEN}\n"})
    protect(repository)
    repository.write(".env", f"API_TOKEN={OTHER_TOKEN}\n")
    repository.git("add", ".env", check=False)
    assert staged(repository, ".env") == f"API_TOKEN={TOKEN}\n".encode()


def test_an_ignored_dotenv_file_does_not_disturb_looking(protected: Repository) -> None:
    protected.write(".env", f"API_TOKEN={TOKEN}\n")
    for words in (("status",), ("diff",), ("diff", "HEAD"), ("ls-files", "-o"), ("log", "-p"), ("grep", "token")):
        assert "refused" not in said(protected.git(*words))


@pytest.mark.parametrize(
    "words", [("diff",), ("diff", "--stat"), ("status",), ("stash",), ("checkout", "--", "."), ("switch", "-c", "new")]
)
def test_a_tracked_dotenv_file_that_was_edited_does_not_disturb_git(repository: Repository, words: tuple[str, ...]) -> None:
    repository.commit("leak", files={".env": f"API_TOKEN={TOKEN}\n"})
    protect(repository)
    repository.write(".env", f"API_TOKEN={OTHER_TOKEN}\n")
    assert "refused" not in said(repository.git(*words))


def test_an_allowed_dotenv_file_is_staged(protected: Repository) -> None:
    protected.write(".env", "PORT=8080\n")
    call(protected, "allow", "--add", ".env", "--reason", "only ports in it", "--owner", "ada")
    protected.git("add", ".env", ".gitshield-allow")
    protected.git("commit", "-q", "-m", "ports")
    assert protected.git("cat-file", "blob", "HEAD:.env").stdout == b"PORT=8080\n"


def test_a_version_that_was_unstaged_since_does_not_come_back(protected: Repository) -> None:
    protected.write("app.py", "second = 2\n")
    protected.git("add", "app.py")
    protected.git("reset", "-q")
    protected.write("app.py", SECRET)
    protected.git("add", "app.py")
    assert staged(protected, "app.py") == CLEAN.encode()


@pytest.mark.parametrize(
    "words", [("restore", "--staged", "."), ("stash",), ("reset", "-q", "--hard"), ("rm", "-q", "--cached", "-f", "app.py")]
)
def test_nor_does_one_that_another_command_took_off(protected: Repository, words: tuple[str, ...]) -> None:
    protected.write("app.py", "second = 2\n")
    protected.git("add", "app.py")
    protected.git(*words)
    protected.write("app.py", SECRET)
    protected.git("add", "app.py")
    assert staged(protected, "app.py") == CLEAN.encode()


def test_the_clean_version_comes_back_twice(protected: Repository) -> None:
    protected.write("app.py", "second = 2\n")
    protected.git("add", "app.py")
    protected.write("app.py", SECRET)
    for _ in range(2):
        protected.git("add", "app.py")
        assert staged(protected, "app.py") == b"second = 2\n"


def test_the_clean_version_comes_back_beside_a_local_dotenv_file(protected: Repository) -> None:
    protected.write(".gitignore", ".env\n")
    protected.write(".env", f"API_TOKEN={OTHER_TOKEN}\n")
    protected.write("app.py", "second = 2\n")
    protected.git("add", ".gitignore", "app.py")
    protected.write("app.py", SECRET)
    protected.git("add", "app.py")
    assert staged(protected, "app.py") == b"second = 2\n"


def test_a_refused_commit_all_does_not_change_what_comes_back(protected: Repository) -> None:
    protected.write("app.py", "second = 2\n")
    protected.git("add", "app.py")
    protected.write("app.py", "third = 3\n")
    protected.git("commit", "-a", "-m", TOKEN, check=False)
    protected.write("app.py", SECRET)
    protected.git("add", "app.py")
    assert staged(protected, "app.py") == b"second = 2\n"


def test_an_add_with_an_index_of_its_own_does_not_change_what_comes_back(protected: Repository) -> None:
    other = {"GIT_INDEX_FILE": str(protected.path / ".git" / "other-index")}
    protected.write("app.py", "second = 2\n")
    protected.git("add", "app.py")
    protected.git("read-tree", "HEAD", env=other)
    protected.git("add", "README", env=other)
    protected.write("app.py", SECRET)
    protected.git("add", "app.py")
    assert staged(protected, "app.py") == b"second = 2\n"


@pytest.mark.parametrize("content", [None, ""], ids=["intended to be added", "staged empty"])
def test_no_empty_file_is_left_staged_in_place_of_a_token(protected: Repository, content: str | None) -> None:
    protected.write("new.py", content or "")
    protected.git("add", *(["-N"] if content is None else []), "new.py")
    protected.write("new.py", SECRET)
    assert "refused" in said(protected.git("add", "new.py"))
    assert staged(protected, "new.py") is None
    assert (protected.path / "new.py").read_text() == SECRET


def test_a_file_that_was_staged_empty_over_a_committed_one_comes_back(protected: Repository) -> None:
    protected.write("app.py", "")
    protected.git("add", "app.py")
    protected.write("app.py", SECRET)
    protected.git("add", "app.py")
    assert staged(protected, "app.py") == b""


def jar(**members: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_a_token_in_base64_leaves_the_index_at_once(protected: Repository) -> None:
    protected.write("coded.py", f"k = '{base64.b64encode(TOKEN.encode()).decode()}'\n")
    assert b"coded.py:1" in protected.git("add", "coded.py").stderr
    assert staged(protected, "coded.py") is None


def test_an_archive_with_a_token_leaves_the_index_at_once(protected: Repository) -> None:
    (protected.path / "x.jar").write_bytes(jar(settings=f"k = {TOKEN}\n"))
    assert b"x.jar!/settings" in protected.git("add", "x.jar").stderr
    assert staged(protected, "x.jar") is None


def test_an_archive_whose_token_was_there_before_may_change(repository: Repository) -> None:
    (repository.path / "x.jar").write_bytes(jar(settings=f"k = {TOKEN}\n"))
    repository.git("add", "x.jar")
    repository.git("commit", "-q", "-m", "leaked long ago")
    protect(repository)
    content = jar(settings=f"k = {TOKEN}\n", more="x")
    (repository.path / "x.jar").write_bytes(content)
    repository.git("add", "x.jar")
    assert staged(repository, "x.jar") == content


def test_a_damaged_archive_can_be_staged(protected: Repository) -> None:
    content = jar(a="b")[:-10]
    (protected.path / "x.zip").write_bytes(content)
    protected.git("add", "x.zip")
    assert staged(protected, "x.zip") == content
