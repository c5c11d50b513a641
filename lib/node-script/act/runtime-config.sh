
backup_runtime_config() { return 0; }

check_runtime_config() { return 0; }

do_runtime_config() { return 0; }

undo_runtime_config() { return 0; }
