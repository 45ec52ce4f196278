// /v1/events: the cluster's history, as pages or as a stream that can be taken up again.
import { Refusal } from '../../model/errors.ts';
import type { ClusterEvent } from '../../model/event.ts';
import { shownTo } from '../access/shown-to.ts';
import { narrowed } from '../../protocol/exact.ts';
import type { Caller, Cluster } from '../cluster.ts';
import { maxPageSize, query, queryText, wholeNumber } from '../answers/body.ts';
import type { Api, Resource } from '../context.ts';
import { says } from '../describe.ts';
import { reply } from '../answers/reply.ts';
import { since } from '../answers/since.ts';
import { sse, streamed, wantsEvents } from '../answers/stream.ts';

const highest = Number.MAX_SAFE_INTEGER;
const number = (name: string) => wholeNumber(name, 0, highest, -1);
const eventQuery = {
  query: queryText,
  since,
  after: number('after'),
  before: number('before'),
  size: wholeNumber('size', 0, maxPageSize, 100),
  from: wholeNumber('from', 0, 0, 0),
};

export function eventRoutes(app: Api, { cluster, closing }: Resource): void {
  app.get(
    '/v1/events',
    says({
      tag: 'events',
      summary: 'What happened',
      description:
        'Newest first; with `after` oldest first from that number on, with `before` the page before it. `total` is null where ' +
        'more may be there than the page holds: events are not counted, and their numbers leave gaps. With ' +
        '`Accept: text/event-stream` it goes on: the id of each event is its number, and `Last-Event-ID` (or ' +
        '`after`) replays what came since.',
      gives: 'EventList',
    }),
    query(eventQuery),
    async (c) => {
      const q = c.req.valid('query');
      const text = sinceQuery(q.query, q.since);
      if (wantsEvents(c)) {
        const last = c.req.header('last-event-id');
        if (last !== undefined && !/^\d{1,15}$/.test(last))
          throw new Refusal(
            'invalid-request',
            `Last-Event-ID "${last.slice(0, 60)}" is no event's number`,
            'leave it out to begin with what happens from now on',
          );
        const start = last !== undefined ? Number(last) : q.after >= 0 ? q.after : null;
        await read(cluster, q, { query: text, after: 0, limit: 1, newestFirst: true });
        const caller = c.get('caller');
        return streamed(
          c,
          closing,
          'text/event-stream',
          (signal) => follow(cluster, text, q.since === undefined ? start : (start ?? 0), caller, signal),
          ': still here\n\n',
        );
      }
      const forward = q.after >= 0;
      const { items, oldest, newest } = await read(cluster, q, {
        query: text,
        after: Math.max(q.after, 0),
        limit: q.size,
        newestFirst: !forward,
        ...(q.before >= 0 ? { before: q.before } : {}),
      });
      const all = text.trim() === '' || text.trim() === '*';
      // Numbers are given in blocks and leave gaps, so they do not count; a page that holds everything does.
      const whole = all && q.after <= 0 && q.before < 0 && items.length < q.size;
      return reply(c, {
        items,
        total: whole ? items.length : null,
        from: 0,
        size: q.size,
        oldest,
        newest,
      });
    },
  );
}

const sinceQuery = (text: string, at: number | undefined): string =>
  at === undefined ? text : narrowed(text, `at:>=${at}`);

type ReadOptions = Parameters<Cluster['events']>[0];

/** A fault in the query is told with offsets of what the caller wrote, not of what `since` made of it. */
async function read(cluster: Cluster, q: { query: string; since?: number | undefined }, options: ReadOptions) {
  try {
    return await cluster.events(options);
  } catch (error) {
    if (q.since !== undefined) await cluster.events({ ...options, query: q.query, limit: 1 });
    throw error;
  }
}

/** Events after `start` (null: from now on), for ever. `gap` tells that some are no longer kept. */
async function* follow(
  cluster: Cluster,
  text: string,
  start: number | null,
  caller: Caller,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let wake = () => {};
  let dirty = true;
  const stop = cluster.subscribe((change) => {
    if (change.events) {
      dirty = true;
      wake();
    }
  });
  signal.addEventListener('abort', () => wake(), { once: true });
  try {
    const now = await cluster.events({ query: '', after: 0, limit: 1, newestFirst: true });
    let last = start ?? now.newest;
    let seen = last;
    yield sse({ event: 'open', data: { oldest: now.oldest, newest: now.newest, after: last } });
    if (start !== null && start + 1 < now.oldest)
      yield sse({ event: 'gap', data: { from: start + 1, to: now.oldest - 1 } });
    while (!signal.aborted) {
      if (!dirty)
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (dirty || signal.aborted) resolve();
        });
      if (signal.aborted) return;
      dirty = false;
      for (;;) {
        const page = await cluster.events({ query: text, after: last, limit: 500, newestFirst: false });
        for (const event of page.items) yield eventText(event, caller);
        last = page.items.at(-1)?.seq ?? last;
        if (page.items.length < 500) {
          // What was there before this reading began and did not match need not be read again.
          last = Math.max(last, seen);
          seen = page.newest;
          break;
        }
      }
    }
  } finally {
    stop();
  }
}

const eventText = (event: ClusterEvent, caller: Caller): string => sse({ id: event.seq, data: shownTo(caller, event) });
