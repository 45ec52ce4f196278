// GET /v1/live: the dashboard's WebSocket. The checks in front of it (Host, Origin, who asks) are those of every route.
import { upgradeWebSocket } from '@hono/node-server';
import type { WebSocket } from 'ws';
import { Refusal } from '../../model/errors.ts';
import type { LiveConnection, LiveHub } from '../../live/hub.ts';
import type { Api } from '../context.ts';

/** @param closing ends every connection when it aborts: the process stops, or this master does not lead any more */
export function liveRoute(app: Api, hub: LiveHub, closing: AbortSignal): void {
  const open = new Set<WebSocket>();
  closing.addEventListener(
    'abort',
    () => {
      for (const socket of open) socket.close(1012, 'the hub is stopping');
    },
    { once: true },
  );
  app.get(
    '/v1/live',
    async (c, next) => {
      if (c.req.header('upgrade')?.toLowerCase() !== 'websocket')
        throw new Refusal(
          'invalid-request',
          '/v1/live is a WebSocket',
          'open it with a WebSocket client, or ask /v1/events with Accept: text/event-stream',
        );
      await next();
    },
    upgradeWebSocket((c) => {
      const caller = c.get('caller');
      let connection: LiveConnection | null = null;
      let mine: WebSocket | null = null;
      return {
        onOpen(_event, { raw }) {
          const socket = (mine = raw as unknown as WebSocket);
          open.add(socket);
          connection = hub.accept(
            {
              // An error here is the connection's end, which `onClose` tells.
              send: (text) => socket.send(text, () => {}),
              close: (code, reason) => socket.close(code, reason),
              terminate: () => socket.terminate(),
              ping: () => socket.ping(),
              get bufferedAmount() {
                return socket.bufferedAmount;
              },
            },
            caller,
          );
          socket.on('pong', () => connection?.heard());
        },
        onMessage(event) {
          connection?.message(event.data);
        },
        onClose() {
          if (mine) open.delete(mine);
          connection?.closed();
        },
      };
    }),
  );
}
