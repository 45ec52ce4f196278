// The commands that run a hub: up, down, master, agent, config.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import { json, table, type Output } from '../cli/output/output.ts';
import { readUp } from './up/folder.ts';
import { pinOf } from '../tls/pin.ts';
import { home } from './settings/setting.ts';
import type { Part } from './settings/setting.ts';
import { environmentName, resolve, settings } from './settings/settings.ts';
import type { InForce } from './settings/settings.ts';
import { written } from './settings/values.ts';

const whole =
  (low: number, high: number) =>
  (text: string): number => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < low || number > high)
      throw new InvalidArgumentError(`a whole number from ${low} to ${high} is wanted.`);
    return number;
  };

interface HubCommandOptions {
  output: Output;
  environment: NodeJS.ProcessEnv;
  main: string;
  finished: (code: number) => void;
}

export function addHubCommands(program: Command, { output, environment, main, finished }: HubCommandOptions): void {
  const say = (line: string): void => output.out(`${line}\n`);
  program
    .command('up')
    .description('start a hub on this machine: a master and a local agent; run it again to attach')
    .argument('[apps...]', 'app files to deploy')
    .option('--demo', 'deploy a small sample app if there is none')
    .option('--agents <n>', 'how many local agents', whole(1, 100), 1)
    .option('--port <port>', 'port of the master', whole(0, 65535))
    .option('--agent-port <port>', 'port of the first agent', whole(0, 65535))
    .option('--elastic <url,...>', 'keep everything in this Elasticsearch')
    .option('--elastic-prefix <name>', 'what the indices of this hub begin with')
    .action(async (files: string[], o) => {
      // By the environment, which the master inherits: an address may hold a password, and arguments are seen by everyone.
      if (o.elastic) environment[environmentName('elastic')] = o.elastic;
      if (o.elasticPrefix) environment[environmentName('elastic-prefix')] = o.elasticPrefix;
      const { up } = await import('./up/up.ts');
      const { endSignal } = await import('./daemon.ts');
      finished(
        await up(
          {
            files,
            demo: o.demo === true,
            agents: Math.max(1, o.agents),
            port: o.port ?? null,
            agentPort: o.agentPort ?? null,
            main,
            say,
          },
          endSignal(['SIGINT', 'SIGTERM', 'SIGHUP']),
        ),
      );
    });
  program
    .command('down')
    .description('end what `up` started; its processes run on')
    .option('--all', 'end its processes, too')
    .action(async (o) => finished(await (await import('./up/down.ts')).down({ all: o.all === true, main, say })));

  program
    .command('upgrade')
    .description('replace the master and agents that `up` started by this version; programs run on')
    .addHelpText(
      'after',
      '\nOthers are upgraded by ending and starting them, e.g. `systemctl restart stathub-agent`: their programs run on, too.',
    )
    .action(async () => finished(await (await import('./up/upgrade.ts')).upgrade({ main, say })));

  const daemon = (part: Part, about: string, run: (inForce: InForce) => Promise<number>): void => {
    const command = program.command(part).description(about).option('--config <file>', 'settings in YAML');
    for (const setting of settings.filter((each) => each.parts.includes(part))) {
      const fallback = setting.default(part);
      const shown =
        fallback === null || fallback === false || (Array.isArray(fallback) && fallback.length === 0)
          ? ''
          : ` (default: ${written(setting, fallback)})`;
      command.addOption(
        new Option(`--${setting.name}${setting.argument ? ` ${setting.argument}` : ''}`, `${setting.describe}${shown}`),
      );
    }
    command.option(
      '--install',
      `print a systemd unit of this ${part} with these settings, and end; secrets go into a file (0600)`,
    );
    command.action(async (own) => {
      const { tokenFile } = program.opts<{ tokenFile?: string }>(); // an option of all commands, so commander gives it to none
      const o = { ...own, ...(tokenFile === undefined ? {} : { tokenFile }) };
      const config: string | null = o.config ?? environment['STATHUB_CONFIG'] ?? null;
      const inForce = resolve(part, kebab(o), environment, config);
      if (o.install === true) {
        const { putSecrets, unitOf } = await import('./unit.ts');
        const unit = unitOf(part, [process.execPath, main], inForce, config);
        const done = putSecrets(unit);
        output.out(unit.text);
        for (const line of done) output.err(`stathub: ${line}\n`);
        return finished(0);
      }
      finished(await run(inForce));
    });
  };
  daemon('master', 'run a master: REST API, dashboard, placement', async (inForce) =>
    (await import('./master.ts')).runMaster(inForce, say),
  );
  daemon('agent', 'run an agent: alone, or of the master given by --master', async (inForce) => {
    await import('./small-heap.ts'); // before what is loaded makes it grow
    return (await import('./agent.ts')).runAgent(inForce, say);
  });

  const migrate = program
    .command('migrate')
    .description(
      'move the hub to another store: from a store directory to Elasticsearch, or back; run it again when it was cut off',
    )
    .option('--from <directory|url>', 'where the hub is')
    .option('--to <directory|url>', 'where it goes: nothing may be there yet')
    .option('--undo', 'let a master run again on --from, which was moved away')
    .option('--abandon', 'give up an unfinished move: remove what arrived in --to')
    .option('--from-prefix <name>', 'what the indices of --from begin with, instead of --elastic-prefix')
    .option('--to-prefix <name>', 'what the indices of --to begin with, instead of --elastic-prefix')
    .option('--config <file>', 'settings in YAML');
  for (const { name, argument, describe } of settings.filter((setting) => setting.name.startsWith('elastic-')))
    migrate.option(`--${name} ${argument}`, describe);
  migrate.action(async (o) => {
    const {
      from = null,
      to = null,
      undo = false,
      abandon = false,
      'from-prefix': fromPrefix = null,
      'to-prefix': toPrefix = null,
      config,
      ...elastic
    } = kebab(o) as {
      from?: string;
      to?: string;
      undo?: boolean;
      abandon?: boolean;
      'from-prefix'?: string;
      'to-prefix'?: string;
      config?: string;
    };
    const { migrate: run } = await import('./migrate.ts');
    finished(
      await run({
        from,
        to,
        undo,
        abandon,
        prefixes: { from: fromPrefix, to: toPrefix },
        elastic,
        config: config ?? environment['STATHUB_CONFIG'] ?? null,
        environment,
        say: (text) => output.out(text),
        isTerminal: output.terminal,
      }),
    );
  });

  program
    .command('config')
    .description('every setting, its value and where it comes from')
    .addArgument(new Argument('[part]', 'master or agent').choices(['master', 'agent']).default('master'))
    .option('--config <file>', 'settings in YAML')
    .option('--json', 'answer in JSON')
    .action((part: 'master' | 'agent', o) => {
      const inForce = resolve(part, {}, environment, o.config ?? environment['STATHUB_CONFIG'] ?? null);
      for (const { name, secret, shown } of settings) {
        const given = inForce[name];
        if (given?.value) given.value = secret ? '***' : shown ? shown(given.value) : given.value;
      }
      if (o.json) {
        json(inForce, output);
        return;
      }
      table(
        ['SETTING', 'VALUE', 'FROM', 'ENVIRONMENT'],
        Object.entries(inForce).map(([name, { value, origin }]) => [
          name,
          value === null
            ? '–'
            : written(
                settings.find((setting) => setting.name === name)!,
                value,
              ),
          origin,
          environmentName(name),
        ]),
        output,
      );
    });
}

/** commander makes `storeDirectory` of `--store-directory`; settings go by their own names. */
const kebab = (options: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      value,
    ]),
  );

/** Where `up` runs a master on this machine, else the default address. */
export function localHub(): string {
  const master = readUp()?.members.find((member) => member.role === 'master');
  return master?.address ?? 'http://127.0.0.1:51026';
}

/** Pin of the CA that this machine's own master made (`--tls auto`); null: it has none, or not for our eyes. */
export function localPin(): string | null {
  try {
    return pinOf(new X509Certificate(readFileSync(join(home(), 'master', 'tls', 'ca.pem'))).raw);
  } catch {
    return null;
  }
}
