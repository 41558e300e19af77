"""Filters: what is waved through and, as important, what is not. Sample secrets are composed, never literal."""

import base64
import random
import string

import pytest

from gitshield.rules.candidate import Candidate
from gitshield.rules.filters import FILTERS, is_waved_through
from gitshield.rules.filters_shape import entropy, is_dull, is_identifier, is_sequence
from gitshield.rules.filters_words import is_stand_in, pieces, reads_like_word, word_share
from gitshield.rules.rule import Rule

ALNUM = string.ascii_letters + string.digits
HUMAN = "Bat" + "tle7" + "Horn!"
TOKEN = "q7Zk" + "W2xB" * 4 + "t9Lm" + "0aRv"


def candidate(value: str, *, name: str = "password", path: str = "src/app.py", before: str = "", after: str = "") -> Candidate:
    """A candidate as a rule with a group `name` gives it: `name = "value"`."""
    prefix = f'{before}{name} = "'
    data = (prefix + value + '"' + after).encode()
    start, end = len(prefix.encode()), len(prefix.encode()) + len(value.encode())
    return Candidate(Rule("r", "", "", "role"), data, start, end, 0, len(data), path, name.encode())


def waves(filter_name: str, value: str, **context: str) -> bool:
    return FILTERS[filter_name](candidate(value, **context))


class TestPlaceholder:
    def test_a_random_token_is_never_a_placeholder(self) -> None:
        draw = random.Random(7)
        tokens = ["".join(draw.choices(ALNUM, k=40)) for _ in range(3000)]
        assert [token for token in tokens if waves("placeholder", token)] == []

    @pytest.mark.parametrize("word", ["fake", "todo", "abcd", "test", "your", "dummy"])
    def test_a_short_word_inside_a_token_does_not_make_it_one(self, word: str) -> None:
        assert not waves("placeholder", "9kQ" + word + "X7bR2mWc8RpY5sDf")

    @pytest.mark.parametrize(
        "value", ["AKIA" + "IOSFODNN7EXAMPLE", "ghp_" + "x" * 36, "YOUR_API_KEY", "sk-fake-0001", "<token>", "changeme", "********"]
    )
    def test_what_says_that_it_stands_for_another_value_is_one(self, value: str) -> None:
        assert waves("placeholder", value)


class TestPassword:
    @pytest.mark.parametrize("value", [HUMAN, "hunter" + "2", "qx" + "zvw8", "dragon" + "77", "P4$$" + "w0rd!", "9" + "283746152"])
    def test_a_weak_human_password_counts_in_a_configuration(self, value: str) -> None:
        assert not waves("unlike-password", value, path="config/app.ini")

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "null",
            "changeme",
            "password",
            "${DB_PASSWORD}",
            "{{ vault.password }}",
            "%(password)s",
            "<%= password %>",
            "#{password}",
            "$DB_PASSWORD",
            "@PASSWORD@",
            "__PASSWORD__",
            "<password>",
            "os.environ['X']",
            "process.env.PASS",
            "secrets.DB_PASS",
            "vault:secret/db#pw",
            "ENC[AES256_GCM,x]",
            "config.get(1)",
            "/run/secrets/db",
            "https://x.org/reset",
            "xxxxxxxx",
            "*****",
            "[a-z0-9]+",
            "Contraseña",
            r"Salas\u00f5na",
            "passwordField",
            "new-password-input",
            "user@corp.net",
            "1.3.6.1.4.1.4203",
        ],
    )
    def test_what_a_reviewer_waves_through_does_not(self, value: str) -> None:
        assert waves("unlike-password", value)
        assert waves("unlike-password", value, path="deploy/app.ini")

    @pytest.mark.parametrize("value", ["test" + "123", "secret" + "1", "abc" + "123", "Passw" + "0rd", "pass" + "1"])
    def test_a_weak_one_in_a_test_does_not(self, value: str) -> None:
        assert waves("unlike-password", value, path="tests/test_login.py")
        assert not waves("unlike-password", value, path="config/app.ini")

    def test_a_real_looking_one_in_a_test_does(self) -> None:
        assert not waves("unlike-password", HUMAN, path="tests/test_login.py")

    @pytest.mark.parametrize("name", ["password_label", "passwordHint", "forgot_password", "password_min_length", "PWD", "passwordUrl"])
    def test_something_about_a_password_is_none(self, name: str) -> None:
        assert waves("unlike-password", HUMAN, name=name)

    def test_the_label_of_a_translation_is_none(self) -> None:
        assert waves("unlike-password", "Wachtwoord", path="locales/nl.json")
        assert waves("unlike-password", "Heslo", path="config_cs.properties")

    def test_a_hash_is_left_to_the_rules_for_hashes(self) -> None:
        assert waves("unlike-password", "$2b$12$" + "abCD9" * 10 + "xyz")


class TestToken:
    @pytest.mark.parametrize("value", [TOKEN, "0f3a9c" + "71e5b2d8" * 3, "kq" + "zwvrtpxjmnbvc" + "lkhq"])
    def test_what_a_program_made_counts(self, value: str) -> None:
        assert not waves("unlike-token", value, name="api_token")

    @pytest.mark.parametrize(
        "value",
        ["my-access-token", "bearer", "1234567890123456", "keyword.operator", "application/json", "abcdefghijklmnop", "com.corp.AppToken"],
    )
    def test_words_numbers_and_sequences_do_not(self, value: str) -> None:
        assert waves("unlike-token", value, name="token")

    @pytest.mark.parametrize(
        "name",
        ["public_key", "primary_key", "cache_key", "token_type", "tokenizer", "api_key_id", "keyboard", "nextPageToken", "csrf_token"],
    )
    def test_a_name_that_is_of_no_secret_does_not(self, name: str) -> None:
        assert waves("unlike-token", TOKEN, name=name)

    def test_a_uuid_counts_only_under_the_name_of_a_secret(self) -> None:
        value = "1b9d6bcd-bbfd-4b2d-" + "9b5d-ab8dfbbd4bed"
        assert waves("unlike-token", value, name="object_key")
        assert not waves("unlike-token", value, name="client_secret")

    def test_a_digest_of_something_public_does_not(self) -> None:
        assert waves("public-digest", "9f86d081" * 8, name="sha256")
        assert not waves("public-digest", "9f86d081" * 8, name="api_key")


class TestOthers:
    def test_the_default_password_of_a_url_is_none(self) -> None:
        assert waves("unlike-url-password", "postgres", before="//", name="postgres")
        assert waves("unlike-url-password", HUMAN, after="") is False

    def test_basic_credentials_are_judged_by_their_password(self) -> None:
        def encoded(text: str) -> str:
            return base64.b64encode(text.encode()).decode()

        assert not waves("unlike-basic", encoded("bob:" + HUMAN))
        assert waves("unlike-basic", encoded("user:password"))
        assert waves("unlike-basic", "authentication")

    def test_base64_of_a_text_that_is_no_secret_is_none(self) -> None:
        for text in (
            "password",
            "admin_password",
            "-----BEGIN CERTIFICATE-----\nMIID\n",
            "-----BEGIN X KEY-----\n-----END X KEY-----",
            "${TOKEN}",
        ):
            assert waves("unlike-token", base64.b64encode(text.encode()).decode(), name="tls.key", path="secret.yaml"), text
        kept = base64.b64encode(f"{HUMAN}-{TOKEN}".encode()).decode()
        assert not waves("unlike-token", kept, name="tls.key", path="secret.yaml")

    def test_a_public_key_in_base64_is_no_secret(self) -> None:
        for key in (
            "MIGeMA0GCSqGSIb3DQEBAQUAA4GM" + TOKEN,
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" + TOKEN,
            "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" + TOKEN,
        ):
            assert waves("unlike-secret", key, name="SECRET", path="app.php"), key

    def test_the_user_of_a_url_who_is_called_username_has_no_password(self) -> None:
        def url(user: str) -> Candidate:
            text = f"https://{user}:{HUMAN}@db.acme.net/".encode()
            at = text.index(HUMAN.encode())
            return Candidate(Rule("r", "", "", "role"), text, at, at + len(HUMAN), at, at + len(HUMAN), "app.yml")

        assert FILTERS["unlike-url-password"](url("username"))
        assert not FILTERS["unlike-url-password"](url("deploy"))

    def test_a_role_is_judged_by_its_name(self) -> None:
        assert not waves("unlike-role", "dragon" + "77", name="DB_PASSWORD", path=".env")
        assert waves("unlike-role", "dragon" + "77", name="API_TOKEN", path=".env")

    def test_a_phrase_that_repeats_its_words_is_not_drawn(self) -> None:
        assert waves("few-words", "test " * 11 + "junk")
        assert not waves("few-words", "alder brick cloud drift ember flint grove heron inlet jewel knoll larch")

    def test_every_filter_takes_any_bytes(self) -> None:
        for value in ("", "\x00", "é", "=" * 9, "a" * 5000, "%", ":", "//"):
            for name in FILTERS:
                assert FILTERS[name](candidate(value)) in (True, False)

    def test_entropy_of_a_rule_must_be_exceeded(self) -> None:
        rule = Rule("r", "", "", "role", entropy=1.0)
        assert is_waved_through(Candidate(rule, b"abab", 0, 4, 0, 4))
        assert not is_waved_through(Candidate(rule, b"abcd", 0, 4, 0, 4))


class TestWords:
    def test_pieces_part_at_camel_case_and_marks(self) -> None:
        assert pieces(b"JWTSecret_key-2Name") == [b"JWT", b"Secret", b"key", b"Name"]

    def test_words_read_like_words_and_random_letters_do_not(self) -> None:
        draw = random.Random(3)
        drawn = ["".join(draw.choices(string.ascii_lowercase, k=9)).encode() for _ in range(500)]
        assert sum(map(reads_like_word, drawn)) < 50
        assert all(map(reads_like_word, b"configuration keyboard monkey required horse battery staple translation".split()))

    def test_stand_ins_are_seen_through_leet_digits_and_glue(self) -> None:
        assert all(map(is_stand_in, b"Passw0rd! my-secret-123 testpassword p@ssw0rd s3cr3t rootroot".split()))
        assert not any(map(is_stand_in, b"hunter2 dragon77 qxzvw8".split()))

    def test_shares_and_shapes(self) -> None:
        assert word_share(b"") == 0.0 == entropy(b"")
        assert word_share(b"user_name") == 1.0
        assert is_identifier(b"spring.datasource-name")
        assert not is_identifier(TOKEN.encode())
        assert is_sequence(b"qwertyuiop")
        assert is_sequence(b"9x-mnopqrstu-7Zq2")
        assert is_dull(b"short1")


class TestPublicByDefinition:
    @pytest.mark.parametrize("name", ["GPG_KEY", "PGP_KEY"])
    def test_the_fingerprint_of_a_signing_key_is_public(self, name: str) -> None:
        assert waves("public-digest", "9f86d081" * 5, name=name)

    def test_the_same_digits_under_another_name_of_a_key_are_not(self) -> None:
        assert not waves("public-digest", "9f86d081" * 5, name="API_KEY")

    @pytest.mark.parametrize("name", ["data-sitekey", "siteKey", "RECAPTCHA_SITE_KEY"])
    def test_the_key_that_a_page_shows_is_public(self, name: str) -> None:
        assert waves("unlike-token", TOKEN, name=name)

    def test_the_recipient_of_age_is_public(self) -> None:
        recipient = "age1" + "ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
        assert waves("unlike-token", recipient, name="key")

    @pytest.mark.parametrize("value", ["required|string|min:8|confirmed", "nullable|min:8", "sometimes|confirmed"])
    def test_the_rules_that_a_field_is_checked_by_are_no_password(self, value: str) -> None:
        assert waves("unlike-password", value)
