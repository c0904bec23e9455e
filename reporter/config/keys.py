"""``[keys]``: where the two keys are. The signing key may be a file, a systemd credential, or with a remote signer."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from pydantic import BaseModel, Field, model_validator

from reporter.config.values import STRICT, Address, Url


class RemoteSignerSection(BaseModel):
    """A web3signer that holds the signing key; which of its keys is said by ``address``."""

    model_config = STRICT
    url: Url
    address: Address
    identifier: str | None = None
    timeout_ms: int = Field(default=500, ge=50, le=5_000)
    insecure: bool = False
    """Allow http to a private address; to loopback it is always allowed."""
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None

    @model_validator(mode="after")
    def _can_be_asked(self) -> "RemoteSignerSection":
        if (self.certificate_file is None) is not (self.key_file is None):
            raise ValueError("certificate_file and key_file go together")
        if self.identifier is not None and not _is_key_of(self.identifier, self.address):
            raise ValueError("identifier is not the public key of address: 64 bytes in hex, x and y")
        _check_way(self.url, self.insecure)
        return self


def _is_key_of(identifier: str, address: str) -> bool:
    if not re.fullmatch("(0x)?[0-9a-fA-F]{128}", identifier):
        return False
    point = bytes.fromhex(identifier.removeprefix("0x"))
    return to_checksum_address(keccak(point)[-20:]) == address


def _check_way(url: str, insecure: bool) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.query or parts.fragment:
        raise ValueError("url has a query")
    if parts.scheme == "https" or host == "localhost":
        return
    try:
        address = ip_address(host)
    except ValueError:
        raise ValueError("url is http to a name: use https, or the private address itself") from None
    if not (address.is_loopback or (insecure and address.is_private)):
        raise ValueError("url is http: use https, or insecure = true for a private address")


class KeysSection(BaseModel):
    """The signing key states prices; the gas key pays. Without this section the node observes and signs nothing."""

    model_config = STRICT
    signing_keystore: str | None = None
    signing_credential: str | None = None
    remote_signer: RemoteSignerSection | None = None
    gas_keystore: str | None = None
    gas_credential: str | None = None
    password_file: str | None = None
    password_credential: str | None = None

    @model_validator(mode="after")
    def _each_is_said_once(self) -> "KeysSection":
        for choice in (
            ("signing_keystore", "signing_credential", "remote_signer"),
            ("gas_keystore", "gas_credential"),
            ("password_file", "password_credential"),
        ):
            said = [key for key in choice if getattr(self, key) is not None]
            if len(said) != 1:
                raise ValueError(f"exactly one of {', '.join(choice)}, not {' and '.join(said) or 'none'}")
        return self
