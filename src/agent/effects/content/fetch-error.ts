/** Why content could not be had. `final`: trying again cannot help until somebody changes the app or the origin. */
export class FetchError extends Error {
  readonly code:
    | 'unreachable'
    | 'not-found'
    | 'refused'
    | 'hash-differs'
    | 'content-gone'
    | 'unsafe-archive'
    | 'too-large'
    | 'unsupported'
    | 'disk-full';
  readonly hint: string;
  readonly final: boolean;
  constructor(code: FetchError['code'], message: string, hint: string, final = true) {
    super(message);
    this.name = 'FetchError';
    this.code = code;
    this.hint = hint;
    this.final = final;
  }
}

/** A URI as it may be shown: without user and password. */
export function withoutCredentials(uri: string): string {
  return uri.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/i, '$1');
}

/** A part of a URI with its %XX as what they stand for; as it is where they stand for nothing (`100%.zip`). */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
