"""An App to which GitHub gives no webhook secret gets one of ours."""

from cli.github_app.api import Created
from cli.github_app.creation import _keep
from cli.github_app.store import places_of
from shared.adapters.github_api import GitHubApi
from tests.cli.support import StoredSecrets
from tests.support.scripted import scripted
from tests.support.tokens import private_pem


def test_a_secret_that_github_did_not_make_is_made_and_set() -> None:
    app = Created(id=7, name="a", html_url="https://a", pem=private_pem(), webhook_secret=None)
    secrets, places = StoredSecrets(), places_of("fleet", None, None, None, overwrite=False)
    with scripted() as server:
        server.will(200, {})
        api = GitHubApi(server.url)
        _keep(app, places, api, secrets, lambda _step, _error: False)
        api.close()
        ((method, path, body, _),) = server.asked
    assert (method, path) == ("PATCH", "/app/hook/config")
    assert body["secret"] == secrets.values[places.webhook_secret]
    assert len(body["secret"]) >= 43
