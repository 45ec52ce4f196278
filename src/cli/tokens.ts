// `token create|list|revoke`.
import { path, type Client } from './client.ts';
import { json, table, type Output } from './output/output.ts';

interface TokenView {
  id: string;
  name: string;
  role: string;
  createdAt: number;
}

/** Prints the token alone on standard output, so that `TOKEN=$(stathub token create --role read)` works. */
export async function createToken(
  client: Client,
  output: Output,
  options: { role: string; name: string | null; json: boolean },
): Promise<void> {
  const made = await client.post<TokenView & { token: string }>('/v1/tokens', {
    role: options.role,
    ...(options.name === null ? {} : { name: options.name }),
  });
  if (options.json) {
    json(made, output);
    return;
  }
  output.out(`${made.token}\n`);
  output.err(`${made.role} token "${made.name}", id ${made.id}; it is shown this once\n`);
  if (made.role === 'node') output.err(`join a node:  stathub agent --master ${client.base} --token ${made.token}\n`);
}

export async function listTokens(client: Client, output: Output, options: { json: boolean }): Promise<void> {
  const page = await client.get<{ items: TokenView[] }>('/v1/tokens');
  if (options.json) {
    json(page, output);
    return;
  }
  table(
    ['ID', 'ROLE', 'NAME', 'MADE'],
    page.items.map((token) => [token.id, token.role, token.name, new Date(token.createdAt).toISOString()]),
    output,
  );
}

export async function revokeToken(client: Client, output: Output, id: string): Promise<void> {
  await client.delete(path`/v1/tokens/${id}`);
  output.out(`${id} is revoked\n`);
}
