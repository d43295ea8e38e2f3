#!/bin/sh
# Passes on what it reads, and says at the end how many seconds each stage of the Makefile took.
stages= stage= began=0
ends() { [ -z "$stage" ] || stages="$stages$(printf 'ci: %5d s  %s' "$(($1 - began))" "$stage")
"; }
while IFS= read -r line; do
    printf '%s\n' "$line"
    case $line in '== '*)
        at=$(date +%s)
        ends "$at"
        stage=${line#== } began=$at
        ;;
    esac
done
ends "$(date +%s)"
printf '%s' "$stages"
