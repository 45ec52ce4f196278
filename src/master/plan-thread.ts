// The planning thread: assembles a snapshot from its pieces, plans, answers in pieces.
import { parentPort } from 'node:worker_threads';
import { place } from '../placement/place.ts';
import type { FromThread, ToThread } from './plan-worker.ts';
import { Assembly } from './snapshot.ts';

/** Changes in one message back: taking them in costs the main loop. */
const PIECE = 500;

let assembly: Assembly | null = null;
const answer = (message: FromThread): void => parentPort?.postMessage(message);

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'begin') assembly = new Assembly(message.now, message.frozenUntil, message.settings);
  else if (message.kind === 'piece') assembly?.add(message.piece);
  else if (assembly) {
    try {
      const { changes, ...rest } = place(assembly.snapshot);
      for (let from = 0; from < changes.length; from += PIECE) answer({ kind: 'changes', changes: changes.slice(from, from + PIECE) });
      answer({ kind: 'done', rest });
    } catch (error) {
      answer({ kind: 'failed', message: error instanceof Error ? error.stack ?? error.message : String(error) });
    }
    assembly = null;
  }
});
