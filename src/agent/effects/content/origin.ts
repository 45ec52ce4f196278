// One question to an origin, answered with the bytes as it sends them. Not by `fetch`, which unpacks whatever a server calls encoded,
// though it was asked for it as it is: many call a .tgz so, and its size and hash would then be those of something else.
import type { IncomingMessage } from 'node:http';
import { FetchError, withoutCredentials } from './fetch-error.ts';

const mostRedirects = 20;
const redirects: readonly (number | undefined)[] = [301, 302, 303, 307, 308];

/**
 * GET, over redirects; what was meant for one origin alone is not told to another.
 * @returns the answer; its bytes have to be read, or it has to be destroyed
 * @throws FetchError, or what went wrong on the way
 */
export async function ask(first: URL, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  let url = first;
  let told = headers;
  for (let hops = 0; ; hops++) {
    const answer = await once(url, told, signal);
    const { location } = answer.headers;
    if (!redirects.includes(answer.statusCode) || location === undefined) return answer;
    answer.destroy();
    const shown = withoutCredentials(first.href);
    if (hops === mostRedirects)
      throw new FetchError('unsupported', `${shown} leads on ${hops} times`, 'write the address that it leads to');
    const next = URL.canParse(location, url.href) ? new URL(location, url) : null;
    if (!next || !/^https?:$/.test(next.protocol))
      throw new FetchError('unsupported', `${shown} leads to what is no http address`, 'write the address of the file');
    if (next.origin !== url.origin) {
      const { authorization: _, ...rest } = told;
      told = rest;
    }
    url = next;
  }
}

async function once(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  const { get } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
  return new Promise((resolve, reject) => {
    get(url.href, { headers, signal }, resolve).on('error', reject);
  });
}
