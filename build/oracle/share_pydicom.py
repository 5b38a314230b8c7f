"""Compares the DICOM of a share with its sources, using pydicom alone.

usage: share_pydicom.py SOURCE_DIR SHARED_DICOM_DIR
Prints one JSON object. Used by electron/share/write-share.test.ts as the parser that had no part in writing.
"""
import json
import pathlib
import sys

import numpy as np
import pydicom


def read(folder):
    files = [p for p in sorted(pathlib.Path(folder).rglob("*")) if p.is_file()]
    return [pydicom.dcmread(p) for p in files]


source = sorted(read(sys.argv[1]), key=lambda d: int(d.InstanceNumber))
shared = sorted(read(sys.argv[2]), key=lambda d: float(d.ImagePositionPatient[2]))


def uids(datasets):
    found = set()
    for d in datasets:
        for e in d.iterall():
            if e.VR == "UI" and not str(e.value).startswith("1.2.840.10008."):
                found.add(str(e.value))
    return found


def dates(datasets):
    return {str(e.value) for d in datasets for e in d.iterall() if e.VR == "DA" and e.value}


def references(datasets):
    return [str(e.value) for d in datasets for e in d.iterall() if e.tag == (0x0008, 0x1155)]


names = {str(d.SOPInstanceUID) for d in shared}
pointed = references(shared)
changed = 0
changed_to = set()
geometry = True
for a, b in zip(source, shared):
    before, after = a.pixel_array, b.pixel_array
    where = before != after
    changed += int(where.sum())
    changed_to |= set(int(v) for v in np.unique(after[where]))
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        geometry &= getattr(a, name) == getattr(b, name)

print(json.dumps({
    "instances": len(shared),
    "changed": changed,
    "changedTo": sorted(changed_to),
    "sameGeometry": bool(geometry),
    "uidsInCommon": len(uids(source) & uids(shared)),
    "referencesWithin": sum(uid in names for uid in pointed),
    "referencesElsewhere": sum(uid not in names for uid in pointed),
    "datesInCommon": sorted(dates(source) & dates(shared)),
    "privateElements": sum(e.tag.is_private for d in shared for e in d.iterall()),
    "patientNames": len({str(d.PatientName) for d in shared}),
    "identityRemoved": sorted({str(d.PatientIdentityRemoved) for d in shared}),
    "imageType": sorted({d.ImageType[0] for d in shared}),
    "faceStatement": sorted({str(d.get((0x0028, 0x0302)).value) for d in shared}),
}))
