// What is worth knowing of an app that is valid: settings that meet each other in a way one might not expect.
import { showSize } from '../sizes.ts';
import type { AppSpec } from './app.ts';

/** `path` of the field in the app. */
export interface AppNote {
  path: string;
  message: string;
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/**
 * What is taken and kept, and not acted on yet (README, "What is not there yet").
 * @param written what the caller wrote: a default that nobody asked for promises nothing
 */
function notActedOn({ type, schedule, update }: AppSpec, written: unknown): AppNote[] {
  const notes: AppNote[] = [];
  const kept = (path: string, instead: string): void => {
    notes.push({ path, message: `is kept, but not acted on yet: ${instead}` });
  };
  if (type === 'cron') kept('type', 'nothing is started by a schedule, so this app starts nothing');
  if (schedule !== null) kept('schedule', 'nothing is started by a schedule');
  if (update.canary > 0) kept('update.canary', 'an update goes on by itself, batch after batch');
  if (update.pauseAfterBatch) kept('update.pauseAfterBatch', 'an update goes on when a batch is healthy');
  if (record(record(written)['update'])['autoRevert'] === true)
    kept('update.autoRevert', 'an update that does not become healthy stays where it is; `stathub rollback` goes back');
  if (update.healthyDeadlineSeconds !== 300)
    kept(
      'update.healthyDeadlineSeconds',
      'a replacement that does not become healthy is waited for; the old one runs on',
    );
  return notes;
}

/** Sentences for who deploys it; none where nothing is special. @param written as the caller wrote it */
export function appNotes(spec: AppSpec, written: unknown): AppNote[] {
  return [...notActedOn(spec, written), ...ofOrder(spec), ...ofFileSize(spec)];
}

/** One promise takes back the other. */
function ofOrder({ update, placement }: AppSpec): AppNote[] {
  if (update.order !== 'start-first' || placement.onPartition !== 'stop-self') return [];
  const message =
    'runs old and new beside each other for a moment in updates, drains and moves, although placement.onPartition is "stop-self"; ' +
    '"auto" stops first for such an app';
  return [{ path: 'update.order', message }];
}

function ofFileSize({ limits, logs }: AppSpec): AppNote[] {
  const { fileSize } = limits;
  // Its output is rotated at half of that limit (outputPolicyOf of the agent), but only as often as somebody looks.
  if (fileSize === null || fileSize >= 2 * logs.maxBytes) return [];
  const half = showSize(Math.ceil(fileSize / 2));
  return [
    {
      path: 'limits.fileSize',
      message:
        `holds for stdout.log and stderr.log, too: they are rotated at ${half} instead of ${showSize(logs.maxBytes)}, and a program ` +
        `that prints more than another ${half} before the next look (1 s, 8 s after a rest) meets the limit (SIGXFSZ)`,
    },
  ];
}
