#!/usr/bin/env python3
"""Checks the vectors beside this file against a second implementation of the protocol.

The second implementation (the folder "second") shares no code with the first: it is written from
the specification (sync-protocol/README.md, whose section numbers it names) with Python's standard
library and, for the equation of Ed25519 and for ChaCha20-Poly1305 alone, the library
"cryptography" (Debian: python3-cryptography). It is meant to be read.

Run it as: python3 check.py    It stops at the first thing that does not agree.
"""

import itertools
import json
import pathlib
import sys

sys.dont_write_bytecode = True

from second.base import H, Refused, dst, is_acceptable, is_signed, read_typed_code, satisfies_equation, typed_code
from second.devices import check_request, code_of_random, enrol_code, read_certificate, read_invitation
from second.door import (
    is_wipe_order,
    keyring_of,
    policy_says,
    read_drill,
    read_guest,
    read_sale,
    rights_left,
    ticket_says,
)
from second.feed import pull, read_body, restore
from second.health import read_health
from second.journal import journal_start, read_ack, read_entry, rebuilt, take_in, walk
from second.rules import evidence, fold, verdict
from second.store import blind_key, open_list, open_row, read_state, seal_row, share, subkey, unwrap
from second.tickets import base45_decode, base45_encode, qr_size, read_ticket

HERE = pathlib.Path(__file__).resolve().parent

AGREED = 0


def agree(name, case, found, expected):
    global AGREED
    AGREED += 1
    if found != expected:
        sys.exit(f"{name}: {case}\n  expected {json.dumps(expected)}\n  found    {json.dumps(found)}")


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Refused as refused:
        return {"error": str(refused)}


def load(name):
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def expected_of(case, good):
    """A case's good outcome, or its refusal in the one form of `outcome`."""
    if good in case:
        return case[good]
    return {"error": case.get("code") or case.get("error") or "MALFORMED"}


def check_codecs():
    for case in load("base45.json")["cases"]:
        found = outcome(lambda: base45_decode(case["text"]).hex())
        agree("base45.json", case["name"], found, expected_of(case, "bytes"))
        if "bytes" in case:
            agree("base45.json", case["name"], base45_encode(bytes.fromhex(case["bytes"])), case["text"])
    for case in load("qr.json")["cases"]:
        for level in ("m", "q"):
            agree("qr.json", case["text"], qr_size(case["text"], level), case[level])


def check_credentials():
    file = load("credential.json")
    for case in file["cases"]:
        found = outcome(read_ticket, case["text"], file["keyring"])
        agree("credential.json", case["name"], found, expected_of(case, "claims"))
    good = base45_decode(file["flips"]["text"])
    for bit, code in enumerate(file["flips"]["codes"]):
        changed = bytearray(good)
        changed[bit // 8] ^= 1 << bit % 8
        found = outcome(read_ticket, base45_encode(bytes(changed)), file["keyring"])
        agree("credential.json", f"bit {bit}", found, {"error": code})
    for case in file["public_keys"]:
        agree("credential.json", case["name"], is_acceptable(bytes.fromhex(case["key"])), case["accepted"])
    for case in file["typed_codes"]:
        found = outcome(read_typed_code, case["text"])
        agree("credential.json", case["text"], found, expected_of(case, "ticket"))
        if "ticket" in case:
            agree("credential.json", case["text"], typed_code(case["ticket"]), case["canonical"])
    # The vector would prove nothing if the equation did not hold.
    lax = next(case for case in file["cases"] if case["name"] == "R of small order")
    data = base45_decode(lax["text"])
    message = dst("ticket") + bytes.fromhex(file["keyring"]["event"]) + data[:17]
    key = bytes.fromhex(file["keyring"]["keys"][0]["key"])
    agree("credential.json", "R of small order, laxly", satisfies_equation(key, message, data[17:]), True)


def check_feeds():
    file = load("feed.json")
    start = H(dst("feed0"), bytes.fromhex(file["event"]), bytes.fromhex(file["feed"]))
    agree("feed.json", "start", start.hex(), file["start"])
    for case in file["bodies"]:
        found = outcome(read_body, case["kind"], bytes.fromhex(case["entity"]), bytes.fromhex(case["body"]))
        agree("feed.json", case["name"], found, expected_of(case, "says"))
    for case in file["feeds"]:
        agree("feed.json", case["name"], outcome(pull, file, case), case["expect"])
    file = load("snapshot.json")
    for case in file["cases"]:
        agree("snapshot.json", case["name"], outcome(restore, file, case), case["expect"])


def check_journals():
    file = load("journal.json")
    agree("journal.json", "start", journal_start(file).hex(), file["start"])
    for case in file["entries"]:
        found = outcome(read_entry, bytes.fromhex(case["bytes"]))
        agree("journal.json", case["name"], found, expected_of(case, "says"))
    for table, function in [("journals", walk), ("batches", rebuilt), ("intakes", take_in)]:
        for case in file[table]:
            agree("journal.json", case["name"], outcome(function, file, case), case["expect"])
    for case in file["acks"]:
        found = outcome(read_ack, file, bytes.fromhex(case["bytes"]))
        agree("journal.json", case["name"], found, expected_of(case, "says"))


def check_decisions():
    file = load("verdict.json")
    for case in file["cases"]:
        agree("verdict.json", case["name"], verdict(case, file["policies"][case["policy"]]), case["expect"])
    file = load("fold.json")
    for case in file["cases"]:
        for order in itertools.permutations(case["movements"]):
            agree("fold.json", case["name"], fold(case, file["policy"], list(order)), case["expect"])
    for case in file["evidence"]:
        agree("fold.json", case["name"], evidence(case["movements"]), [case["count"], case["hash"]])


def check_conversations():
    file = load("certificate.json")
    for case in file["cases"]:
        agree("certificate.json", case["name"], outcome(read_certificate, file, case), expected_of(case, "says"))
    file = load("enrol.json")
    for case in file["codes"]:
        agree("enrol.json", case["name"], outcome(enrol_code, case["text"]), expected_of(case, "code"))
        if "code" in case:
            agree("enrol.json", case["name"], H(case["code"].encode()).hex(), case["hash"])
    for case in file["random_codes"]:
        agree("enrol.json", case["random"], code_of_random(bytes.fromhex(case["random"])), case["code"])
    for case in file["handshakes"]:
        parts = [bytes.fromhex(case[name]) for name in ("code", "server_key", "sign_key", "tls_key")]
        message = dst("enrol") + b"".join(parts)
        agree("enrol.json", case["name"], is_signed(parts[2], message, bytes.fromhex(case["signature"])), case["valid"])
        digits = int.from_bytes(H(message)[:8], "big") % 1_000_000
        agree("enrol.json", case["name"], f"{digits:06}", case["digits"])
    for case in file["invitations"]:
        agree("enrol.json", case["text"], outcome(read_invitation, case["text"]), expected_of(case, "says"))
    file = load("http.json")
    for case in file["cases"]:
        found = outcome(check_request, file, case)
        if "base" in case:
            agree("http.json", case["name"], found, case["base"])
        agree("http.json", case["name"], found["error"] if isinstance(found, dict) else "OK", case["expect"])


def check_door():
    file = load("door.json")
    for case in file["bodies"]:
        found = outcome(read_body, case["kind"], bytes.fromhex(case["entity"]), bytes.fromhex(case["body"]))
        agree("door.json", case["name"], found, expected_of(case, "says"))
    for case in file["policies"]:
        agree("door.json", case["name"], outcome(policy_says, case), expected_of(case, "says"))
    for case in file["guests"]:
        found = outcome(read_guest, bytes.fromhex(case["data"]))
        agree("door.json", case["name"], found, expected_of(case, "says"))
    for case in file["drills"]:
        agree("door.json", case["name"], outcome(read_drill, case["note"]), expected_of(case, "says"))
    for case in file["tickets"]:
        names = ("ticket", "issue", "typed_code")
        expected = {"error": "TICKET"} if "refused" in case else {name: case[name] for name in names}
        agree("door.json", [case["device"], case["seq"]], outcome(ticket_says, case), expected)
    keyring = keyring_of(file)
    for case in file["sales"]:
        agree("door.json", case["name"], outcome(read_sale, file, case), expected_of(case, "says"))
        if "says" in case:
            claims = {name: case["says"][name] for name in ("ticket", "issue", "class")}
            claims |= {"signer": "device", "number": 4, "test": False, "needs_listed_row": False}
            agree("door.json", case["name"], outcome(read_ticket, case["text"], keyring), claims)
    for case in file["credentials"]:
        found = outcome(read_ticket, case["text"], keyring)
        agree("door.json", case["name"], found, expected_of(case, "claims"))
    for case in file["rights"]:
        agree("door.json", case["name"], rights_left(case), case["left"])
    for table, function in [("batches", rebuilt), ("intakes", take_in)]:
        for case in file[table]:
            agree("door.json", case["name"], outcome(function, file, case), case["expect"])
    for case in file["wipe_orders"]:
        agree("door.json", case["name"], is_wipe_order(file, case), case["valid"])


def check_health():
    for case in load("health.json")["cases"]:
        found = outcome(read_health, bytes.fromhex(case["bytes"]))
        agree("health.json", case["name"], found, expected_of(case, "says"))


def check_stores():
    file = load("store.json")
    for info, key in file["subkeys"].items():
        agree("store.json", info, subkey(bytes.fromhex(file["data_key"]), info).hex(), key)
    for case in file["wrapped_keys"]:
        agree("store.json", case["name"], outcome(unwrap, case), expected_of(case, "says"))
    for case in file["ticket_keys"]:
        agree("store.json", case["ticket"], blind_key(file, case["ticket"].to_bytes(8, "big")).hex(), case["key"])
    for case in file["chunk_keys"]:
        agree("store.json", case["hash"], blind_key(file, bytes.fromhex(case["hash"])).hex(), case["key"])
    for case in file["shares"]:
        found = share(file, case["table"], bytes.fromhex(case["key"]), case["seq"]).hex()
        agree("store.json", case["key"], found, case["share"])
    for case in file["rows"]:
        agree("store.json", case["name"], outcome(open_row, file, case), expected_of(case, "plain"))
        if "plain" in case:
            agree("store.json", case["name"], seal_row(file, case), case["sealed"])
    for case in file["states"]:
        found = outcome(read_state, file, case["revision"], case["sealed"])
        agree("store.json", case["name"], found, expected_of(case, "says"))
    for case in file["lists"]:
        agree("store.json", case["name"], outcome(open_list, file, case), expected_of(case, "bodies"))


if __name__ == "__main__":
    check_codecs()
    check_credentials()
    check_feeds()
    check_journals()
    check_decisions()
    check_conversations()
    check_door()
    check_health()
    check_stores()
    print(f"{AGREED} comparisons agree")
