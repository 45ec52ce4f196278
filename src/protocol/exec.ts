// A command within an instance, over a WebSocket (`WS /v1/instances/:id/exec`): the client begins with `start`, then binary messages
// are its input. The hub sends output as binary messages (first byte 1: stdout, 2: stderr; a terminal has stdout only), then one
// `exit` or `error` and closes. The command travels in a message, not in the address: addresses are written into logs.
import { z } from 'zod';

const rows = z.number().int().min(1).max(1000);
const cols = z.number().int().min(1).max(1000);
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
  execRequest.extend({
    type: z.literal('start'),
    /** The client says what it took (`took`), and the command waits for it. Else it counts as taken when it is sent. */
    acknowledges: z.boolean().optional(),
  }),
  z.object({ type: z.literal('resize'), rows, cols }),
  /** No more input. */
  z.object({ type: z.literal('eof') }),
  /** Bytes of output, without their first byte, that were taken up to now (`acknowledges`). */
  z.object({ type: z.literal('took'), bytes: z.number().int().min(0) }),
]);
export type ExecClientFrame = z.infer<typeof execClientFrame>;
export type ExecServerFrame =
  | { type: 'exit'; /** As a shell gives it: 128 + signal. */ code: number }
  | { type: 'error'; code: string; detail: string; hint: string };

/** Bytes of output, and of input, that may be on their way between master and agent. */
export const execWindow = 1024 * 1024;
/** Arguments of the `exec` command of the link. */
export interface ExecArguments extends ExecRequest {
  session: string;
  /** Bytes of output that may be on their way: the master says what was taken (ExecInput). Absent: it does not. */
  window?: number;
}
/** Chunks of that command: output, or how many bytes of input the command has taken up to now. Its result is `{code}`. */
export type ExecChunk =
  | {
      stream: 'stdout' | 'stderr';
      /** base64 */
      bytes: string;
      /** In the first chunk, which has no bytes and tells that it has begun: as `window` above, of input. */
      window?: number;
    }
  | { took: number };
/** Arguments of `exec-input`: one of them. */
export interface ExecInput {
  /** base64 */
  bytes?: string;
  eof?: boolean;
  rows?: number;
  cols?: number;
  /** Bytes of output that the client has taken up to now. */
  took?: number;
}
