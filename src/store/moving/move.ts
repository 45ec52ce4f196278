// Moves a hub from one store to another: its records, events, points and counters, under the keys and numbers that they have. May be cut
// off at any point and run again. What has arrived is compared with what left, part by part, before anybody may lead from there.
import { randomBytes } from 'node:crypto';
import { checksum, collection, events, points } from './move-parts.ts';
import type { Part } from './move-parts.ts';
import { coming, leaving, markComing, markLeaving } from './moved.ts';
import type { Coming, Leaving } from './moved.ts';
import { StoreError } from '../store.ts';
import type { MovableStore } from '../store.ts';

interface MoveOptions {
  /** Names of the stores for people, without credentials. */
  from: string;
  to: string;
  /** Now, epoch ms. */
  at: number;
  /** Told now and then how far a part is, and once how it ended. */
  tell(progress: MoveProgress): void;
}
export interface MoveProgress {
  part: string;
  what: 'copying' | 'comparing' | 'same' | 'done';
  count: number;
  of: number | null;
}
interface Moved {
  hub: string;
  parts: { name: string; count: number; checksum: string }[];
}

const refuse = (message: string, hint: string): never => {
  throw new StoreError('store-refused', message, hint);
};

async function isEmpty(store: MovableStore): Promise<boolean> {
  const counters = await store.counters(); // first: what was written before is then seen
  const { newest } = await store.readLog({ limit: 1 });
  const { items } = await store.scanPoints(null, 1);
  return counters.length === 0 && newest === 0 && items.length === 0 && (await store.collections()).length === 0;
}

/** The marks of both sides: of a move that begins, or of one that goes on. */
async function begin(
  source: MovableStore,
  target: MovableStore,
  hub: string,
  { from, to, at }: MoveOptions,
): Promise<{ out: Leaving; into: Coming }> {
  const marked = { out: await leaving(source), into: await coming(target) };
  let { out, into } = marked;
  if (await coming(source))
    refuse('The hub to be moved is not there as a whole itself', 'Finish the move to it first.');
  if (out !== null && out.move !== into?.move && (out.state === 'moved' || into !== null || out.to !== to)) {
    refuse(
      `This hub ${out.state === 'moved' ? 'was' : 'is being'} moved to ${out.to}`,
      'Go on there; or `stathub migrate --undo --from` this store.',
    );
  }
  if (into === null && !(await isEmpty(target))) {
    refuse(
      `${to} is not empty: a hub moves only to where none is`,
      'Give another directory, or another prefix (--to-prefix).',
    );
  }
  const untouched = into !== null && into.hub === hub && into.part === null && into.done.length === 0;
  if (into !== null && into.move !== out?.move && !(untouched && out === null)) {
    refuse(
      `${to} holds an unfinished move of ${into.hub} from ${into.from}`,
      'Finish that one; or `stathub migrate --abandon --to` this store, which removes what arrived; or give another place.',
    );
  }
  // The target's mark comes first: cut off between the two, nobody founds another hub where this one is on its way to.
  const move = out?.move ?? into?.move ?? randomBytes(9).toString('base64url');
  into ??= { move, hub, from, at, done: [], part: null, after: null };
  if (marked.into === null) await markComing(target, into);
  out ??= { move, state: 'moving', to, at };
  if (marked.out === null) await markLeaving(source, out);
  return { out, into };
}

async function copy(
  source: MovableStore,
  target: MovableStore,
  part: Part,
  into: Coming,
  of: number | null,
  tell: MoveOptions['tell'],
): Promise<Coming> {
  let mark = into.part === part.name ? into : { ...into, part: part.name, after: null };
  let count = 0;
  for (;;) {
    const { items, next } = await part.page(source, mark.after);
    await part.put(target, items);
    count += items.length;
    tell({ part: part.name, what: 'copying', count, of });
    mark =
      next === null ? { ...mark, done: [...mark.done, part.name], part: null, after: null } : { ...mark, after: next };
    await markComing(target, mark);
    if (next === null) return mark;
  }
}

/**
 * Moves a hub. Both stores must be held by the caller, so that no master runs on either.
 * @throws StoreError store-refused (nothing to move, not empty, moved before); whatever a store throws: run it again
 */
export async function move(source: MovableStore, target: MovableStore, options: MoveOptions): Promise<Moved> {
  const { from, tell } = options;
  const hub =
    (await source.get<{ hub: string }>('hub', 'identity'))?.doc.hub ??
    refuse(`${from} holds no hub`, 'Give the store directory of a master, such as ~/.stathub/master.');
  const { out, into } = await begin(source, target, hub, options);
  if (out.state === 'moved') return await finish(source, target, hub, options, out, []); // it was cut off right at its end
  const counters = await source.counters();
  const sizes = new Map((await source.collections()).map(({ name, count }) => [name, count]));
  const parts = [...[...sizes.keys()].sort().map(collection), events, points];
  let mark = into;
  for (const part of parts) {
    if (!mark.done.includes(part.name))
      mark = await copy(source, target, part, mark, sizes.get(part.name) ?? null, tell);
  }
  // One number of each is spent: the last one that was given.
  for (const { name, next } of counters) await target.draw(name, 1, next - 1);
  await target.putLog([], (await source.readLog({ limit: 1 })).newest);

  await target.counters();
  const compared: Moved['parts'] = [];
  for (const part of parts) {
    const seen = (count: number): void => tell({ part: part.name, what: 'comparing', count, of: null });
    const [left, arrived] = [await checksum(source, part, seen), await checksum(target, part, seen)];
    if (left.checksum !== arrived.checksum) {
      await markComing(target, { ...mark, done: mark.done.filter((name) => name !== part.name) });
      refuse(
        `${part.name} is not the same on both sides: ${left.count} left, ${arrived.count} arrived`,
        'Nothing was switched over. Run it again: this part is copied again.',
      );
    }
    compared.push({ name: part.name, ...arrived });
    tell({ part: part.name, what: 'same', count: arrived.count, of: left.count });
  }
  return await finish(source, target, hub, options, out, compared);
}

/** First the source says that the hub is gone, then the target that it is there: never may both be run. */
async function finish(
  source: MovableStore,
  target: MovableStore,
  hub: string,
  { from, at }: MoveOptions,
  out: Leaving,
  parts: Moved['parts'],
): Promise<Moved> {
  if (out.state === 'moving') await markLeaving(source, { ...out, state: 'moved' });
  await markComing(target, null);
  await target.append([
    {
      at,
      kind: 'hub.moved',
      subject: {},
      message: `The hub was moved here from ${from}`,
      loudness: 'attention',
      detail: { from, move: out.move },
    },
  ]);
  return { hub, parts };
}
