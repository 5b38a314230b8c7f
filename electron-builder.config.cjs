// Packaging for Windows, macOS and Linux. Checked by build/native/packaging.slow.test.ts; run by build/pack.ts.
// Nothing here publishes, updates or phones home: the application is offline and so is its installer.
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

/**
 * What the bundles need from node_modules at run time, and nothing else: their externals and what those load.
 * bids-validator stays out on purpose: 229 MB of test runners and a web server, and it needs a plain Node, which
 * a packaged application refuses to be (fuse `runAsNode`). The share then says that it was not run. Of the last
 * three, only files that the face process reads: their code is in its bundle. See `faceFiles`.
 */
const packages = require('./build/shipped-packages.json');
const scopes = [...new Set(packages.filter((p) => p.startsWith('@')).map((p) => p.split('/')[0]))];
const plain = packages.filter((p) => !p.startsWith('@'));
const onlyTheseModules = [
  `!node_modules/!(${[...plain, ...scopes].join('|')}){,/**/*}`,
  ...scopes.map((s) => {
    const names = packages.filter((p) => p.startsWith(`${s}/`)).map((p) => p.slice(s.length + 1));
    return `!node_modules/${s}/!(${names.join('|')}){,/**/*}`;
  }),
  // Packages nested below are install-time helpers (downloaders), never loaded at run time.
  '!node_modules/*/node_modules{,/**/*}',
];

/** Of 43 MB, 24 MB and 14 MB, the weights of six networks (15.9 MB) and the WebAssembly binaries (1.2 MB). */
const faceFiles = [
  '!node_modules/@vladmandic/human/!(package.json|LICENSE|models){,/**/*}',
  '!node_modules/@vladmandic/human/models/!(blazeface|facemesh|faceres).*',
  '!node_modules/@vladmandic/face-api/!(package.json|LICENSE|model){,/**/*}',
  '!node_modules/@vladmandic/face-api/model/!(tiny_face_detector|face_landmark_68|face_recognition)_model*',
  '!node_modules/@tensorflow/tfjs-backend-wasm/!(package.json|LICENSE|dist){,/**/*}',
  '!node_modules/@tensorflow/tfjs-backend-wasm/dist/!(*.wasm){,/**/*}',
];

/**
 * What goes into the archive. Given per platform, not at the top: the packager takes a platform's list beside a
 * common one as a second set that starts from "everything".
 *
 * @param own the platform's folder name in the inference runtime, which carries binaries for all of them
 */
const filesFor = (own) => [
  'package.json',
  'LICENSE',
  'dist/**/*',
  '!dist/build{,/**/*}',
  '!dist/cli{,/**/*}',
  '!dist/packages{,/**/*}',
  '!**/*.map',
  // Lies beside the archive, where people can read it (see extraResources).
  '!dist/THIRD-PARTY.txt',
  ...onlyTheseModules,
  ...faceFiles,
  // The driver's own build is for Node; the packaged application takes native/abi-<number> (see extraResources).
  '!node_modules/better-sqlite3/{build,deps,src}{,/**/*}',
  '!node_modules/onnxruntime-node/script{,/**/*}',
  `!node_modules/onnxruntime-node/bin/napi-v6/!(${own}){,/**/*}`,
  // The packager fills in the architecture.
  `!node_modules/onnxruntime-node/bin/napi-v6/${own}/!(\${arch}){,/**/*}`,
  '!node_modules/piscina/{benchmark,docs,examples,scripts,src,test,test-jest,test-node}{,/**/*}',
];

/** @type {import('electron-builder').Configuration} */
module.exports = {
  appId: 'org.refacade.app',
  productName: 'Refacade',
  copyright: 'The Refacade authors, Apache-2.0',
  directories: { output: 'dist/packages', buildResources: 'build/icons' },
  // The packager wants both for a Debian package; whoever distributes sets their own.
  extraMetadata: { homepage: 'https://refacade.invalid/' },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the packager fills these in
  artifactName: '${productName}-${version}-${os}-${arch}.${ext}',
  publish: null,
  generateUpdatesFilesForAllChannels: false,
  compression: 'normal',

  asar: true,
  // Loaded by the operating system or mapped into memory, hence real files beside the archive.
  asarUnpack: [
    'dist/worker/**/*',
    '**/*.{node,wasm,so,so.*,dylib,dll}',
    'node_modules/onnxruntime-node/**/*',
    'node_modules/@niivue/dcm2niix/**/*',
    'node_modules/piscina/**/*',
    'node_modules/@napi-rs/**/*',
    'node_modules/@vladmandic/**/*',
    'node_modules/@tensorflow/**/*',
  ],
  // One SQLite binary per ABI, chosen at start: docs/decisions/0002-two-sqlite-binaries.md
  extraResources: [
    { from: 'build/native', to: 'native', filter: ['abi-*/better_sqlite3.node'] },
    // Weights and average heads with their cards; the runtime maps them into memory, so they are real files.
    {
      from: 'models',
      to: 'models',
      filter: ['!training{,/**/*}', 'README.md', '*/card.json', '*/*.onnx', '*/*.nii.gz'],
    },
    { from: 'dist/THIRD-PARTY.txt', to: 'THIRD-PARTY.txt' },
  ],
  // Rebuilding in place would replace the Node binary that tests and the command line use.
  npmRebuild: false,
  nodeGypRebuild: false,
  electronLanguages: ['en', 'en-US'],

  electronFuses: {
    // No way to run the signed binary as a plain Node; children go through utilityProcess or worker threads.
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableCookieEncryption: true,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    // Pages come from app://, never from file://.
    grantFileProtocolExtraPrivileges: false,
    resetAdHocDarwinSignature: true,
  },

  win: {
    target: ['nsis', 'zip'],
    icon: 'build/icons/icon.ico',
    files: filesFor('win32'),
  },
  nsis: {
    oneClick: false,
    perMachine: false,
    allowToChangeInstallationDirectory: true,
    // Projects and logs are the lab's records.
    deleteAppDataOnUninstall: false,
    differentialPackage: false,
    license: 'LICENSE',
  },
  mac: {
    target: ['dmg'],
    icon: 'build/icons/icon.icns',
    category: 'public.app-category.medical',
    hardenedRuntime: true,
    gatekeeperAssess: false,
    entitlements: 'build/native/entitlements.mac.plist',
    entitlementsInherit: 'build/native/entitlements.mac.plist',
    // Needs an Apple account and the network; the distributor turns it on.
    notarize: false,
    files: filesFor('darwin'),
  },
  dmg: { writeUpdateInfo: false, sign: false },
  linux: {
    target: ['AppImage', 'deb'],
    icon: 'build/icons',
    executableName: 'refacade',
    category: 'Science;MedicalSoftware',
    synopsis: 'De-identifies head scans offline',
    maintainer: 'The Refacade authors <authors@refacade.invalid>',
    vendor: 'The Refacade authors',
    files: filesFor('linux'),
  },

  /** Fails early, and says what to do, rather than shipping an application that cannot open its catalog. */
  beforePack: ({ electronPlatformName, arch }) => {
    const abi = readFileSync(join(__dirname, 'node_modules', 'electron', 'abi_version'), 'utf8').trim();
    const folder = join(__dirname, 'build', 'native', `abi-${abi}`);
    const made = join(folder, 'built.json');
    const wanted = `${electronPlatformName}-${['ia32', 'x64', 'armv7l', 'arm64', 'universal'][arch]}`;
    const found =
      existsSync(made) && existsSync(join(folder, 'better_sqlite3.node'))
        ? JSON.parse(readFileSync(made, 'utf8')).target
        : 'none';
    if (found !== wanted) {
      throw new Error(
        `Expected a SQLite binary for Electron ABI ${abi} on ${wanted} in ${folder}; found ${found}. ` +
          'Make it on that platform with `node dist/build/build-sqlite.js`.',
      );
    }
  },
};
