"""SSM's calls as `shared.adapters.ssm` makes them, in the place of boto3's client."""

from typing import Any

from shared.adapters.aws_json.client import Api, JsonClient

API = Api("ssm", "AmazonSSM", "1.1")


class JsonSsm:
    """A client of SSM. Its method has the parameters and the response of boto3's."""

    def __init__(self, client: JsonClient) -> None:
        self._client = client

    def get_parameters(self, **request: Any) -> dict[str, Any]:
        """See boto3's `SSM.Client.get_parameters`.

        Raises:
            AnsweredError, NoAnswerError.
        """
        return self._client.call("GetParameters", request)
