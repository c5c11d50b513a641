
stop_sandboxes() { return 0; }

undo_stop_sandboxes() { return 0; }

do_stop_sandboxes() { return 0; }

do_sandbox() { return 0; }

undo_sandbox() { return 0; }
