// One timer for all that an agent looks at each second: one wake-up of its process instead of one for each.

const works = new Set<() => void>();
let timer: NodeJS.Timeout | null = null;

/** Does the work once a second; it keeps no process alive. What it throws is uncaught, and holds up nobody else's. @returns ends it */
export function everySecond(work: () => void): () => void {
  const mine = (): void => work();
  works.add(mine);
  timer ??= setInterval(workAll, 1000).unref();
  return () => {
    works.delete(mine);
    if (works.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

function workAll(): void {
  for (const work of works) {
    try {
      work();
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  }
}
