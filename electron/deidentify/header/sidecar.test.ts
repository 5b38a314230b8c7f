import { describe, expect, it } from 'vitest';
import { policy } from '../../../shared/deidentify/records.ts';
import { pseudonymsFrom } from '../pseudonyms.ts';
import { applyProfile } from './apply-profile.ts';
import { emptyDataset, getString, setString } from './dicom-dataset.ts';
import { planted } from './planted-object.ts';
import { cleanSidecar } from './sidecar.ts';

const keys = pseudonymsFrom(new Uint8Array(32).fill(3));
const subject = { sourceKey: 'k', label: keys.subjectLabel('k') };
/** What dcm2niix writes without its own anonymising switch. */
const source = {
  Modality: 'MR',
  MagneticFieldStrength: 3,
  Manufacturer: 'Siemens',
  InstitutionName: planted.institution,
  InstitutionAddress: planted.address,
  DeviceSerialNumber: planted.serial,
  StationName: 'MRC35235',
  SeriesInstanceUID: planted.seriesUid,
  StudyID: '4711',
  PatientName: planted.name,
  PatientID: planted.id,
  AccessionNumber: planted.accession,
  PatientBirthDate: '1931-04-17',
  PatientSex: 'F',
  PatientAge: 91,
  PatientWeight: 61.5,
  ReferringPhysicianName: planted.physician,
  SeriesDescription: 't1_mprage_sag Quillfeather',
  ProcedureStepDescription: 'Head^Quillfeather',
  AcquisitionTime: '10:11:12.25',
  AcquisitionDateTime: '2019-06-23T10:11:12.25',
  SoftwareVersions: 'syngo MR E11 2019-06-23',
  CoilString: `Coil of ${planted.id}`,
  EchoTime: 0.00298,
  ImageType: ['ORIGINAL', 'PRIMARY', 'M', 'ND'],
  SomethingNew: 'who knows',
  ImageComments: planted.name,
};

const recipe = (options = {}, overrides = {}) => policy.parse({ name: 'test', options, overrides });

describe('sidecars', () => {
  it('keep acquisition fields and nothing that identifies', () => {
    const { json, changes } = cleanSidecar(source, recipe(), keys, subject);
    expect(Object.keys(json).sort()).toEqual([
      'AcquisitionDateTime',
      'AcquisitionTime',
      'DeidentificationMethod',
      'DeidentificationMethodCodeSequence',
      'EchoTime',
      'ImageType',
      'MagneticFieldStrength',
      'Manufacturer',
      'Modality',
      'SeriesInstanceUID',
      'SoftwareVersions',
    ]);
    const text = JSON.stringify(json).toLowerCase();
    for (const secret of [
      'quillfeather',
      'zenobia',
      planted.id,
      planted.accession,
      'eulalia',
      'larkspur',
      planted.serial,
      planted.seriesUid,
      '2019',
      '4711',
    ]) {
      expect(text).not.toContain(secret.toLowerCase());
    }
    expect(json.EchoTime).toBe(0.00298);
    expect(json.SoftwareVersions).toBe('syngo MR E11');
    expect(changes.find((c) => c.tag === 'SomethingNew')!.rule).toMatch(/not on the list/);
    for (const key of Object.keys(source)) expect(changes.filter((c) => c.tag === key)).toHaveLength(1);
  });

  it('moves dates before 1926, the same days for one subject, and never twice', () => {
    const once = cleanSidecar(source, recipe(), keys, subject).json;
    const year = Number(String(once.AcquisitionDateTime).slice(0, 4));
    expect(year).toBeLessThan(1926);
    expect(String(once.AcquisitionDateTime)).toMatch(/T10:11:12\.25$/);
    expect(cleanSidecar(once, recipe(), keys, subject).json).toEqual(once);
  });

  it('removes dates where no date option is on, keeps them under full dates', () => {
    const none = cleanSidecar(source, recipe({ retainLongitudinalModifiedDates: false }), keys, subject).json;
    expect(none).not.toHaveProperty('AcquisitionDateTime');
    expect(none).not.toHaveProperty('AcquisitionTime');
    const full = cleanSidecar(
      source,
      recipe({ retainLongitudinalModifiedDates: false, retainLongitudinalFullDates: true }),
      keys,
      subject,
    ).json;
    expect(full.AcquisitionDateTime).toBe(source.AcquisitionDateTime);
  });

  it('lets through what options retain', () => {
    const { json } = cleanSidecar(
      source,
      recipe({ retainPatientCharacteristics: true, retainDeviceIdentity: true, cleanDescriptors: true }),
      keys,
      subject,
    );
    expect(json).toMatchObject({
      PatientSex: 'F',
      PatientAge: 89,
      PatientWeight: 61.5,
      DeviceSerialNumber: planted.serial,
      SeriesDescription: 't1_mprage_sag',
    });
  });

  it('obeys overrides by field name', () => {
    const { json } = cleanSidecar(source, recipe({}, { PatientSex: 'K', Manufacturer: 'X' }), keys, subject);
    expect(json.PatientSex).toBe('F');
    expect(json).not.toHaveProperty('Manufacturer');
  });

  it.each([
    ['ManufacturerModelName', 'X', 'ManufacturersModelName'],
    ['00081090', 'Z', 'ManufacturersModelName'],
    ['(0018,1020)', 'X', 'SoftwareVersions'],
    ['EchoTime', 'D', 'EchoTime'],
    ['ImageOrientationPatient', 'X', 'ImageOrientationPatientDICOM'],
    ['PerformedProcedureStepDescription', 'K', 'ProcedureStepDescription'],
    ['00101030', 'K', 'PatientWeight'],
    ['0008,1010', 'K', 'StationName'],
  ] as const)('obeys the override %s: %s as DICOM does', (override, code, field) => {
    const more = {
      ...source,
      ManufacturersModelName: 'Prisma',
      ImageOrientationPatientDICOM: [1, 0, 0, 0, 1, 0],
    };
    const before = cleanSidecar(more, recipe(), keys, subject).json;
    const { json, changes } = cleanSidecar(more, recipe({}, { [override]: code }), keys, subject);
    expect(field in before).toBe(code !== 'K');
    expect(json[field]).toEqual(code === 'K' ? more[field] : undefined);
    expect(changes.find((c) => c.tag === field)!.rule).toBe('policy override');
  });

  it.each([
    ['095Y', '089Y'],
    ['95Y', '089Y'],
    ['95', '089Y'],
    ['00095y ', '089Y'],
    ['1092M', '089Y'],
    [95.5, 89],
    ['089Y', '089Y'],
    ['89Y', '89Y'],
    ['018M', '018M'],
    ['unknown', 'unknown'],
  ])('groups ages over 89: %s', (age, grouped) => {
    const kept = recipe({ retainPatientCharacteristics: true });
    expect(cleanSidecar({ PatientAge: age }, kept, keys, subject).json.PatientAge).toBe(grouped);
    if (typeof age !== 'string') return;
    const ds = emptyDataset();
    setString(ds, '00101010', age, 'AS');
    const { dataset } = applyProfile(ds, kept, keys, subject);
    expect(getString(dataset, '00101010')).toBe(grouped);
  });

  it('cleans every text of a list and of what lies in it', () => {
    const lists = {
      ImageType: ['ORIGINAL', '20200301', 'M'],
      ScanOptions: ['FS', 'of 23.06.2019'],
      ReceiveCoilName: ['coil 1', ['Larkspur "QF-7" 01.02.2020']],
      MatrixCoilMode: [`for ${planted.id}`, 'SENSE'],
      CoilString: [{ element: 'A "B-1"', made: '2019-06-23' }],
      SliceTiming: [0, 20200301, 1.5],
    };
    const named = { ...subject, identifiers: [{ kind: 'patient-id' as const, text: 'A "B-1"' }] };
    const { json, changes } = cleanSidecar({ ...lists, PatientID: planted.id }, recipe(), keys, named);
    expect(json.ImageType).toEqual(['ORIGINAL', '', 'M']);
    expect(json.ScanOptions).toEqual(['FS', 'of']);
    expect(json.ReceiveCoilName).toEqual(['coil 1', ['Larkspur "QF-7"']]);
    expect(json).not.toHaveProperty('MatrixCoilMode');
    expect(json).not.toHaveProperty('CoilString');
    expect(json.SliceTiming).toEqual(lists.SliceTiming);
    expect(changes.find((c) => c.tag === 'ImageType')!.rule).toBe('acquisition field: date inside text');
  });

  it('says how it was de-identified, and keeps of what others said the codes', () => {
    const received = {
      DeidentificationMethod: ['Removed at St Eulalia by Dr Ostrowidzki, 01.03.2020'],
      DeidentificationMethodCodeSequence: [
        { CodeValue: '113101', CodingSchemeDesignator: 'DCM', CodeMeaning: 'cleaned by Dr Ostrowidzki' },
        { CodeValue: 'E-1', CodingSchemeDesignator: '99EULALIA' },
        { CodeValue: 'X-7', CodingSchemeDesignator: 'SCT', CodeMeaning: 'by hand', Note: 'ward 12' },
        { CodeValue: 'what Dr Ostrowidzki did', CodingSchemeDesignator: 'DCM' },
        null,
      ],
    };
    const { json } = cleanSidecar(received, recipe(), keys, subject);
    expect(json.DeidentificationMethod).toEqual(['Refacade: PS3.15 Basic Profile, policy test']);
    const dcm = { CodingSchemeDesignator: 'DCM' };
    expect(json.DeidentificationMethodCodeSequence).toEqual([
      { ...dcm, CodeValue: '113101', CodeMeaning: 'Clean Pixel Data Option' },
      { CodeValue: 'X-7', CodingSchemeDesignator: 'SCT' },
      { ...dcm, CodeValue: '113100', CodeMeaning: 'Basic Application Confidentiality Profile' },
      {
        ...dcm,
        CodeValue: '113107',
        CodeMeaning: 'Retain Longitudinal Temporal Information Modified Dates Option',
      },
    ]);
    expect(cleanSidecar(json, recipe(), keys, subject).json).toEqual(json);
    const bare = cleanSidecar({ DeidentificationMethod: 'Other tool' }, recipe(), keys, subject).json;
    expect(bare.DeidentificationMethod).toEqual(['Refacade: PS3.15 Basic Profile, policy test']);
  });
});
