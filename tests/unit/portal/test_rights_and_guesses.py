"""What a role may do, how long a guess waits, which codes count: pure questions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyotp.totp import TOTP

from portal.people import codes, passwords, throttle, tokens
from portal.people.roles import OPERATOR_ROLES, RIGHTS, ROLES, SCOPES, SPOKEN, rights_of, role_named, scopes_named
from portal.people.throttle import Failures
from store.base.errors import BadInput

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def test_every_right_of_a_role_is_a_right() -> None:
    assert rights_of(ROLES) <= set(RIGHTS)
    assert set(RIGHTS) >= SCOPES
    assert set(SPOKEN) == {*ROLES, *OPERATOR_ROLES}


def test_an_accountant_sees_money_and_no_call() -> None:
    rights = rights_of(["comptable"])
    assert "invoices" in rights
    assert not rights & {"calls", "transcripts", "audio", "numbers", "home"}


def test_a_reader_hears_nothing_and_sees_numbers_masked() -> None:
    assert rights_of(["lecteur"]) & {"calls", "transcripts", "audio", "numbers"} == {"calls", "transcripts"}


def test_only_the_holder_pays_orders_and_manages_the_team() -> None:
    for right in ("order", "team", "keys", "journal"):
        assert [role for role in ROLES if right in ROLES[role]] == ["titulaire"]


def test_roles_add_up_and_an_unknown_one_gives_nothing() -> None:
    assert rights_of(["lecteur", "comptable"]) == ROLES["lecteur"] | ROLES["comptable"]
    assert rights_of(["nobody"]) == frozenset()


def test_a_role_is_read_with_its_accent_or_without() -> None:
    assert role_named("Rédacteur") == role_named("redacteur") == "redacteur"
    with pytest.raises(BadInput, match="is no role"):
        role_named("root")


def test_a_key_is_given_scopes_that_are_some() -> None:
    assert scopes_named(["invoices", "calls", "calls"]) == ["calls", "invoices"]
    for wrong in (["team"], [], ["calls", ""]):
        with pytest.raises(BadInput):
            scopes_named(wrong)


def test_the_first_guesses_are_free() -> None:
    assert throttle.wait(Failures(4, NOW), 5, NOW) == timedelta(0)


@given(st.integers(5, 10_000), st.integers(0, 86_399))
def test_a_wait_ends_by_itself_and_is_never_longer_than_a_quarter_of_an_hour(count: int, seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)
    left = throttle.wait(Failures(count, NOW), 5, at)
    assert timedelta(0) <= left <= throttle.LONGEST
    assert throttle.wait(Failures(count, NOW), 5, at + left) == timedelta(0)


@given(st.integers(5, 1000))
def test_more_failures_never_wait_less(count: int) -> None:
    assert throttle.wait(Failures(count + 1, NOW), 5, NOW) >= throttle.wait(Failures(count, NOW), 5, NOW)


def test_a_day_later_the_failures_are_forgotten() -> None:
    assert throttle.wait(Failures(500, NOW), 5, NOW + throttle.FORGOTTEN) == timedelta(0)


def test_a_code_counts_once_and_a_neighbouring_one_passes() -> None:
    secret = codes.new_secret()
    step = int(NOW.timestamp()) // codes.STEP
    for near in (-1, 0, 1):
        code = TOTP(secret).generate_otp(step + near)
        assert codes.taken(secret, code, 0, NOW) == step + near
        assert codes.taken(secret, code, step + near, NOW) is None
    assert codes.taken(secret, TOTP(secret).generate_otp(step + 2), 0, NOW) is None
    assert codes.taken(secret, "", 0, NOW) is None


def test_recovery_codes_differ_and_are_read_however_they_are_spaced() -> None:
    made = codes.recovery()
    assert len(set(made)) == codes.CODES
    assert codes.recovery_digest(made[0]) == codes.recovery_digest(made[0].replace("-", " ").upper())


def test_a_password_is_checked_and_so_is_nobodys() -> None:
    stored = passwords.hashed("quatre mots pour entrer")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert passwords.right(stored, "quatre mots pour entrer")
    assert not passwords.right(stored, "quatre mots pour sortir")
    assert not passwords.right(None, "quatre mots pour entrer")


@pytest.mark.parametrize("weak", ["", "court", "aaaaaaaaaaaaaaaa", "claire@cabinet.fr", "x" * 201])
def test_a_password_that_is_guessed_may_not_be_chosen(weak: str) -> None:
    with pytest.raises(BadInput):
        passwords.chosen(weak, "claire@cabinet.fr")


def test_a_forms_token_is_its_sessions_and_tells_nothing_of_it() -> None:
    one, other = tokens.new_token(), tokens.new_token()
    assert tokens.form_token(one) != tokens.form_token(other)
    assert one not in tokens.form_token(one)
    assert len(tokens.digest(one)) == 32
