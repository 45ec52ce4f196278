// Loaded into an agent by `--import`: at SIGWINCH, after a whole collection, it writes what it holds into the file that SIZE_FILE names.
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import * as v8 from 'node:v8';

export interface Size {
  /** Everything that inherits from Object: records, snapshots of actors, closures, sets, timers. */
  objects: number;
  descriptors: number;
  /** What keeps its loop alive, or could. */
  handles: number;
}

const file = process.env['SIZE_FILE'];
// Experimental, and in no typings yet. It collects before it counts.
const { queryObjects } = v8 as unknown as {
  queryObjects(constructor: unknown, options: { format: 'count' }): number;
};

if (file && process.argv[2] === 'agent')
  process.on('SIGWINCH', () => {
    const size: Size = {
      objects: queryObjects(Object, { format: 'count' }),
      descriptors: readdirSync('/proc/self/fd').length,
      handles: process.getActiveResourcesInfo().length,
    };
    writeFileSync(`${file}.part`, JSON.stringify(size));
    renameSync(`${file}.part`, file);
  });
