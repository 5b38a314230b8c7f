#!/usr/bin/env python3
"""Second parser for DICOM files that Refacade writes.

Usage: header_pydicom.py PAIRS.json   where PAIRS is [[source, written], ...]
Prints one JSON object: {"checked": n, "unreadable": [source...], "differences": ["source: what", ...]}.

Compared: every attribute by tag, item position and decoded value (VRs where both state one), group 0002
rules, and the pixel bytes: fragments byte for byte, native pixels after byte order is made little endian.
"""
import json
import sys
import warnings

import numpy as np
import pydicom
from pydicom.tag import Tag

warnings.simplefilter("ignore")
pydicom.config.convert_wrong_length_to_UN = True
WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
ENCAPSULATED_NATIVE = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"}


def little(value, vr, big, bits):
    if not big or not isinstance(value, (bytes, bytearray)):
        return value
    size = WORDS.get(vr, 1)
    if vr == "OW" and bits >= 32:
        size = bits // 8
    n = len(value) // size * size
    return np.frombuffer(value[:n], f"V{size}").tobytes() if size == 1 else (
        np.frombuffer(value[:n], f">u{size}").astype(f"<u{size}").tobytes() + value[n:])


def plain(value):
    if isinstance(value, (bytes, bytearray)):
        value = bytes(value)
        return value + b"\0" if len(value) % 2 else value
    if isinstance(value, pydicom.multival.MultiValue):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return repr(value)
    return str(value).rstrip("\0 ").strip()


def compare(a, b, path, big, bits, out):
    keys_a = {t for t in a.keys() if t.element != 0}
    keys_b = {t for t in b.keys() if t.element != 0}
    for t in sorted(keys_a ^ keys_b):
        out.append(f"{path}{t} only in {'source' if t in keys_a else 'written'}")
    for t in sorted(keys_a & keys_b):
        if path == "" and t == Tag(0x7FE00010) and a[t].VR != "SQ" and a.file_meta_encapsulated:
            continue
        ea, eb = a[t], b[t]
        if ea.VR == "SQ" and eb.VR == "SQ":
            if len(ea.value) != len(eb.value):
                out.append(f"{path}{t}: {len(ea.value)} items became {len(eb.value)}")
                continue
            for i, (ia, ib) in enumerate(zip(ea.value, eb.value)):
                compare(ia, ib, f"{path}{t}[{i}].", big, bits, out)
            continue
        if ea.VR == "UN" or eb.VR == "UN":
            if isinstance(ea.value, bytes) and isinstance(eb.value, bytes) and plain(ea.value) != plain(eb.value):
                out.append(f"{path}{t}: bytes differ")
            continue
        va = plain(little(ea.value, ea.VR, big, bits))
        vb = plain(eb.value)
        if va != vb:
            out.append(f"{path}{t} {ea.VR}/{eb.VR}: {str(va)[:60]!r} became {str(vb)[:60]!r}")


def fragments(ds):
    return list(pydicom.encaps.generate_pixel_data_fragment(ds.PixelData))


def main():
    report = {"checked": 0, "unreadable": [], "differences": []}
    for source, written in json.load(open(sys.argv[1])):
        if "DICOMDIR" in source:
            continue  # its records hold byte offsets; it is not data here
        b = pydicom.dcmread(written)  # what we wrote must be readable without force
        try:
            a = pydicom.dcmread(source, force=True)
            for _ in a.iterall():
                pass
        except Exception:
            report["unreadable"].append(source)
            continue
        out = []
        meta = b.file_meta
        if meta.TransferSyntaxUID not in ENCAPSULATED_NATIVE and "PixelData" not in b:
            out.append("encapsulated transfer syntax without pixels")
        if "SOPInstanceUID" in b and meta.MediaStorageSOPInstanceUID != b.SOPInstanceUID:
            out.append("(0002,0003) is not the data set's SOP Instance UID")
        if "SOPClassUID" in b and meta.MediaStorageSOPClassUID != b.SOPClassUID:
            out.append("(0002,0002) is not the data set's SOP Class UID")
        syntax = getattr(a.file_meta, "TransferSyntaxUID", "")
        a.file_meta_encapsulated = bool(syntax) and syntax not in ENCAPSULATED_NATIVE
        big = not a.is_little_endian
        bits = int(a.get("BitsAllocated", 16) or 16)
        compare(a, b, "", big, bits, out)
        if a.file_meta_encapsulated and "PixelData" in a and meta.TransferSyntaxUID == syntax:
            try:
                same = fragments(a) == fragments(b)
            except Exception:  # a broken source: compare the raw element
                same = a.PixelData == b.PixelData
            if not same:
                out.append("pixel fragments differ")
        report["checked"] += 1
        report["differences"] += [f"{source.split('/')[-1]}: {d}" for d in out]
    print(json.dumps(report))


main()
