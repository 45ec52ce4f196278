// /v1/tokens: who may use this hub. Admin only; the text of a token is given once.
import { z } from 'zod';
import { Refusal } from '../../model/errors.ts';
import { permit } from '../access/auth.ts';
import { query, readObject } from '../answers/body.ts';
import type { Api, ApiContext, Resource } from '../context.ts';
import { says } from '../describe.ts';
import { reply } from '../answers/reply.ts';
import type { TokenView, Tokens } from '../access/tokens.ts';

const newToken = z.strictObject({
  role: z.enum(['read', 'deploy', 'admin', 'node'], 'role must be read, deploy, admin or node'),
  name: z.string().min(1).max(100).optional(),
});

export function tokenRoutes(app: Api, tokens: Tokens, { cluster }: Resource): void {
  const audit = (c: ApiContext, kind: string, what: string, { id, name, role }: TokenView) => {
    const { name: by, from } = c.get('caller');
    cluster.note?.({
      at: Date.now(),
      kind,
      subject: {},
      loudness: 'quiet',
      message: `${by} ${what} the ${role} token "${name}"`,
      detail: { by, from, id, role },
    });
  };
  app.get(
    '/v1/tokens',
    says({ tag: 'tokens', summary: 'Tokens, without their texts', gives: 'TokenList' }),
    permit('admin'),
    query({}),
    (c) => {
      const items = tokens.list();
      return reply(c, { items, total: items.length, from: 0, size: items.length });
    },
  );
  app.post(
    '/v1/tokens',
    says({
      tag: 'tokens',
      summary: 'Make a token',
      description: '`token` in the answer is given this once and kept only hashed.',
      gives: 'MadeToken',
      status: 201,
      takes: 'NewToken',
    }),
    permit('admin'),
    async (c) => {
      const { role, name } = await readObject(c, newToken);
      const { token, view } = await tokens.make(name ?? `${role} token of ${c.get('caller').name}`, role);
      audit(c, 'token.made', 'made', view);
      return reply(c, { ...view, token }, 201);
    },
  );
  app.delete(
    '/v1/tokens/:id',
    says({ tag: 'tokens', summary: 'Revoke a token', gives: null, status: 204, refuses: [404, 409] }),
    permit('admin'),
    async (c) => {
      const id = c.req.param('id');
      const held = tokens.list().find((token) => token.id === id);
      const done = await tokens.revoke(id);
      if (done === 'last-admin')
        throw new Refusal(
          'invalid-request',
          'this is the last admin token; without one nobody could make another',
          'make a new admin token first',
        );
      if (!held || done === 'unknown')
        throw new Refusal('not-found', `there is no token ${id}`, 'GET /v1/tokens lists them');
      audit(c, 'token.revoked', 'revoked', held);
      return c.body(null, 204);
    },
  );
}
