// What parts of an agent reach of those that are made after them. Each is asked for when it is needed, never while parts are made.
import type { Fence } from '../fence.ts';
import type { Head } from '../head.ts';
import type { Conversation } from '../link/conversation.ts';
import type { LinkClient } from '../link/link-client.ts';

export interface Later {
  link(): LinkClient;
  conversation(): Conversation;
  /** Null where there is no master to be cut off from. */
  fence(): Fence | null;
  head(): Head;
}
