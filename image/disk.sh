#!/bin/sh
# The disk: boot sectors, boot loader partition, slot A. No loop devices, no mounts, no grub-install.
#   disk.sh OUT
set -eu
out=$1
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=image/layout.sh
. "$here/layout.sh"
: "${SOURCE_DATE_EPOCH:=$(git -C "$here" log -1 --format=%ct)}"
export SOURCE_DATE_EPOCH
grub=/usr/lib/grub
img=$out/packseal.img
work=$out/disk
rm -rf "$work"
mkdir -p "$work"

# Both GRUBs hold all they need and read the rest from the boot loader partition.
modules='part_gpt fat ext2 normal configfile test echo loadenv regexp linux reboot sleep'
# shellcheck disable=SC2086 # several words
grub-mkimage -O i386-pc -p '(,gpt2)/grub' -o "$work/core.img" biosdisk $modules
# shellcheck disable=SC2086
grub-mkimage -O x86_64-efi -p /grub -o "$work/BOOTX64.EFI" $modules efi_gop efi_uga

sed "s/@ROOT_A@/$root_a/; s/@ROOT_B@/$root_b/" "$here/grub.cfg" >"$work/grub.cfg"
grub-editenv "$work/grubenv" create
grub-editenv "$work/grubenv" set ORDER='A B' A_OK=1 A_TRY=0 B_OK=0 B_TRY=0

esp=$work/esp.img
truncate -s "$(((root_a_start - esp_start) * 512))" "$esp"
mkfs.vfat -F 32 -i 7061636b -n PACKSEAL --invariant "$esp" >/dev/null
find "$work" -type f -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
mmd -i "$esp" ::EFI ::EFI/BOOT ::grub
mcopy -m -i "$esp" "$work/BOOTX64.EFI" ::EFI/BOOT/
mcopy -m -i "$esp" "$work/grub.cfg" "$work/grubenv" ::grub/

# The first start moves the second table to the end of the disk and adds the data partition.
rm -f "$img"
truncate -s "$((data_start * 512))" "$img"
sgdisk --disk-guid=8a6f2c1e-0c5b-4b8e-9a61-7061636b0000 \
    --new="1:$bios_start:$((esp_start - 1))" --typecode=1:ef02 --change-name=1:bios \
    --new="2:$esp_start:$((root_a_start - 1))" --typecode=2:ef00 --change-name=2:esp \
    --new="3:$root_a_start:$((root_b_start - 1))" --typecode=3:8304 --change-name=3:root-a \
    --new="4:$root_b_start:$((root_b_end - 1))" --typecode=4:8304 --change-name=4:root-b \
    --partition-guid=1:8a6f2c1e-0c5b-4b8e-9a61-7061636b0001 --partition-guid=2:8a6f2c1e-0c5b-4b8e-9a61-7061636b0002 \
    --partition-guid="3:$root_a" --partition-guid="4:$root_b" "$img" >/dev/null

# GRUB for BIOS: its first sector says where the second is, and that one where the rest begins. The two bytes at 0x66
# are for floppies; a disk has none there.
le64() { perl -e 'print pack "Q<", $ARGV[0]' "$1"; }
patch() { dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
cp "$grub/i386-pc/boot.img" "$work/boot.img"
le64 "$bios_start" | patch "$work/boot.img" 92
printf '\220\220' | patch "$work/boot.img" 102
le64 "$((bios_start + 1))" | patch "$work/core.img" 500
[ "$(stat -c %s "$work/core.img")" -le "$(((esp_start - bios_start) * 512))" ]

put() { dd if="$1" of="$img" bs=512 seek="$2" conv=notrunc,sparse status=none; }
head -c 440 "$work/boot.img" | dd of="$img" conv=notrunc status=none
put "$work/core.img" "$bios_start"
put "$esp" "$esp_start"
put "$out/root.ext4" "$root_a_start"
rm -r "$work"
echo "image: $img, $(stat -c %s "$img" | numfmt --to=iec) apparent, $(du -m "$img" | cut -f 1) MiB used"
