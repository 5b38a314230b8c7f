#!/usr/bin/env python3
"""Known values of the keyed pseudonyms, computed a second time from their definition.

Prints the JSON that electron/deidentify/pseudonyms.test.ts holds. Secret: bytes 0..31.
"""
import hashlib
import hmac
import json

SECRET = bytes(range(32))
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def mac(purpose, text):
    return hmac.new(SECRET, f"{purpose}\0{text}".encode(), hashlib.sha256).digest()


def uid(purpose, text):
    head = bytearray(mac(purpose, text)[:8])
    head[6] = head[6] & 0x0F | 0x80
    tail = bytearray(mac("uid-seal", head.hex())[:8])
    tail[0] = tail[0] & 0x3F | 0x80
    return "2.25." + str(int.from_bytes(head + tail, "big"))


def shift(key):
    return -30 - int.from_bytes(mac("shift", key)[:4], "big") % 3621


print(json.dumps({
    "label": "sub-" + "".join(BASE32[b & 31] for b in mac("subject", "dicom:|4711|19800229")[:8]),
    "uid": uid("uid", "1.2.826.0.1.3680043.9.7.1.1"),
    "derived": uid("uid edited", "1.2.826.0.1.3680043.9.7.1.1"),
    "shift": shift("dicom:|4711|19800229"),
    "bidsShift": shift("dicom:|4711|19800229") - 64000,
}))
