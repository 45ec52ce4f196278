// `logs`: what an instance, or every instance of an app, prints; also after it is gone.
import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceView } from '../../model/instance/instance.ts';
import { isInstance, path, query, type Client } from '../client.ts';
import { CliError, exitCode } from '../exit.ts';
import { AwayNotice, followedBytes, mayComeBack } from './log-follow.ts';
import { goneOf, subjectNamed } from './names.ts';
import { dim, type Output } from '../output/output.ts';
import { everyPage } from '../pages.ts';

export interface LogOptions {
  follow: boolean;
  tail?: string | undefined;
  stream: string;
  grep?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

/** How often a follower of an app looks for new instances, ms. */
const lookMs = 1000;

/** Prints the output of an instance as it is, or of all of an app: each line then begins with its slot. */
export async function logs(client: Client, output: Output, named: string, options: LogOptions): Promise<void> {
  if (options.grep !== undefined) {
    const fault = (await import('../../query/patterns/line-pattern.ts')).lineFault(options.grep);
    if (fault !== null) throw new CliError(exitCode.usage, `--grep ${fault}`);
  }
  const name = await subjectNamed(client, named, true);
  const notice = new AwayNotice(output);
  if (isInstance(name)) return one(client, output, name, options, notice);
  let missing: unknown = null;
  let ids = await instancesOf(client, name).catch((error: unknown): string[] => {
    if (options.follow || !(error instanceof CliError && error.exit === exitCode.notFound)) throw error;
    missing = error; // deleted, maybe: what it printed is kept
    return [];
  });
  if (ids.length === 0 && !options.follow) {
    ids = await goneOf(client, name);
    if (ids.length === 0)
      throw (
        missing ??
        new CliError(exitCode.notFound, `${name} has no instance, so no output`, `\`stathub why ${name}\` tells why`)
      );
    output.err(
      `${name} ${missing ? 'is gone' : 'has no instance now'}; this is what ${ids[0]} printed, which is gone\n`,
    );
  }
  if (!options.follow) {
    for (const result of await Promise.allSettled(
      ids.map((id) => prefixed(client, output, id, options, ids.length > 1, notice)),
    ))
      if (result.status === 'rejected') throw result.reason;
    return;
  }
  await everyOne(client, output, name, ids, options, notice);
}

/** Follows what is there and whatever comes to the app later, until the app is gone. */
async function everyOne(
  client: Client,
  output: Output,
  name: string,
  first: string[],
  options: LogOptions,
  notice: AwayNotice,
): Promise<void> {
  const followed = new Map<string, Promise<void>>();
  let failure: unknown = null;
  const follow = (id: string, from: LogOptions): void => {
    if (followed.has(id)) return;
    followed.set(
      id,
      prefixed(client, output, id, from, true, notice).catch((error: unknown) => {
        if (!(error instanceof CliError && error.exit === exitCode.notFound)) failure ??= error;
      }),
    );
  };
  for (const id of first) follow(id, options);
  for (;;) {
    await delay(lookMs);
    if (failure) throw failure;
    const now = await instancesOf(client, name).catch((error: unknown) => {
      if (error instanceof CliError && error.exit === exitCode.notFound) return null;
      if (mayComeBack(error)) return notice.away(name);
      throw error;
    });
    if (now === null) break;
    if (now === undefined) continue;
    notice.back(name);
    for (const id of now) follow(id, { ...options, tail: 'all', since: undefined });
  }
  await Promise.all(followed.values());
  output.err(`${name} is gone\n`);
}

const instancesOf = async (client: Client, name: string): Promise<string[]> =>
  (await everyPage<InstanceView>(client, path`/v1/apps/${name}/instances`, {}, (i) => i.id)).map(({ id }) => id);

/** Bytes of what is asked for; a follower's go on over restarts of the hub and the node. */
async function* bytesOf(
  client: Client,
  id: string,
  { follow, ...rest }: LogOptions,
  notice: AwayNotice,
): AsyncGenerator<Uint8Array> {
  if (follow && rest.until === undefined) return yield* followedBytes(client, id, { ...rest }, notice);
  const response = await client.open('GET', path`/v1/instances/${id}/logs` + query({ ...rest }), {
    headers: { accept: 'text/plain' },
  });
  yield* wholeUnlessBroken(response.body!, id);
}

/** Bytes as they were written. */
async function one(client: Client, output: Output, id: string, options: LogOptions, notice: AwayNotice): Promise<void> {
  for await (const bytes of bytesOf(client, id, options, notice)) await output.write(bytes);
}

/** Line by line: lines of several instances are not mixed up. */
async function prefixed(
  client: Client,
  output: Output,
  id: string,
  options: LogOptions,
  several: boolean,
  notice: AwayNotice,
): Promise<void> {
  if (!several) return one(client, output, id, options, notice);
  const prefix = `${id.split('.').slice(0, -1).join('.')} ${dim('|', output)} `;
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of bytesOf(client, id, options, notice)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) output.out(lines.map((line) => `${prefix}${line}\n`).join(''));
  }
  if (rest) output.out(`${prefix}${rest}\n`);
}

/** The bytes as they come; a connection that breaks on the way is told as such. */
export async function* wholeUnlessBroken(chunks: AsyncIterable<Uint8Array>, id: string): AsyncGenerator<Uint8Array> {
  const pieces = chunks[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<Uint8Array>;
    try {
      next = await pieces.next();
    } catch {
      throw new CliError(
        exitCode.failed,
        `what ${id} printed or holds broke off: the hub or its node closed the connection`,
        'look with `stathub nodes` whether the node is there, then ask again',
      );
    }
    if (next.done) return;
    yield next.value;
  }
}
