// `npm run bench -- <name> [options]`: measures, never tests. Figures are medians and ratios from one run.
const benches: Readonly<Record<string, () => Promise<{ main(args: string[]): Promise<unknown> }>>> = {
  import: () => import('./bench/import.ts'),
  face: () => import('./bench/face.ts'),
  morphometry: () => import('./bench/morphometry.ts'),
  segment: () => import('./bench/segment.ts'),
  reface: () => import('./bench/reface.ts'),
  render: () => import('./bench/render.ts'),
};

const [name = '', ...args] = process.argv.slice(2);
const load = benches[name];
if (!load) {
  process.stderr.write(
    `Expected one of: ${Object.keys(benches).join(', ')}. Example: npm run bench -- import --files 20000\n`,
  );
  process.exit(1);
}
const code = await (await load()).main(args);
process.exit(typeof code === 'number' ? code : 0);

export {};
