// The planning thread: mirrors what it is sent, answers in pieces.
import { parentPort } from 'node:worker_threads';
import { Mirror } from './mirror.ts';
import type { FromThread, ToThread } from './planner.ts';
import { answer } from './question.ts';

/** Changes in one message back: taking them in costs the main loop. */
const pieceSize = 500;

const mirror = new Mirror();
const tell = (message: FromThread): void => parentPort?.postMessage(message);

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'begin') mirror.begin(message.now, message.frozenUntil, message.settings);
  else if (message.kind === 'piece') mirror.add(message.piece);
  else {
    try {
      const answered = answer(mirror.snapshot(), message.question);
      if ('changes' in answered) {
        const { changes, ...rest } = answered;
        for (let from = 0; from < changes.length; from += pieceSize)
          tell({ kind: 'changes', changes: changes.slice(from, from + pieceSize) });
        tell({ kind: 'done', rest });
      } else tell({ kind: 'done', rest: answered });
    } catch (error) {
      tell({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
});
