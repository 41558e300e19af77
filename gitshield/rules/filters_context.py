"""Context filters: what the place of a value says: the name it is assigned to, the kind of file, the line."""

from typing import Final

from gitshield.rules.candidate import Candidate
from gitshield.rules.filters_words import pieces
from gitshield.rules.pattern import compiled

_TEST_PATH: Final = (
    r"(?i)(?:^|[/_.\-])(?:tests?|testing|testdata|testsuite|unittests?|specs?|fixtures?|mocks?|stubs?|e2e|examples?|"
    r"samples?|docs?|demos?|tutorials?|"
    r"cypress|benchmarks?|integration|acceptance|functional|javadoc|cookbook|guides?|changelog|conformance|playground|"
    r"molecule|dummy)(?:[/_.\-]|$)|"
    r"\.(?:md|mdx|rst|adoc|markdown|feature|ipynb|snap)$|(?-i:[a-z0-9](?:Tests?|IT|Spec|Specs|TestCase|TestBase|"
    r"Examples?|Fixtures?)\.[a-z]+$|/Test[A-Z]|/?test_)"
)
_CONFIG_PATH: Final = (
    r"(?i)(?:^|/)(?:\.[\w\-]+|[^/]*\.(?:env|ini|cfg|conf|cnf|config|properties|props|ya?ml|toml|tfvars|hcl|xml|json|"
    r"plist|rc|reg|inf|service|sh|bash|zsh|"
    r"profile|bat|cmd|ps1|auto|settings|options|local|prod|production|sql)|[\w\-]+|\.env[^/]*|docker[^/]*)$"
)
_LANGUAGE: Final = (
    "(?:a[fmrz]|b[egns]|c[asy]|d[ae]|e[elnostu]|f[air]|g[alu]|h[eiruy]|i[dst]|ja|k[akmno]|l[btv]|m[klnrs]|n[blno]|p[alt]|r[ou]|"
    "s[ikloqrvw]|t[aehr]|u[kr]|uz|vi|zh)(?:[_-][A-Za-z]{2,4})?"
)
_I18N_PATH: Final = (
    r"(?i)(?:^|[/_.\-])(?:i18n|l10n|locales?|langs?|languages?|translations?|messages?|nls|resx|intl|lproj|"
    r"values-\w+)(?:[/_.\-]|$)|"
    rf"\.(?:po|pot|resx|xlf|xliff|strings|arb|ftl)$|(?:^|/)strings?[.\-]|(?:^|[/_-]){_LANGUAGE}\.(?:json|ya?ml|php|js|"
    rf"ts|ini|properties)$"
)
# After the role word these make the name that of something about the secret.
_ABOUT: Final = frozenset(
    b"mgr realm startswith endswith contains icontains exact board boards layout stroke strokes down press pressed frame "
    b"frames map chain note notes label address addresses lives code text title hint placeholder message messages msg error "
    b"errors description desc help prompt field fields input selector class column col param parameter parameters header "
    b"headers type types policy pattern regex regexp rule rules format length len min max minimum maximum size count expiry "
    b"expires expiration expire ttl timeout age date time version algorithm algo alg encoder encoding encoded hasher provider "
    b"providers manager service strategy mode reset forgot strength generator ref reference variable env alias status state "
    b"enabled required icon link page route view template form dialog screen button checksum fingerprint file filename path "
    b"dir directory folder location url uri endpoint host arn name names id ids index suffix prefix attribute attr property "
    b"properties option options argument arg flag usage kind category scope scopes audience issuer validator validation "
    b"validators requirements requirement settings setting config configuration rotation period lifetime interval charset "
    b"chars characters callback handler function method grant source command cmd position limit limits used uses agent digest "
    b"changed created updated tooltip caption element selectors xpath aria tab style color visibility visible toggle event "
    b"action test tests spec example examples placeholders info hash_algorithm hashing derivation identifier selector resolver "
    b"factory builder parser separator delimiter budget budgets symbol ident span kinds stream store table category exception "
    b"warning failure invalid mismatch missing match matches entry lookup izer izers ization ized ifier cache storage context "
    b"audit sender".split()
)
# Before the role word these do.
_NOT_SECRET: Final = frozenset(
    b"stylesheet style scoped public primary foreign cache sort partition routing next page max num number no is has show hide "
    b"forgot forget label error prev previous continuation pagination cursor sync csrf xsrf lexer parser syntax hot short "
    b"shortcut object index row col column map dict hash i18n translation lang msg message idempotency dedup dedupe group "
    b"config event field form input placeholder search sorted range stop start end eos bos pad unk mask sep cls special design "
    b"site css theme color metric metrics label labels tag meta signal resume change update widget tool ajax".split()
)
# And these do anywhere before it.
_NEVER_SECRET: Final = frozenset(
    b"stylesheet style scoped public primary foreign csrf xsrf authenticity antiforgery socket websocket".split()
)
_ROLE_WORD: Final = (
    r"(?i)passw(?:or)?ds?|passphrases?|passwort|pass[_\-]?code|pwd|secrets?|tokens?|credentials?|auth(?:orization)?|"
    r"(?:[_\-. ]|key)?keys?|pass|pw|salt|pin|senha|"
    r"contrase\S{1,2}a|kennwort|psw|pswd|passwd|mot_?de_?passe|wachtwoord"
)
_HASH_SIGN: Final = (
    r"(?i)sha-?(?:1|2|256|384|512)?(?:sum)?\b|md5|digest|checksum|\bhash|commit|etag|fingerprint|integrity|revision|\brev\b|"
    r"\bref\b|thumbprint|oid\b|blob"
)
_NAME_OF_DIGEST: Final = rf"{_HASH_SIGN}|gpg_?key|pgp_?key"
_HEX_DIGEST: Final = (
    r"(?i)^(?:sha(?:1|256|384|512)|md5)[:\-]|^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$"
)


def is_in_test(candidate: Candidate) -> bool:
    """Whether the file is a test, an example or documentation by its path."""
    return compiled(_TEST_PATH).search(candidate.path.encode("utf-8", "surrogateescape")) is not None


def is_in_config(candidate: Candidate) -> bool:
    """Whether the file configures something, by its path: what stands there is in force."""
    return compiled(_CONFIG_PATH).search(candidate.path.encode("utf-8", "surrogateescape")) is not None


def is_in_translation(candidate: Candidate) -> bool:
    """Whether the file holds texts for people, by its path."""
    return compiled(_I18N_PATH).search(candidate.path.encode("utf-8", "surrogateescape")) is not None


def is_about(candidate: Candidate) -> bool:
    """Whether the name is that of something about a secret (`password_label`, `token_url`), or of no secret (`primary_key`)."""
    if candidate.name is None:
        return False
    name = candidate.name
    if name in (b"PWD", b"OLDPWD"):
        return True
    found = list(compiled(_ROLE_WORD).finditer(name))
    if not found:
        return False
    last = found[-1]
    before = [piece.lower() for piece in pieces(name[: last.start()])]
    after = [piece.lower() for piece in pieces(name[last.end() :])]
    return bool(after and (after[-1] in _ABOUT or after[0] in _ABOUT)) or bool(
        before and (before[-1] in _NOT_SECRET or not _NEVER_SECRET.isdisjoint(before))
    )


def is_own_name(candidate: Candidate) -> bool:
    """Whether the value repeats the name it is assigned to, or says only which one it is (`PASSWORD = "password"`)."""
    if candidate.name is None:
        return False
    name, value = (b"".join(pieces(text)).lower() for text in (candidate.name, candidate.value))
    if value == name and len(value) > 5:
        return True
    return (
        len(value) > 2
        and compiled("[0-9]").search(candidate.value) is None
        and (value in name or name.endswith(value) or (len(name) > 5 and name in value))
    )


def is_public_digest(candidate: Candidate) -> bool:
    """Whether the value is the digest of something public: of a digest's length, where name or line speaks of one."""
    if compiled(_HEX_DIGEST).search(candidate.value) is None:
        return False
    if compiled("(?i)key|secret|token|pass|pwd").search(candidate.name or b"") is not None:
        return compiled(_NAME_OF_DIGEST).search(candidate.name or b"") is not None
    return compiled(_HASH_SIGN).search(candidate.data[max(0, candidate.start - 60) : candidate.start]) is not None


def is_documentation_host(candidate: Candidate) -> bool:
    """Whether a URL goes to a host that is reserved for documentation (RFC 2606) or is itself filled in later."""
    after = candidate.data[candidate.end : candidate.end + 80]
    return (
        compiled(
            r"(?i)^@(?:[\w\-]+\.)*(?:example(?:\.\w+)?|host(?:name)?|server|domain|foo|bar|baz|[\w\-]*your[\w\-]*|"
            r"my-?\w*host)(?:[.:/\s'\"`?]|$)|^@[\[{$<%]"
        ).search(after)
        is not None
    )
