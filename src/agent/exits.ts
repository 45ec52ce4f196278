// How a launch ended, as it is told: from the launcher's word, the last output, and what the agent itself saw.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Exit, ExitReason } from '../model/instance.ts';
import { signalNumber } from '../model/signals.ts';
import type { ProgramExit } from './effects/launch-facts.ts';
import { outputFile } from './effects/output.ts';

const tailLines = 20, tailBytes = 4096;

/** The last lines of a launch's output, stderr after stdout. Bytes that are no UTF-8 become U+FFFD. */
export function lastOutput(instanceDirectory: string): string[] {
  const lines = (['stdout', 'stderr'] as const).map((stream) => lastLines(outputFile(instanceDirectory, stream)));
  const [out, err] = lines as [string[], string[]];
  const kept = err.slice(-tailLines);
  return [...out.filter((line) => !line.startsWith('[stathub ')).slice(-(tailLines - Math.min(kept.length, tailLines / 2))), ...kept].slice(-tailLines);
}

function lastLines(path: string): string[] {
  let fd: number;
  try { fd = openSync(path, 'r'); } catch { return []; }
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.allocUnsafe(Math.min(size, tailBytes));
    const length = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes.toString('utf8', 0, length).split('\n');
    if (size > length) lines.shift(); // cut in its middle
    return lines.filter((line) => line !== '').map((line) => line.slice(0, 500));
  } finally {
    closeSync(fd);
  }
}

export interface EndedLaunchFacts { launch: number; at: number; directory: string; /** Who killed it, where somebody did. */ by: string | null }

/** @param reason where the agent knows better than the status: 'port-taken', 'oom' */
export function exitOf(ended: ProgramExit, launch: EndedLaunchFacts, reason: ExitReason | null, extra: string[] = []): Exit {
  const signal = ended.signal === null ? null : signalNumber(ended.signal);
  return {
    code: ended.code, signal, reason: reason ?? (signal !== null ? 'signal' : ended.code !== null ? 'exited' : 'unknown'),
    at: ended.at, durationMs: Math.max(0, ended.at - launch.at), launch: launch.launch, core: ended.core, peakMem: null, by: launch.by, quota: null,
    tail: [...lastOutput(launch.directory), ...(ended.complaint ? [ended.complaint] : []), ...extra].slice(-tailLines),
  };
}
