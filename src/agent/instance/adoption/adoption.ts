// The facts that an instance's actor starts with, from the files of its newest launch and from what its program is now.
import type { Adoption } from '../../../../machines/instance/facts.ts';
import type { KillReason } from '../../../../machines/instance/killing.ts';
import { startTimeoutMs } from '../../../model/instance/health.ts';
import type { Exceeded } from '../../../model/instance/instance.ts';
import { readReady, readStopping, type Stopping } from '../../effects/launch/launch-facts.ts';
import { endsWithAgent } from '../../ending.ts';
import { launchDirectory } from '../../effects/launch/launch-records.ts';
import type { Entry } from '../entry.ts';
import { monoMs } from '../../moment.ts';

const reasons: readonly KillReason[] = [
  'stop',
  'update',
  'restart',
  'unhealthy',
  'start-timeout',
  'disk',
  'oom',
  'partition',
];

/** @returns null when no program of it ever began: it starts from the beginning */
export function adoptionOf(entry: Entry): Adoption | null {
  const {
    program,
    record: {
      spec,
      assignment: { stopping: asked },
    },
  } = entry;
  const launch = program.run;
  if (!launch || program.phase === 'none' || program.phase === 'preparing') return null;
  const directory = launchDirectory(entry.directory, launch.launch);
  const now = monoMs();
  const ready = readReady(directory);
  const stopping = stoppingOf(entry, directory);
  const reason = reasons.find((one) => one === stopping?.reason);
  const exit = program.exit;
  return {
    launch: {
      launch: launch.launch,
      pid: program.tree?.program?.pid ?? 0,
      at: launch.at,
      mono: launch.mono,
      ports: launch.ports,
      debugPort: launch.debugPort,
      consolePort: launch.consolePort,
      restarts: launch.restarts,
    },
    exit,
    ended: exit && {
      at: exit.at,
      mono: Math.min(now, Math.max(launch.mono, now - (Date.now() - exit.at))),
      chance: entry.chance,
    },
    ready,
    // A stop that was decided while nobody was here to begin it begins now.
    stopping:
      entry.record.assignment.goal === 'stop' && !(stopping && reason)
        ? {
            reason: 'stop',
            by: asked?.by ?? null,
            text: asked?.text ?? null,
            at: Date.now(),
            leftMs: spec.killTimeoutSeconds * 1000,
          }
        : stopping && reason
          ? {
              reason,
              by: textOf(stopping['by']),
              text: textOf(stopping['text']),
              quota: quotaOf(stopping['quota']),
              at: stopping.at,
              leftMs: Math.max(0, stopping.deadlineMono - now),
            }
          : null,
    startLeftMs: Math.max(0, launch.mono + startTimeoutMs(spec) - now),
  };
}

/** A stop that was begun; null: none, or it ended with its agent alone and is wanted still. */
function stoppingOf({ record: { assignment } }: Entry, launch: string): Stopping | null {
  const written = readStopping(launch);
  return written?.['text'] === endsWithAgent && assignment.goal === 'run' ? null : written;
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function quotaOf(value: unknown): Exceeded | null {
  const { what, used, limit } = (value ?? {}) as Partial<Exceeded>;
  return (what === 'memory' || what === 'disk') && typeof used === 'number' && typeof limit === 'number'
    ? { what, used, limit }
    : null;
}
