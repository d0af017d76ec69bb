"""The names that a certificate is for.

https://docs.aws.amazon.com/privateca/latest/APIReference/API_ASN1Subject.html,
https://docs.aws.amazon.com/privateca/latest/APIReference/API_GeneralName.html
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from tapgen.localaws.protocol import Fields, ServiceError

_ATTRIBUTES = {
    "Country": NameOID.COUNTRY_NAME,
    "State": NameOID.STATE_OR_PROVINCE_NAME,
    "Locality": NameOID.LOCALITY_NAME,
    "Organization": NameOID.ORGANIZATION_NAME,
    "OrganizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "CommonName": NameOID.COMMON_NAME,
    "SerialNumber": NameOID.SERIAL_NUMBER,
    "Title": NameOID.TITLE,
    "Surname": NameOID.SURNAME,
    "GivenName": NameOID.GIVEN_NAME,
    "Initials": NameOID.INITIALS,
    "Pseudonym": NameOID.PSEUDONYM,
    "GenerationQualifier": NameOID.GENERATION_QUALIFIER,
    "DistinguishedNameQualifier": NameOID.DN_QUALIFIER,
}


def distinguished(subject: Fields) -> x509.Name:
    """A subject as certificates have it.

    Raises:
        ServiceError: it mixes attributes of its own with those that have a name, or one has no such value.
    """
    own = subject.get("CustomAttributes", [])
    if own and len(subject) > 1:
        text = "Custom attributes cannot be used in combination with standard attributes."
        raise ServiceError("InvalidArgsException", text)
    named = [(oid, subject[name]) for name, oid in _ATTRIBUTES.items() if name in subject]
    custom = [(x509.ObjectIdentifier(each["ObjectIdentifier"]), each["Value"]) for each in own]
    try:
        return x509.Name([x509.NameAttribute(oid, value) for oid, value in named + custom])
    except ValueError as error:
        raise ServiceError("InvalidArgsException", str(error)) from error


def alternative(names: list[Fields]) -> x509.SubjectAlternativeName:
    """Other names of a subject.

    Raises:
        ServiceError: one is several at once, of a kind that is not known here, or has no such value.
    """
    for name in names:
        if len(name) != 1 or not name.keys() <= _KINDS.keys():
            text = f"A general name must be one of {', '.join(_KINDS)}: {', '.join(name)}"
            raise ServiceError("InvalidArgsException", text)
    try:
        return x509.SubjectAlternativeName([_KINDS[kind](value) for name in names for kind, value in name.items()])
    except ValueError as error:
        raise ServiceError("InvalidArgsException", str(error)) from error


_KINDS: dict[str, Callable[[Any], x509.GeneralName]] = {
    "DirectoryName": lambda value: x509.DirectoryName(distinguished(value)),
    "DnsName": x509.DNSName,
    "IpAddress": lambda value: x509.IPAddress(ip_address(value)),
    "Rfc822Name": x509.RFC822Name,
    "UniformResourceIdentifier": x509.UniformResourceIdentifier,
}
