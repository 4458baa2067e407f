"""TLS connections to GitHub: the trusted certificates, and how often their list is read."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from urllib3.exceptions import SSLError

from shared.adapters.github_api import connections


class OneAnswer(BaseHTTPRequestHandler):
    """Responds and closes the connection, so that the next request needs a new one."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.send_header("connection", "close")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class Quiet(HTTPServer):
    """Logs nothing about a client that does not trust the certificate and closes."""

    def handle_error(self, *_: Any) -> None:
        pass


def _write_certificate(path: Path) -> None:
    """Return a self-signed certificate of 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's authority")])
    now = datetime.now(UTC)
    public = key.public_key()
    certificate = (
        x509.CertificateBuilder(name, name, public, x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    """Write a list of root certificates with the server's certificate only, and return its path."""
    path = tmp_path / "roots.pem"
    _write_certificate(path)
    return path


@pytest.fixture
def url(roots: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(roots)
    with Quiet(("127.0.0.1", 0), OneAnswer) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_the_systems_roots_are_read_once_for_all_connections(
    url: str, roots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    pool = connections()
    roots.unlink()
    statuses = [
        pool.request("GET", url, fields=None, json=None, headers={}).status for _ in range(2)
    ]
    pool.clear()
    assert statuses == [200, 200]


def test_who_is_not_vouched_for_by_the_systems_roots_is_not_trusted(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_certificate(tmp_path / "others.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "others.pem"))
    pool = connections()
    with pytest.raises(SSLError):
        pool.request("GET", url, fields=None, json=None, headers={})
    pool.clear()
