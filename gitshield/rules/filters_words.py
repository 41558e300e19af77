"""Words: whether a run of letters reads like language, and which words people write where a secret would stand.

There is no dictionary here. How well two letters follow each other in English and in programmers' names is graded, and a run
whose grades are good on average reads like a word; a random one hardly ever does.
"""

import re
from itertools import pairwise
from typing import Final

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

# Words and names of techniques that do not read like words.
_ACRONYMS: Final = frozenset(
    b"abc acl aes aka algs always anyway api app apt arg args arn asn aspx authz away awkward aws bashrc bcrypt bg bin "
    b"bitbucket body book box boy bsd btn bug buggy bugs bulk buy buzz bye bytes cb cbc cdn cert cfg cfn cgi cgo checkbox chk "
    b"chrome cli cmd cmds cms cn couchdb cpu crazy crt csr csrf css csv ctl ctrl ctx cvs cwd db dbms dev dir dk dkim dn dns "
    b"doc docker docs dom dotnet dropdown dsa dsl dsn dst dto dynamodb ecdsa ecs edge eks elasticsearch elb emoji enqueue env "
    b"eof err etc evt exc exe ext eye fb fips firefox flaky flyway fmt fn fqdn fs ftp func fuzzy gcp gh gid github gitlab gke "
    b"gmail goodbye gpg gpu grafana graphql grpc gui guid gzip hash hdfs hdr hex hibernate hijack hls hmac hotp html http "
    b"httpd https iam ibm idp idx img impl influxdb init int io ios ip ipv irc iso iv jackson java jdbc jks jms jndi job jobs "
    b"johnson joy jpeg jpg jquery js json jsp judge junit junk jwe jwk jwks jws jwt k8s kafka kbd kdf kek kerberos keycloak "
    b"keyword keywords kms krb ktls kube kubectl kubelet kv kwargs lang lazy ldap ldaps len lib libpq libyaml liquibase lru "
    b"ltd lvl mariadb md mdi memcached mfa mgr mime misc mkdir mongo mq mqtt msdn msg msgs mssql mtls mtu mybatis mysql nfs "
    b"nginx ngrok npm npmrc ns ntlm null num oauth obj objs oci oidc okay onboarding opaque org os otp otpauth outlook pam "
    b"params passwd pbe pbkdf pci pdf pem pfx pgp php phpass pid pkce pkcs pkg pkgs pki png pos ppk prd prev proc prod psk "
    b"psql psw ptr pub pubkey pwd pwsh px pypi qa qr queue quot rabbitmq rdp rds redis regex repo req reqs res rev rfc rgb rpc "
    b"rpm rs rsa rsync ruby saml sasl sbin scm scp scrypt sdk sftp sha sid sig sigv sky sl slug smb sms smtp sns soft spec "
    b"springboot sql sqlite sqrt sqs src srv ssh sshd ssl ssm sso std stdin stdout str struct sts svc svg svn swap symbol "
    b"symbols syms syn sync sys tbl tcp textbox tgz tls tmp totp tpl ts ttl tty txn txt udp ui uid uk uniq unzip upd uri url "
    b"urls usb usr utf util uuid uuids uvx val var vfs vhost vhosts vm void vpc vpn vps vs ways webauthn webpack weekday "
    b"weekly wget why wiki wmi wp wpa ws www xhr xhtml xls xml xmlns xor xsl xss yahoo yaml yml zip zlib zoo zsh zshrc zstd".split()
)
# What people write where a secret would stand, and the words they make such values of.
_STAND_INS: Final = frozenset(
    b"a abc abcd abcde abcdef access account add added admin administrator aes all also an anonymous any anything api app "
    b"application are arg argument as auth authentication authorization aws azure b backup bad bar basic baz bearer before bla "
    b"blah bob bogus bot bucket c care change changed changeit changeme check client cluster code com command common config "
    b"configuration confirm connection consumer content correct crypt current custom customer d data database db default demo "
    b"deploy dev development digest django docker domain dont dummy e ed elastic email empty enc encrypt encrypted encryption "
    b"end enter env environment er error example existing expected external fake field file first fixme foo foobar for from "
    b"ftp fubar generated get git github global goes google guest hash hashed header hello here hidden host id if ignore "
    b"ignored in incorrect ing initial input insecure insert int internal invalid is it jane jenkins joe john joomla jwt key "
    b"keys keystore label laravel ldap local localhost login long lorem mail main manager master me mongo mongodb more my "
    b"mysql name new no none not nothing null number of old on one oops open or oracle org original other owner param "
    b"parameter pass passcode passphrase passw passwd password passwords passwort path pg phrase placeholder plain plaintext "
    b"please postgres postgresql prefix private prod production profile provided proxy public put pw pwd quux qux rabbitmq "
    b"random raw read real redacted redis remote replace replaceme repository required rest right root rsa s sa safe same "
    b"sample sandbox sasl second secret secrets secure security sekret sekrit server service session set sha shared shh shhh "
    b"should sign signing simple site smtp some somebody something source spring sql ssh ssl staging store string strong "
    b"student sub super superuser symfony system target temp template temporary test tested tester testing tests testuser text "
    b"that the this tmp to todo token tokens top toto truststore ttl two type u undefined unknown unsafe unused update updated "
    b"url use used user username users val valid value values var vault very weak web webhook whatever will with word "
    b"wordpress wrong www x xx xxx xyz y yes you your yours z zzz".split()
)
# Plain classes, so that the standard library's engine is linear too; it is several times faster than RE2's on short values.
_PIECES: Final = re.compile(rb"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_RUNS: Final = re.compile(rb"[a-z]+")
_LETTERS_AND_DIGITS: Final = re.compile(rb"[A-Za-z0-9]")
_DIGIT: Final = re.compile(rb"[0-9]")
_LETTER: Final = re.compile(rb"[A-Za-z]")
_LEET: Final = bytes.maketrans(b"013457@$!", b"oieastasi")
_LONGEST_STAND_IN: Final = max(map(len, _STAND_INS))


def has_digit(value: bytes) -> bool:
    """Whether an ASCII digit is in `value`."""
    return _DIGIT.search(value) is not None


def has_letter(value: bytes) -> bool:
    """Whether an ASCII letter is in `value`."""
    return _LETTER.search(value) is not None


def count_digits(value: bytes) -> int:
    """How many ASCII digits are in `value`."""
    return len(_DIGIT.findall(value))


def reads_like_word(run: bytes) -> bool:
    """Whether the letters of `run` follow each other as in language; true for up to two letters and known acronyms."""
    low = run.lower()
    if len(low) <= 2 or low in _ACRONYMS or low in _STAND_INS:
        return True
    if not low.isalpha():
        return False
    total = sum(_GRADES[(first - 97) * 26 + second - 97] for first, second in pairwise(low))
    return total >= _GOOD_GRADE * (len(low) - 1)


def pieces(value: bytes) -> list[bytes]:
    """The runs of ASCII letters in `value` in order, parted at camelCase too (`JWTSecret` is `JWT` and `Secret`)."""
    return _PIECES.findall(value)


def word_share(value: bytes) -> float:
    """Which share of the letters and digits of `value` stands in words of at least three letters; 0.0 for no letters."""
    counted = len(_LETTERS_AND_DIGITS.findall(value))
    return sum(len(run) for run in pieces(value) if len(run) > 2 and reads_like_word(run)) / counted if counted else 0.0


def is_made_of_words(value: bytes) -> bool:
    """Whether the letters of `value` stand in words: nearly all of them in runs that read so, most in runs of more than two."""
    runs = pieces(value)
    total = sum(map(len, runs))
    return (
        sum(len(run) for run in runs if len(run) > 2) > 0.6 * total and sum(len(run) for run in runs if reads_like_word(run)) >= 0.8 * total
    )


def is_stand_in(value: bytes) -> bool:
    """Whether `value` is made only of words that stand where a secret would, in leet spelling and with digits after them too."""
    plain = value.lower().strip(b"0123456789!?.,*#@$%&+=^~:;_-/()<>[]{} ")
    leet = value.lower().strip(b"!?.*#_-").translate(_LEET)
    return any(all(_parts_into_stand_ins(run) for run in runs) for text in (plain, leet) if (runs := _RUNS.findall(text)))


def _parts_into_stand_ins(run: bytes) -> bool:
    """Whether the lower-case `run` is one of the words, or some of them without a gap; words of one letter only stand alone."""
    if run in _STAND_INS:
        return True
    reached = [True] + [False] * len(run)
    for end in range(2, len(run) + 1):
        starts = range(max(0, end - _LONGEST_STAND_IN), end - 1)
        reached[end] = any(reached[start] and run[start:end] in _STAND_INS for start in starts)
    return reached[-1]
