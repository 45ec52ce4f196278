import { createRequire } from 'node:module';
import { pino, type Logger } from 'pino';

/** The daemon's log: one JSON line an entry, on standard output. Nothing secret may go in: tokens and env values are redacted by name. */
export function openLog(role: 'master' | 'agent' | 'up', level: string): Logger {
  return pino({ level, base: { role }, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths: ['token', '*.token', 'authorization', '*.authorization', 'envs', '*.envs'], censor: '***' } });
}
export type { Logger };

/** The program's version, from package.json (two levels above dist/src). */
export const version: string = (createRequire(import.meta.url)('../../../package.json') as { version: string }).version;
