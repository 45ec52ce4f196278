// Bodies of the link's HTTP fallback: the same frames where a WebSocket cannot pass.
//
//   POST /v1/link/:node/report                                one in flight. Body: Report. Answer: Answer.
//   GET  /v1/link/:node/frames?session=S&after=n&wait=25      long-poll. Answer: Answer; empty after `wait` seconds.
//
// The first report carries `session: null` and a hello as its first frame; its answer names the session, which every later
// request repeats. Answers to a report are what has no link number (welcome, refused, beat.ack); numbered frames come by the
// long-poll, `after=n` acknowledges all up to n. A request body above 16 KiB is deflated with `content-encoding: deflate`
// (zlib); answers are so too where they are large, which fetch undoes by itself.
// 410 `expired`: no such session (any more): say hello again. 503 with Retry-After: the master is stopping or starting.
import { z } from 'zod';
import type { MasterFrame } from './link.ts';

/** Frames are checked one by one with `agentFrame`, so that one malformed frame does not lose the others. */
export const report = z.object({ session: z.string().max(100).nullable(), frames: z.array(z.unknown()).max(1000) });
export interface Report {
  session: string | null;
  frames: unknown[];
}

export interface Answer {
  session: string;
  frames: MasterFrame[];
}

/** Longest wait of one long-poll, seconds. */
export const maxWaitSeconds = 25;
