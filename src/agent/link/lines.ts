// The lines that a conversation with a master can have.
import { openPoll } from '../effects/line/poll.ts';
import { openSocket, socketPasses } from '../effects/line/socket.ts';

/** What carries the conversation: sockets, or something in this very process. */
export interface Lines {
  socket: typeof openSocket;
  poll: typeof openPoll;
  passes: typeof socketPasses;
}
export const remoteLines: Lines = { socket: openSocket, poll: openPoll, passes: socketPasses };
