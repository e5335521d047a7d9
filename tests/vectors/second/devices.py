"""Certificates, enrolment and signed requests (section 11)."""

import base64
import json

from second.base import CROCKFORD, H, Refused, canonical_symbols, is_acceptable, is_signed, refuse_if
from second.feed import open_signed


def read_certificate(file, case):
    data = bytes.fromhex(case["bytes"]) + bytes.fromhex(case["signature"])
    r = open_signed(data, "devcert", bytes.fromhex(file["server_key"]))
    refuse_if(r.number(1) != 1)
    says = {"event": r.take(16).hex(), "device": r.take(16).hex(), "number": r.number(2)}
    says |= {"sign_key": r.take(32).hex(), "tls_key": r.take(32).hex(), "capabilities": r.number(4)}
    says |= {"not_before": r.number(8), "not_after": r.number(8)}
    says["gates"] = [r.number(2) for _ in range(r.number(1))]
    says["walk_in_classes"] = [r.number(2) for _ in range(r.number(1))]
    r.end()
    refuse_if(says["capabilities"] > 31 or says["not_before"] >= says["not_after"])
    refuse_if(not is_acceptable(bytes.fromhex(says["sign_key"])))
    return says


def enrol_code(text):
    symbols = "".join(canonical_symbols(text))
    refuse_if(any(c not in CROCKFORD for c in symbols) or len(symbols) not in (10, 26))
    return symbols


def code_of_random(random):
    bits = "".join(f"{byte:08b}" for byte in random)
    bits = bits[:50] if len(random) == 7 else bits.ljust(130, "0")
    return "".join(CROCKFORD[int(bits[at : at + 5], 2)] for at in range(0, len(bits), 5))


def read_invitation(text):
    head, _, server = text.strip().partition("&s=")
    fields = head.removeprefix("usher://enrol?v=1&").split("&")
    names = [field[:2] for field in fields]
    refuse_if(not head.startswith("usher://enrol?v=1&") or names not in (["c=", "k="], ["c=", "k=", "t="]))
    refuse_if(not server.startswith(("https://", "http://")) or len(server) > 200)
    refuse_if(any(not "!" <= c <= "~" for c in server))

    def digest(field):
        refuse_if(len(field) != 43)
        data = base64.urlsafe_b64decode(field + "=")
        refuse_if(base64.urlsafe_b64encode(data).rstrip(b"=").decode() != field or len(data) != 32)
        return data.hex()

    code, *digests = [field[2:] for field in fields]
    digests = [digest(field) for field in digests] + [None]
    refuse_if(enrol_code(code) != code)
    return {"server": server, "server_key_hash": digests[0], "tls_fingerprint": digests[1], "code": code}


def content_digest(body):
    return f"sha-256=:{base64.b64encode(H(body)).decode()}:"


def check_request(file, case):
    """The signature base of a request, or what is wrong with it."""
    body = None if case["body"] is None else bytes.fromhex(case["body"])
    label, _, params = case["signature_input"].partition("=")
    fields = dict(part.partition("=")[::2] for part in params.split(";")[1:])
    components = ["@method", "@authority", "@path", "@query"] + ([] if body is None else ["content-digest"])
    created, nonce = fields.get("created", ""), fields.get("nonce", "").strip('"')
    is_number = created.isdigit() and str(int(created)) == created
    is_nonce = 1 <= len(nonce) <= 64 and nonce.replace("-", "a").replace("_", "a").isalnum() and nonce.isascii()
    # The one form of the profile, written anew.
    profile = f"({' '.join(json.dumps(c) for c in components)})"
    profile += f';created={created};nonce="{nonce}";keyid="{file["device"]}";alg="ed25519";tag="usher1"'
    refuse_if(label != "usher" or not is_number or not is_nonce or params != profile, "FORM")
    refuse_if((body is None) != (case["content_digest"] is None), "FORM")
    header = case["signature"]
    refuse_if(not header.startswith("usher=:") or not header.endswith(":"), "FORM")
    try:
        signature = base64.b64decode(header[7:-1], validate=True)
    except ValueError:
        raise Refused("FORM") from None
    refuse_if(len(signature) != 64, "FORM")
    values = [case["method"], case["authority"].lower(), case["path"], "?" + case["query"], case["content_digest"]]
    base = "".join(f'"{name}": {value}\n' for name, value in zip(components, values))
    base += f'"@signature-params": {params}'
    refuse_if(not is_signed(bytes.fromhex(file["key"]), base.encode(), signature), "SIGNATURE")
    refuse_if(body is not None and content_digest(body) != case["content_digest"], "DIGEST")
    refuse_if(abs(case["now"] // 1000 - int(created)) > 120, "CLOCK")
    return base
