// How people name an instance: by its id, as `web.0` (app and slot, as every event does), or by its app where that has only one.
import type { ClusterEvent } from '../../model/event.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import { exactly } from '../../protocol/exact.ts';
import { isInstance, path, query, type Client } from '../client.ts';
import { CliError, exitCode } from '../exit.ts';
import { everyPage } from '../pages.ts';

const missingIs =
  <T>(otherwise: T) =>
  (error: unknown): T => {
    if (error instanceof CliError && error.exit === exitCode.notFound) return otherwise;
    throw error;
  };

const instancesOf = (client: Client, app: string): Promise<InstanceView[] | null> =>
  everyPage<InstanceView>(client, path`/v1/apps/${app}/instances`, {}, (instance) => instance.id).catch(
    missingIs(null),
  );

/** During an update two stand in a slot: the one that shall stay is meant. */
const inSlot = (instances: readonly InstanceView[], slot: number): InstanceView | undefined =>
  instances
    .filter((instance) => instance.slot === slot)
    .sort((a, b) => Number(b.goal === 'run') - Number(a.goal === 'run'))[0];

/** The last instance that was in a slot of an app (null: in any), by the history. */
export async function goneOf(client: Client, app: string, slot: number | null = null): Promise<string[]> {
  const text = `${exactly('subject.app', app)} AND _exists_:subject.instance${slot === null ? '' : ` AND subject.slot:${slot}`}`;
  const { items } = await client.get<{ items: ClusterEvent[] }>(`/v1/events${query({ query: text, size: 1 })}`);
  return items.flatMap(({ subject }) => subject.instance ?? []);
}

/**
 * An app or an instance. An app may be called `web.0`: then it is meant; else slot 0 of `web` is, by the id of its instance.
 * @param past whether an instance that is gone will do, where the slot is empty
 * @throws CliError not found, where the app is there and its slot empty
 */
export async function subjectNamed(client: Client, name: string, past = false): Promise<string> {
  const [, app, digits] = /^(.+)\.(\d{1,6})$/.exec(name) ?? [];
  if (isInstance(name) || app === undefined) return name;
  if ((await client.get(path`/v1/apps/${name}`).catch(missingIs(null))) !== null) return name;
  const slot = Number(digits);
  const instances = await instancesOf(client, app);
  const found = (instances && inSlot(instances, slot)?.id) ?? (past ? (await goneOf(client, app, slot))[0] : undefined);
  if (found !== undefined) return found;
  if (instances === null) throw new CliError(exitCode.notFound, `There is no app ${app}`, '`stathub apps` lists them');
  throw new CliError(
    exitCode.notFound,
    `${app} has no instance in slot ${slot}`,
    `\`stathub instances app:${app}\` lists them; \`stathub why ${app}\` tells why`,
  );
}

/** One instance: as `subjectNamed`, or the only one of an app. @throws CliError that names what there is */
export async function instanceNamed(client: Client, name: string, past = false): Promise<string> {
  const subject = await subjectNamed(client, name, past);
  if (isInstance(subject)) return subject;
  const instances = await instancesOf(client, subject);
  if (instances?.length === 1) return instances[0]!.id;
  if (instances !== null && instances.length > 1)
    throw new CliError(
      exitCode.usage,
      `${subject} has ${instances.length} instances: ${instances
        .slice(0, 5)
        .map((i) => `${subject}.${i.slot}`)
        .join(', ')}${instances.length > 5 ? ', …' : ''}`,
      'name one of them',
    );
  const gone = past ? (await goneOf(client, subject))[0] : undefined;
  if (gone !== undefined) return gone;
  throw new CliError(
    exitCode.notFound,
    instances === null ? `There is neither an app nor an instance ${subject}` : `${subject} has no instance now`,
    instances === null
      ? '`stathub instances` lists them; those that are gone are in `stathub events`'
      : `\`stathub why ${subject}\` tells why`,
  );
}
