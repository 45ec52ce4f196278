// The colour of a state: states that are named as a status have it, the others go by what they mean. Pure.
import { instanceStatuses } from '../../src/model/instance/instance.ts';

const own = new Set<string>([
  ...instanceStatuses,
  'joining',
  'ready',
  'cordoned',
  'draining',
  'suspect',
  'passing',
  'failing',
  'waiting',
]);
const meant: Record<string, string> = {
  serving: 'running',
  open: 'running',
  resting: 'running',
  done: 'stopped',
  active: 'running',
  watching: 'running',
  settling: 'running',
  recovering: 'starting',
  connecting: 'starting',
  planning: 'starting',
  committing: 'starting',
  coalescing: 'starting',
  probing: 'starting',
  polling: 'starting',
  verifying: 'starting',
  surging: 'starting',
  retiring: 'killing',
  backingOff: 'restarting',
  conflicted: 'restarting',
  reverting: 'restarting',
  blocked: 'pending',
  paused: 'pending',
  idle: 'pending',
  stopping: 'killing',
  terminating: 'killing',
  forcing: 'killing',
  closing: 'killing',
  closed: 'stopped',
  error: 'failed',
  refused: 'failed',
};

/** A status of the palette for a state path: the outermost name that is a status, else the innermost that means something. */
export function statusOfState(path: string): string {
  const outer = path.split('.', 1)[0]!;
  if (own.has(outer)) return outer;
  for (const name of path.split('.').reverse()) {
    if (own.has(name)) return name;
    if (Object.hasOwn(meant, name)) return meant[name]!;
  }
  return 'running';
}

/** The same for the whole of an actor. */
export const statusOfActor = (state: string, status: string): string =>
  status === 'error' ? 'failed' : status === 'stopped' || status === 'done' ? 'stopped' : statusOfState(state);
