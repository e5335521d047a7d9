"""What sells at the door, checks itself and is lost there (sections 5, 7 and 11)."""

import string

from second.base import H, Refused, dst, is_signed, plain_string, read_json, refuse_if, typed_code
from second.devices import read_certificate
from second.feed import read_body, read_policy
from second.journal import read_entry

DEVICE, LEASE = 3, 7
WALKIN, UNDO = 4, 5
MAY_SELL = 4


def read_object(data, required, optional=()):
    """A JSON object of these names and no others."""
    value = read_json(data)
    check_names(value, required, optional)
    return value


def check_names(value, required, optional=()):
    refuse_if(not isinstance(value, dict))
    refuse_if(not set(required) <= set(value) <= {*required, *optional})


def policy_says(case):
    """What a policy says of sales, with what is usual where it says nothing."""
    policy = read_policy(case["text"].encode())
    return {
        "walk_in": policy.get("switches", {}).get("walk_in", "deny"),
        "walk_in_overflow_cap": policy.get("limits", {}).get("walk_in_overflow_cap", 20),
        "prices": [[row["id"], row.get("price")] for row in policy["classes"]],
        "supervisors": policy.get("supervisors", []),
    }


def read_guest(data):
    refuse_if(len(data) > 2048)
    guest = read_object(data, ["name"], ["email"])
    guest = {"name": guest["name"], "email": guest.get("email", "")}
    for text in guest.values():
        plain_string(text, 128)
        refuse_if(text != text.strip())
    refuse_if(not guest["name"])
    return guest


def read_drill(note):
    data = note.encode()
    refuse_if(len(data) > 1024)
    checks = read_object(data, ["checks"])["checks"]
    refuse_if(not isinstance(checks, list) or len(checks) > 20)
    says = []
    for check in checks:
        check_names(check, ["check", "light"], ["remark"])
        name, light, remark = check["check"], check["light"], check.get("remark", "")
        plain_string(name, 20)
        refuse_if(not name or set(name) - set(string.ascii_lowercase + "_"))
        refuse_if(light not in ("green", "amber", "red"))
        plain_string(remark, 64)
        says.append([name, light, remark])
    refuse_if(len({name for name, _, _ in says}) != len(says))
    return says


def sold_ticket(device, seq):
    """The ticket and the issue of what an entry sells."""
    refuse_if(seq >= 2**32, "TICKET")
    return device << 48 | seq, seq


def ticket_says(case):
    ticket, issue = sold_ticket(case["device"], case["seq"])
    return {"ticket": ticket, "issue": issue, "typed_code": typed_code(ticket)}


def read_sale(file, case):
    """What a WALKIN entry sells, with the guest beside it, or what it lacks."""
    seller = read_certificate(file, file["certificates"][case["certificate"]])
    entry = read_entry(bytes.fromhex(case["bytes"]))
    refuse_if(entry["kind"] != WALKIN, "KIND")
    refuse_if(not seller["capabilities"] & MAY_SELL or entry["class"] not in seller["walk_in_classes"], "SELLER")
    refuse_if((entry["ticket"], entry["issue"]) != sold_ticket(seller["number"], entry["seq"]), "TICKET")
    amount = entry["amount"]
    refuse_if(amount is None or amount["method"] not in (1, 2, 3), "AMOUNT")
    payment = {1: "cash", 2: "card", 3: "free"}[amount["method"]]
    currency = bytes.fromhex(amount["currency"]).decode("latin-1")
    refuse_if(any(letter not in string.ascii_uppercase for letter in currency), "AMOUNT")
    refuse_if(payment == "free" and amount["minor"] != 0, "AMOUNT")
    refuse_if(entry["reason"] > 2, "RIGHT")
    refuse_if(entry["personal_data"] is None, "GUEST")
    salt, data = bytes.fromhex(case["salt"]), bytes.fromhex(case["data"])
    refuse_if(H(salt, data).hex() != entry["personal_data"], "GUEST")
    says = {name: entry[name] for name in ("ticket", "issue", "class")}
    says |= {"minor": amount["minor"], "currency": currency, "payment": payment, "guest": read_guest(data)}
    return says | {"right": ("lease", "supervisor", "overflow")[entry["reason"]]}


def keyring_of(file):
    """What a terminal that holds the file's DEVICE entries reads tickets with."""
    keyring = {"event": file["event"], "keys": [], "delegations": []}
    for entry in file["devices"]:
        device = read_body(DEVICE, bytes.fromhex(entry["entity"]), bytes.fromhex(entry["body"]))
        try:
            seller = read_certificate(file, {"bytes": device["certificate"], "signature": device["signature"]})
        except Refused:
            continue
        one = {"device": seller["number"], "key": seller["sign_key"], "capabilities": seller["capabilities"]}
        one["classes"] = seller["walk_in_classes"]
        one["revoked_after"] = None if device["status"] == 1 else device["last_seq"]
        keyring["delegations"].append(one)
    return keyring


def rights_left(case):
    lease = None
    for entry in case["leases"]:
        told = read_body(LEASE, bytes.fromhex(entry["entity"]), bytes.fromhex(entry["body"]))
        if (told["device"], told["class"]) == (case["device"], case["class"]):
            lease = told
    entries = [read_entry(bytes.fromhex(data)) for data in case["entries"]]
    undone = {(e["undo_target"], e["ticket"]) for e in entries if e["kind"] == UNDO}
    spent = [
        e for e in entries
        if e["kind"] == WALKIN and e["class"] == case["class"] and e["reason"] == 0
        and (e["seq"], e["ticket"]) not in undone
    ]
    if lease is None or case["now"] >= lease["expires"]:
        return 0
    return max(lease["count"] - len(spent), 0)


def is_wipe_order(file, case):
    message = dst("wipe") + bytes.fromhex(case["event"]) + bytes.fromhex(case["device"])
    try:
        signature = bytes.fromhex(case["signature"])
    except ValueError:
        return False
    return is_signed(bytes.fromhex(file["server_key"]), message, signature)
