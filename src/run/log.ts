import { pino, type Logger } from 'pino';

/** Characters kept while the log cannot be written. */
const mostWaiting = 256 * 1024;

/** The daemon's log: one JSON line an entry, on standard output. Nothing secret may go in: tokens and env values are redacted by name. */
export function openLog(role: 'master' | 'agent' | 'up', level: string): Logger {
  const out = pino.destination({ dest: 1, sync: true, maxLength: mostWaiting });
  // A log that cannot be written (a full disk, a closed pipe) must not end what it tells of: pino would. What does not fit is left out.
  out.on('error', () => undefined);
  return pino(
    {
      level,
      base: { role },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['token', '*.token', 'authorization', '*.authorization', 'envs', '*.envs'], censor: '***' },
    },
    out,
  );
}
export type { Logger };
