// The shell scripts that run in place of the agent: POSIX sh, tried on dash, bash and busybox. All constant; what a launch is
// about lies in its directory (`run`, written by run-script.ts), so neither arguments nor environment of a launcher tell a secret,
// and an upgrade of the agent changes nothing for those that run. Only builtins are used besides the programs themselves.

/** argv[0] of every launcher: how one is told from a program. */
export const launcherName = 'stathub-launcher';

// The launcher's own end is not to come before its program's, whoever is signalled.
const endure = 'trap : TERM INT HUP QUIT USR1 USR2';

// "$3" is the program's wait status; the shell's word for a signal went to `err` just before.
const report = `echo "$3" >"$1/exit"
{ echo "e $1" >>"$2"; } 2>/dev/null
exit "$3"`;

// Whoever creates the claim decides; it holds the launcher's pid. (A special builtin that cannot redirect ends dash; others go on.)
const claim = (pid: string, lost: string) => `set -C
{ echo "${pid}" >"$1/claim"; } 2>/dev/null || ${lost}
set +C`;

/**
 * The launcher: stays as the parent of one program, outside its session, group, cgroup and limits, so that no kill of the tree
 * takes the witness. $1 launch directory, $2 notices file, $3 setsid.
 */
export const launcherScript = `${endure}
${claim('$$', 'exit 0')}
exec 2>"$1/err"
(. "$1/run")
set -- "$1" "$2" "$?"
${report}`;

/**
 * Makes launchers on the agent's order (one directory a line), since a fork of the agent costs 1-5 ms, growing with its memory,
 * and one of this shell 0.2. Ends with the agent. $1 setsid (with -f), $2 shell, $3 launcherScript, $4 notices.
 */
export const starterScript = `trap : TERM INT HUP QUIT
while read -r STATHUB_LAUNCH; do
"$1" -f "$2" -c "$3" ${launcherName} "$STATHUB_LAUNCH" "$4" "$1" </dev/null || { echo "f $STATHUB_LAUNCH" >>"$4"; } 2>/dev/null
done`;

/**
 * A launcher made in advance, whose child sits in a new session and cgroup and waits for its launch directory on stdin. So a
 * restart costs one exec: no fork of the agent, and above all no move into a cgroup, for which the kernel (v2) waits 8-25 ms
 * when it is idle (rcu). The directory comes twice: for the child, and for this shell when the child has ended.
 * Its stderr is a file that becomes the launch's \`err\`. $1 file that joins the cgroup ('' for none), $2 notices, $3 setsid, $4 shell,
 * $5 seatScript.
 */
export const spareScript = `${endure}
(exec "$3" "$4" -c "$5" ${launcherName} "$1" "$2")
set -- "$1" "$2" "$?"
read -r STATHUB_LAUNCH || exit 0
set -- "$STATHUB_LAUNCH" "$2" "$3"
[ -e "$1/claim" ] || exit 0
${report}`;

/** The waiting child of a spare launcher. A lost claim takes the second line away, so that nothing is reported. */
export const seatScript = `if [ -n "$1" ]; then echo 0 >"$1" || exit; fi
read -r STATHUB_LAUNCH || exit
set -- "$STATHUB_LAUNCH" "$2" ""
unset STATHUB_LAUNCH
${claim('$PPID', '{ read -r STATHUB_LAUNCH; exit; }')}
exec </dev/null
. "$1/run"`;
