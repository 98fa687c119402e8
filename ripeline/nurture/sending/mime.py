"""A mail as it goes over the wire: headers, a text part, an HTML part beside it, and the signature of its domain."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.header import Header
from email.utils import formataddr
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

CRLF = b"\r\n"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"[^\s<>@\"(),:;\\\x00-\x1f\x7f]+@[^\s<>@\"(),:;\\\x00-\x1f\x7f]+\Z")
_SPACES = re.compile(rb"[ \t]+")
_LONGEST_HEADER = 76
SMALLEST_KEY = 1024


class NotSafe(ValueError):
    """Something that would be a header holds what no header may; the text says what."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose domain answers for a mail (RFC 6376): the private key as PEM, of RSA."""

    domain: str
    selector: str
    key: str


def one_line(value: str, *, of: str) -> str:
    """The value of a header. Raises NotSafe where it holds what ends a line: what stands after it would be ours."""
    if _CONTROLS.search(value):
        raise NotSafe(f"{of} holds a line break or another control character.")
    return value


def address(value: str, *, of: str) -> str:
    """A bare address. Raises NotSafe where it is none, or not of ASCII alone: few servers take others."""
    if not _ADDRESS.match(value) or not value.isascii():
        raise NotSafe(f"{of} is no address: {value[:100]!r}.")
    return value


def named_address(name: str, bare: str, *, of: str) -> str:
    """A name and its address, as From and To have them. Raises NotSafe."""
    return formataddr((one_line(name, of=of), address(bare, of=of)))


def build(headers: Sequence[tuple[str, str]], text: str, html: str, *, boundary: str) -> bytes:
    """The whole mail, unsigned. Raises NotSafe. `boundary` is any word that neither part holds."""
    lines = [_header(name, value) for name, value in headers]
    lines.append(b"MIME-Version: 1.0")
    if not html:
        return CRLF.join([*lines, *_part("plain", text)])
    mark = boundary.encode()
    lines += [b'Content-Type: multipart/alternative; boundary="%s"' % mark, b""]
    parts = [
        b"--" + mark,
        *_part("plain", text),
        b"--" + mark,
        *_part("html", html),
        b"--" + mark + b"--",
        b"",
    ]
    return CRLF.join([*lines, *parts])


def sign(raw: bytes, signer: Signer, *, covering: Sequence[str], at: int) -> bytes:
    """The mail with its signature before it; `covering` are the headers that it vouches for, `at` seconds since 1970.

    From is vouched for once more than it is there, so that nobody can put a second one in.
    """
    head, _, body = raw.partition(CRLF + CRLF)
    fields = _fields(head)
    named = [name for name in covering if name.lower() in fields]
    digest = base64.b64encode(sha256(_relaxed_body(body)).digest()).decode()
    value = (
        f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={signer.domain}; s={signer.selector}; t={at};\r\n"
        f"\th={':'.join([*named, 'From'])};\r\n\tbh={digest};\r\n\tb="
    )
    said = b"".join(fields[name.lower()] + CRLF for name in named)
    said += _relaxed_header(b"DKIM-Signature: " + value.encode())
    signature = base64.b64encode(private_key(signer.key).sign(said, PKCS1v15(), SHA256())).decode()
    folded = "\r\n\t ".join(signature[start : start + 70] for start in range(0, len(signature), 70))
    return f"DKIM-Signature: {value}{folded}\r\n".encode() + raw


@lru_cache(maxsize=8)
def private_key(pem: str) -> RSAPrivateKey:
    """The key that a PEM text holds. Raises ValueError with a sentence."""
    try:
        key = load_pem_private_key(pem.strip().encode(), None)
    except (ValueError, TypeError):
        raise ValueError("This is no private key as PEM, or it has a password.") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < SMALLEST_KEY:
        raise ValueError("Mails are signed with a key of RSA, 1,024 bits or more (better 2,048).")
    return key


def _header(name: str, value: str) -> bytes:
    one_line(value, of=name)
    if value.isascii() and len(name) + len(value) < _LONGEST_HEADER:
        return f"{name}: {value}".encode()
    if value.isascii() and "<" in value:
        # Addresses and ids: no reader of mails puts these together again as reliably as they are read in one line.
        return f"{name}: {value}".encode()
    folded = Header(value, "us-ascii" if value.isascii() else "utf-8", _LONGEST_HEADER, name)
    return f"{name}: {folded.encode(linesep=chr(13) + chr(10))}".encode()


def _part(kind: str, words: str) -> list[bytes]:
    plain = words.replace("\r\n", "\n").replace("\r", "\n").encode()
    quoted = binascii.b2a_qp(plain, istext=True).replace(b"\n", CRLF)
    content = b"Content-Type: text/%s; charset=utf-8" % kind.encode()
    return [content, b"Content-Transfer-Encoding: quoted-printable", b"", quoted.removesuffix(CRLF), b""]


def _fields(head: bytes) -> dict[str, bytes]:
    """The fields of a head, relaxed, by their names in lower case."""
    unfolded = head.replace(CRLF + b" ", b" ").replace(CRLF + b"\t", b" ")
    found = {}
    for line in unfolded.split(CRLF):
        relaxed = _relaxed_header(line)
        found[relaxed.partition(b":")[0].decode()] = relaxed
    return found


def _relaxed_header(line: bytes) -> bytes:
    name, _, value = line.partition(b":")
    return name.strip().lower() + b":" + _SPACES.sub(b" ", value.replace(CRLF, b"")).strip()


def _relaxed_body(body: bytes) -> bytes:
    lines = [_SPACES.sub(b" ", line).rstrip(b" ") for line in body.split(CRLF)]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + CRLF for line in lines)
