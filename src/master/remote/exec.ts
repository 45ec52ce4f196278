// A command within an instance, carried out by its agent; who ran what, from where, and how it ended are events. Arguments are left
// out of them: they may hold secrets.
import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Caller, ExecHandle } from '../../api/cluster.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import { showSpan } from '../../model/sizes.ts';
import {
  execWindow,
  type ExecArguments,
  type ExecChunk,
  type ExecInput,
  type ExecRequest,
} from '../../protocol/exec.ts';
import { SendWindow, Takings } from '../../protocol/window.ts';
import type { Commands } from '../link/commands.ts';
import type { MasterContext } from '../context.ts';

/** Input goes on in pieces of so many bytes. */
const pieceBytes = 64 * 1024;

/**
 * A slow client slows the command, and a command that does not read its input slows the client: either way no more than
 * `execWindow` bytes are on their way.
 * @returns when it has begun @throws Refusal node-away, or what the agent says
 */
export async function execRemote(
  { context, commands }: { context: MasterContext; commands: Commands },
  { id, node, app, slot }: InstanceView,
  request: ExecRequest,
  output: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => Promise<void>,
  by: Caller,
  signal: AbortSignal,
): Promise<ExecHandle> {
  const session = randomUUID();
  const subject = { instance: id, node, app, slot };
  const program = basename(request.command[0]!);
  const detail = { by: by.name, from: by.from, program, terminal: request.terminal !== null };
  const startedAt = context.clock.now();
  let over = false;
  const tell = (input: ExecInput): void => {
    commands.ask(node, 'exec-input', session, { ...input }).catch((error: unknown) => {
      if (!over) context.warn(`input for ${program} in ${id} was lost`, error);
    });
  };
  let begun = (): void => {};
  const began = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let window = new SendWindow(Infinity);
  const takings = new Takings(execWindow, (took) => tell({ took }));
  const take = (chunk: ExecChunk): void => {
    if ('took' in chunk) return window.taken(chunk.took);
    if (chunk.window) window = new SendWindow(chunk.window);
    begun();
    if (!chunk.bytes) return;
    const bytes = Buffer.from(String(chunk.bytes), 'base64');
    output(chunk.stream === 'stderr' ? 'stderr' : 'stdout', bytes)
      .then(() => takings.take(bytes.length))
      .catch((error: unknown) => context.warn(`output of ${program} in ${id} was lost`, error));
  };
  const args = { session, ...request, window: execWindow } satisfies ExecArguments;
  const ended = commands
    .ask(node, 'exec', id, args, { signal, onChunk: (value) => take(value as ExecChunk) })
    .finally(() => {
      over = true;
      window.end();
    })
    .then((answer) => (answer as { code?: number } | undefined)?.code ?? 129);
  await Promise.race([began, ended]);
  context.events.note('instance.execBegan', subject, `${by.name} runs ${program} in ${app}.${slot}`, { detail });
  const told = (end: string, code: number | null): void => {
    const lasted = showSpan(context.clock.now() - startedAt);
    context.events.note(
      'instance.execEnded',
      subject,
      `${program}, run in ${app}.${slot} by ${by.name}, ${end} after ${lasted}`,
      { detail: { ...detail, code } },
    );
  };
  ended
    .then(
      (code) => told(signal.aborted ? 'was ended with its client' : `exited with code ${code}`, code),
      (error: unknown) => told(`was lost: ${(error as Error).message}`, null),
    )
    .catch((error: unknown) => context.warn('the end of a command in an instance was not noted', error));
  return { ended, ...inputOf(window, () => over, tell) };
}

/** Input in the order of coming, and not ahead of the command by more than the window. */
function inputOf(window: SendWindow, over: () => boolean, tell: (input: ExecInput) => void): Omit<ExecHandle, 'ended'> {
  let order: Promise<void> = Promise.resolve();
  const inOrder = (next: () => Promise<void> | void): Promise<void> => {
    order = order.then(next);
    return order;
  };
  const send = async (bytes: Uint8Array): Promise<void> => {
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      const piece = bytes.subarray(from, from + pieceBytes);
      await window.room();
      if (over()) return;
      window.sent(piece.length);
      tell({ bytes: Buffer.from(piece).toString('base64') });
    }
  };
  return {
    input: (bytes) => inOrder(() => send(bytes)),
    endInput: () => void inOrder(() => tell({ eof: true })),
    resize: (rows, cols) => tell({ rows, cols }),
  };
}
