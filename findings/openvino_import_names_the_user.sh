#!/bin/sh
# OpenVINO: what `import openvino` does beside loading a runtime.
#
# One would guess: nothing. Telemetry is a matter of its tools for conversion, which ask before they send anything.
# What happens: the import itself loads the tool `ovc`, whose telemetry begins at once, without a question: it makes an identifier
# (~/intel/openvino_ga_cid) and sends the event "import" to Google Analytics. Neither an argument nor an environment variable
# of OpenVINO's own stops it; a command does once for a user (`opt_in_out --opt_out`), and so does the absence of the
# package openvino_telemetry, on which the wheel depends: then a stub takes its place.
# Output seen: "plain: openvino_ga_cid stats", "without openvino_telemetry: nothing".
# Seen with: openvino 2026.4.1, openvino-telemetry 2025.2.0, Python 3.11, Linux x86-64.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "openvino==2026.4.1" "openvino-telemetry==2025.2.0"

# What lies in an empty home after a program; $1 is a setting, $2 the program.
left() {
    rm -rf "$folder/home"
    mkdir "$folder/home"
    env -i PATH="$PATH" HOME="$folder/home" "$1" "$folder/venv/bin/python" -c "$2"
    found=$(find "$folder/home" -type f -exec basename {} \; | sort | tr '\n' ' ')
    echo "${found:-nothing}"
}
plain=$(left NONE=1 "import openvino")
without=$(left NONE=1 "import sys; sys.modules['openvino_telemetry'] = None; import openvino; openvino.Core()")
echo "plain: $plain; without openvino_telemetry: $without"
[ "$plain" = "openvino_ga_cid stats " ] || { echo "the import leaves something else"; exit 1; }
[ "$without" = nothing ] || { echo "the stub leaves something"; exit 1; }
