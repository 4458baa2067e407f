"""A connection on real sockets: kept alive, opened again, given up; to trusted hosts only."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import AF_INET, SOCK_STREAM, create_server, socket
from threading import Event, Thread
from traceback import format_exception
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.adapters.aws_json import connection
from shared.adapters.aws_json.connection import Connection
from shared.adapters.aws_json.errors import NoAnswerError
from shared.adapters.patience import Patience

LOOPBACK = ip_address("127.0.0.1")
PATIENT = Patience(connect=10, read=10)
NO_HEADER = "a header is not valid"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx-amz-crc32: 7\r\n\r\n{}"
"""A response that leaves the connection open."""

Serve = Callable[[socket], None]


@contextmanager
def _server(serve: Serve, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """The URL of a server that handles one connection after another."""
    listener = create_server(("127.0.0.1", 0), family=AF_INET)
    stopping = Event()

    def run() -> None:
        while not stopping.is_set():
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), accepted:  # the client has gone, or does not trust the server
                if context is None:
                    serve(accepted)
                    continue
                with context.wrap_socket(accepted, server_side=True) as encrypted:
                    serve(encrypted)

    thread = Thread(target=run)
    thread.start()
    try:
        scheme = "https" if context else "http"
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stopping.set()
        with socket(AF_INET, SOCK_STREAM) as last:
            last.connect(listener.getsockname())  # ends `accept`
        listener.close()
        thread.join()


def _answering(times: int, answer: bytes = OK) -> tuple[Serve, list[int]]:
    """Serves so many requests of a connection, and closes it; with their number for each."""
    served: list[int] = []

    def serve(client: socket) -> None:
        for number in range(1, times + 1):
            if not _request(client):
                return
            if number == 1:
                served.append(0)
            served[-1] = number
            client.sendall(answer)

    return serve, served


def _request(client: socket) -> bool:
    """Read a request with the body `{}`. Return whether there was one."""
    received = b""
    while not received.endswith(b"\r\n\r\n{}"):
        if not (more := client.recv(65536)):
            return False
        received += more
    return True


def test_a_connection_is_kept_for_the_next_request() -> None:
    serve, served = _answering(9)
    with _server(serve) as url:
        made = Connection(url, PATIENT)
        assert [made.send("POST", "/", {}, b"{}").status for _ in range(3)] == [200] * 3
        made.close()
    assert served == [3]


def test_a_connection_that_was_closed_meanwhile_is_opened_again() -> None:
    serve, served = _answering(1)
    with _server(serve) as url:
        made = Connection(url, PATIENT)
        for _ in range(3):
            answer = made.send("POST", "/", {}, b"{}")
            assert (answer.status, answer.body, answer.crc32) == (200, b"{}", 7)
            _await_end(made)
        made.close()
    assert served == [1, 1, 1]


def _await_end(made: Connection) -> None:
    """Wait until the server's end has arrived."""
    opened = made._made.sock
    assert opened.recv(1, 2) == b"", "MSG_PEEK sees the end"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "RemoteDisconnected"),
        (b"so it is\r\n\r\n", "BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "IncompleteRead"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx-amz-crc32: x\r\n\r\n{}", NO_HEADER),
    ],
)
def test_what_is_no_answer_is_named_with_the_host(answer: bytes, told: str) -> None:
    serve, _ = _answering(1, answer)
    with _server(serve) as url:
        made = Connection(url, PATIENT)
        with pytest.raises(NoAnswerError, match=f"{url}: {told}"):
            made.send("POST", "/", {}, b"{}")


def test_a_header_that_can_not_be_sent_is_not_quoted() -> None:
    serve, _ = _answering(1)
    token = uuid4().hex
    with _server(serve) as url:
        with pytest.raises(NoAnswerError, match=f"{url}: {NO_HEADER}") as refused:
            Connection(url, PATIENT).send("POST", "/", {"x-amz-security-token": f"{token}\n"})
        assert token not in "".join(format_exception(refused.value))


def test_a_host_that_does_not_answer_is_given_up() -> None:
    done = Event()
    with _server(lambda _: (done.wait(30), None)[1]) as url:
        made = Connection(url, Patience(connect=10, read=0.1))
        with pytest.raises(NoAnswerError, match="TimeoutError"):
            made.send("POST", "/", {}, b"{}")
        done.set()


def test_a_host_that_refuses_the_connection_is_named() -> None:
    with create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NoAnswerError, match=f"127.0.0.1:{port}: ConnectionRefusedError"):
        Connection(f"http://127.0.0.1:{port}", PATIENT).send("POST", "/", {}, b"{}")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 that no authority has signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(LOOPBACK)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@pytest.mark.parametrize("is_trusted", [True, False])
def test_only_a_host_with_a_trusted_certificate_gets_a_request(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, *, is_trusted: bool
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate) if is_trusted else "")
    connection._context.cache_clear()
    serve, served = _answering(1)
    try:
        with _server(serve, context) as url:
            made = Connection(url, PATIENT)
            if is_trusted:
                assert made.send("POST", "/", {}, b"{}").status == 200
            else:
                with pytest.raises(NoAnswerError, match="CERTIFICATE_VERIFY_FAILED"):
                    made.send("POST", "/", {}, b"{}")
            made.close()
        assert served == [1] * is_trusted
    finally:
        connection._context.cache_clear()
