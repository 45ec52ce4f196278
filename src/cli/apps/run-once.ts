// `run -- CMD`: an app of one instance that runs a command once, its output here, its exit code ours.
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AppView } from '../../model/app/app.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import { path, type Client } from '../client.ts';
import { CliError, exitCode, ProgramEnded } from '../exit.ts';
import { BrokenOff, loggedPieces } from '../instances/logged-pieces.ts';
import { keepKey } from '../../model/app/app.ts';
import { showSpan } from '../../model/sizes.ts';
import { json, type Output } from '../output/output.ts';

interface RunOptions {
  name: string | null;
  query: string | null;
  envs: Record<string, string>;
  mem: string | null;
  cpus: number | null;
  /** Forget the app when the command has ended. */
  remove: boolean;
  /** How long it is kept after its end, ms. */
  keepMs: number;
  detach: boolean;
  json: boolean;
}

/** How long a silent program is left before its output is asked for again, ms. */
const quickMs = 100;
const calmMs = 500;

const nameFor = (program: string): string =>
  `run-${
    basename(program)
      .toLowerCase()
      .replace(/[^a-z0-9_-]/g, '')
      .slice(0, 30) || 'it'
  }-${randomBytes(3).toString('hex')}`;

/**
 * @throws ProgramEnded with the program's exit code where that is not 0
 * @throws CliError when the command cannot be placed or started
 */
export async function runOnce(client: Client, output: Output, words: string[], options: RunOptions): Promise<void> {
  const [program, ...args] = words;
  const name = options.name ?? nameFor(program!);
  const app = await client.post<AppView>('/v1/apps', {
    name,
    toProcess: program,
    args,
    envs: options.envs,
    type: 'batch',
    restart: { policy: 'never' },
    meta: { [keepKey]: String(Math.ceil(options.keepMs / 1000)) },
    resAlloc: { mem: options.mem, cpus: options.cpus },
    // Once is once: not a second time elsewhere because its node does not answer.
    placement: { scale: 1, onPartition: 'wait', ...(options.query === null ? {} : { query: options.query }) },
  });
  if (options.detach) {
    if (options.json) json(app, output);
    else output.out(`${name}\n`);
    return;
  }
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt);
  try {
    const ended = await followToEnd(client, output, name, () => interrupted);
    if (ended === null && !options.remove) {
      output.err(`\n${name} runs on; \`stathub logs ${name} -f\` shows it, \`stathub delete ${name}\` ends it\n`);
      return;
    }
    if (ended === null) throw new ProgramEnded(130);
    const code = ended.exit?.signal != null ? 128 + ended.exit.signal : (ended.exit?.code ?? exitCode.failed);
    if (ended.exit?.signal != null || ended.exit?.code == null)
      output.err(`${name}: ${ended.reason?.text ?? 'it ended, and nobody knows how'}\n`);
    if (code === 0) return;
    if (!options.remove)
      output.err(
        `${name} is kept for ${showSpan(options.keepMs)}: \`stathub why ${name}\`, \`stathub files ${name}\`; ` +
          `\`stathub delete ${name}\` forgets it now\n`,
      );
    throw new ProgramEnded(code);
  } finally {
    process.removeListener('SIGINT', interrupt);
    // Its own exit code counts, also where the hub is away by now.
    if (options.remove)
      await client
        .delete(path`/v1/apps/${name}`)
        .catch((error: unknown) =>
          output.err(
            `${name} could not be removed: ${(error as Error).message}; \`stathub delete ${name}\` does it later\n`,
          ),
        );
  }
}

/** Shows the output until the program has ended and all of it is shown. @returns null when interrupted */
async function followToEnd(
  client: Client,
  output: Output,
  name: string,
  interrupted: () => boolean,
): Promise<InstanceView | null> {
  let waiting = '';
  let cursor = '0.0';
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() }; // a look may end within a character
  const away = (): void =>
    output.err('the hub does not answer; the program runs on, waiting for the hub to come back\n');
  for (let pause = quickMs; !interrupted(); await delay(pause)) {
    const [instance] = (
      await client.patientGet<{ items: InstanceView[] }>(path`/v1/apps/${name}/instances`, Infinity, away)
    ).items;
    if (!instance) {
      const app = await client.patientGet<AppView>(path`/v1/apps/${name}`, Infinity, away);
      if (app.reason && app.reason.text !== waiting)
        output.err(`${name} ${app.status}: ${(waiting = app.reason.text)}\n`);
      continue;
    }
    // Asked before the output is read: what a program wrote is there before its end is reported.
    const over = instance.status === 'stopped' || instance.status === 'failed';
    if (instance.launch > 0) {
      const next = await showFrom(client, output, instance.id, cursor, decoders);
      pause = next === cursor ? Math.min(calmMs, pause * 1.5) : quickMs;
      cursor = next;
    }
    if (over) return instance;
    if (instance.status === 'unknown' || instance.status === 'lost') {
      if (instance.reason && instance.reason.text !== waiting)
        output.err(`${name} ${instance.status}: ${(waiting = instance.reason.text)}\n`);
    }
  }
  return null;
}

/** Prints what was written after `cursor`. @returns the cursor after it */
async function showFrom(
  client: Client,
  output: Output,
  id: string,
  cursor: string,
  decoders: Record<'stdout' | 'stderr', InstanceType<typeof TextDecoder>>,
): Promise<string> {
  let reached = cursor;
  try {
    const { body } = await client.open('GET', path`/v1/instances/${id}/logs?encoding=base64`, {
      headers: { accept: 'text/event-stream', 'last-event-id': cursor },
    });
    for await (const { kind, bytes, id: after } of loggedPieces(body!)) {
      if (kind === 'end') break;
      const shown = decoders[kind].decode(bytes, { stream: true });
      reached = after || reached;
      if (shown === '') continue;
      if (kind === 'stdout') await output.write(Buffer.from(shown)); // as fast as it is read: there may be much of it
      else output.err(shown);
    }
  } catch (error) {
    // Its node is away, or the answer broke off: asked again, after what was shown.
    const again =
      error instanceof BrokenOff || (error instanceof CliError && (error.away || error.exit === exitCode.timedOut));
    if (!again) throw error;
  }
  return reached;
}
