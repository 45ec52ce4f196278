// An agent allocates little and lives long. Loaded before all else of it: a young generation that stays at its first size (1 MiB)
// keeps 15 MiB that only a busy program needs from becoming resident; and what a storm (a thousand starts) left behind is given back
// once it is calm, not whenever V8 thinks of it.
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--semi-space-growth-factor=1'); // looked at whenever it would grow; the size itself is fixed at the start of Node
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { type: 'major'; execution: 'sync' }) => void;
setFlagsFromString('--no-expose-gc');

const lookMs = 10_000, stormBytes = 8 * 1024 ** 2, restBytes = 1024 ** 2;

/** Looks at the heap now and then: grown by a storm and at rest since the last look, it is collected. @returns the end of it */
export function trimAfterStorms(): () => void {
  let calm = getHeapStatistics().used_heap_size, before = calm;
  const look = setInterval(() => {
    const { used_heap_size: used } = getHeapStatistics();
    const rests = Math.abs(used - before) < restBytes;
    before = used;
    calm = Math.min(calm, used);
    if (!rests || used - calm < stormBytes) return;
    collect({ type: 'major', execution: 'sync' });
    calm = before = getHeapStatistics().used_heap_size;
  }, lookMs).unref();
  return () => clearInterval(look);
}
