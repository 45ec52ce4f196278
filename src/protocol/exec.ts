// A command within an instance, over a WebSocket (`WS /v1/instances/:id/exec`): the client begins with `start`, then binary messages
// are its input. The hub sends output as binary messages (first byte 1: stdout, 2: stderr; a terminal has stdout only), then one
// `exit` or `error` and closes. The command travels in a message, not in the address: addresses are written into logs.
import { z } from 'zod';

const rows = z.number().int().min(1).max(1000),
  cols = z.number().int().min(1).max(1000);
export const execRequest = z.object({
  /** Program and arguments, as they are: no shell. */
  command: z
    .array(z.string().max(100_000))
    .min(1)
    .max(1000)
    .refine((words) => words[0] !== '' && !words.some((word) => word.includes('\0')), 'is no command'),
  /** null: plain pipes. */
  terminal: z.object({ rows, cols, /** TERM. */ term: z.string().regex(/^[\w.+-]{1,40}$/) }).nullable(),
});
export type ExecRequest = z.infer<typeof execRequest>;

export const execClientFrame = z.discriminatedUnion('type', [
  execRequest.extend({ type: z.literal('start') }),
  z.object({ type: z.literal('resize'), rows, cols }),
  /** No more input. */
  z.object({ type: z.literal('eof') }),
]);
export type ExecClientFrame = z.infer<typeof execClientFrame>;
export type ExecServerFrame =
  | { type: 'exit'; /** As a shell gives it: 128 + signal. */ code: number }
  | { type: 'error'; code: string; detail: string; hint: string };

/** Chunks of the `exec` command of the link; the first has no bytes: it has begun. Its result is `{code}`. */
export interface ExecChunk {
  stream: 'stdout' | 'stderr';
  /** base64 */ bytes: string;
}
/** Arguments of `exec-input`: one of them. */
export interface ExecInput {
  /** base64 */ bytes?: string;
  eof?: boolean;
  rows?: number;
  cols?: number;
}
