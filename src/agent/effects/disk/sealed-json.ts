// JSON that tells when it was damaged: one line whose last key, `seal`, is a short hash of all before it. What an earlier version
// wrote has none and is read as it is. All that must outlive this agent is written and read here; what to do about damage is the
// reader's to decide (quarantine.ts, mostly).
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const sealed = /,?"seal":"([0-9a-f]{16})"\}$/;

/** 64 bits are plenty against chance; nobody is kept from changing a file on purpose. */
const sealOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** One line, with its end. @param value a plain JSON object without a key `seal` */
export function seal(value: object): string {
  const text = JSON.stringify(value);
  const comma = text === '{}' ? '' : ',';
  return `${text.slice(0, -1)}${comma}"seal":"${sealOf(text)}"}\n`;
}

/** What a line says, or what is wrong with it as the rest of a sentence ("it is cut off"). */
type Unsealed = { ok: true; value: unknown } | { ok: false; wrong: string };

const wrong = (why: string): Unsealed => ({ ok: false, wrong: why });

/** @param text with the line's end: without one it is not whole */
export function unseal(text: string): Unsealed {
  if (text === '') return wrong('it is empty');
  if (/^\0+$/.test(text)) return wrong('it holds only zeroes');
  if (!text.endsWith('\n')) return wrong('it is cut off');
  const line = text.slice(0, -1);
  const match = sealed.exec(line);
  const body = match ? `${line.slice(0, match.index)}}` : line;
  if (match && sealOf(body) !== match[1]) return wrong('it was damaged: it does not match its seal');
  try {
    return { ok: true, value: JSON.parse(body) };
  } catch (error) {
    return wrong(`it is no JSON: ${(error as Error).message}`);
  }
}

/** The same for a file. Never throws; null: there is none. */
export function readSealed(path: string): Unsealed | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    return wrong(`it cannot be read: ${(error as Error).message}`);
  }
  return unseal(text);
}
