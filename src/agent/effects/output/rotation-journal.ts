// Where the live file begins is written down before and after its front is taken off, so that a crash at any moment is told from the
// files (segments.ts reads it).
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { punchOut } from './fallocate.ts';
import { journalFile, outputFile, segmentsOf, whileCutting, type Journal, type Stream } from './segments.ts';

/** After a crash between a journal and its end: what the files tell is written down, so that it need not be told again. */
export async function settle(instance: string, stream: Stream): Promise<void> {
  if (segmentsOf(instance, stream).settled) return;
  await untilNobodyCuts(outputFile(instance, stream));
  const { live, base, journal } = segmentsOf(instance, stream);
  writeJournal(instance, stream, journal + 1, { base, length: 0, size: 0, hash: '', done: true, hole: live.offset });
  dropJournals(instance, stream, journal);
}

/** After the program emptied its file itself: what it prints from then on lies at the front again. */
export function forgetHole(instance: string, stream: Stream): void {
  const { live, journal } = segmentsOf(instance, stream);
  if (live.offset === 0 || live.from < live.to) return;
  writeJournal(instance, stream, journal + 1, { base: live.from, length: 0, size: 0, hash: '', done: true });
  dropJournals(instance, stream, journal);
}

/** A fallocate that an agent started before it was killed goes on without it: its cut may still come. */
async function untilNobodyCuts(path: string): Promise<void> {
  const cuts = (pid: string): boolean => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
      return words[0]!.endsWith('fallocate') && words.includes(path);
    } catch {
      return false;
    }
  };
  while (readdirSync('/proc').some((name) => /^\d+$/.test(name) && cuts(name)))
    await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Removes the journals up to `last`: a newer whole one counts. */
function dropJournals(instance: string, stream: Stream, last: number): void {
  for (let n = last; n > Math.max(0, last - 4); n--) rmSync(journalFile(instance, stream, n), { force: true });
}

function writeJournal(instance: string, stream: Stream, n: number, journal: Journal): void {
  writeFileSync(journalFile(instance, stream, n), `${JSON.stringify(journal)}\n`, { flag: 'wx', mode: 0o600 });
}

/** Journal, cut, journal: at every moment the files tell where the live one begins. `make` gives how many bytes it has cut. */
export async function cut(
  instance: string,
  stream: Stream,
  plan: Journal,
  last: number,
  make: () => Promise<number>,
): Promise<void> {
  await whileCutting(outputFile(instance, stream), async () => {
    writeJournal(instance, stream, last + 1, plan);
    let length: number;
    try {
      length = await make();
    } catch (error) {
      rmSync(journalFile(instance, stream, last + 1));
      throw error;
    }
    writeJournal(instance, stream, last + 2, { base: plan.base + length, length: 0, size: 0, hash: '', done: true });
  });
  dropJournals(instance, stream, last + 1);
}

/** Journal, then hole: nobody reads below the journal's mark, and a hole that a crash prevented comes with the next one. */
export async function punch(instance: string, stream: Stream, plan: Journal, last: number): Promise<void> {
  writeJournal(instance, stream, last + 1, plan);
  dropJournals(instance, stream, last);
  await punchOut(outputFile(instance, stream), plan.hole!);
}
