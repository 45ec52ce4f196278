// Daily indices go as a whole when all that they hold is too old, or when there are more events than are kept.
import { dayOf } from './mappings.ts';
import type { Names } from './mappings.ts';
import { removeByName } from './removal.ts';
import type { Requests } from '../requests/requests.ts';

const dayMs = 86_400_000;

interface Daily {
  index: string;
  day: number;
  count: number;
}

/** Daily indices behind a pattern, oldest first. */
async function dailies(requests: Requests, pattern: string): Promise<Daily[]> {
  const { body } = await requests.send<{ index: string; 'docs.count': string | null }[]>({
    method: 'GET',
    path: `/_cat/indices/${pattern}`,
    query: { format: 'json', h: 'index,docs.count', expand_wildcards: 'open' },
  });
  return body
    .flatMap(({ index, 'docs.count': count }) => {
      const day = dayOf(index);
      return day === null ? [] : [{ index, day, count: Number(count ?? 0) }];
    })
    .sort((a, b) => a.day - b.day);
}

/**
 * @param before epoch ms: days that end before it go
 * @param maxEvents the oldest days of events go while that many remain without them
 * @returns how many documents went
 */
export async function expire(requests: Requests, names: Names, before: number, maxEvents: number): Promise<number> {
  await requests.send({
    method: 'POST',
    path: `/${names.allEvents},${names.allPoints}/_refresh`,
    query: { ignore_unavailable: true },
  });
  const events = await dailies(requests, names.allEvents);
  const points = await dailies(requests, names.allPoints);
  const old = ({ day }: Daily): boolean => day + dayMs <= before;
  const gone = [...events, ...points].filter(old);
  const kept = events.filter((daily) => !old(daily));
  for (
    let left = kept.reduce((sum, { count }) => sum + count, 0);
    kept.length > 1 && left - kept[0]!.count >= maxEvents;
  ) {
    left -= kept[0]!.count;
    gone.push(kept.shift()!);
  }
  await removeByName(
    requests,
    gone.map(({ index }) => index),
  );
  return gone.reduce((sum, { count }) => sum + count, 0);
}
