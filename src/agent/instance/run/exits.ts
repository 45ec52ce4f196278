// How a launch ended, as it is told: from the launcher's word, the last output, and what the agent itself saw.
import { closeSync, openSync, readSync } from 'node:fs';
import type { Exit, ExitReason } from '../../../model/instance/instance.ts';
import { exitText } from '../../../model/instance/exit-text.ts';
import { signalNumber } from '../../../model/instance/signals.ts';
import { readSetup, type ProgramExit } from '../../effects/launch/launch-facts.ts';
import { launchDirectory } from '../../effects/launch/launch-records.ts';
import { memoryEvidence, processHits, type MemoryEvidence } from '../../effects/cgroups/limit-groups.ts';
import { appendPlatformLine, readNow } from '../../effects/output/output.ts';
import { endOf, outputFile, streams, wasRotated, type Stream } from '../../effects/output/segments.ts';
import type { LaunchRecord } from '../records.ts';

const tailLines = 20;
const tailBytes = 4096;

/** The cursors at which the streams end now: what a launch that begins now prints comes behind them. */
export function outputEnds(instanceDirectory: string): [stdout: number, stderr: number] {
  const rotated = wasRotated(instanceDirectory);
  return streams.map((stream) => endOf(instanceDirectory, stream, rotated)) as [number, number];
}

/**
 * The last lines of a launch's output, rotated or not: stdout, then stderr. Bytes that are no UTF-8 become U+FFFD.
 * @param from cursors at which it began
 */
export function lastOutput(instanceDirectory: string, from: readonly [number, number] = [0, 0]): string[] {
  const rotated = wasRotated(instanceDirectory);
  const [out, err] = streams.map((stream, index) => lastLines(instanceDirectory, stream, from[index]!, rotated)) as [
    string[],
    string[],
  ];
  const kept = err.slice(-tailLines);
  return [
    ...out.filter((line) => !line.startsWith('[stathub ')).slice(-(tailLines - Math.min(kept.length, tailLines / 2))),
    ...kept,
  ].slice(-tailLines);
}

function lastLines(instance: string, stream: Stream, from: number, rotated: boolean): string[] {
  try {
    const end = endOf(instance, stream, rotated);
    const begin = Math.max(Math.min(from, end), end - tailBytes);
    if (begin === end) return []; // this is in the path of a restart, and most have printed nothing
    const { bytes, from: first } = rotated
      ? readNow(instance, stream, begin, end - begin)
      : readLive(outputFile(instance, stream), begin, end);
    const lines = bytes.toString('utf8').split('\n');
    if (first > from) lines.shift(); // cut in its middle
    return lines.filter((line) => line !== '').map((line) => line.slice(0, 500));
  } catch {
    return []; // the end is told without its last words rather than not at all
  }
}

function readLive(path: string, from: number, to: number): { bytes: Buffer; from: number } {
  const fd = openSync(path, 'r');
  const bytes = Buffer.allocUnsafe(to - from);
  try {
    return { bytes: bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from)), from };
  } finally {
    closeSync(fd);
  }
}

interface EndedLaunchFacts {
  launch: number;
  at: number;
  directory: string;
  /** Who killed it, where somebody did. */
  by: string | null;
  /** What the kernel counted of its memory; null where nothing did. */
  memory?: MemoryEvidence | null;
  /** How often it could not make a process for `limits.processes`; null where nothing counts. */
  processes?: { hits: number; limit: number } | null;
  /** Highest memory of the samples, bytes; 0: none was taken. */
  seenMem?: number;
  /** Cursors of its streams when it began. */
  output?: readonly [number, number];
  /** What could not be set up for it, as its shell said it. */
  setup?: string;
}

/** What only the kernel and its launcher know of a launch. Before its groups are removed. */
export const whatKernelSays = (
  directory: string,
  record: LaunchRecord,
): Pick<EndedLaunchFacts, 'memory' | 'processes' | 'setup' | 'output'> => ({
  ...(record.output ? { output: record.output } : {}),
  memory: memoryEvidence(record.limits),
  processes: processHits(record.limits),
  setup: readSetup(launchDirectory(directory, record.launch)),
});

/** @param reason where the agent knows better than the status: 'port-taken', 'oom' */
export function exitOf(
  ended: ProgramExit,
  launch: EndedLaunchFacts,
  reason: ExitReason | null,
  extra: string[] = [],
): Exit {
  const signal = ended.signal === null ? null : signalNumber(ended.signal);
  const oom = (launch.memory?.oomKills ?? 0) > 0;
  return {
    code: ended.code,
    signal,
    reason: reason ?? (oom ? 'oom' : signal !== null ? 'signal' : ended.code !== null ? 'exited' : 'unknown'),
    at: ended.at,
    durationMs: Math.max(0, ended.at - launch.at),
    launch: launch.launch,
    core: ended.core,
    peakMem: launch.memory?.peak ?? (launch.seenMem || null),
    by: launch.by,
    text: oom || reason !== null ? null : fullOf(launch),
    quota:
      oom && launch.memory?.limit != null
        ? { what: 'memory', used: launch.memory.peak ?? launch.memory.limit, limit: launch.memory.limit }
        : null,
    tail: [
      ...lastOutput(launch.directory, launch.output),
      ...(launch.setup ? [launch.setup] : []),
      ...(ended.complaint ? [ended.complaint] : []),
      ...extra,
    ].slice(-tailLines),
  };
}

/** That it had as many processes as it may have: often what made it end. */
function fullOf({ processes }: EndedLaunchFacts): string | null {
  if (!processes || processes.hits === 0) return null;
  const times = processes.hits === 1 ? 'once' : `${processes.hits} times`;
  return `it had hit limits.processes (${processes.limit}) ${times}`;
}

/** Writes an end for want of memory into the app's own log, where the kernel says nothing of it. @returns the exit */
export function tellEnd(directory: string, exit: Exit): Exit {
  if (exit.reason === 'oom')
    try {
      appendPlatformLine(directory, `launch ${exit.launch} ${exitText(exit)}`, exit.at);
    } catch {
      /* a full disk: the exit itself says it */
    }
  return exit;
}
