import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelsDir } from '../../electron/inference/model-card.ts';
import { findFacePackages } from '../../electron/risk/faces/face-packages.ts';
import { createFaceReader } from '../../electron/risk/faces/face-reader.ts';
import { missingForPacking } from '../pack.ts';
import { checkoutDir, electronFacts } from './checkout.ts';

const root = checkoutDir();
const require = createRequire(join(root, 'package.json'));
const config = require('./electron-builder.config.cjs') as Record<string, unknown> & {
  win: { files: string[]; icon: string };
  mac: { files: string[]; icon: string; entitlements: string };
  linux: { files: string[]; icon: string };
  extraResources: { from: string; to: string; filter: string[] }[];
  beforePack: (context: { electronPlatformName: string; arch: number }) => void;
};
const validate = (c: unknown): Promise<void> =>
  require('app-builder-lib/out/util/config/config.js').validateConfiguration(c, { isEnabled: false });

describe('electron-builder.config.cjs', () => {
  it("passes electron-builder's own schema, which would catch a misspelt option", async () => {
    await expect(validate(config)).resolves.toBeUndefined();
    await expect(validate({ ...config, asarUnpacked: [] })).rejects.toThrow(/asarUnpacked/);
    await expect(validate({ ...config, electronFuses: { runAsNod: false } })).rejects.toThrow();
  });

  it('publishes nothing, updates nothing, and rebuilds nothing in place', () => {
    expect(config).toMatchObject({
      publish: null,
      npmRebuild: false,
      generateUpdatesFilesForAllChannels: false,
    });
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(
      Object.keys({ ...dependencies, ...devDependencies }).filter((d) => /updater|sentry|analytics/.test(d)),
    ).toEqual([]);
  });

  it('blows every fuse that would let somebody else drive the program', () => {
    expect(config.electronFuses).toMatchObject({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableCookieEncryption: true,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
    });
  });

  it('names only files that are there', () => {
    for (const file of [
      config.win.icon,
      config.mac.icon,
      config.linux.icon,
      config.mac.entitlements,
      'LICENSE',
    ]) {
      expect(existsSync(join(root, file)), file).toBe(true);
    }
  });

  it('covers every external of the bundles', () => {
    const bundler = readFileSync(join(root, 'build', 'bundle.mjs'), 'utf8');
    const list = /export const external = \[([^\]]*)\]/.exec(bundler)?.[1] ?? '';
    const externals = [...list.matchAll(/'([^']+)'/g)].map((m) => m[1]!);
    expect(externals).toContain('better-sqlite3');
    const kept = config.linux.files
      .filter((f) => f.startsWith('!node_modules/!(') || f.startsWith('!node_modules/@'))
      .join();
    for (const name of externals.filter((n) => n !== 'electron' && n !== 'bids-validator')) {
      for (const part of name.split('/')) expect(kept, name).toContain(part);
    }
  });

  it('refuses to pack without a SQLite binary of the right ABI, platform and processor', () => {
    expect(() => config.beforePack({ electronPlatformName: 'plan9', arch: 1 })).toThrow(
      /ABI 150 on plan9-x64/,
    );
  });
});

describe('pack', () => {
  it('says plainly what is missing', () => {
    const missing = missingForPacking(root);
    if (electronFacts(root).binary) expect(missing.join()).not.toContain('Electron');
    else expect(missing[0]).toMatch(/^The Electron \d+\.\d+\.\d+ binary is not installed/);
  });
});

/**
 * electron-builder run for real on the built bundles, around an Electron that is an empty program: shows what the
 * archive holds and that it holds enough, not that Electron starts it (`smoke:electron --app` does).
 */
describe.skipIf(process.platform !== 'linux' || !existsSync(join(root, 'dist', 'shell', 'main.js')))(
  'a Linux package around an empty Electron (needs `npm run build`)',
  () => {
    const work = mkdtempSync(join(tmpdir(), 'refacade-pack-'));
    const app = join(work, 'extracted');
    const resources = join(work, 'out', 'linux-unpacked', 'resources');
    let names: string[] = [];

    beforeAll(() => {
      const fakeDist = join(work, 'electron');
      for (const part of ['resources', 'locales']) mkdirSync(join(fakeDist, part), { recursive: true });
      writeFileSync(join(fakeDist, 'electron'), '#!/bin/sh\n');
      chmodSync(join(fakeDist, 'electron'), 0o755);
      writeFileSync(join(fakeDist, 'version'), electronFacts(root).version);
      for (const file of ['LICENSE', 'LICENSES.chromium.html', 'locales/en-US.pak'])
        writeFileSync(join(fakeDist, file), '');
      const native = join(work, 'native', 'abi-150');
      mkdirSync(native, { recursive: true });
      writeFileSync(join(native, 'better_sqlite3.node'), 'stands for the binary');
      for (const file of [
        'headseg/model.onnx',
        'headseg/card.json',
        'headseg/parity.json',
        'average-head/mean.nii.gz',
        'training/headseg/card.json',
        'training/headseg/train.py',
      ]) {
        mkdirSync(join(work, 'models', file, '..'), { recursive: true });
        writeFileSync(join(work, 'models', file), 'stands for the file');
      }
      writeFileSync(
        join(work, 'dry.cjs'),
        `module.exports = { ...require(${JSON.stringify(join(root, 'electron-builder.config.cjs'))}),
          electronFuses: null, beforePack: undefined, electronDist: ${JSON.stringify(fakeDist)},
          directories: { output: ${JSON.stringify(join(work, 'out'))}, buildResources: 'build/icons' },
          extraResources: [
            { from: ${JSON.stringify(join(work, 'native'))}, to: 'native', filter: ['abi-*/better_sqlite3.node'] },
            { ...require(${JSON.stringify(join(root, 'electron-builder.config.cjs'))}).extraResources.find((r) => r.to === 'models'),
              from: ${JSON.stringify(join(work, 'models'))} },
          ],
        };`,
      );
      execFileSync(
        process.execPath,
        [
          require.resolve('electron-builder/cli.js'),
          '--projectDir',
          root,
          '--config',
          join(work, 'dry.cjs'),
          '--linux',
          'dir',
          '--publish',
          'never',
        ],
        { cwd: root, stdio: 'pipe' },
      );
      const asar = require(
        require.resolve('@electron/asar', { paths: [require.resolve('app-builder-lib')] }),
      );
      asar.extractAll(join(resources, 'app.asar'), app);
      names = readdirSync(app, { recursive: true, encoding: 'utf8' });
    }, 240_000);

    afterAll(() => rmSync(work, { recursive: true, force: true }));

    it('holds the entry the manifest names, the preload, the worker and the licence', () => {
      const { main } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'));
      expect(names).toEqual(
        expect.arrayContaining([
          main,
          'dist/shell/preload.cjs',
          'dist/worker/main.js',
          'dist/inference/main.js',
          'dist/faces/main.js',
          'LICENSE',
        ]),
      );
    });

    it('holds no command line, no build programs, no source maps, no sources and no tests', () => {
      expect(
        names.filter((n) =>
          /^dist\/(cli|build|packages)|\.map$|^(electron|shared|renderer|build|models)\b|\.test\./.test(n),
        ),
      ).toEqual([]);
    });

    it('holds only the packages the bundles load', () => {
      const packages = readdirSync(join(app, 'node_modules')).flatMap((n) =>
        n.startsWith('@') ? readdirSync(join(app, 'node_modules', n)).map((m) => `${n}/${m}`) : [n],
      );
      const allowed =
        /^(better-sqlite3|bindings|file-uri-to-path|onnxruntime-(node|common)|piscina|@napi-rs\/nice(-[\w-]+)?|@niivue\/dcm2niix|@vladmandic\/(human|face-api)|@tensorflow\/tfjs-backend-wasm)$/;
      expect(packages.filter((p) => !allowed.test(p))).toEqual([]);
      const runtimes = join(app, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6');
      expect(readdirSync(runtimes)).toEqual(['linux']);
      expect(readdirSync(join(runtimes, 'linux'))).toEqual([process.arch]);
    });

    it('of the face packages holds the weights that are used and the WebAssembly binaries, and no code', () => {
      const face = names
        .filter((n) => /^node_modules\/(@vladmandic|@tensorflow)\/.*\.\w+$/.test(n))
        .map((n) => n.replace(/^node_modules\/@(vladmandic|tensorflow)\//, ''));
      const weights = (dir: string, nets: string[], ends: string[]) =>
        nets.flatMap((net) => ends.map((end) => `${dir}/${net}${end}`));
      expect(face.sort()).toEqual(
        [
          ...['face-api', 'human', 'tfjs-backend-wasm'].map((p) => `${p}/package.json`),
          ...weights('human/models', ['blazeface', 'facemesh', 'faceres'], ['.bin', '.json']),
          ...weights(
            'face-api/model',
            ['face_landmark_68', 'face_recognition', 'tiny_face_detector'],
            ['_model.bin', '_model-weights_manifest.json'],
          ),
          ...['', '-simd', '-threaded-simd'].map((k) => `tfjs-backend-wasm/dist/tfjs-backend-wasm${k}.wasm`),
        ].sort(),
      );
    });

    it('the face process finds its networks in the archive alone and answers', async () => {
      const packages = findFacePackages(join(app, 'dist'));
      expect(packages?.human.dir).toBe(join(app, 'node_modules', '@vladmandic', 'human'));
      const reader = createFaceReader({ distDir: join(app, 'dist') });
      try {
        const nothing = { width: 64, height: 64, gray: new Uint8Array(64 * 64) };
        const [readings] = await reader!.read([nothing]);
        expect(readings?.map((r) => [r.network, r.found])).toEqual([
          ['human', false],
          ['face-api', false],
        ]);
        expect((await reader!.describe()).detail).toContain('run on wasm');
      } finally {
        await reader?.close();
      }
    });

    it('every package that a bundle imports is inside', () => {
      const wanted = new Set<string>();
      for (const name of names.filter((n) =>
        /^dist\/(shell|worker|inference|faces|chunks)\/.*\.js$/.test(n),
      )) {
        const code = readFileSync(join(app, name), 'utf8');
        for (const [, from] of code.matchAll(
          /^(?:import|export)\b[^'"`;]*?\bfrom\s*"([^".][^"]*)"|^import\s*"([^".][^"]*)"/gm,
        )) {
          if (from) wanted.add(from);
        }
      }
      wanted.delete('electron');
      expect(wanted.size).toBeGreaterThan(3);
      for (const name of [...wanted].filter((n) => !n.startsWith('node:') && !builtinModules.includes(n))) {
        expect(existsSync(join(app, 'node_modules', name)), name).toBe(true);
      }
    });

    it('native and WebAssembly files are real files beside the archive, and so is the SQLite binary', () => {
      const unpacked = readdirSync(join(resources, 'app.asar.unpacked'), {
        recursive: true,
        encoding: 'utf8',
      });
      const loaded = names.filter(
        (n) => /\.(node|wasm|dylib|dll)$|\.so(\.|$)/.test(n) || n === 'dist/worker/main.js',
      );
      expect(loaded.length).toBeGreaterThan(3);
      expect(unpacked).toEqual(expect.arrayContaining(loaded));
      expect(existsSync(join(resources, 'native', 'abi-150', 'better_sqlite3.node'))).toBe(true);
    });

    it('models are real files beside the archive, without what only training needs', () => {
      const shipped = readdirSync(join(resources, 'models'), { recursive: true, encoding: 'utf8' });
      expect(shipped.sort()).toEqual([
        'average-head',
        'average-head/mean.nii.gz',
        'headseg',
        'headseg/card.json',
        'headseg/model.onnx',
      ]);
      expect(modelsDir(join(resources, 'app.asar', 'dist'))).toBe(join(resources, 'models'));
    });

    it('the packaged shell starts, answers through its door and opens a catalog (Electron stood in for)', () => {
      const standIn = join(app, 'node_modules', 'electron');
      mkdirSync(standIn, { recursive: true });
      writeFileSync(join(standIn, 'package.json'), '{ "type": "module", "exports": "./index.mjs" }');
      cpSync(new URL('./stand-in-electron.mjs', import.meta.url), join(standIn, 'index.mjs'));
      const data = join(work, 'data');
      const driver = join(root, 'node_modules', 'better-sqlite3', 'build', 'Release', 'better_sqlite3.node');
      const output = execFileSync(process.execPath, ['dist/shell/main.js'], {
        cwd: app,
        encoding: 'utf8',
        env: { ...process.env, STAND_IN_DATA: data, REFACADE_SQLITE_BINDING: driver },
        timeout: 60_000,
      });
      const seen = JSON.parse(/^SEEN (.*)$/m.exec(output)?.[1] ?? '{}');
      expect(seen).toMatchObject({
        page: 200,
        policy: expect.stringContaining("default-src 'self'"),
        opened: { ok: true },
        current: { ok: true, value: { dir: join(data, 'project') } },
      });
      expect(seen.channels).toHaveLength(3);
      expect(existsSync(seen.preload)).toBe(true);
      expect(readFileSync(join(data, 'logs', 'refacade.log'), 'utf8')).toContain('"message":"started"');
    });

    it('the packages and the worker load from the archive alone, in plain Node', () => {
      const driver = join(root, 'node_modules', 'better-sqlite3', 'build', 'Release', 'better_sqlite3.node');
      const program = `
        const Database = (await import('better-sqlite3')).default;
        new Database(':memory:', { nativeBinding: ${JSON.stringify(driver)} }).prepare('SELECT 1').get();
        for (const name of ['piscina', 'onnxruntime-node', '@niivue/dcm2niix']) await import(name);
        await import('./dist/worker/main.js');
        await import('./dist/inference/main.js');
        console.log('all loaded');
        process.exit(0);`;
      writeFileSync(join(app, 'probe.mjs'), program);
      expect(execFileSync(process.execPath, ['probe.mjs'], { cwd: app, encoding: 'utf8' })).toContain(
        'all loaded',
      );
    });
  },
);
