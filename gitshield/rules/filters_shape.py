"""Shape filters: what the value itself says, wherever it stands. Each is a plain predicate over bytes; true = not a secret."""

import math
from collections import Counter
from functools import lru_cache
from typing import Final

from gitshield.rules.filters_words import count_digits, has_digit, has_letter, is_made_of_words, is_stand_in, pieces, word_share
from gitshield.rules.pattern import compiled
from gitshield.rules.readers.encoding import decoded

# The same values come again and again: in every version of a file, and by several rules.
_REMEMBERED: Final = 4096
# Each alternative is a language's way to put a value in later: shell, Jinja, ERB, printf, T-SQL, YAML, MSBuild, Ant, XML-escaped <…>.
_TEMPLATE: Final = (
    r"\$\{|\$\(|\{\{|\}\}|<%|%>|#\{|\{%|\[\[|\]\]|<<|>>|%\([\w.\-]+\)[sd]|%(?:\d\$)?[svdqx@](?:[^\w]|$)|&lt;[^&]*&gt;|\{\d*\}|"
    r"\{[A-Za-z_][\w.\-:\[\]]*\}|^\$\$?[A-Za-z_][\w\[\]'\".:>\-]*;?$|\$[A-Z][A-Z0-9_]{2,}|^%[\w.\-]+%?$|"
    r"^@@?[A-Z][A-Z0-9_.]*@?$|^@[a-z_.]+@?$|^@[\w.\-]+@$|^__\w+__$|^_\w+_$|"
    r"^\$[0-9@*#?]$|^:[A-Za-z_]\w*$|^[*&][A-Za-z_][A-Za-z_\-]*$|^<[^<>]*>?$|^\[[^\]]*\]$|^\{[^}]*\}?$|^\([^)]*\)$|"
    r"\.\.\.|\xe2\x80\xa6|^~\w+~$|^\|[>\-+]?$|"
    r"^(?:SH|TMPL|VAR|ENV)_[A-Z_]+$|\{\$|\$\w+\["
)
_REFERENCE: Final = (
    r"(?i)^(?:os\.|process\.|environ|env[.:(\[]|getenv|config[.(\[]|settings?[.(\[]|secrets?[.:\[/]|vault[:./]|arn:aws|"
    r"ref\+|op://|ssm:|sm://|"
    r"kms[:.]|enc[\[(:]|\{cipher\}|\{?(?:file|env|var|local|data|module|params?|self|this|input|inputs|each|args?|opts?|"
    r"options|request|req|"
    r"ctx|values|output|outputs|response|state|props|keyring|keychain|azurekeyvault|gcpsecret|secretref|secretsmanager|"
    r"parameters)[:.\[]|projects/|@microsoft|aws-sm|"
    r"hiera\(|lookup\(|!vault|!secret|!ref|!env|!sub|!getatt|!include|fn::|resolve:|\{resolve:|doppler|credentials\()|"
    r"^[A-Za-z_$][\w.:$>\-]*\(.*\)?[;,]?$|^[A-Za-z_$@%][\w$]*(?:[\[{]['\"]?[\w.\-]*['\"]?[\]}]?|(?:->|::)[\w$]+)+;?$|^(?:new|"
    r"await|return|lambda|function|func|def)$|=>"
)
_PATH: Final = (
    r"^(?:\.{1,2}/|~/|[A-Za-z]:[\\/]|\\\\|[a-z][a-z0-9+.\-]{1,15}://[^@]*$|(?:https?|file|classpath|mailto|urn|data|"
    r"javascript|about|jdbc|resource):)|"
    r"(?i)^[\w./\\\-]*\.(?:txt|json|ya?ml|xml|pem|key|crt|cer|p12|pfx|jks|keystore|x?html?|php|py|jsx?|tsx?|vue|go|rb|"
    r"java|css|png|svg|jpe?g|gif|"
    r"conf|cnf|cfg|ini|env|sh|bat|ps1|md|properties|log|db|sqlite|asc|gpg|pub|com|org|net|io|local|dev|erb|j2|tmpl|"
    r"service|sock|exe|cs|rst|po|sql|"
    r"resx|toml|lock|tf|bin|dat|secret|password|passwd)$"
)
_CODE: Final = (
    r"\\[wdsbWDSB]|\[\^|\[a-z|\[A-Z|\[0-9|\(\?|\.\*|\.\+|^\^|</|/>|<br|&nbsp;|&amp;&amp;|&&|\|\||[^=]={2,3}[^=]|!=|"
    r"\\[nrt]?$|^[.#][a-z][a-z\-]+(?:[ .#>:\[].*)?$|"
    r"^--[a-z]|^-[A-Za-z]$|\\u[0-9a-f]{4}.*\\u[0-9a-f]{4}|^(?:NSString|typeof)|^\W+$|^[;:,]|;$|^data:|@param|\+['\"]|"
    r"['\"]\+|^,|,$|^v?\d+(?:[.-]\d+){2,}$|^v?\d+(?:\.\d+){2,}|^[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+$|\w=.*,\w+=|&\w+=|\]=|^npm:|^[~^]?\d+\.\d|"
    r"^(?:MIIB|MIIC|MIG[ef]|MFkw|MCow|MFYw|MHYw)\w{2,6}(?:AN|Aw|BQ|Ew|EA|MB)[BM]|"
    r"^MI[GI][\w+/]{1,4}MA0GCSqGSIb3DQEB|^M[FHI][\w+/]{1,4}wEwYHKoZIzj0CAQ|^MF[kY]wEwYHKoZIzj0CAQ|^MCowBQYDK2V|^ssh-(?:rsa|ed|dss)|"
    r"^age1[02-9ac-hj-np-z]{58}$|^(?:required|nullable|sometimes|bail|present|filled|string|confirmed|min:\d+|max:\d+)\|\w"
)
_TYPES: Final = frozenset(
    b"str string bool boolean int integer float double number bytes bytearray object any array list dict map text varchar "
    b"nvarchar char securestring secretstr optional[str] string? string|null null nil none undefined true false yes no on off "
    b"required optional hidden readonly default auto never always enabled disabled enable disable n/a na tbd nan void unset "
    b"empty blank sensitive binary keyword base64 file stdin prompt env plain plaintext basic digest md5 sha1 sha256 sha512 "
    b"scram timeout compat files systemd utf-8 utf8 latin1 ascii bcrypt ldap oauth oauth2 token header cookie interactive "
    b"manual is are".split()
)
_UUID: Final = r"(?i)^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$"
_MASKED: Final = r"(?i)x{3,}|\*{3,}|\.{3,}|#{4,}|-{4,}|_{4,}|0{6,}|1{6,}|\?{3,}|\xe2\x80\xa2|(?:abc){2,}|deadbeef|cafebabe|c0ffee"
_PLEASE: Final = (
    r"(?i)example|sample|placeholder|change[_\-.]?(?:me|it|this)|replace[_\-.]?(?:me|with|this)|\byour[_\-.]?|"
    r"<[a-z _\-]+>|insert[_\-.]|redacted|"
    r"todo|fixme|fake|dummy|not[_\-.]?(?:a[_\-.]?)?(?:real|secret|used|needed)|goes[_\-.]?here|[_\-]here$|"
    r"^[a-z][a-z0-9]*(?:[_\-.][a-z0-9]+)*[_\-.](?:password|passwd|pwd|passphrase|secret|token|key|credentials?)$|"
    r"[_\-]goes$|enter[_\-.]|put[_\-.]|"
    r"^my[_\-.]|^some[_\-.]?(?:pass|secret|token|key|api)|^(?:invalid|wrong|bad|incorrect|unknown|mock|stub)|insecure$|"
    r"insecure[_\-.]?(?:key|secret|token|pass)|foobar|lorem|censored|^test[_\-]|[_\-]test$"
)
_ROWS: Final = (
    b"01234567890",
    b"abcdefghijklmnopqrstuvwxyz",
    b"qwertyuiop",
    b"asdfghjkl",
    b"zxcvbnm",
    b"1q2w3e4r5t6y",
    b"qazwsxedc",
    b"9876543210",
)
_RUN: Final = 8
_SHORTEST_ENCODED: Final = 8
_NEIGHBOURS: Final = frozenset(row[at : at + 2] for row in _ROWS for at in range(len(row) - 1))


def entropy(value: bytes) -> float:
    """Shannon entropy of `value` in bits per byte; 0.0 for nothing."""
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values()) if value else 0.0


def is_template(value: bytes) -> bool:
    """Whether something is put into the value later: `${X}`, `{{ x }}`, `%(x)s`, `<%= x %>`, `#{x}`, `@x@`, `$VAR`, `<name>`."""
    return compiled(_TEMPLATE).search(value) is not None


def is_reference(value: bytes) -> bool:
    """Whether the value names a place where the secret is: an environment variable, a vault, a call, an attribute, an encrypted value."""
    if compiled(_REFERENCE).search(value) is not None:
        return True
    return compiled(r"^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+;?$").search(value) is not None and word_share(value) > 0.7


def is_path(value: bytes) -> bool:
    """Whether the value is a file name, a path or a URL without credentials."""
    if compiled(_PATH).search(value) is not None:
        return True
    return b"/" in value and compiled(r"^/?[\w.\-@]+(?:/[\w.\-@]+)*/?$").search(value) is not None and word_share(value) > 0.6


def is_code(value: bytes) -> bool:
    """Whether the value is a regular expression, markup, a CSS selector, an option, or a piece of code."""
    return compiled(_CODE).search(value) is not None


def is_type(value: bytes) -> bool:
    """Whether the value is the name of a type, a truth value, a mode: what a schema says of a field."""
    return value.lower().rstrip(b";,?") in _TYPES


def is_uuid(value: bytes) -> bool:
    """Whether the value is a UUID: an identifier, unless its name says otherwise."""
    return compiled(_UUID).search(value) is not None


def is_masked(value: bytes) -> bool:
    """Whether the value is crossed out, or a run that only fills the space."""
    return compiled(_MASKED).search(value) is not None or len(set(value)) <= max(1, min(4, len(value) // 4))


def is_please(value: bytes) -> bool:
    """Whether the value asks to be replaced, or is itself the name of a secret."""
    return compiled(_PLEASE).search(value) is not None


def is_sequence(value: bytes) -> bool:
    """Whether most of the value, or a long run in it, is neighbours in the alphabet, in the digits or on the keyboard."""
    low = value.lower()
    pairs = sum(low[at : at + 2] in _NEIGHBOURS or low[at] == low[at + 1] for at in range(len(low) - 1))
    if len(low) <= 2.5 * _RUN and any(row[at : at + _RUN] in low for row in _ROWS for at in range(len(row) - _RUN + 1)):
        return True
    return len(low) > 2 and pairs >= 0.7 * (len(low) - 1)


def is_identifier(value: bytes) -> bool:
    """Whether the value is a name of programmers or a label: letters in words, with the usual marks between them."""
    if compiled(r"^[A-Za-z_.:\-][\w.:/\-\[\]]*$").search(value) is None or not is_made_of_words(value):
        return False
    digits = count_digits(value)
    if not digits:
        return True
    if compiled("[A-Z][a-z]+[_.-]").search(value) is not None:
        return False
    return digits <= 3 and compiled(r"[A-Za-z][_.:\-][A-Za-z]|^v\d+[_.\-]|_\d{1,3}_").search(value) is not None and len(pieces(value)) > 1


def is_prose(value: bytes) -> bool:
    """Whether the value is a text for people: blanks between words, or letters beyond ASCII without digits."""
    if b" " in value:
        return word_share(value) > 0.6
    if b"\\u" in value:
        value = compiled(r"\\u[0-9a-fA-F]{4}").sub(b"\xc3", value)
    return not value.isascii() and not has_digit(value)


def is_password_hash(value: bytes) -> bool:
    """Whether the value is a hash in the form of crypt(5), PHC or Django: rules of their own name these."""
    return (
        compiled(r"^(?:\{\w+\})?\$(?:2[abxy]?|[1567y]|gy|apr1|argon2\w*|P|H|S|scrypt|pbkdf2[\w\-]*|s[02])\$|^pbkdf2|^\{S?SHA").search(value)
        is not None
    )


def is_encoded_nothing(value: bytes) -> bool:
    """Whether the value is base64 of a text that is no secret: a stand-in, a certificate, a PEM block with nothing in it."""
    text = decoded(value) if len(value) >= _SHORTEST_ENCODED else None
    if text is None or not text.isascii() or not text.decode().replace("\n", "").replace("\r", "").isprintable():
        return False
    if text.startswith(b"-----BEGIN "):
        return compiled(r"^-----BEGIN [A-Z ]*(?:CERTIFICATE|PUBLIC KEY)|^-----BEGIN [A-Z ]+-----\s*(?:-----END|$)").search(text) is not None
    return is_weak(text) or is_please(text) or is_template(text)


@lru_cache(maxsize=_REMEMBERED)
def is_nothing(value: bytes) -> bool:
    """Whether any of the filters says that the value is no literal at all."""
    tests = (is_template, is_masked, is_type, is_please, is_reference, is_code, is_path, is_prose, is_encoded_nothing)
    return any(test(value) for test in tests)


@lru_cache(maxsize=_REMEMBERED)
def is_weak(value: bytes) -> bool:
    """Whether the value is a stand-in or a sequence: a bad password where it is in force, nothing at all elsewhere."""
    return is_stand_in(value) or is_sequence(value)


@lru_cache(maxsize=_REMEMBERED)
def is_dull(value: bytes) -> bool:
    """Whether the value is not random enough for what a program makes: short, made of words, a number, a sequence."""
    if len(value) < 8 or not has_letter(value) or is_weak(value):
        return True
    if not has_digit(value) and (len(value) < 16 or is_made_of_words(value)):
        return True
    return word_share(value) >= 0.55 or entropy(value) < min(3.0, 0.72 * math.log2(len(value)))
