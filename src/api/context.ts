// What every request carries through the API, and what createApi is made of.
import type { Context, Hono } from 'hono';
import type { Caller, Cluster } from './cluster.ts';
import type { Tokens } from './access/tokens.ts';

export interface ApiEnv {
  Variables: { caller: Caller };
}
export type Api = Hono<ApiEnv>;
export type ApiContext = Context<ApiEnv>;

export interface AuthOptions {
  /** Address the port is bound to. Loopback needs no token; any other address demands one. */
  bind: string;
  tokens: Tokens;
  /** Host names besides the loopback ones under which a loopback hub may be asked. */
  hosts?: string[];
}

export interface ApiOptions {
  cluster: Cluster;
  auth: AuthOptions;
  /** Folder of the built dashboard (index.html, assets/). */
  ui: { directory: string };
  version: string;
  /** Aborted when the process stops: ends event streams, followed logs and whatever else is held open. */
  closing?: AbortSignal;
  /** Adds routes that are not the API's own (the master's `/v1/link`). They run behind the same checks. */
  extraRoutes?: (app: Api, tools: { closing: AbortSignal }) => void;
  /** Told of every unexpected error, under the number the caller was given. */
  onError?: (error: unknown, where: { method: string; path: string; incident: string }) => void;
}

/** What a resource file is given to add its routes with. */
export interface Resource {
  cluster: Cluster;
  version: string;
  closing: AbortSignal;
}
