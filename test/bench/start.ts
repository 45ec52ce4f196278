// How long a master takes to start on a store that holds a large cluster: it reads all of it and rewrites what it fences.
import { createHash } from 'node:crypto';
import { startMaster } from '../../src/master/master.ts';
import { slotKey, revisionKey } from '../../src/master/records.ts';
import type { AppRecord, Revision } from '../../src/model/app/app.ts';
import { parseApp } from '../../src/model/app/app-schema.ts';
import type { SlotRecord } from '../../src/model/assignment.ts';
import type { NodeRecord } from '../../src/model/node.ts';
import { restartKey } from '../../src/model/app/restart-fields.ts';
import type { Doc, Store, Write } from '../../src/store/store.ts';
import { simFacts } from '../support/sim-agent.ts';

const slotsOfEach = 100;

/** Apps of 100 slots each, spread over nodes: what a hub that has run for a while has stored. */
export async function fillCluster(store: Store, nodes: number, instances: number): Promise<void> {
  const at = Date.now();
  const writes: Write[] = [];
  const put = (collection: string, key: string, doc: object): void => {
    writes.push({ collection, key, doc: doc as Doc, expect: 'absent', term: 1 });
  };
  for (let n = 0; n < nodes; n += 1) {
    const id = `node-${n}`;
    put('nodes', id, {
      id,
      machineId: `machine-${n}`,
      facts: { ...simFacts(id), hostname: `host-${n}` },
      tags: null,
      envs: {},
      cordoned: false,
      drain: null,
      run: 1,
      beatAt: at,
      term: 1,
    } satisfies NodeRecord);
  }
  for (let a = 0; a < instances / slotsOfEach; a += 1) {
    const app = `app-${a}`;
    const parsed = parseApp({ name: app, toProcess: 'sleep', args: ['100000'], placement: { scale: slotsOfEach } });
    if (!parsed.ok) throw new Error('the app of the bench is not valid');
    const spec = parsed.spec;
    const hash = createHash('sha256').update(restartKey(spec)).digest('hex');
    put('apps', app, {
      name: app,
      revision: 1,
      scale: slotsOfEach,
      start: true,
      deleting: false,
      restartedAt: null,
      createdAt: at,
      updatedAt: at,
      term: 1,
    } satisfies AppRecord);
    put('revisions', revisionKey(app, 1), {
      app,
      revision: 1,
      hash,
      spec,
      contents: {},
      createdAt: at,
      createdBy: 'bench',
      term: 1,
    } satisfies Revision);
    for (let slot = 0; slot < slotsOfEach; slot += 1) {
      const id = `${app}.${slot}.abcdefgh`;
      const node = `node-${(a * slotsOfEach + slot) % nodes}`;
      const epoch = a * slotsOfEach + slot + 1;
      const held = {
        id,
        app,
        slot,
        place: 'a' as const,
        epoch,
        revision: 1,
        hash,
        owner: 'hub',
        node,
        goal: 'run' as const,
        onFull: null,
        because: 'of the bench',
        at,
        nudge: 0,
      };
      put('assignments', slotKey(app, slot), {
        app,
        slot,
        a: held,
        b: null,
        term: 1,
        moves: null,
      } satisfies SlotRecord);
      put('instances', id, {
        node,
        everReady: true,
        standing: 'known',
        view: {
          id,
          app,
          slot,
          place: 'a',
          node,
          revision: 1,
          epoch,
          owner: 'hub',
          goal: 'run',
          status: 'running',
          state: 'running',
          pid: 1000 + slot,
          ports: [],
          debugPort: null,
          consolePort: null,
          startedAt: at,
          readyAt: at,
          restarts: 0,
          launch: 1,
          exit: null,
          health: [],
          usage: null,
          reason: null,
          escalated: null,
          at,
        },
      });
    }
  }
  for (let from = 0; from < writes.length; from += 2_000) {
    const results = await store.bulk(writes.slice(from, from + 2_000));
    if (results.some(({ ok }) => !ok)) throw new Error('the store of the bench was not empty');
  }
}

/** Seconds until it leads. */
export async function startsIn(store: Store): Promise<number> {
  const alive = setInterval(() => undefined, 1_000); // its own timers hold no process, a port usually does
  const began = performance.now();
  const master = await startMaster({
    store,
    storeAbout: { kind: 'bench', detail: '' },
    version: '0',
    warn: () => undefined,
  });
  const seconds = (performance.now() - began) / 1000;
  await master.stop();
  clearInterval(alive);
  return seconds;
}
