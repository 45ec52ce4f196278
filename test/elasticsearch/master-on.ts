// The arguments with which a master of a test keeps everything in Elasticsearch 9.
import { freshPrefix, lendOrSkip } from './shared.ts';

/** A lease so short that a test need not wait for it. */
export const elasticArgs = (url: string, prefix: string): string[] => [
  '--elastic',
  url,
  '--elastic-prefix',
  prefix,
  '--lease',
  '2s',
];

/** @param name goes into the prefix of the indices. @returns null where this machine cannot run it, which is said */
export async function masterOn(name: string): Promise<string[] | null> {
  const url = await lendOrSkip(9);
  return url === null ? null : [...elasticArgs(url, freshPrefix(name)), '--elastic-timeout', '60s'];
}
