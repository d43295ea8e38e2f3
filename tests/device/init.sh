#!/bin/sh
# The first process of the small machine of tests/device.rs. It makes the machine ready, then does what the test says:
# each line that comes on the second serial line is a command, and behind its output goes a line with its status.
export PATH=/bin:/run/bin
busybox mkdir -p /run/bin /proc /sys /dev /tmp /share /data
busybox mount -t proc none /proc
/bin/busybox --install -s /run/bin

mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t tmpfs none /tmp
mount -t tmpfs -o size=512m none /data
ip link set lo up

while read -r module; do
    insmod "$module"
done </modules/order
# What goes in and out.
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 share /share

port=/dev/ttyS1
stty -F $port raw -echo
# Whatever the test leaves running must not hold the line.
exec <$port >$port 2>&1
echo "= ready"
while read -r line; do
    eval "$line"
    printf '\n= %s\n' $?
done
