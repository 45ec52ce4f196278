// 中文：实例的输出和文件。
import type { enOutput } from './en-output.ts';

export const zhOutput: Record<keyof typeof enOutput, string> = {
  'log.live': '实时', 'log.from': '起始时间', 'log.minutes': '最近 {n} 分钟', 'log.hours': '最近 {n} 小时', 'log.all': '全部保留的输出', 'log.since': '自…起', 'log.search.all': '搜索全部', 'log.search.all.title': '在节点上搜索所有保留的输出',
  'log.past.end': '到此为止。', 'log.past.more': '还有更多：此处显示前 {n} 行，下载可得全部。', 'log.past.none': '没有保留这样的行。',
  'files': '文件', 'files.top': '实例', 'files.name': '名称', 'files.size': '大小', 'files.changed': '修改', 'files.mode': '权限', 'files.empty': '里面是空的', 'files.none': '没有保留的文件', 'files.none.text': '保留最新一次启动的工作目录，以及一段时间内最近一次崩溃的工作目录。',
  'files.more': '另有 {n} 项', 'files.download': '下载', 'files.archive': '下载为 tar.gz', 'files.follow': '跟随', 'files.part': '{whole} 中的最后 {size}', 'files.binary': '不是文本：请下载查看。', 'files.other': '设备、套接字或管道', 'files.refresh': '重新读取',
  'files.running': '运行中', 'files.ended': '已结束{how}', 'files.code': '，代码 {n}', 'files.signal': '，信号 {name}', 'files.launch': '第 {n} 次启动',
};
