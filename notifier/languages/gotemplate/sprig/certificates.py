"""Sprig's certificates (X.509 v3): off unless allowed, keys take a while to be made.

Keys and serial numbers are random, from the library and not from the run: they differ at each
rendering. What a certificate says is what Sprig's says (`crypto.go`): it serves servers and
clients, an authority also signs.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, types
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from typing_extensions import override

from notifier.languages.golang import bytetexts, printing, runs
from notifier.languages.golang.values import GoError, GoObject
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig import encodings, keys

Signing = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Digest = hashes.SHA256 | hashes.SHA384 | hashes.SHA512

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SECOND: Final = 1_000_000_000
_CURVES: Final[Mapping[str, Digest]] = {
    "secp224r1": hashes.SHA256(),
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}
"""The curves that Go knows, and what it signs with on each."""


class Certificate(GoObject):
    """A certificate and its private key, both in PEM: the fields `Cert` and `Key`."""

    __slots__ = ("cert", "key")
    TYPE = "sprig.certificate"
    FIELDS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "Cert": lambda value: value.cert,
        "Key": lambda value: value.key,
    }

    def __init__(self, cert: str, key: str) -> None:
        self.cert = cert
        self.key = key

    @override
    def text(self) -> str:
        return f"{{{self.cert} {self.key}}}"

    @override
    def inside(self) -> tuple[tuple[str, Any], ...]:
        return ("Cert", self.cert), ("Key", self.key)

    @override
    def plain(self) -> Any:
        return dict(self.inside())

    @override
    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.inside() == self.inside()

    @override
    def __hash__(self) -> int:
        return hash(self.inside())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What a certificate is to say: whom it names, for how many days, at which addresses and host
    names, and whether it may sign others."""

    name: str
    days: int
    addresses: Sequence[Any] = ()
    hosts: Sequence[Any] = ()
    authority: bool = False


@dataclass(frozen=True, slots=True)
class _Issuer:
    """Who signs: a certificate and its key."""

    certificate: x509.Certificate
    key: Signing


_STARTS: Final = "-----BEGIN CERTIFICATE-----"
_SHOWN: Final = r' | splitList "\n" | first}}'


@register(
    "string, int -> sprig.certificate",
    '{{(genCA "my authority" 365).Cert' + _SHOWN,
    _STARTS,
    "genCA",
    metered=True,
)
def gen_ca(run: runs.Run, name: str, days: int) -> Certificate:
    """Return a new authority for so many days, with a new RSA key of 2048 bits: the fields `Cert`
    and `Key`, both in PEM."""
    return _signed(run, _Order(name=name, days=days, authority=True), keys.generated(run))


@register(
    "string, int, string -> sprig.certificate",
    '{{(genCAWithKey "my authority" 365 (genPrivateKey "ecdsa")).Cert' + _SHOWN,
    _STARTS,
    "genCAWithKey",
    metered=True,
)
def gen_ca_with_key(run: runs.Run, name: str, days: int, key: str) -> Certificate:
    """Return a new authority for so many days with the given private key in PEM."""
    return _signed(run, _Order(name=name, days=days, authority=True), _read(key))


@register(
    "string, list, list, int -> sprig.certificate",
    '{{(genSelfSignedCert "a.example" (list "10.0.0.1") (list "b.example") 365).Cert' + _SHOWN,
    _STARTS,
    "genSelfSignedCert",
    metered=True,
)
def gen_self_signed_cert(
    run: runs.Run, name: str, addresses: Sequence[Any], hosts: Sequence[Any], days: int
) -> Certificate:
    """Return a new certificate for a name, addresses, other host names and so many days, signed by
    its own new RSA key."""
    order = _Order(name=name, days=days, addresses=addresses, hosts=hosts)
    return _signed(run, order, keys.generated(run))


@register(
    "string, list, list, int, string -> sprig.certificate",
    '{{(genSelfSignedCertWithKey "a.example" nil nil 365 (genPrivateKey "ecdsa")).Cert' + _SHOWN,
    _STARTS,
    "genSelfSignedCertWithKey",
    metered=True,
)
def gen_self_signed_cert_with_key(
    run: runs.Run, name: str, addresses: Sequence[Any], hosts: Sequence[Any], days: int, key: str
) -> Certificate:
    """Return a new certificate for a name, addresses, other host names and so many days, signed by
    its own key, which is given in PEM."""
    order = _Order(name=name, days=days, addresses=addresses, hosts=hosts)
    return _signed(run, order, _read(key))


@register(
    "string, list, list, int, sprig.certificate -> sprig.certificate",
    '{{$ca := genCA "my authority" 365}}{{(genSignedCert "a.example" nil nil 365 $ca).Cert'
    + _SHOWN,
    _STARTS,
    "genSignedCert",
    metered=True,
)
def gen_signed_cert(
    run: runs.Run,
    name: str,
    addresses: Sequence[Any],
    hosts: Sequence[Any],
    days: int,
    authority: Certificate,
) -> Certificate:
    """Return a new certificate for a name, addresses, other host names and so many days, with a
    new RSA key, signed by an authority."""
    order = _Order(name=name, days=days, addresses=addresses, hosts=hosts)
    return _signed(run, order, keys.generated(run), _issuer(authority))


@register(
    "string, list, list, int, sprig.certificate, string -> sprig.certificate",
    '{{$ca := genCA "my authority" 365}}{{$key := genPrivateKey "ecdsa"}}'
    '{{(genSignedCertWithKey "a.example" nil nil 365 $ca $key).Cert' + _SHOWN,
    _STARTS,
    "genSignedCertWithKey",
    metered=True,
)
def gen_signed_cert_with_key(
    run: runs.Run,
    name: str,
    addresses: Sequence[Any],
    hosts: Sequence[Any],
    days: int,
    authority: Certificate,
    key: str,
) -> Certificate:
    """Return a new certificate for a name, addresses, other host names and so many days, with the
    given private key in PEM, signed by an authority."""
    order = _Order(name=name, days=days, addresses=addresses, hosts=hosts)
    return _signed(run, order, _read(key), _issuer(authority))


@register(
    "string, string -> sprig.certificate",
    '{{$ca := genCA "my authority" 365}}'
    "{{(buildCustomCert ($ca.Cert | b64enc) ($ca.Key | b64enc)).Cert" + _SHOWN,
    _STARTS,
    "buildCustomCert",
)
def build_custom_cert(cert: str, key: str) -> Certificate:
    """Return a certificate and its key, both given as PEM in base 64: what others are signed
    with."""
    made = Certificate(_decoded("certificate", cert), _decoded("private key", key))
    _parsed(made.cert)
    keys.read(made.key)
    return made


def _decoded(what: str, text: str) -> str:
    try:
        return bytetexts.decode(encodings.decoded64(text))
    except GoError as error:
        raise GoError(f"unable to decode base64 {what}") from error


def _parsed(text: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(bytetexts.encode(text))
    except ValueError as error:
        raise GoError("unable to decode certificate") from error


def _read(text: str) -> Signing:
    """Read a key that a certificate can be of. Raises `GoError`."""
    return _signing(keys.read(text))


def _signing(key: types.PrivateKeyTypes) -> Signing:
    if not isinstance(key, Signing):
        raise GoError("only RSA, ECDSA and Ed25519 keys supported")
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name not in _CURVES:
        raise GoError(f"unsupported elliptic curve {key.curve.name}")
    return key


def _issuer(authority: Certificate) -> _Issuer:
    """Return who signs with an authority. Raises `GoError` where key and certificate differ."""
    issuer = _Issuer(_parsed(authority.cert), _read(authority.key))
    if issuer.certificate.public_key() != issuer.key.public_key():
        raise GoError("provided PrivateKey doesn't match parent's PublicKey")
    return issuer


def _signed(
    run: runs.Run, order: _Order, key: Signing, issuer: _Issuer | None = None
) -> Certificate:
    """Return a certificate as ordered for a key, signed by the issuer or else by itself. Raises
    `GoError`."""
    signer = issuer.key if issuer else key
    try:
        made = _builder(run, order, key, issuer).sign(signer, _digest(signer))
    except (ValueError, OverflowError) as error:
        raise GoError(f"error creating certificate: {error}") from error
    cert = made.public_bytes(serialization.Encoding.PEM).decode()
    return Certificate(cert, keys.pem(key))


def _builder(
    run: runs.Run, order: _Order, key: Signing, issuer: _Issuer | None
) -> x509.CertificateBuilder:
    """Put together what the certificate says, in the order that Go writes it in."""
    start = _EPOCH + dt.timedelta(seconds=run.surroundings.now // _SECOND)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, order.name)] if order.name else [])
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=order.days))
        .public_key(key.public_key())
        .add_extension(_usage(order.authority), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.BasicConstraints(order.authority, None), critical=True)
    )
    if order.authority:
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(identifier, critical=False)
    above = _identifier(issuer.certificate) if issuer else None
    if issuer and above and issuer.certificate.subject != subject:
        builder = builder.add_extension(above, critical=False)
    names = [*map(_host, order.hosts), *map(_address, order.addresses)]
    if names:
        others = x509.SubjectAlternativeName(names)
        builder = builder.add_extension(others, critical=not order.name)
    return builder


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier | None:
    """Return how a certificate refers to its issuer, if that has an identifier."""
    try:
        found = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return None
    return x509.AuthorityKeyIdentifier(found.value.digest, None, None)


def _digest(key: Signing) -> Digest | None:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return _CURVES[key.curve.name]
    return hashes.SHA256() if isinstance(key, rsa.RSAPrivateKey) else None


def _host(value: Any) -> x509.DNSName:
    if type(value) is not str:
        shown = printing.text(value)
        raise GoError(f"error processing alternate dns name: {shown} is not a string")
    return x509.DNSName(value)


def _address(value: Any) -> x509.IPAddress:
    if type(value) is not str:
        raise GoError(f"error parsing ip: {printing.text(value)} is not a string")
    try:
        found = ipaddress.ip_address(value)
    except ValueError as error:
        raise GoError(f"error parsing ip: {value}") from error
    if isinstance(found, ipaddress.IPv6Address):
        if found.scope_id is not None:
            raise GoError(f"error parsing ip: {value}")
        return x509.IPAddress(found.ipv4_mapped or found)
    return x509.IPAddress(found)
