// Stories of one hub that have nothing to do with each other are lived at the same time: most of each is waiting.
import type { Test } from 'uvu';

/**
 * Gives a `test` whose tests all begin with the first of them, and are reported one by one.
 * They must not end the hub, nor count what others have, too.
 */
export function sideBySide(test: Test): (name: string, story: () => unknown) => void {
  const stories: (() => unknown)[] = [];
  let begun: Promise<unknown>[] | null = null;
  const begin = (): Promise<unknown>[] => {
    const all = stories.map(async (story) => story());
    for (const one of all) one.catch(() => undefined); // thrown in its own test
    return all;
  };
  return (name, story) => {
    const index = stories.push(story) - 1;
    test(name, async () => {
      begun ??= begin();
      await begun[index];
    });
  };
}
