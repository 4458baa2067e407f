"""`Tokens` and `Parameters` with a test's values, and the key of a GitHub App."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from shared.ports import Refused


@dataclass
class Fixed:
    """One token, without a replacement."""

    text: str

    def token(self, _repository: str) -> str:
        return self.text

    def forget(self, _repository: str) -> bool:
        return False


@dataclass
class Held:
    """Parameters in a dictionary."""

    texts: dict[str, str]

    def values(self, names: Iterable[str]) -> Mapping[str, str]:
        wanted = list(names)
        missing = [name for name in wanted if name not in self.texts]
        if missing:
            raise Refused(f"no parameter {missing[0]}")
        return {name: self.texts[name] for name in wanted}


@cache
def key(number: int = 0) -> rsa.RSAPrivateKey:
    """Return a private key, another for each number. It is cached: creation takes 0.1 s."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(number: int = 0) -> str:
    """Return the key in the format of GitHub's download."""
    pem = key(number).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem.decode()


def public_pem(number: int = 0) -> str:
    """Return the public key, which GitHub stores."""
    pem = key(number).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()
