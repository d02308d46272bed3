#!/bin/sh
# Accelerate: how many processes `accelerate launch --cpu --num_processes 2` starts.
#
# One would guess: two, as `torchrun --nproc_per_node 2` and `accelerate launch --multi_gpu --num_processes 2` do.
# What happens: one, without a word on it. The script trains on its own, with all the pictures and half of the intended
# batch; only the number that `Accelerator` tells shows it. torchrun starts two, which Accelerate takes up.
# Output seen: "launched: 0 of 1" and "torchrun: 0 of 2,1 of 2".
# Seen with: accelerate 1.15.0, torch 2.14.1, Python 3.11.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "accelerate==1.15.0" "torch==2.14.1"
cat > "$folder/who.py" <<'PROGRAM'
from accelerate import Accelerator

accelerator = Accelerator(cpu=True)
print(f"who: {accelerator.process_index} of {accelerator.num_processes}", flush=True)
PROGRAM
cd "$folder"
export HF_HOME="$folder/cache"
"$folder/venv/bin/accelerate" launch --cpu --num_processes 2 who.py > launched 2> launched.log
"$folder/venv/bin/torchrun" --standalone --nproc_per_node 2 who.py > torchrun 2> torchrun.log
for way in launched torchrun; do
    echo "$way: $(sed -n 's/^who: //p' $way | sort | paste -s -d ',' -)"
done
[ "$(grep -c '^who:' launched)" = 1 ] || { echo "accelerate launch no longer starts one process only"; exit 1; }
grep -q "who: 0 of 1" launched
[ "$(grep -c 'of 2$' torchrun)" = 2 ] || { echo "torchrun did not start two"; exit 1; }
