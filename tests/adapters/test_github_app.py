"""Installation tokens of a GitHub App, and the errors if there is none."""

import logging
import traceback
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local.github.payloads import text
from shared.adapters.github import GitHubRegistrations
from shared.adapters.github_api import GitHubApi
from shared.adapters.github_app import RENEW_BEFORE, AppTokens
from shared.adapters.github_client import GitHubClient
from shared.domain.runner_scope import RunnerScopes
from shared.ports import Deletion, NotNow, Refused, Unavailable
from tests.support.clock import ManualClock
from tests.support.openapi import check_request
from tests.support.scripted import Scripted, scripted
from tests.support.tokens import Held, private_pem, public_pem

KEY_PARAM = "/fleet/app-key"
OCTO = RunnerScopes(organizations=("octo",))
TOKEN = "ghs_that-nobody-may-see"
FIND = ("GET", "/repos/octo/repo/installation")
MINT = ("POST", "/app/installations/42/access_tokens")
NEEDED_401 = "GitHub App 7 and the private key in parameter /fleet/app-key do not belong together"


class Given:
    """An App's tokens, and a server with scripted responses."""

    def __init__(self, server: Scripted, **more: Any) -> None:
        self.server = server
        self.clock = ManualClock()
        self.parameters = Held({KEY_PARAM: private_pem()})
        self.api = GitHubApi(server.url, clock=self.clock, sleep=lambda _: None)
        self.tokens = AppTokens(
            api=self.api,
            parameters=self.parameters,
            key_param=KEY_PARAM,
            app_id="7",
            clock=self.clock,
            **more,
        )

    def will_mint(self, token: str = TOKEN) -> None:
        expires_at = text(self.clock.now() + timedelta(hours=1))
        self.server.will(201, {"token": token, "expires_at": expires_at})

    def will_find(self) -> None:
        self.server.will(200, {"id": 42})

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path, _, _ in self.server.asked]

    def bearer(self, number: int) -> str:
        return self.server.asked[number][3]["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


@pytest.fixture
def given(server: Scripted) -> Iterator[Given]:
    made = Given(server)
    yield made
    made.api.close()


def _claims(token: str, key: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = jwt.decode(
        token,
        public_pem(key),
        algorithms=["RS256"],
        options={"verify_exp": False, "verify_iat": False},
    )
    return told


@pytest.mark.parametrize(
    ("organizations", "where"), [((), "/repos/octo/repo"), (("acme", "Octo"), "/orgs/Octo")]
)
def test_the_installation_is_found_and_its_token_asked_for_as_github_describes(
    server: Scripted, organizations: tuple[str, ...], where: str
) -> None:
    given = Given(server, scopes=RunnerScopes(organizations=organizations))
    given.will_find()
    given.will_mint()
    assert given.tokens.token("octo/repo") == TOKEN
    given.api.close()
    assert given.asked == [("GET", f"{where}/installation"), MINT]
    for method, path, body, _ in server.asked:
        check_request(method, path, body)
    now = given.clock.now().timestamp()
    claims = [_claims(given.bearer(number)) for number in range(2)]
    assert claims[1] == {"iss": "7", "iat": now - 60, "exp": now + 540, "jti": claims[1]["jti"]}
    assert UUID(claims[1]["jti"])
    assert jwt.get_unverified_header(given.bearer(0))["alg"] == "RS256"


def test_a_configured_installation_is_not_looked_up(server: Scripted) -> None:
    given = Given(server, installation_id=42)
    given.will_mint()
    assert given.tokens.token("octo/repo") == TOKEN
    given.api.close()
    assert given.asked == [MINT]


def test_a_token_is_kept_until_shortly_before_it_expires(given: Given) -> None:
    given.will_find()
    given.will_mint("first")
    assert given.tokens.token("octo/repo") == "first"
    given.clock.advance(3600 - RENEW_BEFORE.total_seconds() - 1)
    assert given.tokens.token("octo/repo") == "first"
    given.clock.advance(1)
    given.will_find()
    given.will_mint("second")
    assert given.tokens.token("octo/repo") == "second"


def test_a_token_reaches_one_repository_and_may_do_no_more_than_is_needed(given: Given) -> None:
    for token in ("repo's", "other's"):
        given.will_find()
        given.will_mint(token)
    assert given.tokens.token("octo/repo") == "repo's"
    assert given.tokens.token("octo/other") == "other's"
    assert given.tokens.token("Octo/Repo") == "repo's"
    assert [given.server.asked[number][2] for number in (1, 3)] == [
        {
            "permissions": {"administration": "write", "actions": "read"},
            "repositories": [name],
        }
        for name in ("repo", "other")
    ]


def test_a_token_for_an_organization_may_write_its_runners_only(server: Scripted) -> None:
    given = Given(server, scopes=OCTO, installation_id=42)
    given.will_mint()
    assert given.tokens.token("octo/repo") == given.tokens.token("octo/other") == TOKEN
    ((_, _, body, _),) = server.asked
    given.api.close()
    assert body == {"permissions": {"organization_self_hosted_runners": "write", "actions": "read"}}


def test_each_organization_has_its_own_installation_and_token(server: Scripted) -> None:
    given = Given(server, scopes=RunnerScopes(organizations=("octo", "acme")))
    for number, token in ((41, "octo's"), (42, "acme's")):
        server.will(200, {"id": number})
        given.will_mint(token)
    assert given.tokens.token("octo/repo") == "octo's"
    assert given.tokens.token("acme/shop") == "acme's"
    assert given.tokens.token("ACME/site") == "acme's"
    assert given.tokens.token("octo") == "octo's"
    given.api.close()
    assert [path for _, path in given.asked] == [
        "/orgs/octo/installation",
        "/app/installations/41/access_tokens",
        "/orgs/acme/installation",
        "/app/installations/42/access_tokens",
    ]


def test_a_rejected_token_of_one_organization_leaves_that_of_another(server: Scripted) -> None:
    given = Given(server, scopes=RunnerScopes(organizations=("octo", "acme")))
    for token in ("octo's", "acme's"):
        given.will_find()
        given.will_mint(token)
    assert [given.tokens.token(f"{owner}/x") for owner in ("octo", "acme")] == ["octo's", "acme's"]
    assert given.tokens.forget("octo/other") is True
    assert given.tokens.token("acme/x") == "acme's"
    assert given.tokens.forget("octo/other") is False
    given.api.close()


def test_a_repository_of_no_listed_organization_has_a_token_of_its_own(server: Scripted) -> None:
    given = Given(server, scopes=OCTO)
    given.will_find()
    given.will_mint()
    assert given.tokens.token("me/shop") == TOKEN
    given.api.close()
    assert given.asked == [("GET", "/repos/me/shop/installation"), MINT]


@pytest.mark.parametrize("length", [40, 255, 520, 4000])
def test_a_token_may_be_of_any_length(given: Given, length: int) -> None:
    """Tokens of the form `ghs_APPID_JWT` have about 520 characters, others 40.

    Source: GitHub Docs, "Generating an installation access token for a GitHub App".
    """
    token = "ghs_7_eyJh.eyJp-x_y.".ljust(length, "a")
    given.will_find()
    given.will_mint(token)
    given.server.will(204, None)
    client = GitHubRegistrations(GitHubClient(api=given.api, tokens=given.tokens))
    assert client.delete("octo/repo", 23) is Deletion.DELETED
    assert given.bearer(2) == token


def test_an_installation_that_does_not_grant_to_read_jobs_is_asked_for_less(given: Given) -> None:
    given.will_find()
    message = "The permissions requested are not granted to this installation."
    given.server.will(422, {"message": message})
    given.will_mint()
    assert given.tokens.token("octo/repo") == TOKEN
    bodies = [body for _, path, body, _ in given.server.asked if "access_tokens" in path]
    assert [body["permissions"] for body in bodies] == [
        {"administration": "write", "actions": "read"},
        {"administration": "write"},
    ]


READ_JOBS, WRITE_STATUSES = {"actions": "read"}, {"statuses": "write"}
OPTIONAL: tuple[dict[str, str], ...] = (
    READ_JOBS | WRITE_STATUSES,
    READ_JOBS,
    WRITE_STATUSES,
    {},
)


@pytest.mark.parametrize("granted", range(len(OPTIONAL)))
def test_a_fleet_with_commit_statuses_requests_what_the_installation_grants(
    server: Scripted, granted: int
) -> None:
    given = Given(server, installation_id=42, statuses=True)
    for _ in range(granted):
        server.will(422, {"message": "The permissions requested are not granted."})
    given.will_mint("first")
    assert given.tokens.token("octo/repo") == "first"
    given.clock.advance(3600)
    given.will_mint("second")
    assert given.tokens.token("octo/repo") == "second"
    given.api.close()
    asked = [body["permissions"] for _, _, body, _ in server.asked]
    expected = [{"administration": "write", **one} for one in OPTIONAL[: granted + 1]]
    assert asked == [*expected, expected[-1]], "what is granted is remembered"


def test_a_fleet_that_cancels_or_repeats_runs_requests_to_write_actions_or_else_to_read_them(
    server: Scripted,
) -> None:
    given = Given(server, installation_id=42, writes_actions=True)
    server.will(422, {"message": "The permissions requested are not granted."})
    given.will_mint()
    given.tokens.token("octo/repo")
    given.api.close()
    asked = [body["permissions"] for _, _, body, _ in server.asked]
    assert asked == [{"administration": "write", "actions": level} for level in ("write", "read")]


def test_an_installation_that_grants_nothing_is_refused_in_the_end(server: Scripted) -> None:
    given = Given(server, installation_id=42, statuses=True)
    for _ in OPTIONAL:
        server.will(422, {"message": "The permissions requested are not granted."})
    with pytest.raises(Refused, match="422"):
        given.tokens.token("octo/repo")
    given.api.close()


def test_a_token_that_github_takes_no_more_is_replaced_once(given: Given) -> None:
    client = GitHubRegistrations(GitHubClient(api=given.api, tokens=given.tokens))
    given.will_find()
    given.will_mint("first")
    given.server.will(401, {"message": "Bad credentials"})
    given.will_find()
    given.will_mint("second")
    given.server.will(204)
    assert client.delete("octo/repo", 23) is Deletion.DELETED
    assert [given.bearer(number) for number in (2, 5)] == ["first", "second"]
    given.server.will(401, {"message": "Bad credentials"})
    given.will_find()
    given.will_mint("third")
    given.server.will(401, {"message": "Bad credentials"})
    with pytest.raises(NotNow, match="401 Bad credentials"):
        client.delete("octo/repo", 23)


def test_the_key_is_parsed_again_only_when_the_parameters_text_changes(given: Given) -> None:
    first = given.tokens._identity._key()
    assert given.tokens._identity._key() is first
    given.parameters.texts[KEY_PARAM] = private_pem(1)
    given.will_find()
    given.will_mint()
    given.tokens.token("octo/repo")
    assert given.tokens._identity._key() is not first
    assert _claims(given.bearer(0), key=1)["iss"] == "7"


def _of_another_kind() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    "malformed",
    [
        "hunter2",
        private_pem().replace("\n", r"\n"),
        private_pem()[:900],
        public_pem(),
        _of_another_kind(),
        "ключ",
    ],
    ids=["a word", "breaks spelt out", "cut off", "a public key", "not RSA", "not ASCII"],
)
def test_a_malformed_key_is_refused_in_words_that_do_not_quote_it(
    given: Given, malformed: str
) -> None:
    given.parameters.texts[KEY_PARAM] = malformed
    with pytest.raises(NotNow, match=r"/fleet/app-key holds no key.*allowed: an RSA") as caught:
        given.tokens.token("octo/repo")
    told = "".join(traceback.format_exception(caught.value))
    assert not any(line in told for line in malformed.splitlines())


def test_an_empty_key_is_refused(given: Given) -> None:
    given.parameters.texts[KEY_PARAM] = "\n"
    with pytest.raises(NotNow, match="is empty; it must hold a GitHub App's private key"):
        given.tokens.token("octo/repo")


REFUSALS = [
    (401, "A JSON web token could not be decoded", NEEDED_401, NotNow),
    (404, "Integration not found", NEEDED_401, NotNow),
    (404, "Not Found", "App 7 is not installed on octo/repo; needed: an installation on", Refused),
    (403, "Forbidden", "403 Forbidden", Refused),
]


@pytest.mark.parametrize(("status", "message", "told", "kind"), REFUSALS)
def test_what_is_needed_is_told_and_only_an_app_that_is_not_installed_refuses_the_job(
    given: Given, status: int, message: str, told: str, kind: type[Exception]
) -> None:
    given.server.will(status, {"message": message})
    with pytest.raises(kind, match=told) as caught:
        given.tokens.token("octo/repo")
    assert f"{status} {message}" in str(caught.value)


def test_an_organization_without_the_app_is_named(server: Scripted) -> None:
    given = Given(server, scopes=RunnerScopes(organizations=("acme",)))
    server.will(404, {"message": "Not Found"})
    with pytest.raises(Refused, match=r"not installed on acme; needed: .* self-hosted runners"):
        given.tokens.token("acme/repo")
    given.api.close()


def test_a_configured_installation_that_is_none_is_named(server: Scripted) -> None:
    given = Given(server, installation_id=42)
    server.will(404, {"message": "Not Found"})
    with pytest.raises(Refused, match="GitHub App 7 has no installation 42"):
        given.tokens.token("octo/repo")
    given.api.close()


def test_a_suspended_installation_says_so(given: Given) -> None:
    given.will_find()
    given.server.will(403, {"message": "This installation has been suspended"})
    with pytest.raises(Refused, match="403 This installation has been suspended"):
        given.tokens.token("octo/repo")


def test_limits_and_outages_are_waited_out(given: Given) -> None:
    given.server.will(429, {"message": "no"}, retry_after="17")
    with pytest.raises(Unavailable, match="429") as caught:
        given.tokens.token("octo/repo")
    assert caught.value.retry_after == 17
    given.clock.advance(17)
    given.will_find()
    given.server.will(502, {"message": "down"})
    with pytest.raises(Unavailable, match="502 down"):
        given.tokens.token("octo/repo")


def test_no_secret_is_ever_told(given: Given, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    others = [(503, "down"), (200, "another shape")]
    for status, message in [*(one[:2] for one in REFUSALS), *others]:
        given.server.will(status, {"message": message})
        with pytest.raises((Refused, Unavailable)) as caught:
            given.tokens.token("octo/repo")
        told += [*traceback.format_exception(caught.value), repr(caught.value)]
    given.will_find()
    given.will_mint()
    given.tokens.token("octo/repo")
    told += [repr(given.tokens), repr(given.tokens._kept), caplog.text]
    proofs = {given.bearer(number) for number in range(len(given.asked))}
    secrets = {TOKEN, *private_pem().splitlines()[1:-1], *proofs}
    assert caplog.text
    assert not any(secret in one for secret in secrets for one in told)
