// What the shell asks of Electron's utility process; that Electron then starts it is shown by the packaged program only.
import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';

const children: FakeChild[] = [];
class FakeChild extends EventEmitter {
  pid: number | undefined;
  stderr = new EventEmitter();
  postMessage = vi.fn();
  kill = vi.fn();
}
const fork = vi.fn((..._args: unknown[]) => {
  const child = new FakeChild();
  children.push(child);
  return child;
});
vi.mock('electron', () => ({ utilityProcess: { fork } }));
const { spawnUtilityWorker } = await import('./spawn-worker.ts');

describe('the inference process in the desktop application', () => {
  it('is a utility process: messages go both ways, and its end says how, with its last words', () => {
    const worker = spawnUtilityWorker('/app/dist/inference/main.js');
    const child = children[0]!;
    expect(fork).toHaveBeenCalledWith(
      '/app/dist/inference/main.js',
      [],
      // A closed standard input is what Electron insists on; standard error is kept for crash reports.
      expect.objectContaining({ stdio: ['ignore', 'ignore', 'pipe'] }),
    );
    const [heard, ended]: [unknown[], string[]] = [[], []];
    worker.onMessage((m) => heard.push(m));
    worker.onExit((how) => ended.push(how));
    worker.post({ type: 'cancel', id: 3 });
    expect(child.postMessage).toHaveBeenCalledWith({ type: 'cancel', id: 3 });
    child.emit('message', { type: 'cancelled', id: 3 });
    expect(heard).toEqual([{ type: 'cancelled', id: 3 }]);
    expect(worker.pid).toBeUndefined();
    child.pid = 12;
    expect(worker.pid).toBe(12);
    worker.keepAlive(false);
    worker.kill();
    expect(child.kill).toHaveBeenCalledOnce();
    child.stderr.emit('data', Buffer.from('the driver is gone\n'));
    child.emit('exit', 134);
    child.emit('exit', 134);
    expect(ended).toEqual(['it ended with code 134; it said: the driver is gone']);
  });
});
