// How a launch ended, as it is told: from the launcher's word, the last output, and what the agent itself saw.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Exit, ExitReason } from '../../model/instance.ts';
import { exitText } from '../../model/instance-status.ts';
import { signalNumber } from '../../model/signals.ts';
import { readSetup, type ProgramExit } from '../effects/launch/launch-facts.ts';
import { launchDirectory } from '../effects/launch/launch-records.ts';
import { memoryEvidence, type MemoryEvidence } from '../effects/cgroups/limit-groups.ts';
import { appendPlatformLine, outputFile } from '../effects/output/output.ts';
import type { LaunchRecord } from './records.ts';

const tailLines = 20, tailBytes = 4096;

const streams = ['stdout', 'stderr'] as const;

/** Bytes that each live file of output holds now: what a launch that begins now writes comes behind them. */
export const outputSizes = (instanceDirectory: string): [number, number] =>
  streams.map((stream) => statSync(outputFile(instanceDirectory, stream), { throwIfNoEntry: false })?.size ?? 0) as [number, number];

/**
 * The last lines of a launch's output: stdout, then stderr. Bytes that are no UTF-8 become U+FFFD.
 * @param from sizes of the files when it began. A file that was cut at its front since then holds later output at them, never older
 */
export function lastOutput(instanceDirectory: string, from: readonly [number, number] = [0, 0]): string[] {
  const [out, err] = streams.map((stream, index) => lastLines(outputFile(instanceDirectory, stream), from[index]!)) as [string[], string[]];
  const kept = err.slice(-tailLines);
  return [...out.filter((line) => !line.startsWith('[stathub ')).slice(-(tailLines - Math.min(kept.length, tailLines / 2))), ...kept].slice(-tailLines);
}

function lastLines(path: string, from: number): string[] {
  let fd: number;
  try { fd = openSync(path, 'r'); } catch { return []; }
  try {
    const { size } = fstatSync(fd), begin = Math.max(from <= size ? from : 0, size - tailBytes);
    const bytes = Buffer.allocUnsafe(size - begin);
    const length = readSync(fd, bytes, 0, bytes.length, begin);
    const lines = bytes.toString('utf8', 0, length).split('\n');
    if (begin > from) lines.shift(); // cut in its middle
    return lines.filter((line) => line !== '').map((line) => line.slice(0, 500));
  } catch {
    return []; // the end is told without its last words rather than not at all
  } finally {
    closeSync(fd);
  }
}

export interface EndedLaunchFacts {
  launch: number; at: number; directory: string;
  /** Who killed it, where somebody did. */
  by: string | null;
  /** What the kernel counted of its memory; null where nothing did. */
  memory?: MemoryEvidence | null;
  /** Highest memory of the samples, bytes; 0: none was taken. */
  seenMem?: number;
  /** Sizes of its files of output when it began. */
  output?: readonly [number, number];
  /** What could not be set up for it, as its shell said it. */
  setup?: string;
}

/** What only the kernel and its launcher know of a launch. Before its groups are removed. */
export const whatKernelSays = (directory: string, record: LaunchRecord): Pick<EndedLaunchFacts, 'memory' | 'setup' | 'output'> =>
  ({ ...(record.output ? { output: record.output } : {}), memory: memoryEvidence(record.limits), setup: readSetup(launchDirectory(directory, record.launch)) });

/** @param reason where the agent knows better than the status: 'port-taken', 'oom' */
export function exitOf(ended: ProgramExit, launch: EndedLaunchFacts, reason: ExitReason | null, extra: string[] = []): Exit {
  const signal = ended.signal === null ? null : signalNumber(ended.signal), oom = (launch.memory?.oomKills ?? 0) > 0;
  return {
    code: ended.code, signal, reason: reason ?? (oom ? 'oom' : signal !== null ? 'signal' : ended.code !== null ? 'exited' : 'unknown'),
    at: ended.at, durationMs: Math.max(0, ended.at - launch.at), launch: launch.launch, core: ended.core, peakMem: launch.memory?.peak ?? (launch.seenMem || null), by: launch.by, text: null,
    quota: oom && launch.memory?.limit != null ? { what: 'memory', used: launch.memory.peak ?? launch.memory.limit, limit: launch.memory.limit } : null,
    tail: [...lastOutput(launch.directory, launch.output), ...(launch.setup ? [launch.setup] : []), ...(ended.complaint ? [ended.complaint] : []), ...extra].slice(-tailLines),
  };
}

/** Writes an end for want of memory into the app's own log, where the kernel says nothing of it. @returns the exit */
export function tellEnd(directory: string, exit: Exit): Exit {
  if (exit.reason === 'oom') try { appendPlatformLine(directory, `launch ${exit.launch} ${exitText(exit)}`, exit.at); } catch { /* a full disk: the exit itself says it */ }
  return exit;
}
