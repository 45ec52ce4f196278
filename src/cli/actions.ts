// What changes an app or an instance that is already there, and what tells of one: start, stop, restart, scale, rollback, delete,
// adopt, why, logs.
import { setTimeout as delay } from 'node:timers/promises';
import type { AppView } from '../model/app.ts';
import type { InstanceView } from '../model/instance.ts';
import type { WhyView } from '../protocol/views.ts';
import { isInstance, path, query, type Client } from './client.ts';
import { waitHealthy } from './deploy.ts';
import { CliError, exitCode } from './exit.ts';
import { clock } from './format.ts';
import { bold, dim, json, status, type Output } from './output.ts';
import { everyPage } from './pages.ts';

export interface WaitOptions { wait: boolean; timeoutMs: number; json: boolean }

export async function appAction(client: Client, output: Output, name: string, action: 'start' | 'stop' | 'restart', options: WaitOptions): Promise<void> {
  if (isInstance(name)) {
    if (action === 'start') throw new CliError(exitCode.usage, `${name} is an instance; apps are started`, 'use restart');
    const instance = await client.post<InstanceView>(path`/v1/instances/${name}/${action}`);
    return options.json ? json(instance, output) : output.out(`${instance.id}: ${action} asked\n`);
  }
  const app = await client.post<AppView>(path`/v1/apps/${name}/${action}`);
  if (options.wait) await (action === 'stop' ? waitGone(client, name, options.timeoutMs) : waitHealthy(client, output, app, options.timeoutMs));
  if (options.json) json(app, output);
  else output.out(`${bold(name, output)}: ${options.wait ? `${action} done` : `${action} asked; --wait waits for it`}\n`);
}

async function waitGone(client: Client, name: string, timeoutMs: number): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; ; await delay(100)) {
    const app = await client.patientGet<AppView>(path`/v1/apps/${name}`, deadline, () => undefined).catch((error: unknown) => {
      if (error instanceof CliError && error.exit === exitCode.notFound) return null;
      throw error;
    });
    if (!app || app.instances.total === 0) return;
    if (Date.now() > deadline) throw new CliError(exitCode.timedOut, `${app.instances.total} instances of ${name} are still there`, 'look with `stathub instances`');
  }
}

export async function scale(client: Client, output: Output, name: string, count: number, options: WaitOptions): Promise<void> {
  const app = await client.post<AppView>(path`/v1/apps/${name}/scale`, { scale: count });
  if (options.wait) await waitHealthy(client, output, app, options.timeoutMs);
  if (options.json) json(app, output);
  else output.out(`${bold(name, output)}: scale ${app.scale}\n`);
}

export async function remove(client: Client, output: Output, name: string, options: WaitOptions): Promise<void> {
  await client.delete(path`/v1/apps/${name}`);
  if (options.wait) await waitGone(client, name, options.timeoutMs);
  output.out(`${bold(name, output)}: ${options.wait ? 'deleted' : 'is being deleted'}\n`);
}

export async function adopt(client: Client, output: Output, id: string, options: { json: boolean }): Promise<void> {
  const instance = await client.post<InstanceView>(path`/v1/instances/${id}/adopt`);
  if (options.json) json(instance, output);
  else output.out(`${instance.id} belongs to ${bold(instance.app, output)} now; it was not restarted\n`);
}

export async function why(client: Client, output: Output, name: string, options: { json: boolean }): Promise<void> {
  const view = await client.get<WhyView>(isInstance(name) ? path`/v1/instances/${name}/why` : path`/v1/apps/${name}/why`);
  if (options.json) { json(view, output); return; }
  output.out(`${bold(view.subject, output)} is ${status(view.status, output)}${view.reason ? `: ${view.reason.text}` : ''}\n`);
  if (view.reason?.next) output.out(`next: ${view.reason.next.what}${view.reason.next.at ? ` at ${clock(view.reason.next.at)}` : ''}\n`);
  for (const step of view.funnel) output.out(`  ${String(step.left).padStart(5)} nodes  ${step.step}\n`);
  for (const miss of view.nearest) output.out(`  nearest: ${miss}\n`);
  for (const waiting of view.waiting) output.out(`  slot ${waiting.slot} waits: ${waiting.reason}\n`);
  for (const decision of view.decisions) output.out(`  ${dim(clock(decision.at), output)} slot ${decision.slot}: ${decision.text}\n`);
  for (const event of view.events) output.out(`  ${dim(clock(event.at), output)} ${event.message}\n`);
}
