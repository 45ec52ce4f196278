// A command within an instance, carried out by its agent; who ran what, from where, and how it ended are events. Arguments are left
// out of them: they may hold secrets.
import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Caller, ExecHandle } from '../../api/cluster.ts';
import type { InstanceView } from '../../model/instance/instance.ts';
import { showSpan } from '../../model/sizes.ts';
import type { ExecChunk, ExecInput, ExecRequest } from '../../protocol/exec.ts';
import type { Commands } from '../link/commands.ts';
import type { MasterContext } from '../context.ts';

/** @returns when it has begun @throws Refusal node-away, or what the agent says */
export async function execRemote(
  { context, commands }: { context: MasterContext; commands: Commands },
  { id, node, app, slot }: InstanceView,
  request: ExecRequest,
  output: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void,
  by: Caller,
  signal: AbortSignal,
): Promise<ExecHandle> {
  const session = randomUUID(),
    subject = { instance: id, node, app, slot },
    program = basename(request.command[0]!);
  const detail = { by: by.name, from: by.from, program, terminal: request.terminal !== null };
  let begun = (): void => {};
  const began = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const startedAt = context.clock.now();
  const ended = commands
    .ask(
      node,
      'exec',
      id,
      { session, ...request },
      {
        signal,
        onChunk: (value) => {
          begun();
          const { stream, bytes } = value as ExecChunk;
          if (bytes) output(stream === 'stderr' ? 'stderr' : 'stdout', Buffer.from(String(bytes), 'base64'));
        },
      },
    )
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
  const tell = (input: ExecInput): void => {
    commands
      .ask(node, 'exec-input', session, { ...input })
      .catch((error: unknown) => context.warn(`input for ${program} in ${id} was lost`, error));
  };
  return {
    ended,
    input: (bytes) => tell({ bytes: Buffer.from(bytes).toString('base64') }),
    endInput: () => tell({ eof: true }),
    resize: (rows, cols) => tell({ rows, cols }),
  };
}
