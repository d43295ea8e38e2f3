# shellcheck shell=sh disable=SC2034 # read by the scripts beside it
# The disk, in sectors of 512 bytes. A machine in use keeps its data where this says: never change it.
mib=2048
bios_start=$mib
esp_start=$((2 * mib))
root_a_start=$((66 * mib))
root_b_start=$((1602 * mib))
root_b_end=$((3138 * mib))
# The image ends here: written over a disk in use, it must not reach the data. In between is its second table.
data_start=$((3139 * mib))
# Twice what a root takes today: a slot cannot grow.
root_size=$((1536 * mib))
root_a=8a6f2c1e-0c5b-4b8e-9a61-7061636b000a
root_b=8a6f2c1e-0c5b-4b8e-9a61-7061636b000b
