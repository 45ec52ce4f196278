// The planning thread: assembles a snapshot from its pieces, answers in pieces.
import { parentPort } from 'node:worker_threads';
import type { FromThread, ToThread } from './planner.ts';
import { answer } from './question.ts';
import { Assembly } from './snapshot.ts';

/** Changes in one message back: taking them in costs the main loop. */
const PIECE = 500;

let assembly: Assembly | null = null;
const tell = (message: FromThread): void => parentPort?.postMessage(message);

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'begin') assembly = new Assembly(message.now, message.frozenUntil, message.settings);
  else if (message.kind === 'piece') assembly?.add(message.piece);
  else if (assembly) {
    try {
      const answered = answer(assembly.snapshot, message.question);
      if ('changes' in answered) {
        const { changes, ...rest } = answered;
        for (let from = 0; from < changes.length; from += PIECE) tell({ kind: 'changes', changes: changes.slice(from, from + PIECE) });
        tell({ kind: 'done', rest });
      } else tell({ kind: 'done', rest: answered });
    } catch (error) {
      tell({ kind: 'failed', message: error instanceof Error ? error.stack ?? error.message : String(error) });
    }
    assembly = null;
  }
});
