// /v1/tokens: who may use this hub. Admin only; the text of a token is given once.
import { z } from 'zod';
import { Refusal } from '../model/errors.ts';
import { permit } from './auth.ts';
import { query, readObject } from './body.ts';
import type { Api } from './context.ts';
import { says } from './describe.ts';
import { reply } from './reply.ts';
import type { Tokens } from './tokens.ts';

const newToken = z.strictObject({ role: z.enum(['read', 'deploy', 'admin', 'node'], 'role must be read, deploy, admin or node'), name: z.string().min(1).max(100).optional() });

export function tokenRoutes(app: Api, tokens: Tokens): void {
  app.get('/v1/tokens', says({ tag: 'tokens', summary: 'Tokens, without their texts', gives: 'TokenList' }), permit('admin'), query({}), (c) => {
    const items = tokens.list();
    return reply(c, { items, total: items.length, from: 0, size: items.length });
  });
  app.post('/v1/tokens', says({ tag: 'tokens', summary: 'Make a token', description: '`token` in the answer is given this once and kept only hashed.', gives: 'MadeToken', status: 201, takes: 'NewToken' }), permit('admin'), async (c) => {
    const { role, name } = await readObject(c, newToken);
    const { token, view } = tokens.create(name ?? `${role} token of ${c.get('caller').name}`, role);
    return reply(c, { ...view, token }, 201);
  });
  app.delete('/v1/tokens/:id', says({ tag: 'tokens', summary: 'Revoke a token', gives: null, status: 204, refuses: [404, 409] }), permit('admin'), (c) => {
    const id = c.req.param('id');
    const admins = tokens.list().filter((token) => token.role === 'admin');
    if (admins.length === 1 && admins[0]!.id === id) throw new Refusal('invalid-request', 'this is the last admin token; without one nobody could make another', 'make a new admin token first');
    if (!tokens.revoke(id)) throw new Refusal('not-found', `there is no token ${id}`, 'GET /v1/tokens lists them');
    return c.body(null, 204);
  });
}
