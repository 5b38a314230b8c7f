import type { AppEvent } from '../shared/jobs/records.ts';

/** Fans application events out to every open `/events` stream and to the command line. */
export class EventHub {
  private readonly listeners = new Set<(event: AppEvent) => void>();

  emit(event: AppEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  /** @returns a function that stops listening */
  listen(listener: (event: AppEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** A server-sent-events response that ends when the reader goes away. */
  stream(): Response {
    const encoder = new TextEncoder();
    let stop = () => {};
    let beat: NodeJS.Timeout | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const send = (text: string) => controller.enqueue(encoder.encode(text));
        send(': connected\n\n');
        stop = this.listen((event) => send(`data: ${JSON.stringify(event)}\n\n`));
        beat = setInterval(() => send(': still here\n\n'), 15_000);
        beat.unref?.();
      },
      cancel: () => {
        clearInterval(beat);
        stop();
      },
    });
    return new Response(body, {
      headers: {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      },
    });
  }
}
