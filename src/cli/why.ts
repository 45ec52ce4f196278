// `why`: why an app or an instance is as it is, what an instance uses, and how it last ended.
import type { InstanceView } from '../model/instance/instance.ts';
import { endText } from '../model/instance/exit-text.ts';
import type { WhyView } from '../protocol/views.ts';
import { isInstance, path, type Client } from './client.ts';
import { clock, memory, percent } from './output/format.ts';
import { subjectNamed } from './instances/names.ts';
import { bold, dim, json, status, type Output } from './output/output.ts';

/** Lines of output shown of a launch that ended. */
const lastWords = 5;

export async function why(client: Client, output: Output, named: string, options: { json: boolean }): Promise<void> {
  const name = await subjectNamed(client, named);
  const view = await client.get<WhyView>(
    isInstance(name) ? path`/v1/instances/${name}/why` : path`/v1/apps/${name}/why`,
  );
  if (options.json) {
    json(view, output);
    return;
  }
  output.out(
    `${bold(view.subject, output)} is ${status(view.status, output)}${view.reason ? `: ${view.reason.text}` : ''}\n`,
  );
  if (view.reason?.next)
    output.out(`next: ${view.reason.next.what}${view.reason.next.at ? ` at ${clock(view.reason.next.at)}` : ''}\n`);
  if (isInstance(name)) await lastEnd(client, output, name);
  for (const step of view.funnel)
    output.out(`  ${String(step.left).padStart(5)} ${step.left === 1 ? 'node ' : 'nodes'}  ${step.step}\n`);
  for (const miss of view.nearest) output.out(`  nearest: ${miss}\n`);
  for (const waiting of view.waiting) output.out(`  slot ${waiting.slot} waits: ${waiting.reason}\n`);
  // A placement is an event, too: told once.
  const told = new Set(view.events.map(({ message }) => message));
  const lines = [
    ...view.decisions.filter(({ text }) => !told.has(text)),
    ...view.events.map(({ at, message }) => ({ at, text: message })),
  ].sort((a, b) => a.at - b.at);
  for (const { at, text } of lines) output.out(`  ${dim(clock(at), output)} ${text}\n`);
}

async function lastEnd(client: Client, output: Output, id: string): Promise<void> {
  const { usage, exit } = await client.get<InstanceView>(path`/v1/instances/${id}`);
  if (usage) {
    const share = usage.memShare === null ? '' : ` (${percent(usage.memShare)} of its share)`;
    const processes = `${usage.processes ?? '–'} ${usage.processes === 1 ? 'process' : 'processes'}`;
    output.out(`uses ${percent(usage.cpu)} of a core, ${memory(usage.mem)}${share}, ${processes}\n`);
  }
  if (!exit) return;
  const peak = exit.peakMem === null ? '' : `, memory at most ${memory(exit.peakMem)}`;
  output.out(
    `launch ${exit.launch} ${endText(exit)}${exit.by ? `, asked by ${exit.by}` : ''}, at ${clock(exit.at)}${peak}\n`,
  );
  for (const line of exit.tail.slice(-lastWords)) output.out(`  ${dim('|', output)} ${line}\n`);
}
