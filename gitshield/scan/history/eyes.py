"""Eyes: the quick look at bytes, which says whether the engine has to judge them and what is special about them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from gitshield.rules.ruleset import RuleSet, built_in_files
from gitshield.rules.vectorscan import Database, Expression, compile_sketches, has_match, load_database
from gitshield.scan.decode import encoding_of, transcode
from gitshield.scan.known import KnownValues
from gitshield.scan.layers import Budget, revealed
from gitshield.scan.magic import is_archive

# By these the secrets that go over many lines are known, whatever part of them a change touches (see `windows`).
SIGNS: Final = (
    r"-- ?BEGIN ",
    r"PuTTY-User-Key-File",
    r"\bkty\b",
    r"RSAKeyValue|<KeyFile>",
    r"(?i)private[\-_]?key",
    r"SigningKey|PrivKey",
    r"BORG_KEY",
    r"\bMII[A-Za-z0-9+/]{5}",
    r"LS0t|0tLS|S0tL",
    r"b3BlbnNzaC1rZXk",
    r"/u3\+7QAA|zs7Ozg|A9mimm",
    r"\"ciphertext\"",
    r"hmac-(?:md5|sha)",
    r"TESTING KEY",
    r"ed25519v1-secret",
    r'"[Cc]rypto"\s{0,9}:\s{0,9}\{',
    r'"[a-z0-9.:/_\-]{3,200}"\s{0,40}:\s{0,40}\{\s{0,40}"(?:auth|email|username)"',
    r"(?i)\b(?:jwt|jsonwebtoken|jws)(?:\.|::|->|_)(?:sign|verify|encode|decode)(?:Async)?\s?\(\s*\{",
    r"(?i)\bINSERT\s{1,4}(?:IGNORE\s{1,4})?INTO\s{1,4}[`\"\[]?[\w.]*(?:user|account|member|admin|login|customer|employee)",
    r"(?i)\bvariable\s{1,3}\"[\w\-]{0,40}(?:pass|pwd|secret|token|key|credential)[\w\-]*\"\s*\{",
    r"(?i)(?:pass|pwd|secret|token|key|credential)[\w\-]*:[ \t]*\r?\n[ \t]+(?:type|description|noecho|minlength|maxlength)\b",
    r"(?i)(?:connect|mysqli|PDO|getConnection|DataSource|Credentials?|BasicAuth\w*|DigestAuth|OAuth\w*|Client|Pusher|Algolia\w*)\(\s*\n",
    r"H4sI[A-Za-z0-9+/_-]{20}",
)
# Text that was coded and wrapped: what is to be decoded begins where its first line does. Looked for where there is a long run at all.
LONG: Final = r"[A-Za-z0-9+/]{40}"
WRAPPED: Final = rf"{LONG}\r?\n[ \t#>*|]{{0,9}}{LONG}"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look saw: whether something may be there, and whether what is made from these bytes has to be looked at whole."""

    is_hit: bool
    is_special: bool


@dataclass(frozen=True)
class Eyes:
    """The databases of a look. Whatever the engine would find in some bytes, wherever they lie, makes a look at them hit."""

    rules: RuleSet
    known: KnownValues

    @cached_property
    def _signs(self) -> tuple[Database, Database, Database]:
        signs, long, wrapped = (compile_sketches([Expression(one, one) for one in some]) for some in (SIGNS, [LONG], [WRAPPED]))
        return load_database(signs), load_database(long), load_database(wrapped)

    @cached_property
    def are_windows_enough(self) -> bool:
        """Whether what each rule finds over many lines has a sign: so it is for our own rules, which the tests hold to that."""
        ours = {name for name, _ in built_in_files()}
        return all(rule.regex is None or rule.pack in ours for rule in self.rules.rules)

    def look(self, part: bytes, content: bytes) -> Look:
        """Look at `part`, all of `content` or the windows of it. An archive is always one to be judged."""
        is_special = self.has_sign(part)
        is_hit = is_archive(content) or self._hits(part)
        if b"\x00" in part:
            is_special = True
            if not is_hit and (wide := encoding_of(content)) is not None:
                is_hit = self._hits(transcode(content, wide))
        return Look(is_hit, is_special)

    def has_sign(self, part: bytes) -> bool:
        """Whether there may be a block over many lines in `part`, or a piece of one."""
        signs, long, wrapped = self._signs
        return has_match(signs, part) or (has_match(long, part) and has_match(wrapped, part))

    def _hits(self, part: bytes) -> bool:
        if self._has_match(part):
            return True
        if bool(self.known.values) and next(self.known.in_bytes(part), None) is not None:
            return True
        budget = Budget(len(part))
        return any(self._has_match(layer.text) for layer in revealed(part, budget)) or budget.is_cut

    def _has_match(self, text: bytes) -> bool:
        return has_match(self.rules.anywhere, text) or has_match(self.rules.ordinary, text)
