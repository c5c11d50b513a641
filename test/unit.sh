#!/bin/sh
# Runs the tests. Thousands of small trees are made and removed: in memory, where there is a file system that has room and runs programs.
memory=/dev/shm/cu$$
if mkdir "$memory" 2>/dev/null; then
	trap 'rm -rf "$memory"' EXIT
	trap 'exit 130' INT TERM HUP
	room=$(df -Pk "$memory" | awk 'NR == 2 { print $4 }')
	if printf '#!/bin/sh\n' >"$memory/try" && chmod +x "$memory/try" && "$memory/try" 2>/dev/null && [ "${room:-0}" -gt 2000000 ]; then
		export TMPDIR="$memory"
	fi
fi
NODE_COMPILE_CACHE=$PWD/node_modules/.cache/node ava "$@"
