"""What pydicom and dcm2niix say about the DICOM files in ../shared/data/dicom.

Writes electron/import/oracle-dicom.json: for every file whether pydicom reads it (a DICOMDIR is named
as such) and a few header values; for every series folder the volumes that Debian's dcm2niix makes of it.
Run: /usr/bin/python3 build/oracle/import-dicom.py ../shared/data/dicom
"""
import glob
import json
import os
import subprocess
import sys
import tempfile
import warnings

import nibabel
import pydicom

warnings.filterwarnings('ignore')
root = sys.argv[1]
files = {}
for path in sorted(glob.glob(os.path.join(root, '**', '*'), recursive=True)):
    if not os.path.isfile(path):
        continue
    name = os.path.relpath(path, root)
    try:
        d = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        known = [e for e in d if e.tag.group in (0x0008, 0x0010, 0x0018, 0x0020, 0x0028, 0x0001, 0x0009, 0x0029, 0x0033, 0x3006, 0x300A)]
        if str(getattr(d, 'file_meta', {}).get('MediaStorageSOPClassUID', '')) == '1.2.840.10008.1.3.10':
            files[name] = {'kind': 'dicomdir'}
        elif not known and 'UN_sequence' not in name:
            files[name] = {'kind': 'not-dicom'}
        else:
            files[name] = {
                'kind': 'dicom',
                'modality': str(d.get('Modality', '') or ''),
                'rows': int(d.get('Rows', 0) or 0),
                'columns': int(d.get('Columns', 0) or 0),
                'series': str(d.get('SeriesInstanceUID', '') or '')[-12:],
                'sop': str(d.get('SOPInstanceUID', '') or '')[-12:],
                'tr': float(d.RepetitionTime) if d.get('RepetitionTime') not in (None, '') else None,
                'position': [float(v) for v in d.ImagePositionPatient] if d.get('ImagePositionPatient') else None,
            }
    except Exception as error:
        files[name] = {'kind': 'not-dicom', 'why': type(error).__name__}

folders = {}
for folder in sorted({os.path.dirname(f) for f in files}):
    if folder.startswith('pydicom_test_files'):
        continue
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(['dcm2niix', '-z', 'n', '-b', 'n', '-f', 'out', '-d', '0', '-o', out, os.path.join(root, folder)], stdout=subprocess.DEVNULL)
        images = [f for f in sorted(os.listdir(out)) if f.endswith('.nii') and '_Eq' not in f and '_Tilt' not in f]
        folders[folder] = [[int(n) for n in nibabel.load(os.path.join(out, f)).shape] for f in images]
json.dump({'files': files, 'folders': folders}, open('electron/import/oracle-dicom.json', 'w'), indent=0, sort_keys=True)
