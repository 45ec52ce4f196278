// English: output and files of instances.
export const enOutput = {
  'log.live': 'Live', 'log.from': 'From when on', 'log.minutes': 'Last {n} min', 'log.hours': 'Last {n} h', 'log.all': 'All that is kept', 'log.since': 'Since…', 'log.search.all': 'Search all', 'log.search.all.title': 'Looks through all output that is kept, on the node',
  'log.past.end': 'That is all.', 'log.past.more': 'There is more: the first {n} lines are shown, the download has all.', 'log.past.none': 'No such line is kept.',
  'files': 'Files', 'files.top': 'Instance', 'files.name': 'Name', 'files.size': 'Size', 'files.changed': 'Changed', 'files.mode': 'Mode', 'files.empty': 'Nothing is in it', 'files.none': 'No files are kept', 'files.none.text': 'Working directories are kept of the newest launch and, for a while, of the newest crash.',
  'files.more': 'and {n} more', 'files.download': 'Download', 'files.archive': 'Download as tar.gz', 'files.follow': 'Follow', 'files.part': 'the last {size} of {whole}', 'files.binary': 'Not text: download it to look at it.', 'files.other': 'device, socket or pipe', 'files.refresh': 'Read again',
  'files.running': 'running', 'files.ended': 'ended {how}', 'files.code': 'with {n}', 'files.signal': 'by {name}', 'files.launch': 'launch {n}',
} as const;
