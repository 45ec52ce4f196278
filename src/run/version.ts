// What package.json says of this program.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const require = createRequire(import.meta.url);

/** The program's version, from package.json. */
export const version: string = (require('#package') as { version: string }).version;
/** Where package.json is: the same directory for what tsc made and for the bundle. */
export const packageRoot: string = dirname(require.resolve('#package'));
