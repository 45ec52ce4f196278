// Where a hub is, as people write it.

/** What is right, for a refusal. */
export const hubAddressWanted = 'write http://host:51026 or https://host:51026';

/**
 * `host`, `host:port` or a URL of http or https as an origin; what follows the port is left out. null: it is no such address, or one of
 * another protocol.
 */
export function hubOrigin(text: string): string | null {
  const complete = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(complete)) return null;
  const { protocol, origin } = new URL(complete);
  return protocol === 'http:' || protocol === 'https:' ? origin : null;
}
