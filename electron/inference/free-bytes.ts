import { freemem, totalmem } from 'node:os';

/** Memory that a process may still take, in bytes, with the limits of a container where Node knows them. */
export function freeBytes(): number {
  const { availableMemory } = process as { availableMemory?: () => number };
  const free = availableMemory ? availableMemory.call(process) : freemem();
  return obtainableBytes(free, totalmem(), process.platform);
}

/** macOS counts what it would give back at once, old files' contents, as taken: little is free there on any day. */
export function obtainableBytes(free: number, total: number, platform: NodeJS.Platform): number {
  return platform === 'darwin' ? Math.max(free, total / 4) : free;
}
