#!/bin/sh
# Hearth's GPU tests and benchmark on a bare x86-64 Linux machine: it needs a Vulkan driver and glibc 2.34, nothing else.
#   ./run.sh                 tests, then every shape that fits beside llama.cpp; results in ./results
#   ./run.sh --help          what else it can do
set -eu
here=$(cd "${0%/*}" && pwd)

# Libraries of the machine come first, its driver was made for them; ours take the place of those that are missing.
libraries=''
for name in libstdc++.so.6 libgcc_s.so.1 libvulkan.so.1; do
  found=''
  for folder in /lib /lib64 /usr/lib /usr/lib64 /lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu /usr/local/lib; do
    if [ -e "$folder/$name" ]; then found=yes; fi
  done
  if [ -z "$found" ]; then libraries="$libraries:$here/lib/$name"; fi
done
if [ -n "$libraries" ]; then export LD_LIBRARY_PATH="${libraries#:}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"; fi

# Where containers keep NVIDIA's driver, the Vulkan loader does not look.
nvidia=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
if [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] && [ -e "$nvidia" ]; then export VK_DRIVER_FILES="$nvidia"; fi

exec "$here/bin/node" "$here/hearth/app/main.mjs" "$@"
