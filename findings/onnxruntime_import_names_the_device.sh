#!/bin/sh
# ONNX Runtime of the package registry, on Linux: what `import onnxruntime` leaves behind, and what switches it off.
#
# One would guess: on Linux there is no telemetry (so it was for years; only the builds for Windows had it), and
# `onnxruntime.disable_telemetry_events()` as the first call keeps everything quiet.
# What happens: since 1.29 the wheels for Linux and macOS send events to their maker unless they are told not to. The import alone
# makes an identifier of the device and a data base below ~/.cache/Microsoft, in which the first event waits to be sent
# (processor, distribution, kind of container, library version). The Python function runs after the import, so both are
# there already. Only the environment variable ORT_DISABLE_TELEMETRY=1, set before the import, leaves nothing.
# Continuous integration hides it: where CI is set, nothing is made.
# Output seen: "plain: deviceid, onnxruntime.db", "function: deviceid, onnxruntime.db", "variable: nothing", "CI: nothing".
# Seen with: onnxruntime 1.32.0, Python 3.11, Linux x86-64.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "onnxruntime==1.32.0"

# What lies in an empty home after a program; $1 is a setting, $2 the program.
left() {
    rm -rf "$folder/home"
    mkdir "$folder/home"
    env -i PATH="$PATH" HOME="$folder/home" "$1" "$folder/venv/bin/python" -c "$2"
    found=$(find "$folder/home" -type f -name '[!.]*' -exec basename {} \; | grep -v -e '-journal$' -e '-wal$' -e '-shm$' | sort | tr '\n' ' ')
    echo "${found:-nothing}"
}
plain=$(left NONE=1 "import onnxruntime")
function=$(left NONE=1 "import onnxruntime; onnxruntime.disable_telemetry_events()")
variable=$(left ORT_DISABLE_TELEMETRY=1 "import onnxruntime")
tests=$(left CI=1 "import onnxruntime")
echo "plain: $plain; function: $function; variable: $variable; CI: $tests"
[ "$plain" = "deviceid onnxruntime.db " ] || { echo "the import leaves something else"; exit 1; }
[ "$function" = "$plain" ] || { echo "the function is in time now"; exit 1; }
[ "$variable" = nothing ] || { echo "the variable does not keep it quiet"; exit 1; }
[ "$tests" = nothing ] || { echo "CI does not keep it quiet"; exit 1; }
