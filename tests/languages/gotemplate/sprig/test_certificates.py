"""Certificates that `cryptography` verifies, with what Sprig's say in them."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from notifier.languages import gotemplate

Render = Callable[..., str]

START = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
"""The moment of the rendering (conftest.py)."""
CA = '{{$ca := genCAWithKey "root" 365 (genPrivateKey "ecdsa")}}'
NAMES = '(list "10.0.0.1" "::1" "::ffff:10.0.0.2") (list "a.example" "*.b.example")'


def read(text: str) -> tuple[x509.Certificate, str]:
    """Return a certificate, and the key behind it in the text."""
    cert, _, key = text.partition("|")
    return x509.load_pem_x509_certificate(cert.encode()), key


def assert_fits(cert: x509.Certificate, key: str) -> None:
    """The certificate is of the private key."""
    assert load_pem_private_key(key.encode(), None).public_key() == cert.public_key()


@pytest.mark.parametrize(
    "call",
    [
        'genSignedCert "a.example" {names} 30 $ca',
        'genSignedCertWithKey "a.example" {names} 30 $ca (genPrivateKey "ecdsa")',
        'genSignedCertWithKey "a.example" {names} 30 $ca (genPrivateKey "ed25519")',
        "genSignedCert `a.example` {names} 30 (buildCustomCert ($ca.Cert|b64enc) ($ca.Key|b64enc))",
    ],
)
def test_what_an_authority_signs_verifies(allowing: Render, call: str) -> None:
    """For the names in it, in its time, by that authority and no other."""
    filled = call.format(names=NAMES)
    text = allowing(f"{CA}{{{{$c := {filled}}}}}{{{{$ca.Cert}}}}#{{{{$c.Cert}}}}|{{{{$c.Key}}}}")
    root, _, rest = text.partition("#")
    authority, _ = read(root)
    cert, key = read(rest)
    assert_fits(cert, key)
    policy = PolicyBuilder().store(Store([authority])).time(START + dt.timedelta(days=29))
    for name in ("a.example", "x.b.example"):
        policy.build_server_verifier(x509.DNSName(name)).verify(cert, [])
    for address in ("10.0.0.1", "::1", "10.0.0.2"):
        subject = x509.IPAddress(ipaddress.ip_address(address))
        policy.build_server_verifier(subject).verify(cert, [])
    with pytest.raises(VerificationError):
        policy.build_server_verifier(x509.DNSName("c.example")).verify(cert, [])
    late = PolicyBuilder().store(Store([authority])).time(START + dt.timedelta(days=31))
    with pytest.raises(VerificationError):
        late.build_server_verifier(x509.DNSName("a.example")).verify(cert, [])


@pytest.mark.parametrize(
    ("call", "authority"),
    [
        ('genCA "a.example" 30', True),
        ('genCAWithKey "a.example" 30 (genPrivateKey "ed25519")', True),
        ('genSelfSignedCert "a.example" nil nil 30', False),
        ('genSelfSignedCertWithKey "a.example" nil nil 30 (genPrivateKey "ecdsa")', False),
    ],
)
def test_what_signs_itself(allowing: Render, call: str, authority: bool) -> None:
    """Name, time, use and rights are as ordered."""
    cert, key = read(allowing(f"{{{{$c := {call}}}}}{{{{$c.Cert}}}}|{{{{$c.Key}}}}"))
    assert_fits(cert, key)
    cert.verify_directly_issued_by(cert)
    assert cert.subject == cert.issuer == x509.Name.from_rfc4514_string("CN=a.example")
    assert cert.not_valid_before_utc == START
    assert cert.not_valid_after_utc == START + dt.timedelta(days=30)
    basic = cert.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.value, basic.critical) == (x509.BasicConstraints(authority, None), True)
    usage = cert.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_encipherment) == (True, True)
    assert usage.key_cert_sign == authority


def test_a_certificate_is_a_value_with_two_fields(allowing: Render) -> None:
    """It prints, compares and becomes JSON as Go's struct."""
    text = allowing(
        CA + '{{eq (print $ca) (printf "{%s %s}" $ca.Cert $ca.Key)}} {{eq $ca $ca}}'
        " {{($ca | toJson | fromJson).Cert | eq $ca.Cert}} {{typeOf $ca}} {{kindOf $ca}}"
        " {{uniq (list $ca $ca) | len}}"
        " {{$sub := index (list $ca) 0}}{{ne $ca (genCAWithKey `root` 365 $sub.Key)}}"
    )
    assert text == "true true true sprig.certificate struct 1 true"


def test_a_name_may_be_missing(allowing: Render) -> None:
    """Then the other names are critical, as RFC 5280 has it."""
    key = '(genPrivateKey "ecdsa")'
    call = f'genSelfSignedCertWithKey "" nil (list "a.example") 1 {key}'
    cert, _ = read(allowing(f"{{{{({call}).Cert}}}}"))
    names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert (len(cert.subject), names.critical) == (0, True)
    assert names.value.get_values_for_type(x509.DNSName) == ["a.example"]


def test_an_authority_without_an_identifier_signs_too(allowing: Render) -> None:
    """Then what it signs has no reference to one."""
    text = allowing(
        '{{$key := genPrivateKey "ecdsa"}}{{$ca := genSelfSignedCertWithKey "root" nil nil 1 $key}}'
        '{{(genSignedCertWithKey "a.example" nil nil 1 $ca $key).Cert}}#{{$ca.Cert}}'
    )
    signed, _, issuer = text.partition("#")
    cert = read(signed)[0]
    cert.verify_directly_issued_by(read(issuer)[0])
    with pytest.raises(x509.ExtensionNotFound):
        cert.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)


FAILING = [
    ('genSelfSignedCert "a" (list "10.0.0") nil 1', "error parsing ip: 10.0.0"),
    ('genSelfSignedCert "a" (list "fe80::1%eth0") nil 1', "error parsing ip: fe80::1%eth0"),
    ('genSelfSignedCert "a" (list 3) nil 1', "error parsing ip: 3 is not a string"),
    ('genSelfSignedCert "a" nil (list 3) 1', "alternate dns name: 3 is not a string"),
    ('genSelfSignedCert "a" nil (list "é.example") 1', "error creating certificate"),
    ('genCA "a" -1', "error creating certificate"),
    ('genCA "a" 99999999', "error creating certificate"),
    ('genCA (repeat 65 "a") 1', "error creating certificate"),
    ('genCAWithKey "a" 1 (genPrivateKey "dsa")', "only RSA, ECDSA and Ed25519 keys supported"),
    ('genCAWithKey "a" 1 "key"', "no PEM data in input"),
    ('genCAWithKey "a" 1 .curve', "unsupported elliptic curve secp256k1"),
    ('genSignedCert "a" nil nil 1 nil', "cannot assign nil to sprig.certificate"),
    ('genSignedCert "a" nil nil 1 (dict "Cert" "a")', "expected sprig.certificate; got map"),
    ('buildCustomCert "*" "YQ=="', "unable to decode base64 certificate"),
    ('buildCustomCert "" ""', "unable to decode certificate"),
    ("buildCustomCert (.cert | b64enc) `*`", "unable to decode base64 private key"),
    ("buildCustomCert (.cert | b64enc) (`x` | b64enc)", "no PEM data in input"),
    (
        "genSignedCert `a` nil nil 1 (buildCustomCert (.cert|b64enc) (.other|b64enc))",
        "match parent",
    ),
]


@pytest.mark.parametrize(("call", "message"), FAILING, ids=[call for call, _ in FAILING])
def test_fails_where_go_fails(allowing: Render, call: str, message: str) -> None:
    """In Go's words where it has some; a validity that nobody can want is an error of ours."""
    with pytest.raises(gotemplate.ExecError, match=message) as caught:
        allowing(f"{{{{{call}}}}}", **given(allowing))
    assert "PRIVATE KEY" not in str(caught.value)


def given(allowing: Render) -> dict[str, str]:
    """Return a certificate, another key, and one of a curve that Go does not know."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    curve = ec.generate_private_key(ec.SECP256K1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {
        "cert": allowing(f"{CA}{{{{$ca.Cert}}}}"),
        "other": allowing('{{genPrivateKey "ecdsa"}}'),
        "curve": curve.decode(),
    }
