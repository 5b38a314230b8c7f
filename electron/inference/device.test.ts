import { describe, expect, it } from 'vitest';
import { chooseProvider, type OpenNetwork, segmentationTest } from './device.ts';

/** Milliseconds that the fake devices have worked; no real time passes. */
let clock = 0;

/** Two channels, p and 1 − p; `error` is added to p, `ms` is how long one run takes per 32³ voxels. */
function fake(opened: string[], closed: string[]) {
  const behaviour: Record<string, { ms: number; error?: number }> = {
    cpu: { ms: 8 },
    cuda: { ms: 1 },
    webgpu: { ms: 1 },
    dml: { ms: 1 },
    coreml: { ms: 1 },
  };
  const open = async (provider: string): Promise<OpenNetwork> => {
    opened.push(provider);
    const { ms, error = 0 } = behaviour[provider]!;
    if (ms < 0) throw new Error('no such device\nwith a long story');
    return {
      network: async (image) => {
        clock += (ms * image.length) / 32 ** 3;
        const out = new Float32Array(image.length * 2);
        image.forEach((v, n) => {
          out[n] = v / 1.1 + error;
          out[image.length + n] = 1 - v / 1.1 - error;
        });
        return out;
      },
      close: async () => {
        closed.push(provider);
      },
    };
  };
  return { behaviour, open };
}

describe('choosing where the network runs', () => {
  const setUp = (change: Record<string, { ms: number; error?: number }>) => {
    const [opened, closed]: [string[], string[]] = [[], []];
    const { behaviour, open } = fake(opened, closed);
    Object.assign(behaviour, change);
    return {
      opened,
      closed,
      open,
      now: () => clock,
      test: segmentationTest(2),
      known: ['cpu', 'webgpu', 'cuda'],
    };
  };

  it('takes the first that is right and faster, and lets the CPU go', async () => {
    const s = setUp({});
    const chosen = await chooseProvider(s);
    expect(chosen.provider).toBe('cuda');
    expect(s.opened).toEqual(['cpu', 'cuda']);
    expect(s.closed).toEqual(['cpu']);
    expect(chosen.reports[0]).toMatchObject({ provider: 'cuda', state: 'used' });
  });

  it('passes over what is absent, wrong or slow, and says why', async () => {
    const s = { ...setUp({ cuda: { ms: -1 }, webgpu: { ms: 1, error: 0.05 }, dml: { ms: 200 } }) };
    const chosen = await chooseProvider({ ...s, known: ['cpu', 'webgpu', 'cuda', 'dml'] });
    expect(chosen.provider).toBe('cpu');
    expect(chosen.reports.map((r) => [r.provider, r.state])).toEqual([
      ['cuda', 'unavailable'],
      ['webgpu', 'wrong'],
      ['dml', 'slower'],
      ['cpu', 'used'],
    ]);
    expect(chosen.reports[0]!.detail).toBe('no such device');
    expect(chosen.reports[1]!.detail).toContain('0.05');
    expect(s.closed).toEqual(['webgpu', 'dml']);
  });

  it('does not try again what took the process down', async () => {
    const s = setUp({});
    const chosen = await chooseProvider({ ...s, excluded: { cuda: 'tried, and it crashed (SIGSEGV)' } });
    expect(chosen.provider).toBe('webgpu');
    expect(s.opened).not.toContain('cuda');
    expect(chosen.reports[0]).toMatchObject({
      state: 'unavailable',
      detail: expect.stringContaining('SIGSEGV'),
    });
  });

  it('a forced provider is taken though slow, refused though fast when wrong or unknown', async () => {
    expect((await chooseProvider({ ...setUp({ webgpu: { ms: 300 } }), forced: 'webgpu' })).provider).toBe(
      'webgpu',
    );
    expect((await chooseProvider({ ...setUp({}), forced: 'cpu' })).provider).toBe('cpu');
    await expect(
      chooseProvider({ ...setUp({ webgpu: { ms: 1, error: Number.NaN } }), forced: 'webgpu' }),
    ).rejects.toThrow(/REFACADE_EP asks for webgpu.*differs/);
    await expect(chooseProvider({ ...setUp({}), forced: 'abacus' })).rejects.toThrow(
      /Expected one of the execution providers cpu, webgpu, cuda; got "abacus"/,
    );
  });

  it('keeps the provider that was chosen before, whatever the stopwatch says today', async () => {
    const slow = setUp({ webgpu: { ms: 300 } });
    expect((await chooseProvider({ ...slow, preferred: 'webgpu' })).provider).toBe('webgpu');
    expect(slow.opened).toEqual(['cpu', 'webgpu']);
    const cpu = setUp({});
    expect((await chooseProvider({ ...cpu, preferred: 'cpu' })).provider).toBe('cpu');
    expect(cpu.opened).toEqual(['cpu']);
  });

  it('looks at the others when the one chosen before is wrong, absent or left out', async () => {
    for (const webgpu of [{ ms: 1, error: 0.05 }, { ms: -1 }]) {
      const { provider, reports } = await chooseProvider({ ...setUp({ webgpu }), preferred: 'webgpu' });
      expect(provider).toBe('cuda');
      expect(reports.map((r) => r.provider)).toEqual(['webgpu', 'cuda']);
    }
    const excluded = { webgpu: 'it crashed' };
    expect((await chooseProvider({ ...setUp({}), preferred: 'webgpu', excluded })).provider).toBe('cuda');
  });

  it('refuses a network whose answer is no probabilities', async () => {
    const s = setUp({});
    await expect(chooseProvider({ ...s, test: segmentationTest(1) })).rejects.toThrow(/add up to 1/);
  });
});
