// The command line, as a process of its own.
import { spawn } from 'node:child_process';
import { mainFile } from './hub.ts';

interface Ran {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the command line as a person would, against a hub. */
export function stathub(hub: string | null, ...args: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [mainFile, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(hub ? { STATHUB_MASTER: hub } : {}) },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}
