// The API of an agent that belongs to a master. Its apps are seen at the master, so most such agents are asked for nothing but their
// health: everything else of the API is loaded with the first request for it.

export interface Served {
  fetch(request: Request, env?: object): Response | Promise<Response>;
}

const plain = (text: string, status = 200): Response =>
  new Response(text, { status, headers: { 'content-type': 'text/plain; charset=UTF-8', 'cache-control': 'no-store' } });

/**
 * @param load makes the whole API, once
 * @param isReady as `/readyz` answers; where it is not, the whole API says why
 */
export function lateApi(load: () => Promise<Served>, isReady: () => boolean): Served {
  let api: Promise<Served> | null = null;
  const whole = (): Promise<Served> =>
    (api ??= load().catch((error: unknown) => {
      api = null;
      throw error;
    }));
  return {
    async fetch(request, env) {
      if (api === null && request.method === 'GET') {
        const { pathname } = new URL(request.url);
        if (pathname === '/healthz') return plain('ok\n');
        if (pathname === '/readyz' && isReady()) return plain('ready\n');
      }
      try {
        return await (await whole()).fetch(request, env);
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
        return plain('another version was installed over the one that runs: start it (stathub upgrade)\n', 503);
      }
    },
  };
}
