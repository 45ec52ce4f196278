// An agent allocates little, lives long and mostly waits. Loaded before all else of it: a young generation that stays at its first
// size (1 MiB) costs a storm no more processor time and keeps 16 to 30 MiB from becoming resident. And what its start and each storm
// (a thousand starts) leave behind is given back once it is calm, not whenever V8 thinks of it.
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--semi-space-growth-factor=1'); // looked at whenever it would grow

const lookMs = 10_000;
const stormBytes = 12 * 1024 ** 2;
const restBytes = 4 * 1024 ** 2;

/** V8's own collection, whole and at once: with options it means something else from one Node to the next. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  return () => collect();
}

/** Looks at the process now and then: grown by a storm and at rest since the last look, it is collected. @returns the end of it */
export function trimAfterStorms(): () => void {
  const collect = collector();
  let calm = 0;
  let heapBefore = 0; // the start is the first storm
  const look = setInterval(() => {
    const { used_heap_size: heap } = getHeapStatistics();
    const rss = process.memoryUsage.rss();
    const rests = Math.abs(heap - heapBefore) < restBytes;
    heapBefore = heap;
    calm = Math.min(calm, rss);
    if (!rests || rss - calm < stormBytes) return;
    collect(); // finds the garbage; the pages that this empties go back to the system with the next one
    setTimeout(() => {
      collect();
      calm = process.memoryUsage.rss();
    }, 1000).unref(); // what is left is in use
  }, lookMs).unref();
  return () => clearInterval(look);
}
