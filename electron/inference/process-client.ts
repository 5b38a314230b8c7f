import { withSignal } from '../with-signal.ts';
import { isProviderFailure } from './provider-failure.ts';
import type { CancelRequest, Device, Failure, WorkAnswer, WorkerProcess } from './worker-contract.ts';

/** A process with a network ended while it was needed; the message says how. */
export class WorkerExitedError extends Error {
  override name = 'WorkerExitedError';
}

/** A process with a network says why it cannot do what was asked; `name` is that of the error over there. */
export class InferenceError extends Error {
  constructor(failure: Failure) {
    super(failure.message);
    this.name = failure.name;
  }
}

/** An order failed for its provider, which is left out from now on; `cause` is what the caller would be told. */
class ProviderLeftOutError extends Error {
  override name = 'ProviderLeftOutError';
}

type Sent<Message> = Message | CancelRequest;

/** How to start the process, and the pauses around it. */
export interface ProcessOptions<Message, Result> {
  readonly spawn: (file: string) => WorkerProcess<Sent<Message>, WorkAnswer<Result>>;
  /** The bundle of the program. */
  readonly workerFile: string;
  /** An idle process is ended after this long; the next order starts another. */
  readonly idleMs?: number | undefined;
  /** First pause after a crash; doubles with each crash in a row, up to a minute. */
  readonly backOffMs?: number | undefined;
  /** How long a cancelled order may take to stop before the process is killed. */
  readonly cancelMs?: number | undefined;
  /** A provider that has not passed its self-test by then hangs, and is left out. */
  readonly trialMs?: number | undefined;
  /** A graphics provider that says nothing of its order for this long hangs, and is left out. */
  readonly silentMs?: number | undefined;
}

/** One kind of program: what it is called and what it is told. */
export interface Program<Order, Message> {
  /** As in "the … stopped": `segmentation process`. */
  readonly name: string;
  /** Uses this provider or none; it is never left out. */
  readonly forced?: string | undefined;
  /**
   * @param excluded providers that failed an earlier process, with what happened
   * @param preferred the provider that an earlier process chose, so that all orders run on one
   */
  start(excluded: Readonly<Record<string, string>>, preferred: string | undefined): Message;
  ask(id: number, order: Order): Message;
  /** Removes what an order that failed may have left. */
  clean?(order: Order): Promise<void>;
}

interface Job<Order, Result> {
  readonly id: number;
  readonly order: Order;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (fraction: number, message: string) => void;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/** A process that ended before it was ready. */
interface Failed {
  /** The provider it was trying. */
  readonly trial: string | undefined;
  readonly how: string;
  /** It was told to. */
  readonly told: boolean;
}

const MAX_BACK_OFF_MS = 60_000;
const SILENT_TICKS = 10;
/** Providers that are no device of their own: what fails there fails for another reason. */
const ON_PROCESSOR = ['cpu', 'wasm'];

/**
 * The application's end of a process that holds a network: a queue of orders, worked on one at a time.
 *
 * The process is started with the first order, ended when idle, and started again with growing pauses when it crashes.
 * A crash fails the order that was worked on, not those that wait. Where a graphics provider ran or hung, it is left out
 * from then on and the order is tried once more. Without such a failure every process uses the provider that the first one
 * chose.
 */
export class ProcessClient<Order, Result, Message> {
  private readonly program: Program<Order, Message>;
  private readonly options: ProcessOptions<Message, Result>;
  private readonly queue: Job<Order, Result>[] = [];
  private working = false;
  private closed = false;
  private process: WorkerProcess<Sent<Message>, WorkAnswer<Result>> | undefined;
  private started: Promise<Device> | undefined;
  /** What the first process found, or the first after a provider was left out. */
  private device: Device | undefined;
  private listener: (event: WorkAnswer<Result> | { readonly type: 'exit'; readonly how: string }) => void =
    () => {};
  private exited: Promise<void> = Promise.resolve();
  /** End of a process that was told to end and may still answer. */
  private leaving: Promise<void> | undefined;
  /** Processes that were told to end: no provider is to blame for it. */
  private readonly told = new WeakSet<object>();
  /** Callers that wait for {@link describe}. */
  private asking = 0;
  private readonly excluded: Record<string, string> = {};
  private crashes = 0;
  private lastCrash = 0;
  private nextId = 1;
  private idle: NodeJS.Timeout | undefined;

  constructor(program: Program<Order, Message>, options: ProcessOptions<Message, Result>) {
    this.program = program;
    this.options = options;
  }

  /** Works on one order when its turn comes. @throws WorkerExitedError, InferenceError, or the signal's reason */
  run(
    order: Order,
    signal: AbortSignal | undefined,
    onProgress: (fraction: number, message: string) => void,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.closed) throw new WorkerExitedError('Expected an open application; it is being closed.');
      signal?.throwIfAborted();
      const leave = () => this.leaveQueue(job);
      const ended =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          signal?.removeEventListener('abort', leave);
          then(value);
        };
      const job: Job<Order, Result> = {
        id: this.nextId++,
        order,
        signal,
        onProgress,
        resolve: ended(resolve),
        reject: ended(reject),
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.queue.push(job);
      void this.work();
    });
  }

  /** Where the network runs and what became of the other providers; starts the process the first time. */
  async describe(): Promise<Device> {
    if (this.device) return this.device;
    clearTimeout(this.idle);
    this.asking++;
    try {
      return await this.ready();
    } finally {
      this.asking--;
      this.restWhenIdle();
    }
  }

  /** Ends the process; orders that wait or are worked on fail. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.idle);
    for (const job of this.queue.splice(0)) {
      job.reject(
        new WorkerExitedError(`The application was closed before the ${this.program.name} came to this.`),
      );
    }
    this.end();
    await this.exited;
  }

  /** Kills the process; whoever needs one afterwards waits until this one is gone, or would ask the dying one. */
  private end(): void {
    if (this.process) this.told.add(this.process);
    this.process?.keepAlive(true); // or nothing would wait for its end
    this.process?.kill();
    this.leaving = this.exited;
  }

  private leaveQueue(job: Job<Order, Result>): void {
    const at = this.queue.indexOf(job);
    if (at < 0) return;
    this.queue.splice(at, 1);
    job.reject(job.signal!.reason);
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    clearTimeout(this.idle);
    for (let job = this.queue.shift(); job; job = this.queue.shift()) {
      try {
        job.resolve(await this.runJob(job));
        this.crashes = 0;
      } catch (error) {
        job.reject(error);
      }
    }
    this.working = false;
    this.restWhenIdle();
  }

  private restWhenIdle(): void {
    if (this.working || this.asking > 0) return;
    clearTimeout(this.idle);
    this.process?.keepAlive(false);
    this.idle = setTimeout(() => this.end(), this.options.idleMs ?? 60_000);
    this.idle.unref();
  }

  /** Works on an order, and once more when the provider failed it and was left out. */
  private async runJob(job: Job<Order, Result>): Promise<Result> {
    for (let again = false; ; again = true) {
      try {
        return await this.attempt(job);
      } catch (error) {
        if (!(error instanceof ProviderLeftOutError)) throw error;
        if (again) throw error.cause;
      }
    }
  }

  /** A job whose signal fires while the process starts does not wait for it. */
  private async attempt(job: Job<Order, Result>): Promise<Result> {
    await withSignal(this.ready(), job.signal);
    const process = this.process;
    if (!process) throw new WorkerExitedError(`The ${this.program.name} ended before it was asked.`);
    process.keepAlive(true);
    let killer: NodeJS.Timeout | undefined;
    const silentMs = this.options.silentMs ?? 600_000;
    let quiet = 0;
    let hung = '';
    // In parts: a computer that slept, or a program that was stopped, missed all of them but one.
    const tick = () => {
      if (++quiet < SILENT_TICKS) return;
      hung = `it said nothing for ${Math.round(silentMs / 1000)} s`;
      process.kill();
    };
    const silence = this.mayBeLeftOut() ? setInterval(tick, silentMs / SILENT_TICKS) : undefined;
    const cancel = () => {
      process.post({ type: 'cancel', id: job.id });
      killer = setTimeout(() => this.end(), this.options.cancelMs ?? 1500);
    };
    try {
      return await new Promise<Result>((resolve, reject) => {
        this.listener = (event) => {
          quiet = 0;
          if (event.type === 'exit') {
            const how = hung || event.how;
            const error = new WorkerExitedError(`The ${this.program.name} stopped: ${how}.`);
            if (job.signal?.aborted || this.closed) reject(error);
            else if (this.leaveOut(how)) reject(new ProviderLeftOutError('', { cause: error }));
            else {
              this.noteCrash();
              reject(error);
            }
          } else if ('id' in event && event.id === job.id) {
            if (event.type === 'progress') job.onProgress(event.fraction, event.message);
            else if (event.type === 'done') resolve(event.result);
            else if (event.type === 'failed') {
              const error = new InferenceError(event.error);
              if (isProviderFailure(event.error) && !job.signal?.aborted && this.leaveOut(error.message)) {
                this.end();
                reject(new ProviderLeftOutError('', { cause: error }));
              } else reject(error);
            } else reject(job.signal?.reason);
          }
        };
        process.post(this.program.ask(job.id, job.order));
        if (job.signal?.aborted) cancel();
        else job.signal?.addEventListener('abort', cancel, { once: true });
      });
    } catch (error) {
      await this.program.clean?.(job.order);
      job.signal?.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(killer);
      clearInterval(silence);
      job.signal?.removeEventListener('abort', cancel);
      this.listener = () => {};
    }
  }

  /** From now on without the provider in use. @returns false where that would not help or is not wanted */
  private leaveOut(what: string): boolean {
    if (!this.mayBeLeftOut()) return false;
    this.excluded[this.device!.provider] = `left out when it failed at an order: ${what}`;
    this.device = undefined;
    return true;
  }

  private mayBeLeftOut(): boolean {
    return this.device !== undefined && !ON_PROCESSOR.includes(this.device.provider) && !this.program.forced;
  }

  private noteCrash(): void {
    this.crashes++;
    this.lastCrash = Date.now();
  }

  private async ready(): Promise<Device> {
    await this.leaving;
    if (!this.started) {
      const started = this.start().catch((error: unknown) => {
        if (this.started === started) this.started = undefined;
        throw error;
      });
      this.started = started;
    }
    return await this.started;
  }

  /** Starts the process; a provider that takes it down or hangs is left out of the next attempt. */
  private async start(): Promise<Device> {
    for (;;) {
      const pause = (this.options.backOffMs ?? 500) * 2 ** (this.crashes - 1);
      const left = this.lastCrash + Math.min(MAX_BACK_OFF_MS, pause) - Date.now();
      if (this.crashes > 0 && left > 0) await new Promise((resume) => setTimeout(resume, left));
      if (this.closed) throw new WorkerExitedError('Expected an open application; it is being closed.');
      const attempt = await this.launch();
      if ('provider' in attempt) {
        this.restWhenIdle(); // whoever asked for it may have left
        return attempt;
      }
      if (attempt.told) {
        throw new WorkerExitedError(`The ${this.program.name} was told to end while it was starting.`);
      }
      if (attempt.trial === undefined || attempt.trial === 'cpu') {
        this.noteCrash();
        throw new WorkerExitedError(`The ${this.program.name} stopped while starting: ${attempt.how}.`);
      }
      this.excluded[attempt.trial] = `tried, and ${attempt.how}`;
      if (this.device?.provider === attempt.trial) this.device = undefined;
    }
  }

  private launch(): Promise<Device | Failed> {
    const child = this.options.spawn(this.options.workerFile);
    this.process = child;
    return new Promise((resolve, reject) => {
      let trial: string | undefined;
      let hung = false;
      let up = false;
      let clock: NodeJS.Timeout | undefined;
      this.exited = new Promise((over) => {
        child.onExit((how) => {
          clearTimeout(clock);
          if (this.process === child) {
            this.process = undefined;
            if (up) this.started = undefined; // else the start goes on with another process, or fails by itself
          }
          resolve({ trial, how: hung ? 'it did not answer in time' : how, told: this.told.has(child) });
          this.listener({ type: 'exit', how });
          over();
        });
      });
      child.onMessage((answer) => {
        if (answer.type === 'trial') {
          trial = answer.provider;
          clearTimeout(clock);
          clock = setTimeout(() => {
            hung = true;
            child.kill();
          }, this.options.trialMs ?? 120_000);
        } else if (answer.type === 'ready') {
          clearTimeout(clock);
          up = true;
          resolve(this.settle({ provider: answer.provider, reports: answer.reports }));
        } else if (answer.type === 'unusable') {
          clearTimeout(clock);
          reject(new InferenceError(answer.error));
          child.kill();
        } else this.listener(answer);
      });
      child.post(this.program.start({ ...this.excluded }, this.device?.provider));
    });
  }

  /** The reports of the process that chose say more than those of one that was told which provider to prefer. */
  private settle(found: Device): Device {
    const before = this.device;
    if (before?.provider === found.provider) return before;
    const lost = found.reports.find((r) => r.provider === before?.provider && r.state !== 'used');
    if (lost) this.excluded[lost.provider] = lost.detail;
    this.device = found;
    return found;
  }
}
