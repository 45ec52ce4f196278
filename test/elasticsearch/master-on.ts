// The arguments with which a master of a test keeps everything in Elasticsearch 9.
import { freshPrefix, lendOrSkip } from './shared.ts';

/**
 * @param lease where one is to lapse: so short that a test need not wait for it long. Else one that lasts over a moment in which a
 *   busy server does not answer
 */
export const elasticArgs = (url: string, prefix: string, lease = '10s'): string[] => [
  '--elastic',
  url,
  '--elastic-prefix',
  prefix,
  '--lease',
  lease,
];

/** @param name goes into the prefix of the indices. @returns null where this machine cannot run it, which is said */
export async function masterOn(name: string, lease = '10s'): Promise<string[] | null> {
  const url = await lendOrSkip(9);
  return url === null ? null : [...elasticArgs(url, freshPrefix(name), lease), '--elastic-timeout', '60s'];
}
