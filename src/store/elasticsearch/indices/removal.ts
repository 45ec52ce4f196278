// Removing indices, and all that a hub has in a cluster.
import { templatesOf } from './mappings.ts';
import type { Names } from './mappings.ts';
import type { Requests } from '../requests/requests.ts';

/** An address has a limit. */
const removedAtOnce = 20;

/** By their full names: a cluster may forbid patterns in a delete. What is gone already is no failure. */
export async function removeByName(requests: Requests, indices: string[]): Promise<void> {
  for (let from = 0; from < indices.length; from += removedAtOnce) {
    const part = indices.slice(from, from + removedAtOnce).join(',');
    await requests.send({ method: 'DELETE', path: `/${part}`, query: { ignore_unavailable: true }, answers: [404] });
  }
}

/** All indices of a hub and their templates. The one with the marks of a move goes last: cut off, it is still known what this was. */
export async function removeIndices(requests: Requests, names: Names): Promise<void> {
  const { body } = await requests.send<{ index: string }[]>({
    method: 'GET',
    path: `/_cat/indices/${names.allEvents},${names.allPoints}`,
    query: { format: 'json', h: 'index', expand_wildcards: 'open' },
  });
  const marks = names.records('hub');
  const lasting = [...names.allRecords.filter((index) => index !== marks), names.ledger];
  await removeByName(requests, [...body.map(({ index }) => index), ...lasting]);
  for (const { name } of templatesOf(names))
    await requests.send({ method: 'DELETE', path: `/_index_template/${name}`, answers: [404] });
  await removeByName(requests, [marks]);
}
