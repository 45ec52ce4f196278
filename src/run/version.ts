import { createRequire } from 'node:module';

/** The program's version, from package.json (two levels above dist/src). */
export const version: string = (createRequire(import.meta.url)('../../../package.json') as { version: string }).version;
