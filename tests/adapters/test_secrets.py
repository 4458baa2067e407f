"""Secrets that are not valid in a header: the error names their parameter and never quotes them."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from urllib3.exceptions import ProtocolError

from functions.ingest.known_secrets import checked
from shared.adapters.github import GitHubRegistrations, _Minted, _Runner
from shared.adapters.github_api import GitHubApi
from shared.adapters.github_app import AppTokens
from shared.adapters.github_client import GitHubClient
from shared.adapters.github_tokens import PersonalToken, Tokens
from shared.ports import NotNow, Refused, Unavailable
from tests.support.tokens import Held, private_pem

MARK = "s3cr3t-mark"
SPOILT = ["line\nbreak", "carriage\rreturn", "nul\x00", "t\tab", "c\x851", "sp ace", "ümlaut"]


class Pool:
    """Connections with scripted responses, or that fail with a text that quotes the headers."""

    def __init__(self, *answers: tuple[int, bytes] | type[Exception]) -> None:
        self._answers = list(answers)
        self.tokens: list[str] = []

    def request(self, _method: str, _url: str, *, headers: Any, **_: Any) -> Any:
        self.tokens.append(headers["Authorization"].removeprefix("Bearer "))
        answer = self._answers.pop(0)
        if isinstance(answer, tuple):
            return urllib3.HTTPResponse(body=answer[1], status=answer[0])
        raise answer(f"Invalid header value {headers['Authorization'].encode()!r}")

    def clear(self) -> None:
        """Do nothing: there is no connection."""


def _text(error: BaseException) -> str:
    """Return all text that a log would contain of the error."""
    return "".join(traceback.format_exception(error)) + repr(error)


def _registrations(pool: Pool, tokens: Tokens | None = None) -> GitHubRegistrations:
    api = GitHubApi("https://api.github.test", connect=lambda: pool, sleep=lambda _: None)
    held = Held({"/fleet/token": MARK})
    token = tokens or PersonalToken(parameters=held, name="/fleet/token")
    return GitHubRegistrations(GitHubClient(api=api, tokens=token))


def _app(pool: Pool, key: str | None = None) -> AppTokens:
    return AppTokens(
        api=GitHubApi("https://api.github.test", connect=lambda: pool, sleep=lambda _: None),
        parameters=Held({"/fleet/key": private_pem() if key is None else key}),
        key_param="/fleet/key",
        app_id="1",
        installation_id=2,
    )


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_token_that_can_not_be_sent_is_refused_by_name_when_it_is_read(spoilt: str) -> None:
    pool = Pool()
    token = PersonalToken(parameters=Held({"/fleet/token": MARK + spoilt}), name="/fleet/token")
    with pytest.raises(NotNow, match="parameter /fleet/token holds no token; allowed") as raised:
        _registrations(pool, token).find("octo/repo", "fleet-7-1")
    assert MARK not in _text(raised.value)
    assert pool.tokens == []


def test_a_token_whose_parameter_is_missing_refuses_no_job() -> None:
    """An operator has to correct it; the job waits."""
    token = PersonalToken(parameters=Held({}), name="/fleet/token")
    with pytest.raises(NotNow, match="no parameter /fleet/token"):
        token.token("octo/repo")


def test_a_minted_config_is_not_shown_by_its_representation() -> None:
    minted = _Minted(runner=_Runner(id=1, name="fleet-7-1"), encoded_jit_config=MARK)
    assert repr(minted) == f"_Minted(runner={minted.runner}, encoded_jit_config=…)"


def test_a_line_break_after_a_token_does_no_harm() -> None:
    token = PersonalToken(parameters=Held({"/fleet/token": f" {MARK}\n"}), name="/fleet/token")
    assert token.token("octo/repo") == MARK


@pytest.mark.parametrize("spoilt", ["\n", "\r\n", "\x00", "\x85"])
def test_a_webhook_secret_with_a_control_character_is_refused_by_name(spoilt: str) -> None:
    with pytest.raises(Refused, match="parameter /fleet/secret holds a control") as raised:
        checked({"/fleet/old": "fine, ümlaut", "/fleet/secret": MARK + spoilt})
    assert MARK not in _text(raised.value)


@pytest.mark.parametrize("failure", [ProtocolError, ValueError, UnicodeError])
def test_a_failure_of_the_http_library_that_quotes_the_token_is_told_without_it(
    failure: type[Exception],
) -> None:
    with pytest.raises((Unavailable, Refused), match="GitHub: ") as raised:
        _registrations(Pool(*[failure] * 3)).delete("octo/repo", 1)
    assert MARK not in _text(raised.value)


ANSWERS: dict[str, Callable[[GitHubRegistrations], object]] = {
    "a config with a line break": lambda one: one.mint("octo/repo", "fleet-7-1", []),
    "a list of another shape": lambda one: one.find("octo/repo", "fleet-7-1"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_of_another_shape_is_not_quoted(name: str) -> None:
    body = b'{"runner": {"id": 1}, "encoded_jit_config": "%s\\n", "runners": "%s"}'
    pool = Pool((200, body % (MARK.encode(), MARK.encode())))
    with pytest.raises(Unavailable, match="another shape") as raised:
        ANSWERS[name](_registrations(pool))
    assert MARK not in _text(raised.value)


MINTED = b'{"token": "%s", "expires_at": "2999-01-01T00:00:00Z"}'


@pytest.mark.parametrize(
    "answer",
    [
        (201, MINTED % f"{MARK}\\n".encode()),
        (201, MINTED % f"{MARK}é".encode()),
        (201, b'{"token": "%s"}' % MARK.encode()),
        (401, b"{}"),
        (404, b"{}"),
        (422, b"{}"),
        (500, b"{}"),
        ProtocolError,
        ValueError,
    ],
)
def test_no_failure_of_an_apps_authentication_quotes_its_key_its_proof_or_its_token(
    answer: Any,
) -> None:
    pool = Pool(*[answer] * 3)
    with pytest.raises((Unavailable, Refused)) as raised:
        _app(pool).token("octo/repo")
    text = _text(raised.value)
    assert MARK not in text
    assert pool.tokens[0] not in text
    assert private_pem().splitlines()[1] not in text


@pytest.mark.parametrize("key", [MARK, private_pem()[:200]], ids=["text", "half a key"])
def test_a_key_that_can_not_be_read_is_refused_by_name_without_its_text(key: str) -> None:
    with pytest.raises(NotNow, match="parameter /fleet/key") as raised:
        _app(Pool(), key).token("octo/repo")
    assert key.splitlines()[-1] not in _text(raised.value)


@pytest.mark.parametrize("length", [40, 93, 255, 520, 4000])
def test_a_personal_token_may_be_of_any_length(length: int) -> None:
    text = "github_pat_".ljust(length, "a")
    pool = Pool((200, b'{"total_count": 0, "runners": []}'))
    token = PersonalToken(parameters=Held({"/fleet/token": text}), name="/fleet/token")
    api = GitHubApi("https://api.github.test", connect=lambda: pool)
    client = GitHubClient(api=api, tokens=token)
    assert GitHubRegistrations(client).find("octo/repo", "fleet-7-1") is None
    assert pool.tokens == [text]
