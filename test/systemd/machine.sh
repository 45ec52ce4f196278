#!/usr/bin/env bash
# The stories of this folder in a machine of their own: Debian with systemd and cgroup v2, in qemu. For hosts that have neither.
#   sudo test/systemd/machine.sh bookworm     systemd 252
#   sudo test/systemd/machine.sh trixie       systemd 257
# Needs root, debootstrap, qemu-system-x86_64, e2fsprogs and 6 GB below $TMPDIR; takes a quarter of an hour where there is no KVM.
# Not part of `npm test`. ACCEL=kvm uses the host's virtualisation. Prints what the stories print.
set -euo pipefail
suite=${1:-trixie}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=${TMPDIR:-/tmp}/stathub-machine-$suite
mkdir -p "$work"
cd "$work"

# The kernel is bookworm's for both: qemu's emulation of newer processors does not carry newer ones.
if ! [ -e vmlinuz ]; then
  rm -rf kernel && debootstrap --variant=minbase --include=linux-image-cloud-amd64,initramfs-tools bookworm kernel
  cp kernel/boot/vmlinuz-* vmlinuz && cp kernel/boot/initrd.img-* initrd && rm -rf kernel
fi
if ! [ -e system.img ]; then
  rm -rf system && debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,udev,procps,util-linux,libatomic1 "$suite" system
  install -m 755 "$(command -v node)" system/usr/local/bin/node
  cat >system/etc/systemd/system/stories.service <<'UNIT'
[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'mkdir -p /mnt/stathub; mount /dev/vdb /mnt/stathub; sh /mnt/stathub/stories.sh; sync; poweroff -f'
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
TimeoutStartSec=infinity
[Install]
WantedBy=multi-user.target
UNIT
  chroot system systemctl enable stories.service
  chroot system useradd -m ann
  truncate -s 3G system.img && mke2fs -q -t ext4 -d system system.img && rm -rf system
fi

rm -rf code code.img && mkdir code
cp -a "$root"/{package.json,dist,node_modules} code/
cat >code/stories.sh <<'STORIES'
cd /mnt/stathub
systemctl --version | head -1
export HOME=/root
node dist/test/systemd/story.js
node dist/test/systemd/story.js ann
node dist/test/systemd/joined-story.js
STORIES
truncate -s 2G code.img && mke2fs -q -t ext4 -d code code.img && rm -rf code
cp --sparse=always system.img run.img
exec timeout 3000 qemu-system-x86_64 -accel "${ACCEL:-tcg,thread=multi}" -cpu max -smp 2 -m 3000 -nographic -no-reboot -net none \
  -kernel vmlinuz -initrd initrd -append 'root=/dev/vda rw console=ttyS0 quiet loglevel=3 cryptomgr.notests systemd.show_status=0 systemd.mask=serial-getty@ttyS0.service' \
  -drive file=run.img,if=virtio,format=raw -drive file=code.img,if=virtio,format=raw </dev/null
