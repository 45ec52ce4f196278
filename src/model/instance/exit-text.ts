// How a launch ended, in words: parts of sentences for reasons, events and the command line.
import type { Exit } from './instance.ts';
import { mostDeaths } from './restart.ts';
import { signalName } from './signals.ts';
import { showSize, showSpan } from '../sizes.ts';

const shellSays =
  /(?:^|: )(?:exec: )?([^:]+): (not found|Permission denied|Exec format error|No such file or directory|Is a directory)$/i;

/** What a shell said of a program that it could not find (127) or not run (126); '' where the program itself chose that code. */
function notBegun({ code, tail }: { code: number | null; tail?: string[] }): string {
  if (code !== 127 && code !== 126) return '';
  const said = shellSays.exec(tail?.at(-1)?.trim() ?? '');
  return said ? `: ${said[1]}: ${said[2]!.toLowerCase()}` : '';
}

type Ended = Pick<Exit, 'reason' | 'code' | 'signal' | 'peakMem'> &
  Partial<Pick<Exit, 'tail' | 'text' | 'quota' | 'core'>>;

function outOfMemory({ text, peakMem, quota }: Ended): string {
  if (text) return `: ${text}`;
  const peak = peakMem === null ? '' : ` at ${showSize(peakMem)}`;
  return quota ? `${peak} (allowed: ${showSize(quota.limit)})` : peak;
}

function overDisk({ text, quota }: Ended): string {
  if (text) return text;
  if (!quota) return 'it used more disk than it may';
  return `it used ${showSize(quota.used)} of disk; ${showSize(quota.limit)} are allowed`;
}

function howOf({ signal, code }: Ended): string | null {
  if (signal !== null) return `by ${signalName(signal)}`;
  return code === null ? null : `with code ${code}`;
}

/** What is known to have led to an end of its own. */
const ledBy = ({ text }: Ended): string => (text ? `: ${text}` : '');

/** How a launch ended, as the end of a sentence: "exited with code 1", "was killed by SIGKILL". */
export function exitText(exit: Ended): string {
  const how = howOf(exit);
  const inBrackets = how ? ` (${how})` : '';
  const said = exit.tail?.at(-1);
  const because = said ? `: ${said}` : '';
  switch (exit.reason) {
    case 'oom':
      return `ran out of memory${outOfMemory(exit)}`;
    case 'disk':
      return `was stopped: ${overDisk(exit)}`;
    case 'unhealthy':
      return `was stopped: ${exit.text ?? 'its health check kept failing'}`;
    case 'start-timeout':
      return `was stopped: ${exit.text ?? 'it did not become healthy in time'}`;
    case 'port-taken':
      return 'found its port taken';
    case 'partition':
      return 'was stopped: its node had lost its master';
    case 'no-room':
      return `found no room${because}`;
    case 'disk-full':
      return `could not be started: ${said ?? 'the disk is full'}`;
    case 'not-started':
      return `could not be started${because}`;
    case 'stop':
      return `was stopped${inBrackets}`;
    case 'update':
      return `was replaced${inBrackets}`;
    case 'signal':
      return `was killed ${how ?? 'by a signal'}${exit.core ? ' and left a core dump' : ''}${ledBy(exit)}`;
    case 'exited':
      return `exited ${how ?? ''}`.trimEnd() + notBegun(exit) + ledBy(exit);
    case 'unknown':
      return 'ended while nobody watched: how is not known';
  }
}

/** As `exitText`, with how long the launch lived: right behind what was done to it, before the details. Nothing of what never began. */
export function endText(exit: Ended & Pick<Exit, 'durationMs'>): string {
  const text = exitText(exit);
  if (neverBegan(exit)) return text;
  const after = ` after ${showSpan(exit.durationMs)}`;
  const cut = text.search(/: | \(allowed/);
  return cut < 0 ? text + after : text.slice(0, cut) + after + text.slice(cut);
}

/** Its program has not even begun. */
const neverBegan = (exit: Pick<Exit, 'reason'> | null | undefined): boolean =>
  exit?.reason === 'disk-full' || exit?.reason === 'not-started' || exit?.reason === 'no-room';

/** How often, as the rest of a sentence: "it ended 4 times within 10 min". */
export function deathsText(exit: Exit | null | undefined, deaths: number, periodSeconds: number): string {
  const times = `${deaths >= mostDeaths ? 'at least ' : ''}${deaths} times`;
  const what = neverBegan(exit) ? `${times} it could not be started` : `it ended ${times}`;
  return `${what} within ${showSpan(periodSeconds * 1000)}`;
}

/** A text of others as a sentence: with one full stop. */
export function sentenceOf(text: string): string {
  const trimmed = text.trimEnd();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
