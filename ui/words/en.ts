// English: what every page uses.
import { enOutput } from './en-output.ts';
import { enPages } from './en-pages.ts';

const common = {
  'page.overview': 'Overview', 'page.apps': 'Apps', 'page.nodes': 'Nodes', 'page.inspector': 'Inspector', 'page.events': 'Events', 'page.data': 'Data', 'page.settings': 'Settings', 'page.more': 'More',
  'shell.pages': 'Pages', 'shell.agent': 'agent', 'shell.live': 'Live', 'shell.not.live': 'Not live', 'shell.as.of': 'as of', 'shell.language': 'Language', 'shell.theme': 'Light or dark', 'shell.skip': 'To the content',
  'lost.sentence': '**Connection lost {age} ago.** You see the state of {at}. Processes run on without it.', 'lost.again': 'tries again in {left}', 'lost.now': 'Now', 'lost.writes': 'Not while the connection is lost.',
  'missing': 'Not found', 'missing.title': 'There is no page {path}', 'loading': 'Loading', 'try.again': 'Try again', 'close': 'Close', 'cancel': 'Cancel', 'save': 'Save', 'discard': 'Discard', 'edit': 'Edit', 'undo': 'Undo', 'undone': 'Undone.',
  'copy': 'Copy', 'copied': 'Copied', 'copy.failed': 'Not copied', 'copy.json': 'Copy as JSON', 'query': 'query', 'query.clear': 'Clear the query', 'filter': 'Filter', 'filter.all': 'All', 'filter.look': 'Needs a look {n}', 'filter.deploying': 'Rolling out {n}',
  'status.pending': 'pending', 'status.fetching': 'fetching', 'status.starting': 'starting', 'status.running': 'running', 'status.unhealthy': 'unhealthy', 'status.killing': 'killing', 'status.restarting': 'restarting',
  'status.stopped': 'stopped', 'status.failed': 'failed', 'status.lost': 'lost', 'status.unknown': 'unknown', 'status.joining': 'joining', 'status.ready': 'ready', 'status.cordoned': 'cordoned', 'status.draining': 'draining',
  'status.suspect': 'suspect', 'status.passing': 'passing', 'status.failing': 'failing', 'status.waiting': 'waiting',
  'thing.app': 'app', 'thing.app.cap': 'App', 'thing.node': 'node', 'thing.node.cap': 'Node', 'thing.revision': 'revision', 'instances': 'Instances', 'slot': 'Slot', 'running.cap': 'Running', 'status': 'Status', 'because': 'Because', 'ports': 'Ports', 'pid': 'Pid', 'for': 'For',
  'cpu': 'Cpu', 'memory': 'Memory', 'disk': 'Disk', 'cores': '{n} cores', 'restarts': 'Restarts', 'facts': 'Facts', 'type': 'Type', 'id': 'Id', 'nothing': 'nothing', 'now': 'now', 'next.in': 'in {left}',
  'api': 'API', 'version': 'Version', 'store': 'Store', 'role': 'Role',
  'palette.open': 'Find or run a command', 'palette.hint': 'Find an app, node, instance, command', 'palette.none': 'Nothing is called {text}', 'palette.theme': 'Switch light and dark', 'palette.edit': 'Edit {name}',
  'palette.restart': 'Restart {name}', 'palette.start': 'Start {name}', 'palette.stop': 'Stop {name}', 'app.new': 'New app',
  'keys.title': 'Keys', 'key.find': 'find', 'key.palette': 'commands', 'key.down': 'next row', 'key.up': 'row before', 'key.help': 'all keys', 'key.restart': 'restart', 'key.scale': 'scale', 'key.edit': 'edit', 'key.follow': 'follow the log',
  'key.filter': 'search the log', 'key.back': 'one step back', 'key.forth': 'one step on', 'key.live': 'live again', 'key.fit': 'the whole chart', 'key.deploy': 'deploy',
  'start': 'Start', 'stop': 'Stop', 'restart': 'Restart', 'restart.now': 'Restart now', 'delete': 'Delete', 'scale': 'Scale', 'scale.of': 'Instances of {name}', 'scale.less': 'One less', 'scale.more': 'One more', 'scale.wrong': 'A whole number, 0 or more.',
  'kill': 'Kill', 'kill.nothing': 'Nothing runs.', 'adopt': 'Adopt', 'cordon': 'Cordon', 'uncordon': 'Uncordon', 'drain': 'Drain', 'drain.stop': 'Stop draining', 'drain.end': 'Stop what is left', 'take.over': 'Take over', 'forget': 'Forget',
  'dialog.type': 'Type {name} to go on.',
  'delete.app.title': 'Delete {name}?', 'delete.app.text': '**{n}** {n|instance is|instances are} stopped, {revisions} {revisions|revision is|revisions are} forgotten. This cannot be undone.',
  'kill.title': 'Kill {name}?', 'kill.text': 'SIGKILL to pid **{pid}** and its whole tree, without a chance to end in order. Its app starts it again.',
  'stop.unknown.title': 'Stop {name}?', 'stop.unknown.text': 'No app of this hub wants pid **{pid}**, and none would bring it back.',
  'drain.end.title': 'Stop what is left on {name}?', 'drain.end.text': '**{n}** {n|instance is|instances are} still here: what fits elsewhere starts there, the rest waits for a node.', 'act.drain.ended': 'Stopping what is left on **{name}**.',
  'drain.title': 'Drain {name}?', 'drain.text': '**{n}** {n|instance moves|instances move} elsewhere, replacements first. It takes no new work.',
  'take.over.title': 'Take over {name}?', 'take.over.text': 'The node belongs to **another hub**. From now on it obeys this one.', 'forget.title': 'Forget {name}?', 'forget.text': '**{n}** {n|instance|instances} last known there are forgotten with it.',
  'act.started': 'Started **{name}**.', 'act.stopped': 'Stopped **{name}**, {n} {n|instance ends|instances end}.', 'act.restarted': 'Restarting **{name}**, {n} {n|instance|instances}, one batch at a time.', 'act.scaled': 'Scaled **{name}** from {before} to {n}.',
  'act.deleted': 'Deleting **{name}**.', 'act.rolledback': 'Rolling **{name}** back to revision {revision}.', 'act.deployed': 'Deployed **{name}**.', 'act.changed': 'Deployed the change of **{name}**.',
  'act.instance.restarted': 'Restarting **{name}**.', 'act.instance.killed': 'Killed **{name}**.', 'act.instance.adopted': 'Adopted **{name}** as an instance of {app}.', 'act.instance.stopped': 'Stopping **{name}**.',
  'act.cordoned': '**{name}** takes no new work.', 'act.uncordoned': '**{name}** takes work again.', 'act.draining': 'Draining **{name}**, {n} {n|instance moves|instances move}.', 'act.taken': 'Taking over **{name}**.', 'act.forgotten': 'Forgot **{name}**.',
  'act.tagged': 'Changed the tags of **{name}**.', 'act.sent': 'Sent {event} to **{name}**.',
} as const;

export const en = { ...common, ...enPages, ...enOutput };
export type Words = Record<keyof typeof en, string>;
