// What changes an app or an instance that is already there, and what tells of one: start, stop, restart, scale, rollback, delete,
// adopt, why.
import { setTimeout as delay } from 'node:timers/promises';
import type { AppView, Revision } from '../../model/app/app.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import { exactly } from '../../protocol/exact.ts';
import type { PlanView } from '../../protocol/views.ts';
import { isInstance, path, query, type Client } from '../client.ts';
import { showPlan, waitHealthy } from './deploy.ts';
import { CliError, exitCode } from '../exit.ts';
import type { WaitOptions } from '../kit.ts';
import { subjectNamed } from '../instances/names.ts';
import { bold, json, type Output } from '../output/output.ts';
import { everyPage } from '../pages.ts';

export async function appAction(
  client: Client,
  output: Output,
  named: string,
  action: 'start' | 'stop' | 'restart',
  options: WaitOptions,
): Promise<void> {
  const name = action === 'start' ? named : await subjectNamed(client, named);
  if (isInstance(name)) {
    if (action === 'start')
      throw new CliError(exitCode.usage, `${name} is an instance; apps are started`, 'use restart');
    const instance = await client.post<InstanceView>(path`/v1/instances/${name}/${action}`);
    return options.json ? json(instance, output) : output.out(`${instance.id}: ${action} asked\n`);
  }
  const wasStopped = action === 'restart' && !(await client.get<AppView>(path`/v1/apps/${name}`)).start;
  const app = await client.post<AppView>(path`/v1/apps/${name}/${action}`);
  if (options.wait)
    await (action === 'stop'
      ? waitGone(client, name, options.timeoutMs)
      : waitHealthy(client, output, app, options.timeoutMs));
  if (options.json) json(app, output);
  else {
    const asked = wasStopped ? 'it was stopped, and is started' : `${action} ${options.wait ? 'done' : 'asked'}`;
    output.out(`${bold(name, output)}: ${asked}${options.wait ? '' : '; --wait waits for it'}\n`);
  }
  if (!options.wait) tellElsewhere(app, output);
}

/** What was asked is written down, and cannot be done yet. */
function tellElsewhere({ reason }: AppView, output: Output): void {
  if (reason?.code === 'other-hub') output.err(`stathub: ${reason.text}; next: ${reason.next?.what}\n`);
}

/** Waits until nothing of an app runs, or, of one that is deleted, until its name is free again. */
async function waitGone(
  client: Client,
  name: string,
  timeoutMs: number,
  what: 'instances' | 'app' = 'instances',
): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; ; await delay(100)) {
    const app = await client
      .patientGet<AppView>(path`/v1/apps/${name}`, deadline, () => undefined)
      .catch((error: unknown) => {
        if (error instanceof CliError && error.exit === exitCode.notFound) return null;
        throw error;
      });
    if (!app || (what === 'instances' && app.instances.total === 0)) return;
    if (Date.now() > deadline)
      throw new CliError(
        exitCode.timedOut,
        `${name} is still there, with ${app.instances.total} instances`,
        'look with `stathub instances`',
      );
  }
}

export async function scale(
  client: Client,
  output: Output,
  name: string,
  count: number,
  options: WaitOptions,
): Promise<void> {
  const app = await client.post<AppView>(path`/v1/apps/${name}/scale`, { scale: count });
  if (options.wait) await waitHealthy(client, output, app, options.timeoutMs);
  if (options.json) json(app, output);
  else output.out(`${bold(name, output)}: scale ${app.scale}\n`);
  if (!options.wait) tellElsewhere(app, output);
}

export async function remove(client: Client, output: Output, name: string, options: WaitOptions): Promise<void> {
  const app = await client.delete<AppView>(path`/v1/apps/${name}`);
  if (options.wait) await waitGone(client, name, options.timeoutMs, 'app');
  if (options.json) json(app, output);
  else output.out(`${bold(name, output)}: ${options.wait ? 'deleted' : 'is being deleted'}\n`);
  if (!options.wait) tellElsewhere(app, output);
}

/** Makes the record of an app again that the store has lost. */
export async function recover(client: Client, output: Output, name: string, options: { json: boolean }): Promise<void> {
  const app = await client.post<AppView>(path`/v1/apps/${name}/recover`);
  if (options.json) return json(app, output);
  output.out(`${bold(name, output)}: is there again, revision ${app.revision}, scale ${app.scale}\n`);
}

/** Makes an earlier revision the newest; without a number the one before the one in force. */
export async function rollback(
  client: Client,
  output: Output,
  name: string,
  revision: number | null,
  options: WaitOptions & { plan: boolean },
): Promise<void> {
  const { items } = await client.get<{ items: Revision[] }>(path`/v1/apps/${name}/revisions` + query({ size: 1000 }));
  const wanted = revision ?? items[1]?.revision ?? null;
  if (wanted === null)
    throw new CliError(
      exitCode.refused,
      `${name} has one revision only: there is nothing to go back to`,
      'deploy something else first',
    );
  if (!items.some((item) => item.revision === wanted))
    throw new CliError(
      exitCode.notFound,
      `${name} has no revision ${wanted}`,
      `it has ${items.map((item) => item.revision).join(', ')}`,
    );
  if (options.plan)
    return showPlan(
      await client.post<PlanView>(path`/v1/apps/${name}/rollback?dryRun=true`, { revision: wanted }),
      output,
      options,
    );
  const app = await client.post<AppView>(path`/v1/apps/${name}/rollback`, { revision: wanted });
  if (options.wait) await waitHealthy(client, output, app, options.timeoutMs);
  if (options.json) json(app, output);
  else output.out(`${bold(name, output)}: revision ${wanted} is in force again, as revision ${app.revision}\n`);
}

/** Makes a running unknown instance one of the hub's; with an app's name all unknown ones of that app, with null all there are. */
export async function adopt(
  client: Client,
  output: Output,
  name: string | null,
  options: { json: boolean },
): Promise<void> {
  const single = name !== null && isInstance(name);
  const unknown = single
    ? [{ id: name }]
    : await everyPage<InstanceView>(
        client,
        '/v1/instances',
        { query: `${name === null ? '' : `${exactly('app', name)} AND `}status:unknown` },
        (instance) => instance.id,
      );
  if (unknown.length === 0)
    throw new CliError(
      exitCode.notFound,
      `nothing unknown${name === null ? '' : ` of ${name}`} runs`,
      '`stathub instances status:unknown` lists what the hub did not ask for',
    );
  const taken: InstanceView[] = [];
  const refused: string[] = [];
  // One after the other, in the order of their slots, so that each gets its own number back.
  for (const { id } of unknown) {
    try {
      taken.push(await client.post<InstanceView>(path`/v1/instances/${id}/adopt`));
      if (!options.json) output.out(`${id} belongs to ${bold(taken.at(-1)!.app, output)} now; it was not restarted\n`);
    } catch (error) {
      if (!(error instanceof CliError) || unknown.length === 1) throw error;
      refused.push(`${id}: ${error.message}`);
    }
  }
  if (options.json) json(single ? taken[0] : { items: taken, total: taken.length }, output);
  if (refused.length > 0)
    throw new CliError(
      exitCode.refused,
      `${refused.length} of ${unknown.length} were not adopted\n  ${refused.join('\n  ')}`,
    );
}
