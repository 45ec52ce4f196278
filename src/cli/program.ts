// The commands that talk to a hub: their flags and their help. Those that run one are in src/run/commands.ts.
import { readFileSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import * as actions from './actions.ts';
import { Client } from './client.ts';
import { deploy, plan, readSpec } from './deploy.ts';
import { CliError, exitCode } from './exit.ts';
import { duration } from './format.ts';
import * as lists from './lists.ts';
import { logs, type LogOptions } from './logs.ts';
import type { Output } from './output.ts';

export interface CommandOptions {
  output: Output;
  environment: NodeJS.ProcessEnv;
  /** Where a hub of this machine is, when neither flag nor environment names one. */
  defaultHub: () => string;
}

const count = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number from 0 is wanted.');
  return Number(text);
};
const time = (text: string): number => {
  try { return duration(/^\d+$/.test(text) ? `${text}s` : text); } catch (error) { throw new InvalidArgumentError((error as Error).message); }
};

/** Adds every command that talks to a hub. They throw CliError and never exit: main turns that into words and a code. */
export function addCommands(program: Command, options: CommandOptions): void {
  const { output } = options;
  const client = (): Client => {
    const { hub, tokenFile } = program.opts<{ hub?: string; tokenFile?: string }>();
    const base = hub ?? (options.environment['STATHUB_MASTER'] || options.defaultHub());
    const complete = /^https?:\/\//.test(base) ? base : `http://${base}`;
    if (!URL.canParse(complete)) throw new CliError(exitCode.usage, `${JSON.stringify(base)} is no address`, 'write http://host:51026');
    const token = tokenFile ? readToken(tokenFile) : (options.environment['STATHUB_TOKEN'] ?? null);
    return new Client(new URL(complete).origin, token);
  };
  const command = (spec: string, about: string): Command => program.command(spec).description(about).helpOption('-h, --help', 'this help');
  const waiting = (c: Command): Command => c.option('--wait', 'wait until it is done, and say what happens').option('--timeout <time>', 'how long to wait', time, 600_000).option('--json', 'answer in JSON');
  const waitOptions = (o: { wait?: boolean; timeout: number; json?: boolean }): actions.WaitOptions => ({ wait: o.wait === true, timeoutMs: o.timeout, json: o.json === true });

  waiting(command('deploy', 'create or change an app from a file (JSON or YAML)').argument('<file>', 'a file, or - for standard input'))
    .option('--scale <n>', 'how many instances', count).option('--query <query>', 'which nodes').option('--plan', 'only say what it would do')
    .addHelpText('after', '\nExample: stathub deploy app.json --scale 3 --query "tags:ssd" --wait')
    .action((file: string, o) => deploy(client(), output, file, { ...waitOptions(o), scale: o.scale, query: o.query, plan: o.plan === true }));
  command('plan', 'what deploying a file would do').argument('<file>', 'a file, or -').option('--json', 'answer in JSON')
    .action((file: string, o) => plan(client(), output, readSpec(file), { json: o.json === true }));

  const listings: [string, string, (client: Client, output: Output, options: lists.ListOptions) => Promise<void>][] = [
    ['apps', 'list apps', lists.apps], ['nodes', 'list nodes', lists.nodes], ['instances', 'list instances', lists.instances], ['events', 'what happened, newest last', lists.events]];
  for (const [name, about, show] of listings) {
    command(name, about).argument('[query]', 'only what matches, e.g. "status:running AND app:web"', '').option('--json', 'answer in JSON').option('-w, --watch', 'go on, showing what changes').option('--size <n>', 'at most so many', count, 100)
      .action((text: string, o) => show(client(), output, { query: text, json: o.json === true, watch: o.watch === true, size: o.size }));
  }
  command('status', 'the hub in a few lines').option('--json', 'answer in JSON').action((o) => lists.hubStatus(client(), output, { json: o.json === true }));
  command('why', 'why an app or instance is as it is').argument('<app-or-instance>').option('--json', 'answer in JSON')
    .action((name: string, o) => actions.why(client(), output, name, { json: o.json === true }));
  command('query', 'run a query over the nodes, or over documents in a file').argument('<query>').argument('[file]', 'a JSON array or one document a line; - for standard input')
    .option('--explain', 'say clause by clause what is left, and the nearest miss').option('--json', 'answer in JSON')
    .action(async (text: string, file: string | undefined, o) => (await import('./query.ts')).runQuery(file === undefined ? client() : null, output, text, file ?? null, { explain: o.explain === true, json: o.json === true }));

  for (const [action, about] of [['start', 'start an app'], ['stop', 'stop an app, or an unknown instance'], ['restart', 'restart an app (in a rolling way) or one instance']] as const) {
    waiting(command(action, about).argument(action === 'start' ? '<app>' : '<app-or-instance>'))
      .action((name: string, o) => actions.appAction(client(), output, name, action, waitOptions(o)));
  }
  waiting(command('scale', 'set how many instances an app has').argument('<app>').argument('<n>', 'how many', count))
    .action((name: string, n: number, o) => actions.scale(client(), output, name, n, waitOptions(o)));
  waiting(command('delete', 'stop an app and forget it').argument('<app>')).action((name: string, o) => actions.remove(client(), output, name, waitOptions(o)));
  command('logs', 'the output of an instance, or of all of an app; also of instances that are gone').argument('<app-or-instance>').option('-f, --follow', 'go on as it is written, with instances that come later')
    .option('-n, --tail <n>', 'begin with so many lines of each stream, or "all" (100; all with --since)').option('--since <time>', 'from then on: 10m (ago), 2026-11-22T14:32:00Z').option('--until <time>', 'up to then')
    .addOption(new Option('--stream <stream>', 'which').choices(['stdout', 'stderr', 'both']).default('both')).option('--grep <text>', 'only lines with this text, or /regex/')
    .addHelpText('after', '\nExample: stathub logs web --since 10m --grep "/error|timeout/" -f')
    .action((name: string, o: LogOptions) => logs(client(), output, name, { ...o, follow: o.follow === true }));
  command('adopt', 'make a running unknown instance one of the hub\'s, without a restart').argument('<instance>').option('--json', 'answer in JSON')
    .action((id: string, o) => actions.adopt(client(), output, id, { json: o.json === true }));

  command('tag', 'add and remove tags of a node: tag NODE +ssd -hdd').argument('<node>').argument('<changes...>').allowUnknownOption()
    .action((name: string, changes: string[]) => actions.tag(client(), output, name, changes));
  command('env', 'set environment values of a node: env NODE KEY=VALUE').argument('<node>').argument('<changes...>').action((name: string, changes: string[]) => actions.env(client(), output, name, changes));
  for (const [action, about] of [['cordon', 'place nothing new on a node'], ['uncordon', 'place on it again'], ['drain', 'move everything off a node'], ['take-over', 'give a node of another hub to this one']] as const) {
    command(action, about).argument('<node>').action((name: string) => actions.nodeAction(client(), output, name, action));
  }
}

function readToken(file: string): string {
  try { return readFileSync(file, 'utf8').trim(); } catch (error) { throw new CliError(exitCode.usage, `cannot read the token file ${file}: ${(error as NodeJS.ErrnoException).code}`); }
}
