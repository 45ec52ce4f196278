// Takes the lock of a directory and prints what came of it as a line of JSON, then holds it until its stdin ends.
//   node takes-lock.js DIRECTORY [ADDRESS] [AT]     waits until AT (epoch ms) first, so that several start as one
import { LockHeldError, acquireLock } from '../../../src/store/lock.ts';

const [directory = '', address = '', at = '0'] = process.argv.slice(2);
const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
while (Date.now() < Number(at))
  await new Promise((resolve) => setTimeout(resolve, Math.min(5, Number(at) - Date.now())));
try {
  await acquireLock(directory, { role: 'master', address: address || null });
  say({ won: process.pid });
  process.stdin.resume().on('end', () => process.exit(0));
} catch (error) {
  if (!(error instanceof LockHeldError)) throw error;
  say({ holder: error.holder, message: error.message });
}
