// `exec INSTANCE -- CMD`: a command beside the program of an instance, on a terminal where both ends are one. Its exit code is ours.
import { WebSocket } from 'ws';
import type { ExecClientFrame, ExecServerFrame } from '../../protocol/exec.ts';
import type { Client } from '../client.ts';
import { CliError, exitCode, ProgramEnded } from '../exit.ts';
import { instanceNamed } from './names.ts';

interface ExecCliOptions {
  /** null: where standard input and output are one. */
  terminal: boolean | null;
}

/** @throws ProgramEnded with the command's exit code where that is not 0; CliError with the hub's words */
export async function exec(
  client: Client,
  name: string,
  command: readonly string[],
  options: ExecCliOptions,
): Promise<void> {
  const id = await instanceNamed(client, name);
  const { stdin, stdout, stderr } = process;
  const terminal = options.terminal ?? Boolean(stdin.isTTY && stdout.isTTY);
  const size = (): { rows: number; cols: number } => ({ rows: stdout.rows || 24, cols: stdout.columns || 80 });
  await client.get(`/v1/instances/${encodeURIComponent(id)}`); // its refusals have words; those of a WebSocket have none
  const socket = new WebSocket(`${client.base.replace(/^http/, 'ws')}/v1/instances/${encodeURIComponent(id)}/exec`, {
    headers: client.authorization,
    perMessageDeflate: false,
  });
  const say = (frame: ExecClientFrame): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  };
  const resized = (): void => say({ type: 'resize', ...size() });
  let answer: ExecServerFrame | null = null;
  const raw = terminal && stdin.isTTY;
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('open', () => {
        say({
          type: 'start',
          command: [...command],
          terminal: terminal
            ? { ...size(), term: process.env['TERM']?.match(/^[\w.+-]{1,40}$/)?.[0] ?? 'xterm' }
            : null,
        });
        if (raw) stdin.setRawMode(true);
        stdout.on('resize', resized);
        carryInput(stdin, socket);
        stdin.on('end', () => say({ type: 'eof' }));
      });
      const print = printer(socket);
      socket.on('message', (message: Buffer, binary) => {
        if (binary) print(message[0] === 2 ? stderr : stdout, message.subarray(1));
        else answer = JSON.parse(String(message)) as ExecServerFrame;
      });
      socket.on('unexpected-response', (_request, response) => {
        response.resume();
        reject(
          new CliError(
            exitCode.refused,
            `the hub refuses it (HTTP ${response.statusCode})`,
            'commands in instances need the role deploy or admin',
          ),
        );
      });
      socket.on('error', reject);
      socket.on('close', () => resolve());
    });
  } finally {
    if (raw) stdin.setRawMode(false);
    stdout.off('resize', resized);
    stdin.destroy();
  }
  await Promise.all([flushed(stdout), flushed(stderr)]);
  const end = answer as ExecServerFrame | null;
  if (end === null) throw new CliError(exitCode.failed, 'the hub went away; the command was ended');
  if (end.type === 'error')
    throw new CliError(end.code === 'not-found' ? exitCode.notFound : exitCode.refused, end.detail, end.hint);
  if (end.code !== 0) throw new ProgramEnded(end.code);
}

/** Input that may wait for the hub, bytes. */
const mostWaiting = 1024 * 1024;

/** Reads no faster than the hub takes it. */
function carryInput(input: NodeJS.ReadStream, socket: WebSocket): void {
  let waiting = 0;
  input.on('data', (bytes: Buffer) => {
    if (socket.readyState !== WebSocket.OPEN) return;
    waiting += bytes.length;
    if (waiting > mostWaiting) input.pause();
    socket.send(bytes, () => {
      waiting -= bytes.length;
      if (waiting <= mostWaiting && input.isPaused()) input.resume();
    });
  });
}

/** Prints, and takes no more from the hub while a stream of ours is not read. */
function printer(socket: WebSocket): (stream: NodeJS.WriteStream, bytes: Buffer) => void {
  const full = new Set<NodeJS.WriteStream>();
  return (stream, bytes) => {
    if (stream.write(bytes) || full.has(stream)) return;
    full.add(stream);
    socket.pause();
    stream.once('drain', () => {
      full.delete(stream);
      if (full.size === 0) socket.resume();
    });
  };
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => resolve());
  });
