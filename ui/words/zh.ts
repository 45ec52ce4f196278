// 中文，所有页面共用。
import type { Words } from './en.ts';
import { zhOutput } from './zh-output.ts';
import { zhPages } from './zh-pages.ts';

export const zh: Words = {
  ...zhPages,
  ...zhOutput,
  'page.overview': '概览', 'page.apps': '应用', 'page.nodes': '节点', 'page.inspector': '检查器', 'page.events': '事件', 'page.data': '数据', 'page.settings': '设置', 'page.more': '更多',
  'shell.pages': '页面', 'shell.agent': '代理', 'shell.live': '实时', 'shell.not.live': '未连接', 'shell.as.of': '截至', 'shell.language': '语言', 'shell.theme': '浅色或深色', 'shell.skip': '跳到内容',
  'lost.sentence': '**连接已断开 {age}。** 现在看到的是 {at} 的状态。进程照常运行。', 'lost.again': '{left} 后重试', 'lost.now': '立即重试', 'lost.writes': '连接断开时不能操作。',
  'missing': '未找到', 'missing.title': '没有页面 {path}', 'loading': '加载中', 'try.again': '重试', 'close': '关闭', 'cancel': '取消', 'save': '保存', 'discard': '放弃', 'edit': '编辑', 'undo': '撤销', 'undone': '已撤销。',
  'copy': '复制', 'copied': '已复制', 'copy.failed': '未能复制', 'copy.json': '复制为 JSON', 'query': '查询', 'query.clear': '清除查询', 'filter': '筛选', 'filter.all': '全部', 'filter.look': '需要查看 {n}', 'filter.deploying': '发布中 {n}',
  'status.pending': '等待', 'status.fetching': '获取中', 'status.starting': '启动中', 'status.running': '运行', 'status.unhealthy': '不健康', 'status.killing': '结束中', 'status.restarting': '重启中', 'status.stopped': '已停止', 'status.failed': '失败',
  'status.lost': '失联', 'status.unknown': '未知', 'status.joining': '加入中', 'status.ready': '就绪', 'status.cordoned': '已隔离', 'status.draining': '排空中', 'status.suspect': '可疑', 'status.passing': '通过', 'status.failing': '失败', 'status.waiting': '等待',
  'thing.app': '应用', 'thing.app.cap': '应用', 'thing.node': '节点', 'thing.node.cap': '节点', 'thing.revision': '版本', 'instances': '实例', 'slot': '槽位', 'running.cap': '运行', 'status': '状态', 'because': '原因', 'ports': '端口', 'pid': 'Pid', 'for': '时长',
  'cpu': 'CPU', 'memory': '内存', 'disk': '磁盘', 'cores': '{n} 核', 'restarts': '重启', 'facts': '信息', 'type': '类型', 'id': '标识', 'nothing': '无', 'now': '现在', 'next.in': '（{left} 后）', 'api': 'API', 'version': '版本', 'store': '存储', 'role': '角色',
  'palette.open': '查找或执行命令', 'palette.hint': '查找应用、节点、实例、命令', 'palette.none': '没有叫 {text} 的', 'palette.theme': '切换浅色和深色', 'palette.edit': '编辑 {name}', 'palette.restart': '重启 {name}', 'palette.start': '启动 {name}', 'palette.stop': '停止 {name}', 'app.new': '新应用',
  'keys.title': '按键', 'key.find': '查找', 'key.palette': '命令', 'key.down': '下一行', 'key.up': '上一行', 'key.help': '所有按键', 'key.restart': '重启', 'key.scale': '扩缩', 'key.edit': '编辑', 'key.follow': '跟随日志', 'key.filter': '搜索日志',
  'key.back': '后退一步', 'key.forth': '前进一步', 'key.live': '回到实时', 'key.fit': '整张图', 'key.deploy': '部署',
  'start': '启动', 'stop': '停止', 'restart': '重启', 'restart.now': '立即重启', 'delete': '删除', 'scale': '扩缩', 'scale.of': '{name} 的实例数', 'scale.less': '少一个', 'scale.more': '多一个', 'scale.wrong': '0 或更大的整数。',
  'kill': '强制结束', 'kill.nothing': '没有在运行的进程。', 'adopt': '接管', 'cordon': '隔离', 'uncordon': '解除隔离', 'drain': '排空', 'drain.stop': '停止排空', 'drain.end': '停止剩余实例', 'drain.end.title': '停止 {name} 上的剩余实例？', 'drain.end.text': '这里还有 **{n}** 个实例：能放到别处的会在别处启动，其余等待可用节点。', 'act.drain.ended': '正在停止 **{name}** 上的剩余实例。', 'take.over': '接手', 'forget': '移除', 'dialog.type': '输入 {name} 以继续。',
  'delete.app.title': '删除 {name}？', 'delete.app.text': '将停止 **{n}** 个实例，并丢弃 {revisions} 个版本。无法撤销。', 'kill.title': '强制结束 {name}？', 'kill.text': '向 pid **{pid}** 及其整棵进程树发送 SIGKILL，没有机会正常结束。它的应用会再次启动它。',
  'stop.unknown.title': '停止 {name}？', 'stop.unknown.text': '这里没有应用需要 pid **{pid}**，停止后也不会再启动。', 'drain.title': '排空 {name}？', 'drain.text': '**{n}** 个实例将迁往别处，先启动替代者。它不再接受新任务。',
  'take.over.title': '接手 {name}？', 'take.over.text': '此节点属于**另一个系统**。从现在起它听从这里。', 'forget.title': '移除 {name}？', 'forget.text': '最后已知在那里的 **{n}** 个实例也一并移除。',
  'act.started': '已启动 **{name}**。', 'act.stopped': '已停止 **{name}**，{n} 个实例结束。', 'act.restarted': '正在分批重启 **{name}** 的 {n} 个实例。', 'act.scaled': '**{name}** 从 {before} 变为 {n}。', 'act.deleted': '正在删除 **{name}**。', 'act.rolledback': '**{name}** 回滚到版本 {revision}。',
  'act.deployed': '已部署 **{name}**。', 'act.changed': '已部署 **{name}** 的变更。', 'act.instance.restarted': '正在重启 **{name}**。', 'act.instance.killed': '已强制结束 **{name}**。', 'act.instance.adopted': '已接管 **{name}**，作为 {app} 的实例。', 'act.instance.stopped': '正在停止 **{name}**。',
  'act.cordoned': '**{name}** 不再接受新任务。', 'act.uncordoned': '**{name}** 重新接受任务。', 'act.draining': '正在排空 **{name}**，{n} 个实例迁移。', 'act.taken': '正在接手 **{name}**。', 'act.forgotten': '已移除 **{name}**。', 'act.tagged': '已修改 **{name}** 的标签。', 'act.sent': '已向 **{name}** 发送 {event}。',
};
