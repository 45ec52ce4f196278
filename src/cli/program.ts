// The commands that talk to a hub: their flags and their help. Those that run one are in src/run/commands.ts.
import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { addAppCommands } from './app-commands.ts';
import { Client } from './client.ts';
import { addCompletion } from './completion.ts';
import { CliError, exitCode } from './exit.ts';
import { fileFault } from './instances/file-fault.ts';
import { count, time, type Kit, type WaitOptions } from './kit.ts';
import * as lists from './lists.ts';
import { logs, type LogOptions } from './instances/logs.ts';
import { addNodeCommands } from './node-commands.ts';
import type { Output } from './output/output.ts';
import { hubAddressWanted, hubOrigin } from './hub-address.ts';
import { why } from './why.ts';

interface CommandOptions {
  output: Output;
  environment: NodeJS.ProcessEnv;
  /** Where a hub of this machine is, when neither flag nor environment names one. */
  defaultHub: () => string;
  /** Pin of the CA of this machine's own hub, where it has one. */
  localPin?: () => string | null;
}

/** Adds every command that talks to a hub. They throw CliError and never exit: main turns that into words and a code. */
export function addCommands(program: Command, options: CommandOptions): void {
  const { output } = options;
  const client = (): Client => {
    const { hub, tokenFile } = program.opts<{ hub?: string; tokenFile?: string }>();
    const base = hub ?? (options.environment['STATHUB_MASTER'] || options.defaultHub());
    const origin = hubOrigin(base);
    if (origin === null)
      throw new CliError(
        exitCode.usage,
        `${JSON.stringify(base.replace(/\/\/.*@/, '//***@'))} is no address of a hub`,
        hubAddressWanted,
      );
    const token = tokenFile ? readToken(tokenFile) : (options.environment['STATHUB_TOKEN'] ?? null);
    const { hostname } = new URL(origin);
    const local = /^(localhost$|127\.|\[::1\])/.test(hostname);
    const made = new Client(origin, token, local ? (options.localPin?.() ?? null) : null);
    made.warned = (text) => output.err(`stathub: ${text}\n`);
    return made;
  };
  const command = (spec: string, about: string): Command =>
    program.command(spec).description(about).helpOption('-h, --help', 'this help');
  const waiting = (c: Command): Command =>
    c
      .option('--wait', 'wait until it is done, and say what happens')
      .addOption(new Option('--timeout <time>', 'how long to wait').argParser(time).default(600_000, '10m'))
      .option('--json', 'answer in JSON');
  const waitOptions = (o: { wait?: boolean; timeout: number; json?: boolean }): WaitOptions => ({
    wait: o.wait === true,
    timeoutMs: o.timeout,
    json: o.json === true,
  });

  const kit: Kit = { output, client, command, waiting, waitOptions };

  const listings: [string, string, (client: Client, output: Output, options: lists.ListOptions) => Promise<void>][] = [
    ['apps', 'list apps', lists.apps],
    ['nodes', 'list nodes', lists.nodes],
    ['instances', 'list instances: app.slot.id; slots are seats, their numbers may have gaps', lists.instances],
    ['events', 'what happened, newest last', lists.events],
  ];
  for (const [name, about, show] of listings) {
    command(name, about)
      .argument('[query]', 'only what matches, e.g. "status:running AND app:web"', '')
      .option('--json', 'answer in JSON')
      .option('-w, --watch', 'go on, showing what changes')
      .option('--size <n>', 'at most so many', count, 100)
      .action((text: string, o) =>
        show(client(), output, { query: text, json: o.json === true, watch: o.watch === true, size: o.size }),
      );
  }
  command('status', 'the hub in a few lines')
    .option('--json', 'answer in JSON')
    .action((o) => lists.hubStatus(client(), output, { json: o.json === true }));
  command('why', 'why an app or instance is as it is')
    .argument('<app-or-instance>', "APP, APP.SLOT or an instance's id")
    .option('--json', 'answer in JSON')
    .action((name: string, o) => why(client(), output, name, { json: o.json === true }));
  command('query', 'run a query over the nodes, or over documents in a file')
    .argument('<query>')
    .argument('[file]', 'a JSON array or one document a line; - for standard input')
    .option('--explain', 'say clause by clause what is left, and the nearest miss')
    .option('--json', 'answer in JSON')
    .action(async (text: string, file: string | undefined, o) =>
      (await import('./query.ts')).runQuery(file === undefined ? client() : null, output, text, file ?? null, {
        explain: o.explain === true,
        json: o.json === true,
      }),
    );

  command('logs', 'the output of an instance, or of all of an app; also of instances that are gone')
    .argument('<app-or-instance>', "APP, APP.SLOT or an instance's id")
    .option('-f, --follow', 'go on as it is written, with instances that come later')
    .option('-n, --tail <n>', 'begin with so many lines of each stream, or "all" (100; all with --since)')
    .option('--since <time>', 'from then on: 10m (ago), 2026-11-22T14:32:00Z')
    .option('--until <time>', 'up to then')
    .addOption(new Option('--stream <stream>', 'which').choices(['stdout', 'stderr', 'both']).default('both'))
    .option('--grep <text>', 'only lines with this text, or /regex/')
    .addHelpText('after', '\nExample: stathub logs web --since 10m --grep "/error|timeout/" -f')
    .action((name: string, o: LogOptions) => logs(client(), output, name, { ...o, follow: o.follow === true }));
  command('files', 'files of an instance, running, ended or crashed: a directory as a list, a file as it is')
    .argument('<instance>', 'an id, APP.SLOT, or an app of one instance')
    .argument('[path]', 'e.g. work/conf, launch-7', '')
    .option('--get <file>', 'save it: a directory as tar.gz; - for standard output')
    .option('-f, --follow', 'go on as the file grows')
    .option('--tail <bytes>', 'only the last bytes of a file', count)
    .option('--json', 'list in JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  stathub files web.0\n  stathub files web.0 work/server.log -f\n  stathub files ' +
        'web.0.abcdefgh launch-3 --get crash.tar.gz',
    )
    .action(async (id: string, place: string, o) =>
      (await import('./instances/files.ts')).files(client(), output, id, place, {
        get: o.get,
        follow: o.follow === true,
        tail: o.tail,
        json: o.json === true,
      }),
    );

  command('exec', 'run a command beside the program of an instance: its environment, directory, user and limits')
    .argument('<instance>', 'an id, APP.SLOT, or an app of one instance')
    .argument('<command...>', 'after --')
    .option('-t, --terminal', 'on a terminal (where input and output are one)')
    .option('-T, --no-terminal', 'on plain pipes')
    .addHelpText(
      'after',
      '\nIts exit code is that of the command.\nExamples:\n  stathub exec web.0 -- sh\n  stathub exec web.0 -- cat conf/app.yml > app.yml',
    )
    .action(async (id: string, words: string[], o) =>
      (await import('./instances/exec.ts')).exec(client(), id, words, { terminal: o.terminal ?? null }),
    );

  addNodeCommands(kit);
  addAppCommands(kit);
  addCompletion(kit, program);
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CliError(exitCode.usage, `cannot read the token file ${file}: ${fileFault(error)}`);
  }
}
