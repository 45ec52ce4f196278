// What changes a node: tags, environment, cordon, drain, take-over, forgetting it.
import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceView } from '../../model/instance/instance.ts';
import type { NodeView } from '../../model/node.ts';
import { exactly } from '../../protocol/exact.ts';
import { path, type Client } from '../client.ts';
import { CliError, exitCode } from '../exit.ts';
import { bold, dim, json, status, type Output } from '../output/output.ts';
import { everyPage } from '../pages.ts';

/** Finds a node by id, by hostname, or by the begin of its id. @throws CliError when none or several fit */
async function nodeNamed(client: Client, name: string): Promise<NodeView> {
  try {
    return await client.get<NodeView>(path`/v1/nodes/${name}`);
  } catch (error) {
    if (!(error instanceof CliError) || error.exit !== exitCode.notFound) throw error;
  }
  const all = await everyPage<NodeView>(client, '/v1/nodes', {}, (node) => node.id);
  const found =
    [all.filter((n) => n.hostname === name), all.filter((n) => n.id.startsWith(name))].find(
      (some) => some.length > 0,
    ) ?? [];
  if (found.length === 1) return found[0]!;
  throw new CliError(
    exitCode.notFound,
    found.length
      ? `${found.length} nodes are called ${name}: ${found.map((n) => n.id).join(', ')}`
      : `no node is called ${name}`,
    '`stathub nodes` lists them',
  );
}

export interface ShowOptions {
  json: boolean;
}

export async function tag(
  client: Client,
  output: Output,
  name: string,
  changes: string[],
  options: ShowOptions,
): Promise<void> {
  const bad = changes.find((change) => !/^[+-]./.test(change));
  if (bad)
    throw new CliError(exitCode.usage, `${JSON.stringify(bad)} neither adds nor removes a tag`, 'write +ssd or -hdd');
  const node = await nodeNamed(client, name);
  const tags = new Set(node.tags);
  for (const change of changes)
    if (change[0] === '+') tags.add(change.slice(1));
    else tags.delete(change.slice(1));
  const after = await client.put<NodeView>(path`/v1/nodes/${node.id}/tags`, [...tags]);
  if (options.json) json(after, output);
  else output.out(`${after.hostname}: ${after.tags.join(', ') || 'no tags'}\n`);
}

export async function env(
  client: Client,
  output: Output,
  name: string,
  changes: string[],
  options: ShowOptions,
): Promise<void> {
  const bad = changes.find((change) => change.indexOf('=') < 1);
  if (bad !== undefined)
    throw new CliError(exitCode.usage, `${JSON.stringify(bad)} sets nothing`, 'write KEY=VALUE, or KEY= to remove it');
  const node = await nodeNamed(client, name);
  const envs = { ...node.envs };
  for (const change of changes) {
    const at = change.indexOf('=');
    const key = change.slice(0, at);
    const value = change.slice(at + 1);
    if (value === '') delete envs[key];
    else envs[key] = value;
  }
  const after = await client.put<NodeView>(path`/v1/nodes/${node.id}/envs`, envs);
  if (options.json) json(after, output);
  else
    output.out(
      `${after.hostname}: ${Object.keys(after.envs).join(', ') || 'no environment of its own'}\nWhat runs there ` +
        'takes it from its next launch on.\n',
    );
}

const told = (node: NodeView, output: Output): string =>
  `${bold(node.hostname, output)}: ${status(node.status, output)}${node.reason ? `, ${node.reason.text}` : ''}\n`;

export async function nodeAction(
  client: Client,
  output: Output,
  name: string,
  action: 'cordon' | 'uncordon' | 'take-over',
  options: ShowOptions,
): Promise<void> {
  const node = await nodeNamed(client, name);
  const after = await client.post<NodeView>(path`/v1/nodes/${node.id}/${action}`);
  if (options.json) json(after, output);
  else output.out(told(after, output));
}

/** Forgets a node that is lost, or away and empty. */
export async function forget(client: Client, output: Output, name: string): Promise<void> {
  const node = await nodeNamed(client, name);
  await client.delete(path`/v1/nodes/${node.id}`);
  output.out(`${node.hostname} (${node.id}) is forgotten\n`);
}

interface DrainOptions extends ShowOptions {
  wait: boolean;
  timeoutMs: number;
  /** ms from now; null: whatever it takes */
  deadlineMs: number | null;
}

/**
 * Drains a node; with `wait` tells what leaves and ends when nothing of the hub's runs there any more.
 * @throws CliError timed out, naming what is still there and why
 */
export async function drain(client: Client, output: Output, name: string, options: DrainOptions): Promise<void> {
  const node = await nodeNamed(client, name);
  const after = await client.post<NodeView>(
    path`/v1/nodes/${node.id}/drain`,
    options.deadlineMs === null ? {} : { deadlineSeconds: options.deadlineMs / 1000 },
  );
  if (!options.json) output.out(told(after, output));
  if (options.wait) await waitEmpty(client, output, after, options.timeoutMs);
  if (options.json) json(options.wait ? await client.get<NodeView>(path`/v1/nodes/${node.id}`) : after, output);
  else if (options.wait)
    output.out(`${bold(node.hostname, output)} is empty; \`stathub uncordon ${node.hostname}\` gives it work again\n`);
}

async function waitEmpty(client: Client, output: Output, node: NodeView, timeoutMs: number): Promise<void> {
  const said = new Map<string, string>();
  const until = Date.now() + timeoutMs;
  const away = (): void => output.err('  the hub does not answer; waiting for it to come back\n');
  for (;;) {
    const here = (
      await everyPage<InstanceView>(
        client,
        '/v1/instances',
        { query: exactly('node', node.id) },
        (i) => i.id,
        (page) => client.patientGet(page, until, away),
      )
    ).filter(
      (i) => i.status !== 'unknown' && i.owner !== 'local' && !(i.status === 'stopped' || i.status === 'failed'),
    );
    const now = await client.patientGet<NodeView>(path`/v1/nodes/${node.id}`, until, away);
    if (now.status !== 'draining' && here.length > 0)
      throw new CliError(
        exitCode.refused,
        `${now.hostname} is ${now.status}: the drain was called off`,
        'look with `stathub events`',
      );
    for (const id of said.keys())
      if (!here.some((i) => i.id === id)) {
        output.err(`  ${id}  gone\n`);
        said.delete(id);
      }
    for (const i of here) {
      const line =
        i.goal === 'run' ? 'waits to leave' : i.goal === 'leave' ? 'its replacement starts elsewhere' : 'stops';
      if (said.get(i.id) !== line) output.err(`  ${i.id}  ${dim(line, output)}\n`);
      said.set(i.id, line);
    }
    if (here.length === 0) return;
    if (Date.now() > until) {
      const ids = here
        .slice(0, 5)
        .map((i) => i.id)
        .join(', ');
      throw new CliError(
        exitCode.timedOut,
        `${here.length} are still on ${now.hostname}: ${ids}${here.length > 5 ? ', …' : ''}${now.reason ? `; ${now.reason.text}` : ''}`,
        'it goes on in the background; `stathub why INSTANCE` tells what holds one, --deadline stops what cannot move',
      );
    }
    await delay(200);
  }
}
