// The lines of an instance's log as they come: live over the live feed, or of the past by the API. Drawn once a frame.
import { useEffect, useState } from 'preact/hooks';
import { watch } from '../../hub/live.ts';
import { addChunk, emptyLog, type LogBuffer } from '../../streams/log-lines.ts';
import type { Past, PastChunk } from '../../streams/log-past.ts';
import { readPast } from './past.ts';

/** Lines from before that a live log begins with. */
const tailLines = 2000;

/** How far the reading is. */
export interface Reading {
  ended: boolean;
  problem: string;
  /** Of the past: all is there, or only its first lines; null: not known yet. */
  whole: boolean | null;
}
const nothing: Reading = { ended: false, problem: '', whole: null };

/** What the feed says beside the output. */
function readingOf({ code, detail }: { code: string; detail: string }): Reading {
  if (code === 'log-back') return nothing;
  return code === 'log-ended' ? { ...nothing, ended: true } : { ...nothing, problem: detail };
}

/** The lines of the log: live, or of the past. */
export function useLines(id: string, past: Past | null): { log: LogBuffer; reading: Reading } {
  const [log, setLog] = useState(emptyLog);
  const [reading, setReading] = useState(nothing);
  const key = past === null ? '' : `${past.since ?? ''} ${past.grep}`;
  useEffect(() => {
    setLog(emptyLog());
    setReading(nothing);
    let frame = 0;
    let pending: PastChunk[] = [];
    const flush = (): void => {
      frame = 0;
      const chunks = pending;
      pending = [];
      setLog((old) => chunks.reduce((l, c) => addChunk(l, c.stream, c.cursor, c.text), old));
    };
    const take = (chunk: PastChunk): void => {
      pending.push(chunk);
      frame ||= requestAnimationFrame(flush);
    };
    const drop = (): void => {
      cancelAnimationFrame(frame);
      pending = [];
    };
    if (past === null) {
      const stop = watch(
        `logs:${id}`,
        (f) => {
          if (f.type === 'log') {
            take(f);
            setReading((old) => (old.ended || old.problem ? nothing : old));
          }
          if (f.type === 'problem') setReading(readingOf(f));
        },
        () => ({ tail: tailLines, stream: 'both' }),
      );
      return () => {
        drop();
        stop();
      };
    }
    const abort = new AbortController();
    readPast(id, past, take, abort.signal).then(
      (more) => {
        flush();
        setReading({ ...nothing, ended: true, whole: !more });
      },
      (error: unknown) => {
        if (!abort.signal.aborted)
          setReading({ ...nothing, problem: error instanceof Error ? error.message : String(error) });
      },
    );
    return () => {
      abort.abort();
      drop();
    };
  }, [id, key]);
  return { log, reading };
}
