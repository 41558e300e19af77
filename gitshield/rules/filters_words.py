"""Words: whether a run of letters reads like language, and which words people write where a secret would stand.

There is no dictionary here. How well two letters follow each other in English and in programmers' names is graded, and a run
whose grades are good on average reads like a word; a random one hardly ever does.
"""

from typing import Final

from gitshield.rules.pattern import compiled

# Row = first letter, column = second, 0 (never) to 9 (very often): log2 of the pair's share of all pairs in the identifiers and
# documentation of nine large projects, moved so that an average pair of random letters has 5.
_GRADES: Final = bytes.fromhex(
    "".join(
        f"0{digit}"
        for digit in (
    "47763461614868160878553452"  # a?
    "63336310521731520553510030"  # b?
    "73537227606632831647521040"  # c?
    "63348331720423530552532130"  # d?
    "75786653413768464987365641"  # e?
    "52335610700512620543401030"  # f?
    "50207245500425520542401020"  # g?
    "61127000601322610434400031"  # h?
    "65766560112769860677160406"  # i?
    "30013000200000300020300000"  # j?
    "31026210500213120153211020"  # k?
    "73358320803722730155530070"  # l?
    "74227120701352670053511030"  # m?
    "73777583724435642378553030"  # n?
    "55663452424678560866656331"  # o?
    "72327224602622660756510030"  # p?
    "00000000000200000010500000"  # q?
    "83559451804454740676542050"  # r?
    "51638326704544663378723040"  # s?
    "72539326900543740776523261"  # t?
    "56545440500657360666100201"  # u?
    "61117100600120410120110000"  # v?
    "50215104501204410442001000"  # w?
    "31324201400110050014000110"  # x?
    "32203000300233250143001012"  # y?
    "30006000300000300000000002"  # z?
        )
    )
)
_GOOD_GRADE: Final = 4.75

# Names of techniques that do not read like words.
_ACRONYMS: Final = frozenset(
    b"abc acl aes api app apt arg args arn asn aws bcrypt bg bin bsd btn bytes cb cbc cdn cert cfg cli cms cmd cn cpu crt css csr csrf csv ctrl "
    b"ctx ctl db dbms dev dir dk dkim dn dns doc docs dom dotnet dsa dsn dsl dst ecdsa ecs eks elb env eof err etc evt exe ext fb fips fn fqdn "
    b"fs ftp func gcp gh gid gke gpg gpu grpc gui guid hash hdfs hex hls hmac html http https httpd iam ibm idp idx img impl init int io ios ip "
    b"ipv irc iso iv jdbc jks jms js json jsp jwe jwk jwks jws jwt k8s kafka kdf kek kerberos kms ktls kube kv lang ldap ldaps len lib libpq "
    b"lru ltd lvl md mfa mgr mime misc mqtt mq msg mssql mtls mtu mysql nfs ngrok nginx npm ns ntlm null num oauth obj oci oidc org os otp pam "
    b"params passwd pbe pbkdf pci pdf pem pfx pgp phpass php pid pkce pkcs pkg png pos ppk prd prev proc prod psk psql ptr pub pwd px pypi qa "
    b"qr rabbitmq rdp rds regex repo req res rev rgb rpc rpm rs rsa rsync saml sasl sbin scm scp scrypt sdk sftp sha sid sig sl smb sms smtp sns "
    b"spec sql sqs src srv ssh sshd ssl sso std stdin stdout str struct sts svc svg svn sys tcp tls tmp tpl ts ttl tty txt udp ui uid uk uri "
    b"url urls usb usr utf util uuid uvx val var vhost vm vpc vpn vps vs wmi wp wpa ws www xhr xls xml xss yml yaml zip zsh krb psw cfn ssm".split()
)
# What people write where a secret would stand, and the words they make such values of.
_STAND_INS: Final = frozenset(
    b"a abc abcd abcde abcdef access account add added admin administrator aes all also an anonymous any anything api app application "
    b"are arg argument as auth authentication authorization aws azure b backup bad bar basic baz bearer before blah bob "
    b"bogus bot bucket c change changed changeit changeme check client cluster code com command common config configuration confirm "
    b"connection consumer content correct crypt current custom customer d data database db default demo deploy dev development digest "
    b"django docker domain dummy e elastic email empty enc encrypt encrypted encryption end enter env environment error example "
    b"existing expected external fake field file first fixme foo foobar for from ftp generated get git github global goes google guest "
    b"hash hashed header hello here hidden host id if in incorrect initial input insecure insert int internal invalid is it jane jenkins joe john joomla jwt key "
    b"keystore keys label laravel ldap local localhost login long lorem mail main manager master me mongo mongodb more "
    b"my mysql name new no none not null number of old on one oops open oracle or org original other owner param "
    b"parameter pass passcode passphrase passwd password passwords passw passwort path pg phrase placeholder plain plaintext please "
    b"postgres postgresql prefix private prod production profile provided proxy public put pw pwd qux quux rabbitmq random raw read real "
    b"redacted redis remote replace replaceme repository required rest root rsa s sa safe same sample sandbox sasl second secret secrets "
    b"secure security server service session set sha shared should shh sign signing simple site smtp some somebody something source "
    b"spring sql ssh ssl staging store string strong student sub super superuser symfony system target temp template temporary "
    b"test tested tester testing tests testuser text that the this tmp to todo token tokens top toto truststore ttl two type "
    b"u undefined unknown unsafe update updated url use used user username users val valid value values var vault very wordpress weak "
    b"web webhook will with word wrong www x xx xxx xyz y yes you your yours z zzz sekret sekrit shhh fubar "
    b"dont care ignored ignore unused nothing whatever bla blah right ing ed er".split()
)
_LEET: Final = bytes.maketrans(b"013457@$!", b"oieastasi")
_LONGEST_STAND_IN: Final = max(map(len, _STAND_INS))


def reads_like_word(run: bytes) -> bool:
    """Whether the letters of `run` follow each other as in language; true for up to two letters and for known acronyms."""
    low = run.lower()
    if len(low) <= 2 or low in _ACRONYMS or low in _STAND_INS:
        return True
    total = sum(_GRADES[(first - 97) * 26 + second - 97] for first, second in zip(low, low[1:], strict=False))
    return total >= _GOOD_GRADE * (len(low) - 1)


def pieces(value: bytes) -> list[bytes]:
    """The runs of ASCII letters in `value` in order, parted at camelCase too (`JWTSecret` is `JWT` and `Secret`)."""
    found: list[bytes] = []
    for upper, lower in compiled("([A-Z]*)([a-z]*)").findall(value):
        found += (upper[:-1], upper[-1:] + lower) if lower else (upper,)
    return [run for run in found if run]


def word_share(value: bytes) -> float:
    """Which share of the letters and digits of `value` stands in words of at least three letters; 0.0 for no letters."""
    counted = len(compiled("[A-Za-z0-9]").findall(value))
    return sum(len(run) for run in pieces(value) if len(run) > 2 and reads_like_word(run)) / counted if counted else 0.0


def is_made_of_words(value: bytes) -> bool:
    """Whether all runs of letters in `value` read like words, and one of them has more than two letters."""
    runs = pieces(value)
    return any(len(run) > 2 for run in runs) and all(map(reads_like_word, runs))


def is_stand_in(value: bytes) -> bool:
    """Whether `value` is made only of words that stand where a secret would, in leet spelling and with digits after them too."""
    plain = value.lower().strip(b"0123456789!?.,*#@$%&+=^~:;_-/()<>[]{} ")
    leet = value.lower().strip(b"!?.*#_-").translate(_LEET)
    return any(all(_parts_into_stand_ins(run) for run in runs) for text in (plain, leet) if (runs := compiled("[a-z]+").findall(text)))


def _parts_into_stand_ins(run: bytes) -> bool:
    """Whether the lower-case `run` is one of the words, or some of them without a gap; words of one letter only stand alone."""
    if run in _STAND_INS:
        return True
    reached = [True] + [False] * len(run)
    for end in range(2, len(run) + 1):
        starts = range(max(0, end - _LONGEST_STAND_IN), end - 1)
        reached[end] = any(reached[start] and run[start:end] in _STAND_INS for start in starts)
    return reached[-1]
