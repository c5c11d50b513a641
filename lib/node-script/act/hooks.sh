
do_hook_before() { return 0; }

undo_hook_before() { return 0; }

do_hook_after() { return 0; }

undo_hook_after() { return 0; }
