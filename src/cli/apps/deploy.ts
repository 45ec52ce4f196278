// `deploy`, `plan` and waiting: an app from a file to healthy, with what happens on the way.
import { setTimeout as delay } from 'node:timers/promises';
import type { AppNote } from '../../model/app/app-notes.ts';
import type { AppView } from '../../model/app/app.ts';
import { hasDoneItsWork, isHealthy, type InstanceView } from '../../model/instance/instance.ts';
import type { PlanView } from '../../protocol/views.ts';
import { path, type Client } from '../client.ts';
import { CliError, exitCode } from '../exit.ts';
import type { WaitOptions } from '../kit.ts';
import { bold, dim, json, status, type Output } from '../output/output.ts';
import { everyPage } from '../pages.ts';
import { marathonApp, readSpec, tellNotes } from './spec-file.ts';

interface DeployOptions extends WaitOptions {
  scale?: number | undefined;
  query?: string | undefined;
  plan: boolean;
  /** The file is Marathon's. */
  marathon?: boolean;
}

function withOptions(spec: Record<string, unknown>, options: DeployOptions): Record<string, unknown> {
  if (options.scale === undefined && options.query === undefined) return spec;
  const placement = (spec['placement'] ?? {}) as Record<string, unknown>;
  return {
    ...spec,
    placement: {
      ...placement,
      ...(options.scale === undefined ? {} : { scale: options.scale }),
      ...(options.query === undefined ? {} : { query: options.query }),
    },
  };
}

export async function deploy(client: Client, output: Output, file: string, options: DeployOptions): Promise<void> {
  await deploySpec(
    client,
    output,
    withOptions(options.marathon ? marathonApp(file, output) : readSpec(file), options),
    file,
    options,
  );
}

/** @param file where it comes from, for messages */
export async function deploySpec(
  client: Client,
  output: Output,
  spec: Record<string, unknown>,
  file: string,
  options: DeployOptions,
): Promise<void> {
  if (options.plan) return plan(client, output, spec, options);
  if (typeof spec['name'] !== 'string' || !spec['name']) {
    // The name is in the path of the request: without one the hub cannot tell what else is wrong.
    const { parseApp } = await import('../../model/app/app-schema.ts'); // large; most commands need none of it
    const parsed = parseApp(spec);
    const told = parsed.ok
      ? []
      : parsed.problems.map(
          ({ path: at, message, hint }) => `\n  ${at || '(whole)'}: ${message}${hint ? ` (${hint})` : ''}`,
        );
    throw new CliError(
      exitCode.usage,
      `${file} is no app: "name" is missing${told.join('')}`,
      'every app has a name, for example "name": "web"',
    );
  }
  const { body: app, status: code } = await client.call<AppView & { notes?: AppNote[] }>(
    'PUT',
    path`/v1/apps/${spec['name']}`,
    spec,
  );
  tellNotes({ app, notes: app.notes ?? [] }, output);
  if (options.wait) await waitHealthy(client, output, app, options.timeoutMs);
  const after = options.wait ? await client.get<AppView>(path`/v1/apps/${app.name}`) : app;
  if (options.json) json(after, output);
  else
    output.out(
      `${bold(app.name, output)} revision ${app.revision} ${code === 201 ? 'created' : 'in force'}, ` +
        `${progress(after)}\n`,
    );
}

const progress = ({ instances: { healthy, wanted }, reason }: AppView): string =>
  reason?.code === 'completed' ? 'its work is done' : `${healthy} of ${wanted} healthy`;

export async function plan(
  client: Client,
  output: Output,
  spec: Record<string, unknown>,
  options: { json: boolean },
): Promise<void> {
  showPlan(await client.post<PlanView>('/v1/apps/plan', spec), output, options);
}

export function showPlan(view: PlanView, output: Output, options: { json: boolean }): void {
  if (options.json) {
    json(view, output);
    return;
  }
  tellNotes({ app: { name: view.app }, notes: view.notes ?? [] }, output);
  for (const change of view.changes)
    output.out(
      `  ${change.path}: ${JSON.stringify(change.before)} → ${JSON.stringify(change.after)}` +
        `${change.restarts ? '' : dim('  (no restart)', output)}\n`,
    );
  for (const step of view.steps)
    output.out(
      `  slot ${step.slot}  ${step.what}${step.node ? ` on ${step.node}` : ''}  ${dim(step.reason, output)}\n`,
    );
  for (const waiting of view.waiting) output.out(`  slot ${waiting.slot}  waits: ${waiting.reason}\n`);
  output.out(`${view.summary}\n`);
}

/**
 * Follows an app until all slots of its revision are healthy, or have done their work, printing each change of an instance.
 * @throws CliError: failed with the reason, or timed out with what is still missing
 */
export async function waitHealthy(client: Client, output: Output, app: AppView, timeoutMs: number): Promise<void> {
  const said = new Map<string, string>();
  const deadline = Date.now() + timeoutMs;
  let lastReason = '';
  const away = (): void => output.err('  the hub does not answer; processes run on, waiting for it to come back\n');
  for (;;) {
    const [now, instances] = await Promise.all([
      client.patientGet<AppView>(path`/v1/apps/${app.name}`, deadline, away),
      everyPage<InstanceView>(
        client,
        path`/v1/apps/${app.name}/instances`,
        {},
        (i) => i.id,
        (at) => client.patientGet(at, deadline, away),
      ),
    ]);
    for (const instance of instances) {
      const line = `${instance.status}${instance.reason ? ` ${instance.reason.text}` : ''}`;
      if (said.get(instance.id) === line) continue;
      said.set(instance.id, line);
      const ports = instance.ports.length > 0 ? `, ports ${instance.ports.join(', ')}` : '';
      const runs = instance.status === 'running' ? `  pid ${instance.pid}${ports}` : '';
      const why = instance.reason ? `  ${dim(instance.reason.text, output)}` : '';
      output.err(`  ${instance.id}  ${status(instance.status, output)}${runs}${why}\n`);
    }
    if (now.reason && now.reason.text !== lastReason) {
      lastReason = now.reason.text;
      if (now.status !== 'running') output.err(`  ${lastReason}\n`);
    }
    if (now.revision !== app.revision)
      throw new CliError(
        exitCode.refused,
        `revision ${now.revision} has taken the place of ${app.revision}`,
        'somebody else deployed; look with `stathub events`',
      );
    const current = instances.filter((i) => i.revision === app.revision && i.goal === 'run');
    const done = current.filter(hasDoneItsWork).length;
    const healthy = current.filter(isHealthy).length;
    const old = instances.filter((i) => i.revision !== app.revision && i.goal !== 'stop' && i.status !== 'lost').length;
    if (now.instances.wanted === 0 || (healthy + done >= now.instances.wanted && old === 0)) return;
    const failed = current.find((i) => i.status === 'failed');
    if (failed)
      throw new CliError(
        exitCode.failed,
        `${failed.id} failed: ${failed.reason?.text ?? 'it ended'}`,
        `look with \`stathub logs ${failed.id}\` and \`stathub why ${app.name}\``,
      );
    if (Date.now() > deadline) {
      throw new CliError(
        exitCode.timedOut,
        `${healthy} of ${now.instances.wanted} healthy after ${Math.round(timeoutMs / 1000)} s${now.reason ? `: ${now.reason.text}` : ''}`,
        `it goes on in the background; \`stathub why ${app.name}\` tells more, --timeout waits longer`,
      );
    }
    await delay(100);
  }
}
