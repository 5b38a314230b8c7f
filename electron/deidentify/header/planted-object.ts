import {
  type Dataset,
  emptyDataset,
  sequenceElement,
  setElement,
  setString,
  textElement,
} from './dicom-dataset.ts';

/** Every identifier planted in the test object; none may survive under any built-in policy that shares outside. */
export const planted = {
  name: 'Quillfeather^Zenobia^Maud',
  id: 'PX-449173-K',
  birth: '19310417',
  accession: 'ACC7719305',
  physician: 'Ostrowidzki^Barnaby',
  institution: 'St Eulalia Infirmary',
  address: '17 Larkspur Crescent, Nether Wallop',
  phone: '+44 1264 555019',
  serial: 'SN-88123-XQ',
  studyUid: '1.2.826.0.1.3680043.9.7.1.1',
  seriesUid: '1.2.826.0.1.3680043.9.7.1.2',
  sopUid: '1.2.826.0.1.3680043.9.7.1.3',
  studyDate: '20190623',
} as const;

/**
 * A small MR object with identifiers in every kind of place: plain attributes, nested sequences, private
 * blocks, free text, overlays, an icon, request attributes, and one attribute that no dictionary knows.
 */
export function plantedObject(charset = 'ISO_IR 192'): Dataset {
  const ds = emptyDataset(charset);
  const text = (tag: string, value: string, vr?: string): void => setString(ds, tag, value, vr);
  const us = (tag: string, ...values: number[]): void =>
    setElement(ds, { tag, vr: 'US', value: new Uint8Array(new Uint16Array(values).buffer) });
  text('00080005', charset);
  text('00080008', 'ORIGINAL\\PRIMARY\\M\\ND');
  text('00080012', planted.studyDate);
  text('00080016', '1.2.840.10008.5.1.4.1.1.4');
  text('00080018', planted.sopUid);
  text('00080020', planted.studyDate);
  text('0008002A', `${planted.studyDate}101112.250000+0100`);
  text('00080030', '101112');
  text('00080050', planted.accession);
  text('00080060', 'MR');
  text('00080070', 'SIEMENS');
  text('00080080', planted.institution);
  text('00080081', planted.address);
  text('00080090', planted.physician);
  text('00081030', `MR Head ${planted.name.split('^')[0]} 23.06.2019`);
  text('0008103E', `t1_mprage_sag 1mm Quillfeather`);
  text('00081010', 'MRC35235');
  setElement(
    ds,
    sequenceElement('00081115', [item(planted.seriesUid), item('1.2.826.0.1.3680043.9.7.1.99')]),
  );
  setElement(ds, sequenceElement('00081140', [reference(planted.sopUid)]));
  text('00100010', planted.name);
  text('00100020', planted.id);
  text('00100030', planted.birth);
  text('00100040', 'F');
  text('00101010', '091Y');
  text('00101030', '61.5');
  text('00101040', planted.address);
  text('00102154', planted.phone);
  text('00104000', `Seen by Dr ${planted.physician.split('^')[0]}`);
  text('00180024', 'tfl3d1_16ns');
  text('00180050', '1');
  text('00181000', planted.serial);
  text('00181020', 'syngo MR E11 2019-06-23');
  text('00181030', 't1_mprage_sag_p2_iso');
  text('00181250', `HeadCoil of ${planted.id}`);
  text('00190010', 'SIEMENS MR HEADER', 'LO');
  text('0019100C', '1000', 'IS');
  text('00191008', planted.name, 'LO');
  text('00290010', 'SIEMENS CSA HEADER', 'LO');
  setElement(ds, {
    tag: '00291010',
    vr: 'OB',
    value: new TextEncoder().encode(`PatientName ${planted.name} `),
  });
  text('0020000D', planted.studyUid);
  text('0020000E', planted.seriesUid);
  text('00200010', '4711');
  text('00200052', '1.2.826.0.1.3680043.9.7.1.4');
  text('00200032', '-90\\-120\\80');
  text('00200037', '1\\0\\0\\0\\1\\0');
  text('00204000', planted.name);
  us('00280002', 1);
  text('00280004', 'MONOCHROME2');
  us('00280010', 2);
  us('00280011', 2);
  us('00280100', 16);
  us('00280101', 12);
  us('00280102', 11);
  us('00280103', 0);
  us('00280106', 1);
  us('00280107', 4);
  text('00280302', 'NO');
  setElement(ds, sequenceElement('00400275', [request()]));
  text('00110101', planted.name, 'LO'); // odd group without a creator
  text('00189999', planted.name, 'LO'); // even group, in no dictionary
  us('60000010', 2);
  setElement(ds, { tag: '60003000', vr: 'OW', value: new Uint8Array(2) });
  text('60004000', planted.name, 'LT');
  text('50000022', planted.name, 'LO');
  setElement(ds, sequenceElement('00880200', [icon()]));
  setElement(ds, { tag: '7FE00010', vr: 'OW', value: new Uint8Array(new Uint16Array([1, 2, 3, 4]).buffer) });
  return ds;

  function item(seriesUid: string): Dataset {
    const inner = emptyDataset(charset);
    setElement(inner, textElement('0020000E', 'UI', seriesUid));
    setElement(inner, sequenceElement('0008114A', [reference(planted.sopUid)]));
    setElement(inner, textElement('00080080', 'LO', planted.institution));
    return inner;
  }
  function reference(sop: string): Dataset {
    const inner = emptyDataset(charset);
    setElement(inner, textElement('00081150', 'UI', '1.2.840.10008.5.1.4.1.1.4'));
    setElement(inner, textElement('00081155', 'UI', sop));
    return inner;
  }
  function request(): Dataset {
    const inner = emptyDataset(charset);
    setElement(inner, textElement('00400007', 'LO', `Brain for ${planted.name.split('^')[0]}`));
    setElement(inner, textElement('00400009', 'SH', 'SPS-99120'));
    return inner;
  }
  function icon(): Dataset {
    const inner = emptyDataset(charset);
    setElement(inner, { tag: '7FE00010', vr: 'OW', value: new Uint8Array(2) });
    return inner;
  }
}
