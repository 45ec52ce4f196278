// /v1/instances/:id/logs: the output of a program, as it was written.
import { lineFault } from '../../../query/patterns/line-pattern.ts';
import { z } from 'zod';
import { Refusal } from '../../../model/errors.ts';
import type { LogChunk, LogRequest } from '../../cluster.ts';
import { flag, query } from '../../answers/body.ts';
import type { Api, Resource } from '../../context.ts';
import { says } from '../../describe.ts';
import { since, until } from '../../answers/since.ts';
import { sse, streamed, wantsEvents } from '../../answers/stream.ts';

const grep = z
  .string()
  .min(1)
  .max(1000)
  .superRefine((text, context) => {
    const fault = lineFault(text);
    if (fault !== null) context.addIssue({ code: 'custom', message: `grep ${fault}` });
  })
  .optional();
const mostTail = 100_000;
const all = Number.MAX_SAFE_INTEGER;
const tail = z
  .string()
  .refine(
    (text) => text === 'all' || (/^\d{1,6}$/.test(text) && Number(text) <= mostTail),
    `tail is a whole number from 0 to ${mostTail}, or "all"`,
  )
  .optional();
const logQuery = {
  stream: z.enum(['stdout', 'stderr', 'both']).optional().default('both'),
  tail,
  follow: flag,
  since,
  until,
  grep,
  /** Of events: `text`, or bytes as they are in `base64`, which then also tell where each stream begins. */
  encoding: z.enum(['text', 'base64']).optional().default('text'),
};

export function logRoutes(app: Api, { cluster, closing }: Resource): void {
  app.get(
    '/v1/instances/:id/logs',
    says({
      tag: 'logs',
      summary: 'Its output: the last lines or a span of time, and on with follow',
      description:
        'Plain text, byte for byte; also of an instance that is gone, for as long as its app keeps output. ' +
        '`tail` counts lines of each stream (100; with `since` or `until`: all). ' +
        'Lines carry no times of their own: `since` and `until` are met to some 10 s for recent output and a ' +
        'minute for older, and never leave out what belongs to them. ' +
        '`grep` is a text, or a regular expression between slashes. With `Accept: text/event-stream` each piece ' +
        'is an event named after its stream, `{cursor, text}`, whose id goes on where it ended (Last-Event-ID); ' +
        '`encoding=base64` gives `{cursor, base64}`. An event `end` says that nothing more will come; without it the answer broke off.',
      gives: 'text',
      refuses: [404, 503, 504],
    }),
    query(logQuery),
    async (c) => {
      const q = c.req.valid('query');
      const id = c.req.param('id');
      await cluster.whereabouts(id);
      const events = wantsEvents(c);
      const spans = q.since !== undefined || q.until !== undefined;
      const request: LogRequest = {
        stream: q.stream,
        tail: q.tail === undefined ? (spans ? all : 100) : q.tail === 'all' ? all : Number(q.tail),
        follow: q.follow,
        since: q.since ?? null,
        until: q.until ?? null,
        grep: q.grep ?? null,
        after: events ? cursorsOf(c.req.header('last-event-id')) : null,
      };
      const make = async function* (signal: AbortSignal) {
        // Each stream may end a piece within a character; the rest of it comes with the next one.
        const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
        const cursors = { stdout: request.after?.stdout ?? 0, stderr: request.after?.stderr ?? 0 };
        /** Streams of which it is not known where they begin: no id goes on from there yet. */
        const unknown = new Set(request.after ? [] : q.stream === 'both' ? ['stdout', 'stderr'] : [q.stream]);
        for await (const chunk of cluster.logs(id, request, signal)) {
          cursors[chunk.stream] = chunk.cursor;
          unknown.delete(chunk.stream);
          const reached = unknown.size === 0 ? `${cursors.stdout}.${cursors.stderr}` : undefined;
          if (events && q.encoding === 'base64') yield bytesEvent(chunk, reached);
          else if (chunk.bytes.length > 0)
            yield events ? textEvent(chunk, decoders[chunk.stream], reached) : chunk.bytes;
        }
        if (events && !signal.aborted) yield sse({ event: 'end', data: {} });
      };
      return streamed(
        c,
        closing,
        events ? 'text/event-stream' : 'text/plain; charset=utf-8',
        make,
        events ? ': still here\n\n' : null,
        { follows: q.follow },
      );
    },
  );
}

const textEvent = (
  { stream, cursor, bytes }: LogChunk,
  decoder: InstanceType<typeof TextDecoder>,
  id: string | undefined,
): string => sse({ event: stream, ...(id && { id }), data: { cursor, text: decoder.decode(bytes, { stream: true }) } });

const bytesEvent = ({ stream, cursor, bytes }: LogChunk, id: string | undefined): string =>
  sse({
    event: stream,
    ...(id && { id }),
    data: { cursor, base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') },
  });

function cursorsOf(lastEventId: string | undefined): LogRequest['after'] {
  if (lastEventId === undefined || lastEventId === '') return null;
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(lastEventId);
  if (!match)
    throw new Refusal(
      'invalid-request',
      `Last-Event-ID "${lastEventId.slice(0, 60)}" is not of this log`,
      'leave it out to begin with the last lines',
    );
  return { stdout: Number(match[1]), stderr: Number(match[2]) };
}
