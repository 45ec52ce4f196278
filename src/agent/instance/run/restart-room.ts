// Whether what runs could be started again: asked before it is ended for that, so that a full disk ends nothing.
import { Refusal } from '../../../model/errors.ts';
import { lackOfRoom } from '../../effects/disk/room.ts';
import type { Entry } from '../entry.ts';

/** @throws Refusal cut-off: it may not start here now; disk-full: its next launch would find no room, so what runs is left as it is */
export function requireRestartable({ id, program, directory, record, snapshot }: Entry): void {
  if (snapshot?.context.partition === 'severed')
    throw new Refusal(
      'cut-off',
      `${id} stands still: its node is cut off from its master, and placement.onPartition is "stop-self"`,
      'It starts by itself when the master is back and still wants it there.',
    );
  if (program.phase !== 'running') return; // nothing could be lost: it waits for room by itself
  const files = program.work.ready ? 0 : Object.values(record.contents).reduce((sum, { size }) => sum + size, 0);
  const lack = lackOfRoom(directory, files);
  if (lack === null) return;
  throw new Refusal('disk-full', `${id} runs on, as it could not be started again: ${lack}`, 'Then ask again.');
}
