// `apps`, `nodes`, `instances`, `events`, `status`: what is there, once or watched.
import { setTimeout as delay } from 'node:timers/promises';
import type { AppView } from '../model/app/app.ts';
import type { ClusterEvent } from '../model/event.ts';
import type { InstanceView } from '../model/instance/instance.ts';
import { oncePerMachine, type NodeView } from '../model/node.ts';
import type { StatusView } from '../protocol/views.ts';
import { query, type Client } from './client.ts';
import { age, clock, memory, percent } from './output/format.ts';
import { machineOf } from './nodes/machine.ts';
import { bold, dim, json, status, table, type Output } from './output/output.ts';
import { firstPages } from './pages.ts';

interface List<T> {
  items: T[];
  total: number;
}
/** `20001,20002,debug:20003,console:20004`. */
const portsOf = ({
  ports,
  debugPort,
  consolePort,
}: Pick<InstanceView, 'ports' | 'debugPort' | 'consolePort'>): string =>
  [
    ...ports,
    ...(debugPort === null ? [] : [`debug:${debugPort}`]),
    ...(consolePort === null ? [] : [`console:${consolePort}`]),
  ].join(',') || '–';

export interface ListOptions {
  query: string;
  json: boolean;
  watch: boolean;
  size: number;
}

/** Prints a list, or a line that says that it is empty and what to do. With `watch`: again at every change, until Ctrl-C. */
async function list<T>(
  client: Client,
  output: Output,
  options: ListOptions,
  path: string,
  show: (items: T[]) => void,
  empty: string,
): Promise<void> {
  let last = '';
  for (;;) {
    const page = await firstPages<T>(client, path, { query: options.query }, options.size);
    const text = JSON.stringify(page);
    if (text !== last) {
      if (options.watch && output.terminal) output.out('\u001b[2J\u001b[H');
      if (options.json) json(page, output);
      else {
        show(page.items);
        if (page.items.length === 0) output.err(`${options.query ? `nothing matches ${options.query}` : empty}\n`);
        else if (page.total > page.items.length)
          output.err(`${page.items.length} of ${page.total}; --size ${page.total} shows all\n`);
      }
    }
    last = text;
    if (!options.watch) return;
    await delay(1000);
  }
}

const because = (reason: { text: string } | null): string => reason?.text ?? '';

export const apps = (client: Client, output: Output, options: ListOptions): Promise<void> =>
  list<AppView>(
    client,
    output,
    options,
    '/v1/apps',
    (items) =>
      table(
        ['APP', 'STATUS', 'HEALTHY', 'REVISION', 'QUERY', 'BECAUSE'],
        items.map((app) => [
          bold(app.name, output),
          status(app.status, output),
          `${app.instances.healthy}/${app.instances.wanted}`,
          String(app.revision),
          app.spec.placement.query,
          because(app.reason),
        ]),
        output,
      ),
    'no apps yet; `stathub deploy app.json` brings the first',
  );

/** What holds programs to their limits, and what of them nothing does. */
const limitsOf = ({ isolation }: NodeView): string =>
  `${isolation.cgroup === 'none' ? 'no cgroup' : `cgroup ${isolation.cgroup}`}` +
  `${isolation.not.length > 0 ? `, not ${isolation.not.map(({ limit }) => limit).join(' ')}` : ''}`;

/** Lists nodes. Where a query has found one of them, its machine is told, too. */
export const nodes = (client: Client, output: Output, options: ListOptions): Promise<void> =>
  list<NodeView>(
    client,
    output,
    options,
    '/v1/nodes',
    (items) => {
      table(
        ['NODE', 'HOSTNAME', 'STATUS', 'INSTANCES', 'CPUS', 'MEMORY', 'LIMITS', 'TAGS', 'LINK'],
        items.map((node) => [
          node.id,
          bold(node.hostname, output),
          status(node.status, output),
          String(node.allocated.instances),
          `${node.allocated.cpus}/${node.allocatable.cpus}`,
          `${memory(node.allocated.mem)} of ${memory(node.allocatable.mem)}`,
          limitsOf(node),
          node.tags.join(','),
          node.link,
        ]),
        output,
      );
      const odd = items.filter(({ status, reason }) => status === 'ready' && reason?.code === 'machine-shared');
      for (const text of new Set(odd.map(({ reason }) => `${reason!.text}; ${reason!.next!.what}`)))
        output.err(`stathub: ${text}\n`);
      if (options.query !== '' && items.length === 1) for (const line of machineOf(items[0]!)) output.out(`${line}\n`);
    },
    'no nodes yet; `stathub agent --master URL` on a machine joins it',
  );

/** `188 MiB`, and near its limit `188 MiB (94 %)`. */
const ofShare = (shown: string, share: number | null | undefined): string =>
  share != null && share >= 0.8 ? `${shown} (${percent(share)})` : shown;

export const instances = (client: Client, output: Output, options: ListOptions): Promise<void> =>
  list<InstanceView>(
    client,
    output,
    options,
    '/v1/instances',
    (items) =>
      table(
        ['INSTANCE', 'STATUS', 'PID', 'PORTS', 'CPU', 'MEMORY', 'RESTARTS', 'AGE', 'NODE', 'BECAUSE'],
        items.map((i) => [
          bold(i.id, output),
          status(i.status, output),
          i.pid === null ? '–' : String(i.pid),
          portsOf(i),
          percent(i.usage?.cpu ?? null),
          ofShare(memory(i.usage?.mem ?? null), i.usage?.memShare),
          String(i.restarts),
          age(i.startedAt === null ? null : Date.now() - i.startedAt),
          i.node,
          because(i.reason),
        ]),
        output,
      ),
    'no instances',
  );

/** Newest last, as a log reads. `watch` follows the stream. */
export async function events(client: Client, output: Output, options: ListOptions): Promise<void> {
  const show = (event: ClusterEvent): void => {
    if (options.json) {
      output.out(`${JSON.stringify(event)}\n`);
      return;
    }
    const subject = event.subject.instance ?? event.subject.app ?? event.subject.node ?? 'cluster';
    output.out(
      output.terminal
        ? `${dim(clock(event.at), output)}  ` +
            `${event.loudness === 'attention' ? bold(event.kind, output) : event.kind}  ${subject}  ` +
            `${event.message}\n`
        : `${new Date(event.at).toISOString()}\t${event.seq}\t${event.kind}\t${subject}\t${event.message}\n`,
    );
  };
  const page = await client.get<List<ClusterEvent>>(`/v1/events${query({ query: options.query, size: options.size })}`);
  const known = [...page.items].sort((a, b) => a.seq - b.seq);
  known.forEach(show);
  if (!options.watch) {
    if (known.length === 0) output.err('no events\n');
    return;
  }
  const response = await client.open(
    'GET',
    `/v1/events${query({ query: options.query, after: known.at(-1)?.seq ?? 0 })}`,
    { headers: { accept: 'text/event-stream' } },
  );
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string): string =>
        block
          .split('\n')
          .filter((line) => line.startsWith(`${name}:`))
          .map((line) => line.slice(name.length + 1).trim())
          .join('\n');
      const [kind, data] = [field('event'), field('data')];
      if (kind === 'gap') output.err('some events that happened meanwhile are no longer kept\n');
      if (data && kind === '') show(JSON.parse(data) as ClusterEvent); // named ones are about the stream itself
    }
  }
}

export async function hubStatus(client: Client, output: Output, options: { json: boolean }): Promise<void> {
  const view = await client.get<StatusView>('/v1/status');
  if (options.json) {
    json(view, output);
    return;
  }
  const counts = (record: Record<string, number>): string =>
    Object.entries(record)
      .filter(([, n]) => n > 0)
      .map(([word, n]) => `${n} ${status(word, output)}`)
      .join(', ') || 'none';
  output.out(
    `${bold(view.role, output)} ${view.version} at ${client.base}, ${view.phase}, up ${age(Date.now() - view.startedAt)}\n`,
  );
  if (view.hub) output.out(`hub        ${view.hub}${view.term === null ? '' : `, term ${view.term}`}\n`);
  if (view.store) output.out(`store      ${view.store.kind}, ${view.store.detail}\n`);
  const masters = view.masters ?? []; // a master of an earlier version does not say
  if (masters.length > 1) {
    const [leader, ...others] = masters.map(({ address }) => address);
    output.out(`masters    ${leader} leads; ${others.join(', ')} may take over\n`);
  }
  if (view.store?.trouble) {
    const { message, hint, since } = view.store.trouble;
    output.out(`trouble    ${message}, since ${age(Date.now() - since)}\n           ${hint}\n`);
  }
  output.out(`nodes      ${counts(view.nodes)}\napps       ${view.apps}\ninstances  ${counts(view.instances)}\n`);
  const { items } = await client.get<List<NodeView>>('/v1/nodes?size=1000');
  const live = items.filter(({ load, status }) => load && status !== 'lost');
  const machines = oncePerMachine(live);
  const sum = (of: (node: NodeView) => number): number => machines.reduce((all, node) => all + of(node), 0);
  if (live.length > 0)
    output.out(
      `uses       ${sum(({ load, os }) => load!.cpu * os.cpus).toFixed(1)} of ${sum(({ os }) => os.cpus)} cores, ` +
        `${memory(sum(({ load }) => load!.memUsed))} of ${memory(sum((node) => node.memory.total))}\n`,
    );
  for (const notice of view.notices) output.out(`notice     ${notice.text}\n`);
}
