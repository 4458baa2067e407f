"""What goes into the layer: which services' data, which files, which roots; and which Python."""

import ssl
import sys
from pathlib import Path

import pytest

from bundles.bytecode import VARIABLE, interpreter
from bundles.errors import BundleError
from bundles.roots import roots
from bundles.services import CLIENTS, services
from bundles.target import TARGETS
from bundles.trim import is_needed
from shared.adapters import clients

PROJECT = Path(__file__).parents[2]


def _project(directory: Path, text: str) -> Path:
    module = directory / CLIENTS
    module.parent.mkdir(parents=True)
    module.write_text(text)
    return directory


def test_the_services_are_those_that_there_are_clients_of() -> None:
    made = {name for name in vars(clients.Clients) if not name.startswith("_")}
    assert services(PROJECT) == made


def test_a_client_of_a_computed_service_is_refused_with_its_line(tmp_path: Path) -> None:
    project = _project(tmp_path, "name = 'sqs'\nsession.client(name)\n")
    with pytest.raises(BundleError, match=r"clients\.py, line 2: a client of a service by its"):
        services(project)


def test_no_client_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="makes no client"):
        services(_project(tmp_path, ""))


@pytest.mark.parametrize(
    ("path", "stays"),
    [
        ("msgspec/_core.cpython-313-aarch64-linux-gnu.so", True),
        ("six.py", True),
        ("botocore/data/endpoints.json", True),
        ("botocore/data/sqs/2012-11-05/service-2.json.gz", True),
        ("botocore/data/ec2/2016-11-15/service-2.json.gz", False),
        ("botocore/data/sqs/2012-11-05/examples-1.json", False),
        ("boto3/data/sqs/2012-11-05/resources-1.json", False),
        ("boto3/examples/dynamodb.rst", False),
        ("package/tests/test_it.py", False),
        ("msgspec/__init__.pyi", False),
        ("bin/jp.py", False),
        ("boto3-1.44.5.dist-info/METADATA", True),
        ("boto3-1.44.5.dist-info/licenses/LICENSE", True),
        ("boto3-1.44.5.dist-info/RECORD", False),
    ],
)
def test_a_file_stays_if_a_function_can_load_it_or_it_is_a_licence(path: str, stays: bool) -> None:
    assert is_needed(path, {"sqs"}) is stays


def test_the_roots_are_those_of_aws_and_no_others() -> None:
    context = ssl.create_default_context(cadata=roots().decode())
    subjects = [dict(pair for (pair,) in one["subject"]) for one in context.get_ca_certs()]
    names = sorted(one["organizationName"] for one in subjects)
    assert names == ["Amazon"] * 4 + ["Starfield Technologies, Inc."]


def test_a_list_without_one_of_the_roots_is_refused_by_the_roots_name(tmp_path: Path) -> None:
    file = tmp_path / "cacert.pem"
    file.write_bytes(roots().replace(b"# CN=", b"# Subject: CN=").replace(b"CA 3 O", b"CA 9 O"))
    with pytest.raises(BundleError, match="certifi has no root CN=Amazon Root CA 3 O=Amazon:"):
        roots(file)


def test_pip_is_asked_for_wheels_of_lambdas_architectures_and_python() -> None:
    rest = ["--python-version", "3.13", "--implementation", "cp"]
    for name, machine in (("arm64", "aarch64"), ("x86_64", "x86_64")):
        tags = [f"manylinux2014_{machine}", f"manylinux_2_28_{machine}"]
        platforms = ["--platform", tags[0], "--platform", tags[1]]
        assert TARGETS[name].pip_options() == [*platforms, *rest]
    assert TARGETS["local"].pip_options() == []


def test_a_python_of_the_wanted_version_is_found() -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert interpreter(version).version.startswith(f"{version}.")


def test_a_missing_python_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/nowhere/python9.9")
    with pytest.raises(BundleError) as refused:
        interpreter("9.9")
    assert str(refused.value) == (
        "bytecode for Lambda needs Python 9.9, and none was found (looked at /nowhere/python9.9). "
        "Install it, or name one: BUNDLE_PYTHON=/path/to/python9.9"
    )
